"""Elements that a body reads by itself, at sums of loops, as operands that are read in windows.

So are slices, flips, diagonals and concatenations of tensors in memory.  What a branch guards is
read where there is something, and is 0 elsewhere; the branch becomes a selection.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith, linalg, scf, tensor

from clawc.passes.form_kernels.sizes import Node, Sizes
from clawc.passes.ir.body import body_of, captures, operations_under
from clawc.passes.ir.linear import Linear, linear
from clawc.passes.ir.loops import KernelOp, Read, in_memory, is_tensor, unit_loops
from clawc.passes.ir.maps import indexing_maps
from clawc.passes.ir.reading import read_op
from clawc.passes.ir.windows import Dim, Place, as_window, loops_of


def read_elements(
    op: linalg.GenericOp, loops: Sequence[int | Node], sizes: Sizes
) -> KernelOp | None:
    """A generic whose body reads tensors, with those as operands; `loops` are the sizes of its
    loops.  None, and nothing has changed, where it reads none or has no form on vectors."""
    inner = operations_under(body_of(op))
    extracts = [each for each in inner if isinstance(each, tensor.ExtractOp)]
    if not extracts and not any(each.name == "scf.if" for each in inner):
        return None
    reader = _Reader(op, inner, loops, sizes)
    reads = [reader.read(extract, len(op.operands) + i) for i, extract in enumerate(extracts)]
    found = [read for read in reads if read is not None]
    kernel = read_op(op, found) if len(found) == len(reads) else None
    if kernel is None or kernel.kind == "generic":
        reader.undo()
        return None
    body = body_of(op)
    for extract in extracts:
        _take_out(extract, body)
    for branch in reversed([each for each in inner if isinstance(each, scf.IfOp)]):
        _select(branch)
    _drop_unused(body)
    kernel.captured = captures(operations_under(body), list(body.arguments))
    return kernel


class _Reader:
    def __init__(
        self,
        op: linalg.GenericOp,
        inner: list[ir.OpView],
        loops: Sequence[int | Node],
        sizes: Sizes,
    ) -> None:
        self.op, self.loops, self.sizes = op, loops, sizes
        self.made = {value for each in inner for value in each.results}
        self.made.update(body_of(op).arguments)
        self.units = unit_loops(op, indexing_maps(op), len(loops))
        self.seen: set[ir.Value] = {v for v in op.operands if is_tensor(v)}
        self.casts: list[tensor.CastOp] = []

    def read(self, extract: tensor.ExtractOp, argument: int) -> Read | None:
        source = extract.tensor
        if not in_memory(source) or source in self.made:
            return None
        guarded = extract.operation.parent.operation != self.op.operation
        dims: list[Dim] = []
        places: list[Place | None] = []
        for dim, index in enumerate(extract.indices):
            found = linear(index, self.made)
            size = self.sizes.size(source, dim)
            if found is None or not self._has_form(found, size, guarded):
                return None
            whole = found.window.is_loop and not found.moved
            if whole and self.loops[found.window.loops[0]] == size:
                loop = found.window.loops[0]
                dims.append(None if loop in self.units else loop)
                places.append(None)
            else:
                dims.append(found.window.without(self.units))
                places.append(Place(found.moved, guarded and not self._is_within(found, size)))
        named = list(loops_of(dims))
        if len(set(named)) < len(named):
            dims = [as_window(dim) for dim in dims]
        return Read(self._own(source), tuple(dims), argument, places=tuple(places))

    def _static(self, found: Linear) -> bool:
        loops = [self.loops[loop] for loop in found.window.loops]
        return not found.moved and all(isinstance(n, int) for n in loops)

    def _is_within(self, found: Linear, size: int | Node) -> bool:
        if not isinstance(size, int) or not self._static(found):
            return False
        low, high = found.span(self._size)
        return low >= 0 and high < size

    def _size(self, loop: int) -> int:
        size = self.loops[loop]
        assert isinstance(size, int)
        return size

    def _has_form(self, found: Linear, size: int | Node, guarded: bool) -> bool:
        """Whether a kernel can say where such an index is."""
        if isinstance(size, int) and self._static(found):
            return True
        steps = [step for _, step in found.window.terms]
        if guarded:
            return steps == [1]
        return not found.moved or all(step > 0 for step in steps)

    def _own(self, source: ir.Value) -> ir.Value:
        """`source`, by another name where it is read otherwise too: a kernel takes it twice."""
        if source in self.seen:
            with ir.InsertionPoint(self.op), self.op.location:
                self.casts.append(tensor.CastOp(source.type, source))
            return self.casts[-1].result
        self.seen.add(source)
        return source

    def undo(self) -> None:
        for cast in self.casts:
            cast.operation.erase()


def _take_out(extract: tensor.ExtractOp, body: ir.Block) -> None:
    """An element becomes an argument of the body."""
    result = extract.result
    result.replace_all_uses_with(body.add_argument(result.type, extract.location))
    extract.operation.erase()


def _select(branch: scf.IfOp) -> None:
    """Both sides are computed, and one is taken."""
    ends: list[list[ir.Value]] = []
    for region in branch.regions:
        *inside, end = region.blocks[0].operations
        for op in inside:
            op.operation.move_before(branch.operation)
        ends.append(list(end.operands))
    with ir.InsertionPoint(branch), branch.location:
        for result, yes, no in zip(branch.results, *ends, strict=True):
            result.replace_all_uses_with(arith.select(branch.condition, yes, no))
    branch.operation.erase()


def _drop_unused(body: ir.Block) -> None:
    """What only computed indices: a loop whose number is used stays by itself."""
    for op in reversed(list(body.operations)[:-1]):
        if all(next(iter(result.uses), None) is None for result in op.results):
            op.operation.erase()
