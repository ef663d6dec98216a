"""clamp-indices: an element that is read by computed indices is always one of its tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, cf, scf, tensor

from clawc.passes.arithmetic.bodies import bodies, outside_of_bodies, parent_of
from clawc.passes.arithmetic.ranges import Range, Ranges, bits_of
from clawc.passes.arithmetic.sizes import (
    Place,
    constant_of,
    is_loop_over,
    loop_places,
    origin,
)
from clawc.passes.framework.base import Pass
from clawc.passes.ir.constants import constant
from clawc.passes.ir.loops import shape_of
from clawc.passes.kernel.kernel import count_clamps

_I = arith.CmpIPredicate
_NO_ELEMENTS = "reads an element of a tensor that has none"


@dataclass(frozen=True)
class ClampIndices(Pass):
    """Out of range, an index takes the nearest element: 0 if it is negative, else the last.  What
    is in range by its bounds, by the loop that it counts or by a branch around it, is left alone.

    Before:

        %j = arith.index_cast %in : i64 to index
        %v = tensor.extract %x[%j, %i] : tensor<100x8xf32>

    After:

        %a = arith.maxsi %in, %c0 : i64
        %b = arith.minsi %a, %c99 : i64
        %j = arith.index_cast %b : i64 to index
        %v = tensor.extract %x[%j, %i] : tensor<100x8xf32>

    Of a tensor whose size is not known, some element must be there: the host asserts it before it
    launches anything, and where a branch decides whether to read at all, another one does.
    """

    name: ClassVar[str] = "clamp-indices"

    def run(self, module: ir.Module) -> None:
        ranges = Ranges()
        for owner, body in list(bodies(module)):
            for op in body:
                if op.name == "tensor.extract":
                    _clamp(op, owner, ranges)
        for op in outside_of_bodies(module):
            if op.name == "tensor.extract":
                _clamp(op, None, ranges)


def _clamp(op: ir.Operation, owner: ir.Operation | None, ranges: Ranges) -> None:
    source = op.operands[0]
    unsure = [
        dim for dim in range(len(shape_of(source))) if not _is_in_range(op, dim, owner, ranges)
    ]
    for dim in unsure:
        with ir.InsertionPoint(op), op.location:
            op.operands[1 + dim], count = _clamped(op.operands[1 + dim], source, dim, ranges)
        if owner is not None:
            count_clamps(owner, count)
    maybe_none = [dim for dim in unsure if shape_of(source)[dim] < 1]
    if maybe_none and owner is None:
        with ir.InsertionPoint(op), op.location:
            cf.AssertOp(_has_elements(source, maybe_none), _NO_ELEMENTS)
    elif maybe_none and owner is not None:
        if parent_of(op) == owner and owner.name == "linalg.generic":
            _assert_elements(op, owner, maybe_none)
        else:
            _read_if_any(op, maybe_none)


def _is_in_range(op: ir.Operation, dim: int, owner: ir.Operation | None, ranges: Ranges) -> bool:
    source, index = op.operands[0], op.operands[1 + dim]
    size = shape_of(source)[dim]
    if size >= 0 and ranges.of(index).within(Range(0, size - 1)):
        return True
    plain = _without_casts(index)
    if not isinstance(plain.owner, ir.Block) and plain.owner.name == "linalg.index":
        if is_loop_over(plain.owner.operation, source, dim):
            return True
    return owner is not None and _is_checked(op, index, (source, dim), ranges)


def _without_casts(index: ir.Value) -> ir.Value:
    while not isinstance(index.owner, ir.Block) and index.owner.name == "arith.index_cast":
        index = index.owner.operands[0]
    return index


def _is_checked(op: ir.Operation, index: ir.Value, place: Place, ranges: Ranges) -> bool:
    """Whether `op` is in the first branch of an scf.if of `index < bound` without signs, where the
    bound is not above the size of that dimension."""
    index, block = _without_casts(index), op.block
    while (around := block.owner.operation).name.startswith("scf."):
        if around.name == "scf.if" and block == around.regions[0].blocks[0]:
            bounds = (_bound(condition, index) for condition in _conjuncts(around.operands[0]))
            if any(bound is not None and _is_at_most(bound, place, ranges) for bound in bounds):
                return True
        block = around.block
    return False


def _conjuncts(condition: ir.Value) -> list[ir.Value]:
    found, pending = [], [condition]
    while pending:
        value = pending.pop()
        if not isinstance(value.owner, ir.Block) and value.owner.name == "arith.andi":
            pending += value.owner.operands
        else:
            found.append(value)
    return found


def _bound(condition: ir.Value, index: ir.Value) -> ir.Value | None:
    """What a condition says that `index` is below, without signs."""
    if isinstance(condition.owner, ir.Block) or condition.owner.name != "arith.cmpi":
        return None
    op = condition.owner.operation
    if _I(ir.IntegerAttr(op.attributes["predicate"]).value) != _I.ult:
        return None
    return op.operands[1] if _without_casts(op.operands[0]) == index else None


def _is_at_most(bound: ir.Value, place: Place, ranges: Ranges) -> bool:
    """Whether it is the size of a dimension or less by its range; of a minimum one suffices."""
    size, pending = shape_of(place[0])[place[1]], [bound]
    while pending:
        value = _without_casts(pending.pop())
        if _origin_of(value) == origin(*place):
            return True
        if size >= 0 and ranges.of(value).within(Range(0, size)):
            return True
        if not isinstance(value.owner, ir.Block) and value.owner.name == "arith.minui":
            pending += value.owner.operands
    return False


def _origin_of(size: ir.Value) -> object:
    size = _without_casts(size)
    if (number := constant_of(size)) is not None:
        return number
    if not isinstance(size.owner, ir.Block) and isinstance(size.owner.opview, tensor.DimOp):
        op = size.owner.opview
        if (number := constant_of(_without_casts(op.operands[1]))) is not None:
            return origin(op.operands[0], number)
    return size


def _clamped(index: ir.Value, source: ir.Value, dim: int, ranges: Ranges) -> tuple[ir.Value, int]:
    """The nearest index that `source` has, and in how many operations; they come before a cast
    that may cut bits off."""
    inner, count = index, 0
    if not isinstance(index.owner, ir.Block) and index.owner.name == "arith.index_cast":
        inner = index.owner.operands[0]
        if bits_of(inner.type) < 64:
            inner = index
    known, size = ranges.of(inner), shape_of(source)[dim]
    if known.low < 0:
        inner, count = arith.maxsi(inner, constant(inner.type, 0)), 1
    if size < 0 or known.high >= size:
        inner, count = arith.minsi(inner, _last(source, dim, inner.type)), count + 1
    if not isinstance(inner.type, ir.IndexType):
        inner = arith.index_cast(ir.IndexType.get(), inner)
    return inner, count


def _last(source: ir.Value, dim: int, type_: ir.Type) -> ir.Value:
    if (size := shape_of(source)[dim]) >= 0:
        return constant(type_, size - 1)
    index = ir.IndexType.get()
    count = tensor.DimOp(source, constant(index, dim)).result
    last = arith.subi(count, constant(index, 1))
    return last if type_ == index else arith.index_cast(type_, last)


def _has_elements(source: ir.Value, dims: list[int]) -> ir.Value:
    index = ir.IndexType.get()
    conditions = [
        arith.cmpi(_I.ne, tensor.DimOp(source, constant(index, dim)).result, constant(index, 0))
        for dim in dims
    ]
    result = conditions[0]
    for condition in conditions[1:]:
        result = arith.andi(result, condition)
    return result


def _assert_elements(op: ir.Operation, generic: ir.Operation, dims: list[int]) -> None:
    """Before `generic`: there are elements, or a loop does not run at all."""
    source, index = op.operands[0], ir.IndexType.get()
    with ir.InsertionPoint(generic), op.location:
        fine = _has_elements(source, dims)
        loops = len(ir.ArrayAttr(generic.attributes["iterator_types"]))
        for value, dim in (loop_places(generic, loop)[0] for loop in range(loops)):
            if shape_of(value)[dim] < 1:
                count = tensor.DimOp(value, constant(index, dim)).result
                idle = arith.cmpi(_I.eq, count, constant(index, 0))
                fine = arith.ori(fine, idle)
        cf.AssertOp(fine, _NO_ELEMENTS)


def _read_if_any(op: ir.Operation, dims: list[int]) -> None:
    """0 instead of an element of what has none."""
    result = op.results[0]
    with ir.InsertionPoint(op), op.location:
        branch = scf.IfOp(_has_elements(op.operands[0], dims), [result.type], has_else=True)
        assert branch.else_block is not None
        with ir.InsertionPoint(branch.else_block):
            scf.YieldOp([constant(result.type, 0)])
    result.replace_all_uses_with(branch.results[0])
    with ir.InsertionPoint(branch.then_block), op.location:
        ending = scf.YieldOp([result])
    op.move_before(ending)
