"""How a `Group` is found: loops of ops that share an intermediate tensor are one dimension."""

from __future__ import annotations

from dataclasses import replace

from mlir import ir

from clawc.passes.ir.body import body_of, obstacle
from clawc.passes.ir.selection import selection
from clawc.passes.tile.body import accumulation, contraction
from clawc.passes.tile.group import UNIT, Access, Factor, Group, Member, Unsupported
from clawc.passes.tile.indexing import Indexing, indexings, iterator_types
from clawc.passes.tile.seen import Seen, seen

DYNAMIC = ir.ShapedType.get_dynamic_size()


def analyze(func: ir.Operation) -> Group:
    """The group of a kernel function.  Raises `Unsupported`."""
    return _Analysis(func).group()


def tensor_type(value: ir.Value) -> ir.RankedTensorType:
    return ir.RankedTensorType(value.type)


def _check_body(op: ir.Operation) -> None:
    """Refuses what has no form on vectors."""
    for view in body_of(op).operations:
        if reason := obstacle(view):
            raise Unsupported(reason)
    for value in (*op.operands, *op.results):
        type_ = (
            ir.ShapedType(value.type).element_type
            if isinstance(value.type, ir.ShapedType)
            else value.type
        )
        if not isinstance(type_, (ir.FloatType, ir.IntegerType, ir.IndexType)):
            raise Unsupported(f"{type_} is no element of a vector")


