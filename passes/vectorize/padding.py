"""Tiles that memory holds a part of: what padding surrounds is read under a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, vector

from clawc.passes.vectorize.values import (
    Size,
    Tile,
    Window,
    add,
    bounds_of,
    index,
    make_mask,
    onto,
    splat,
    subtract,
)


@dataclass(frozen=True)
class Padded:
    """A part of a memref between padding of one value: along dimension i, elements `starts[i]` up
    to `ends[i]` of `window.sizes[i]` are there."""

    window: Window
    starts: tuple[Size, ...]
    ends: tuple[Size, ...]
    value: ir.Value


def between(low: Sequence[Size], window: Window, high: Sequence[Size], value: ir.Value) -> Padded:
    """`window`, and so many elements of padding before and after it along each dimension."""
    ends = [add(a, n) for a, n in zip(low, window.sizes, strict=True)]
    sizes = [add(end, n) for end, n in zip(ends, high, strict=True)]
    offsets = [subtract(o, n) for o, n in zip(window.offsets, low, strict=True)]
    whole = Window(window.memory, tuple(offsets), tuple(sizes))
    return Padded(whole, tuple(low), tuple(ends), value)


def read_padded(padded: Padded, shape: Sequence[int]) -> Tile:
    """The padding's value where memory has nothing, and outside the bounds."""
    window = padded.window
    along = [i for i, n in enumerate(shape) if n > 1] or [len(shape) - 1]
    held = [shape[i] for i in along]
    ends: list[Size | None] = [padded.ends[i] for i in along]
    for i, (start, end) in enumerate(zip(padded.starts, padded.ends, strict=True)):
        if i not in along and (start, end) != (0, 1):  # nothing, where its only element is not
            there = arith.cmpi(arith.CmpIPredicate.slt, index(start), index(end))
            ends[0] = arith.select(there, index(ends[0]), index(0))
    mask = make_mask(held, [None if n == e else e for n, e in zip(held, ends, strict=True)])
    for place, i in enumerate(along):
        if padded.starts[i] != 0:
            mask = _from(mask, held, place, padded.starts[i])
    value = vector.TransferReadOp(
        ir.VectorType.get(held, padded.value.type),
        window.memory,
        [index(offset) for offset in window.offsets],
        onto(len(shape), along),
        padded.value,
        [True] * len(held),
        mask=mask,
    ).result
    if shape[along[0]] == 1:
        value = _only(value)
    return Tile(value, tuple(shape), bounds_of(window.sizes, shape), _is_zero(padded.value))


def _from(mask: ir.Value | None, shape: Sequence[int], place: int, start: Size) -> ir.Value:
    """`mask`, but false before `start` along dimension `place`."""
    kind = ir.VectorType.get(shape, ir.IntegerType.get_signless(1))
    limits = [index(start if i == place else n) for i, n in enumerate(shape)]
    if mask is None:
        mask = vector.CreateMaskOp(kind, [index(n) for n in shape]).result
    before = vector.CreateMaskOp(kind, limits).result
    return arith.andi(mask, arith.xori(before, splat(shape, kind.element_type, 1)))


def _only(value: ir.Value) -> ir.Value:
    """The element of a vector of one."""
    element = ir.VectorType(value.type).element_type
    nothing = splat([], element, -0.0 if isinstance(element, ir.FloatType) else 0)
    kind = ir.Attribute.parse("#vector.kind<add>")
    return vector.MultiDimReductionOp(kind, value, nothing, [0]).result


def _is_zero(value: ir.Value) -> bool:
    owner = value.owner
    if isinstance(owner, ir.Block) or owner.name != "arith.constant":
        return False
    scalar = owner.attributes["value"]
    return isinstance(scalar, (ir.FloatAttr, ir.IntegerAttr)) and scalar.value == 0
