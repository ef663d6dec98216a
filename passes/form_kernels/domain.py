"""The iteration domain of a kernel: a group's dimensions, those that stay together merged."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.passes.form_kernels.groups import Dims, Group, named
from clawc.passes.ir.body import body_of
from clawc.passes.ir.windows import Window, has_windows, loops_of

View = tuple[ir.Value, tuple[tuple[int, ...], ...], tuple[int | Window, ...]]


@dataclass(frozen=True)
class Domain:
    """`dims[i]`: the group's dimensions which are dimension i of the kernel, outermost first.

    A group of scalars has none; its kernel has one dimension all the same, of size 1.
    """

    group: Group
    dims: tuple[tuple[int, ...], ...]

    @property
    def iterators(self) -> list[str]:
        reduced = self.group.reduced
        return ["reduction" if reduced.intersection(d) else "parallel" for d in self.dims]

    def size(self, dim: int) -> int:
        """-1 where dynamic."""
        total = 1
        for d in self.dims[dim]:
            size = self.group.sizes[d]
            if not isinstance(size, int):
                return -1
            total *= size
        return total

    def merge(self, dims: Dims) -> list[int | Window]:
        """The dimensions of the kernel which a value over the group's `dims` has."""
        if not self.group.sizes and not has_windows(dims):
            return [0]
        place = {part: i for i, parts in enumerate(self.dims) for part in parts}
        merged: list[int | Window] = []
        for dim in dims:
            if isinstance(dim, Window):
                merged.append(dim.renamed(place.__getitem__))
            elif dim is not None and place[dim] not in merged:
                merged.append(place[dim])
        return merged

    def inputs(self) -> list[tuple[ir.Value, Dims]]:
        """What is read from memory: a value as its first reader sees it, and once more for each
        other merging of its dimensions, as of x in "abk,ckd->abcd" of x with itself."""
        group = self.group
        found = {self.view(value, dims): (value, dims) for value, dims in group.inputs.items()}
        for op, binding in group.ops.items():
            for read in op.reads:
                if read.value in group.inputs:
                    dims = group.place(read, binding)
                    found.setdefault(self.view(read.value, dims), (read.value, dims))
        return list(found.values())

    def view(self, value: ir.Value, dims: Dims) -> View:
        """What tells apart the buffers of one value: how its dimensions are merged."""
        windows = tuple(self.merge(dims)) if has_windows(dims) else ()
        return value, tuple(tuple(part) for part in self.reassociation(dims)), windows

    def reassociation(self, dims: Dims) -> list[list[int]]:
        """The dimensions of memory that make up each of `merge(dims)`; units join a neighbour."""
        if not self.group.sizes and not has_windows(dims):
            return [list(range(len(dims)))]
        place = {part: i for i, parts in enumerate(self.dims) for part in parts}
        groups: list[list[int]] = []
        leading: list[int] = []
        last = None
        for i, d in enumerate(dims):
            if d is None:
                (groups[-1] if groups else leading).append(i)
            elif groups and not isinstance(d, Window) and place[d] == last:
                groups[-1].append(i)
            else:
                groups.append([*leading, i])
                leading, last = [], None if isinstance(d, Window) else place[d]
        return groups


def domain_of(group: Group, outputs: list[ir.Value]) -> Domain:
    """Parallel dimensions in the order of the first output, then the reduced ones."""
    order: list[int] = []
    for value in [*outputs, *group.values]:
        order += [d for d in loops_of(group.values[value]) if d not in order]
    order += [d for d in range(len(group.sizes)) if d not in order]
    order.sort(key=lambda d: d in group.reduced)
    follows = _neighbours(group)
    dims: list[tuple[int, ...]] = []
    for d in order:
        if any(d in merged for merged in dims):
            continue
        chain = [d]
        while (after := follows.get(chain[-1])) is not None:
            chain.append(after)
        while (before := next((a for a, b in follows.items() if b == chain[0]), None)) is not None:
            chain.insert(0, before)
        dims.append(tuple(chain))
    return Domain(group, tuple(dims) or ((),))


def _neighbours(group: Group) -> dict[int, int]:
    """Dimension a -> b if b follows a directly in every operand that has either."""
    after: dict[int, set[int | None]] = {}
    before: dict[int, set[int | None]] = {}
    alone: set[int] = set()
    for op, binding in group.ops.items():
        for operand in [*op.reads, *op.writes]:
            placed = group.place(operand, binding)
            alone |= set(loops_of(d for d in placed if isinstance(d, Window)))
            dims = [None if isinstance(d, Window) else d for d in placed if d is not None]
            for a, b in zip([None, *dims], [*dims, None], strict=True):
                if a is not None:
                    after.setdefault(a, set()).add(b)
                if b is not None:
                    before.setdefault(b, set()).add(a)
        for inner in body_of(op.op).operations:
            if inner.name == "linalg.index":
                loop = ir.IntegerAttr(inner.attributes["dim"]).value
                alone |= named([binding.get(loop)])
    found: dict[int, int] = {}
    for a, nexts in after.items():
        b = next(iter(nexts)) if len(nexts) == 1 else None
        if b is None or before[b] != {a} or alone & {a, b}:
            continue
        if (a in group.reduced) == (b in group.reduced):
            found[a] = b
    return found
