"""Writes a group as tiles: scf.forall over workgroups, scf.for over chunks, linalg on slices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlir import ir
from mlir.dialects import arith, bufferization, linalg, memref, scf, tensor

from clawc.passes.kernel.kernel import set_tile
from clawc.passes.kernel.schedule import Schedule
from clawc.passes.tile.analysis import tensor_type
from clawc.passes.tile.group import Access, Group, Member
from clawc.passes.tile.padding import cut_padded
from clawc.passes.tile.phases import Phase, Phases
from clawc.passes.tile.slices import Scope, Size, as_tensor, cut, index, insert, put_on_tiles, store
from clawc.passes.tile.split import Split
from clawc.passes.tile.views import sizes_of, view


class TileWriter:
    """Writes at the current insertion point, the end of the kernel's body."""

    def __init__(self, group: Group, schedule: Schedule, split: Split | None = None) -> None:
        self.group, self.schedule, self.tile = group, schedule, schedule.tile
        self.split = split
        self.results = [(split.result(a) if split else a, at) for a, at in group.results]
        self.phases = Phases(group, schedule.tile)
        self.views: dict[Access, ir.Value] = {}
        self.arguments: dict[ir.Value, list[Size]] = {}  # sizes of those with padding around them

    def write(self) -> None:
        group = self.group
        self.extents = [self._extent(size) for size in group.sizes]
        if self.split:
            self.extents.append(self.split.count(self.extents[self.split.d]))
        for access in group.memory_accesses():
            if access.value in group.memory:
                seen = view(group.memory[access.value], access, self.extents)
                self.views[access] = bufferization.to_tensor(as_tensor(seen), seen, restrict=True)
            if access.padding is not None:
                argument = group.memory[access.value]
                self.arguments[argument] = sizes_of(argument)
        targets = [view(argument, access, self.extents) for access, argument in self.results]
        empties = [self._empty(access, self.extents) for access, _ in self.results]
        grid = {d: self.tile[d] for d in self.schedule.order if self._is_cut(d)}
        if self.split:
            grid = {self.split.d: self.split.width, **grid}
        bounds, steps = [self.extents[d] for d in grid] or [1], list(grid.values()) or [1]
        mapping = ir.ArrayAttr.get(
            [
                ir.Attribute.parse(f"#gpu.block<linear_dim_{i}>")
                for i in reversed(range(len(bounds)))
            ]
        )
        loop = scf.ForallOp([0] * len(bounds), bounds, steps, empties, mapping=mapping)
        with ir.InsertionPoint(loop.body):
            scope = self._workgroup(dict(zip(grid, loop.induction_variables, strict=False)))
            self._run(scope, list(loop.inner_iter_args), loop)
        for result, target in zip(loop.results, targets, strict=True):
            bufferization.MaterializeInDestinationOp(
                None, result, target, restrict=True, writable=True
            )

    # Sizes
    def _extent(self, size) -> Size:
        """A dimension's size as a number, or as an index value computed before the loops."""
        if isinstance(size, int):
            return size
        total = None
        for factor in size:
            if isinstance(factor, int):
                factor = index(factor)
            elif isinstance(factor, tuple):
                counts_parts = self.split and factor[0] in [at for _, at in self.results]
                factor = memref.dim(factor[0], index(factor[1] + bool(counts_parts)))
            total = factor if total is None else arith.muli(total, factor)
        assert total is not None
        return total

    def _is_cut(self, d: int) -> bool:
        """Whether more than one tile covers dimension `d`."""
        size = self.group.static(d)
        return size is None or size > self.tile[d] or size == 0

    def _workgroup(self, position: dict[int, ir.Value]) -> Scope:
        # The verifier refuses a constant offset 0 where there are no elements.
        offsets: list[Size] = [0 if extent != 0 else index(0) for extent in self.extents]
        sizes = list(self.extents)
        for d, offset in position.items():
            most = self.split.width if self.split and d == self.split.d else self.tile[d]
            offsets[d], sizes[d] = offset, self._part(d, offset, most)
        if self.split:
            offsets[self.split.dimension] = self.split.number(position[self.split.d])
            sizes[self.split.dimension] = 1
        return Scope(offsets, sizes)

    def _part(self, d: int, offset: ir.Value, tile: int) -> Size:
        """How many elements the tile at `offset` has: fewer at the edge."""
        extent = self.extents[d]
        if tile == 1 or isinstance(extent, int) and extent % tile == 0:
            return tile
        extent = index(extent) if isinstance(extent, int) else extent
        return arith.minsi(arith.subi(extent, offset), index(tile))

    def _empty(self, access: Access, sizes: Sequence[Size]) -> ir.Value:
        element = tensor_type(access.value).element_type
        return tensor.empty([sizes[d] for d in access.dims], element)

    # The workgroup
    def _run(self, scope: Scope, outputs: list[ir.Value], loop: scf.ForallOp) -> None:
        written: dict[int, ir.Value] = {}
        for phase in self.phases.all():
            self._phase(phase, scope, outputs, written)
        results = [access for access, _ in self.results]
        left = [access for i, access in enumerate(results) if i not in written]
        for member in self._needed(left, scope):
            self._make(member, scope)
        tiles = [
            written[i] if i in written else scope.made[access.value]
            for i, access in enumerate(results)
        ]
        with ir.InsertionPoint(loop.terminator().block):
            for tile, target, access in zip(tiles, outputs, results, strict=True):
                store(tile, target, access.dims, scope)

    def _phase(self, phase: Phase, scope: Scope, outputs, written: dict[int, ir.Value]) -> None:
        """What is the same for all chunks comes before the loop, which carries sums and outputs."""
        results = [self.group.results[i][0] for i in phase.writes]
        wanted = [*results, *(a for m in phase.sums for a in m.operands())]
        inner = []
        for member in self._needed(wanted, scope):
            if all(map(self.phases.is_outer, member.outputs)):
                self._make(member, scope)
            else:
                inner.append(member)
        for access in [*wanted, *(a for m in inner for a in m.operands())]:
            if self.phases.is_outer(access):
                self._tile(access, scope)
        carried = [t for m in phase.sums for t in self._inits(m, scope)]
        windows = [
            cut(outputs[i], access.dims, scope)
            for i, access in zip(phase.writes, results, strict=True)
        ]

        def body(chunk: Scope, state: list[ir.Value]) -> list[ir.Value]:
            new: list[ir.Value] = []
            for member in inner:
                self._make(member, chunk)
            for member in phase.sums:
                inits = state[len(new) : len(new) + len(member.outputs)]
                new += self._apply(member, chunk, inits)
            for access, window in zip(results, state[len(new) :], strict=True):
                position = Scope(
                    [chunk.offsets[d] if d in phase.dims else 0 for d in range(len(self.tile))],
                    chunk.sizes,
                )
                tile = self._tile(access, chunk)
                new.append(insert(tile, window, access.dims, position))
            return new

        final = self._loops(phase.dims, scope, [*carried, *windows], body)
        sums = [access for m in phase.sums for access in m.outputs]
        scope.made.update((a.value, v) for a, v in zip(sums, final, strict=False))
        written.update(zip(phase.writes, final[len(sums) :], strict=True))

    def _loops(self, dims: Sequence[int], scope: Scope, carried: list[ir.Value], body):
        if not dims:
            return body(scope, carried)
        d, extent = dims[0], self.extents[dims[0]]
        upper = index(extent) if isinstance(extent, int) else extent
        lower, begins = index(0), scope.offsets[d]
        if self.split and d == self.split.d and isinstance(begins, ir.Value):
            lower, upper = begins, self.split.end(begins, upper)
        loop = scf.ForOp(lower, upper, index(self.tile[d]), carried)
        with ir.InsertionPoint(loop.body):
            offsets, sizes = [*scope.offsets], [*scope.sizes]
            offsets[d] = loop.induction_variable
            sizes[d] = self._part(d, loop.induction_variable, self.tile[d])
            inner = Scope(offsets, sizes, scope)
            scf.yield_(self._loops(dims[1:], inner, list(loop.inner_iter_args), body))
        return list(loop.results)

    # Values
    def _needed(self, accesses: Iterable[Access], scope: Scope) -> list[Member]:
        """The ops behind tensors, in order, whose tiles are not made."""
        pending, found = [access.value for access in accesses], set()
        while pending:
            value = pending.pop()
            member = self.group.producers.get(value)
            if member and member not in found and scope.find(value) is None:
                found.add(member)
                pending.extend(access.value for access in member.operands())
        return [member for member in self.group.members if member in found]

    def _make(self, member: Member, scope: Scope) -> None:
        results = self._apply(member, scope, self._inits(member, scope))
        scope.made.update(zip((a.value for a in member.outputs), results, strict=True))

    def _tile(self, access: Access, scope: Scope) -> ir.Value:
        """The part of a tensor that the scope owns; ops are made before their users."""
        key = access if access.value in self.group.memory else access.value
        made = scope.find(key)
        if made is None:
            if access.value in self.group.memory:
                made = self._cut(access, scope)
            else:
                made = self._empty(access, scope.sizes)
            scope.made[key] = made
        return made

    def _cut(self, access: Access, scope: Scope) -> ir.Value:
        view = self.views[access]
        if access.padding is None:
            return cut(view, access.dims, scope)
        extents = [*self.arguments[self.group.memory[access.value]]]
        return cut_padded(view, access, extents, self.tile, scope)

    def _inits(self, member: Member, scope: Scope) -> list[ir.Value]:
        return [
            self._tile(member.init(i), scope)
            if member.reads_init(i)
            else self._empty(member.outputs[i], scope.sizes)
            for i in range(len(member.outputs))
        ]

    def _apply(self, member: Member, scope: Scope, inits: list[ir.Value]) -> list[ir.Value]:
        """The op on tiles."""
        with member.op.location:
            inputs = [self._tile(a, scope) if isinstance(a, Access) else a for a in member.inputs]
            if member.op.name == "linalg.fill":
                op = linalg.fill(inputs[0], outs=inits).owner
            else:
                op = put_on_tiles(member, inputs, inits, scope)
        set_tile(op, [self.tile[d] for d in member.domain])
        return list(op.results)
