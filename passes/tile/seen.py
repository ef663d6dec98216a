"""A pad or a slice of an argument: where in the argument its elements are."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import tensor

from clawc.passes.ir.body import body_of, terminator
from clawc.passes.tile.group import Moved, Padding, Unsupported

DYNAMIC = ir.ShapedType.get_dynamic_size()


@dataclass(frozen=True)
class Seen:
    """Along dimension i element 0 is number `offsets[i]` of the argument, and the sum of `moved[i]`
    further; what is before or behind the argument is `padding`.  Dimensions that are `changed` may
    be of another size than the argument's."""

    offsets: tuple[int, ...]
    moved: tuple[Moved, ...]
    changed: frozenset[int]
    padding: Padding | None = None

    @classmethod
    def whole(cls, rank: int) -> Seen:
        return cls((0,) * rank, ((),) * rank, frozenset())


def seen(op: ir.Operation, source: Seen | None) -> Seen:
    """The result of a tensor.pad or tensor.extract_slice of what is seen so, None: of an argument.
    Raises `Unsupported`."""
    view = op.opview
    start = source or Seen.whole(ir.RankedTensorType(op.operands[0].type).rank)
    if isinstance(view, tensor.PadOp):
        return _padded(view, start)
    assert isinstance(view, tensor.ExtractSliceOp)
    if DYNAMIC in view.static_strides or set(view.static_strides) != {1}:
        raise Unsupported("cuts every second or further element; a map of that step has a form")
    return _moved(start, view.static_offsets, list(view.offsets), 1, _other_sizes(view))


def _other_sizes(view: tensor.ExtractSliceOp) -> set[int]:
    """The dimensions that are, or may be, not as long as the source's."""
    source = ir.RankedTensorType(view.source.type).shape
    pairs = enumerate(zip(source, view.static_sizes, strict=True))
    return {i for i, (n, size) in pairs if n != size or n == DYNAMIC}


def _padded(view: tensor.PadOp, start: Seen) -> Seen:
    if start.padding is not None:
        raise Unsupported("pads what is padded")
    around = list(zip(view.static_low, view.static_high, strict=True))
    dims = tuple(i for i, ends in enumerate(around) if any(ends))
    moved = _moved(start, view.static_low, list(view.low), -1, set(dims))
    padding = Padding(dims, terminator(body_of(view)).operands[0])
    return Seen(moved.offsets, moved.moved, moved.changed, padding)


def _moved(
    start: Seen, static: ir.DenseI64ArrayAttr, values: list[ir.Value], sign: int, changed: set[int]
) -> Seen:
    offsets, moved = [], []
    dynamic = iter(values)
    for number, offset, before in zip(static, start.offsets, start.moved, strict=True):
        is_value = number == DYNAMIC
        offsets.append(offset if is_value else offset + sign * number)
        moved.append((*before, (next(dynamic), sign)) if is_value else before)
    return Seen(tuple(offsets), tuple(moved), start.changed | changed, start.padding)
