"""Slices that passes write."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.ir.constants import constant

Size = int | ir.Value
_DYNAMIC = ir.ShapedType.get_dynamic_size()


def extract_slice(
    source: ir.Value,
    offsets: Sequence[Size],
    sizes: Sequence[Size],
    dropped: Collection[int] = (),
) -> ir.Value:
    """The elements of `source` from `offsets` on, without the `dropped` dimensions, of size 1.
    MLIR takes no slice of a tensor that has none, not even at 0: that becomes another one.

        %s = tensor.extract_slice %x[1, %i] [%n, 4] [1, 1]

        %e = tensor.empty(%n) : tensor<?x4xf32>
        %s = linalg.fill ins(%zero) outs(%e)
    """
    type_ = ir.RankedTensorType(source.type)
    kept = [size for dim, size in enumerate(sizes) if dim not in dropped]
    if 0 in type_.shape:
        empty = tensor.EmptyOp(kept, type_.element_type).result
        return linalg.fill(constant(type_.element_type, 0), outs=[empty])
    result = ir.RankedTensorType.get(_static(kept), type_.element_type)
    return tensor.ExtractSliceOp(
        result,
        source,
        [n for n in offsets if not isinstance(n, int)],
        [n for n in sizes if not isinstance(n, int)],
        [],
        _static(offsets),
        _static(sizes),
        [1] * type_.rank,
    ).result


def _static(sizes: Sequence[Size]) -> list[int]:
    return [n if isinstance(n, int) else _DYNAMIC for n in sizes]