class _Analysis:
    """Union-find over the loops of all ops; a set of loops is a dimension."""

    def __init__(self, func: ir.Operation) -> None:
        self.memory: dict[ir.Value, ir.Value] = {}
        self.seen: dict[ir.Value, Seen] = {}  # what pads and slices are of arguments
        self.stored: list[tuple[ir.Value, ir.Value]] = []
        self.extents: dict[ir.Value, list[ir.Value]] = {}  # the dynamic sizes of a tensor.empty
        self.parents: list[int] = []
        self.sizes: dict[int, int | tuple[Factor, ...]] = {}
        self.loops: dict[ir.Operation, list[int]] = {}
        self.maps: dict[ir.Operation, list[Indexing]] = {}
        for op in func.regions[0].blocks[0].operations:
            self._sort(op.operation)

    def _sort(self, op: ir.Operation) -> None:
        if op.name in ("linalg.generic", "linalg.fill"):
            _check_body(op)
            self.maps[op] = indexings(op)
            self.loops[op] = [self._new() for _ in iterator_types(op)]
        elif op.name == "bufferization.to_tensor":
            if not isinstance(op.operands[0], ir.BlockArgument):
                raise Unsupported("it reads a view of an argument")
            self.memory[op.results[0]] = op.operands[0]
        elif op.name in ("tensor.pad", "tensor.extract_slice"):
            source, result = op.operands[0], op.results[0]
            if source not in self.memory:
                raise Unsupported("pads or cuts what is no argument")
            self.memory[result] = self.memory[source]
            self.seen[result] = seen(op, self.seen.get(source))
        elif op.name == "bufferization.materialize_in_destination":
            self.stored.append((op.operands[0], op.operands[1]))
        elif op.name == "tensor.empty":
            self.extents[op.results[0]] = list(op.operands)
        elif op.name.split(".")[0] not in ("arith", "memref", "func"):
            raise Unsupported(f"{op.name} has no tiled form")

    def _new(self) -> int:
        self.parents.append(len(self.parents))
        return len(self.parents) - 1

    def _root(self, node: int) -> int:
        while self.parents[node] != node:
            self.parents[node] = node = self.parents[self.parents[node]]
        return node

    def group(self) -> Group:
        self._unite_by(lambda value: value not in self.memory and value not in self.extents)
        if len({self._root(loop) for loops in self.loops.values() for loop in loops}) > max(
            (len(loops) for loops in self.loops.values()), default=0
        ):
            self._join_siblings()
        self._measure()
        members = [self._member(op) for op in self.loops]
        outputs = {r: m.outputs[i] for m in members for i, r in enumerate(m.op.results)}
        if any(value not in outputs for value, _ in self.stored):
            raise Unsupported("it stores a value that it does not compute")
        results = [(outputs[value], argument) for value, argument in self.stored]
        order = _order(members, [access for access, _ in results], self.memory)
        number = {root: i for i, root in enumerate(order)}

        def rename(d: int) -> int:
            return number.get(d, d)

        return Group(
            tuple(m.renamed(rename) for m in members),
            tuple(self.sizes[root] for root in order),
            self.memory,
            tuple((access.renamed(rename), argument) for access, argument in results),
        )

    def _unite_by(self, shares) -> None:
        """One dimension for the loops that index the same dimension of a tensor that `shares`."""
        first: dict[tuple[ir.Value, int], int] = {}
        for op, loops in self.loops.items():
            values = [*op.operands, *op.results]
            maps = self.maps[op] + self.maps[op][len(op.operands) - len(op.results) :]
            for value, map_ in zip(values, maps, strict=True):
                for i, loop in enumerate(map_.loops if shares(value) and not map_.windows else ()):
                    if loop != UNIT:
                        other = first.setdefault((value, i), loops[loop])
                        self.parents[self._root(other)] = self._root(loops[loop])

    def _join_siblings(self) -> None:
        """Ops that share an argument but no intermediate: one domain, if no op gets one twice."""
        for value in self.memory:
            before = list(self.parents)
            self._unite_by(lambda v, value=value: v == value)
            if not self._distinct():
                self.parents = before

    def _distinct(self) -> bool:
        roots = ([self._root(loop) for loop in loops] for loops in self.loops.values())
        return all(len(set(r)) == len(r) for r in roots)

    def _measure(self) -> None:
        """The size of each dimension: a number where any tensor says so, else where to read it."""
        arguments = {value: argument for value, argument in self.stored} | self.memory
        for op, loops in self.loops.items():
            outs = self.maps[op][len(op.operands) - len(op.results) :]
            accesses = zip([*op.operands, *op.results], self.maps[op] + outs, strict=True)
            for value, map_ in accesses:
                padded = self.seen[value].changed if value in self.seen else ()
                for i, loop in map_.alone:
                    argument = None if i in padded else arguments.get(value)
                    self._learn(self._root(loops[loop]), value, i, argument)

    def _learn(self, root: int, value: ir.Value, i: int, argument: ir.Value | None) -> None:
        shape = tensor_type(value).shape
        if shape[i] != DYNAMIC:
            self.sizes[root] = shape[i]
        elif not isinstance(self.sizes.get(root), int):
            if argument is not None:
                self.sizes[root] = ((argument, i),)
            elif value in self.extents:
                dynamic = self.extents[value][shape[:i].count(DYNAMIC)]
                self.sizes.setdefault(root, (dynamic,))

    def _member(self, op: ir.Operation) -> Member:
        dims = [self._root(loop) for loop in self.loops[op]]
        for dim in dims:
            if dim not in self.sizes:
                raise Unsupported("the extent of a loop is not known from any argument")
        dims = [UNIT if self.sizes[d] == 1 else d for d in dims]
        real = [d for d in dims if d != UNIT]
        if len(set(real)) != len(real):
            raise Unsupported("an intermediate is read along two different dimensions at once")

        def at(map_: Indexing) -> tuple[int, ...]:
            return tuple(UNIT if d == UNIT else dims[d] for d in map_.loops)

        indexed = self.maps[op]
        if any(
            m.windows and v not in self.memory for m, v in zip(indexed, op.operands, strict=True)
        ):
            raise Unsupported("reads windows of a tensor that is no argument of the kernel")
        maps = [at(map_) for map_ in indexed]
        operands = [
            self._access(value, map_, how) if isinstance(value.type, ir.RankedTensorType) else value
            for value, map_, how in zip(op.operands, maps, indexed, strict=True)
        ]
        count = len(op.operands) - len(op.results)
        outputs = tuple(
            Access(result, map_) for result, map_ in zip(op.results, maps[count:], strict=True)
        )
        kinds = iterator_types(op)
        reduces = frozenset(
            d for d, kind in zip(dims, kinds, strict=True) if kind == "reduction" and d != UNIT
        )
        if any(set(a.dims) != set(real) - reduces for a in outputs):
            raise Unsupported("an output leaves out a parallel loop")
        sums = [accumulation(op, count + i, i) for i in range(len(op.results))]
        if reduces and None in sums and selection(op) is None:
            raise Unsupported("a reduction combines in a way that has no vector form")
        form = None
        if reduces and len(op.results) == 1:
            form = contraction(
                op, count, [[d for d in m if d != UNIT] for m in maps], dims, reduces
            )
        inits = tuple(op.operands[count:])
        return Member(op, tuple(dims), reduces, tuple(operands[:count]), outputs, inits, form)

    def _access(self, value: ir.Value, dims: tuple[int, ...], how: Indexing) -> Access:
        if value not in self.seen:
            return Access(value, dims, how.windows)
        seen = self.seen[value]
        windows = [
            replace(window, offset=window.offset + offset)
            for window, offset in zip(how.in_windows, seen.offsets, strict=True)
        ]
        for i in seen.padding.dims if seen.padding else ():
            if not any(dims[place] >= 0 for place, _ in windows[i].terms):
                raise Unsupported("reads one place of a padded dimension; a slice has a tiled form")
        return Access(value, dims, tuple(windows), seen.padding, seen.moved)


def _order(members: list[Member], results: list[Access], memory) -> list[int]:
    """Parallel dimensions first: batch, m, n of a contraction, else as the results have them; then
    the reduced ones as memory has them."""
    reduced = {d for m in members for d in m.reduces}
    roles = [m.contraction for m in members if m.contraction]
    seen = [d for c in roles for role in (c.batch, c.m, c.n) for d in role]
    seen += [d for access in results for d in access.dims]
    reads = [a for m in members for a in m.operands() if a.value in memory]
    seen += [d for a in sorted(reads, key=lambda a: -len(a.dims)) for d in a.dims]
    seen += [d for m in members for d in m.domain]
    unique = list(dict.fromkeys(seen))
    return [d for d in unique if d not in reduced] + [d for d in unique if d in reduced]
