"""Shapes and element types of tensor values, as the rules of the claw ops speak of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from mlir import ir

from clawc.chips.elements import ELEMENTS as TABLE
from clawc.chips.elements import names

DYNAMIC: int = ir.ShapedType.get_dynamic_size()

FLOATS, INTEGERS = names("float"), names("integer")
(BOOL,) = names("bool")
NUMBERS = FLOATS + INTEGERS
ELEMENTS = (*NUMBERS, BOOL)

ACCUMULATOR = {e.name: e.accumulator for e in TABLE.values() if e.accumulator != e.name}
"""What sums of an element type are held in, where that is not the type itself."""

Label = Any
"""The name of a dimension: equal labels mean equal sizes.  `UNIT` is the size one."""
UNIT = "unit"


def accumulator(element: str) -> str:
    return ACCUMULATOR.get(element, element)


def tensor_type(value: ir.Value) -> ir.RankedTensorType:
    return cast(ir.RankedTensorType, value.type)


def shape(value: ir.Value) -> list[int]:
    return list(tensor_type(value).shape)


def rank(value: ir.Value) -> int:
    return len(tensor_type(value).shape)


def element(value: ir.Value) -> str:
    """The element type's name: "f32", "i1", ..."""
    return str(tensor_type(value).element_type)


def shown(sizes: Sequence[int]) -> str:
    """`4x?x8`, or `scalar` for rank 0."""
    return "x".join("?" if size == DYNAMIC else str(size) for size in sizes) or "scalar"


def compatible(one: int, other: int) -> bool:
    return DYNAMIC in (one, other) or one == other


Labelled = tuple[ir.Value, Sequence[Label]]
"""A tensor and the names of its dimensions."""


class Use(NamedTuple):
    """One place where a dimension appears."""

    tensor: str
    axis: int
    size: int


def dimensions(tensors: Mapping[str, Labelled]) -> dict[Label, list[Use]]:
    """Where each dimension appears, in the order of the tensors."""
    found: dict[Label, list[Use]] = {}
    for name, (value, labels) in tensors.items():
        for axis, (size, label) in enumerate(zip(shape(value), labels, strict=True)):
            found.setdefault(label, []).append(Use(name, axis, size))
    return found


def disagreements(found: Mapping[Label, list[Use]]) -> Iterator[str]:
    """One message per use of a dimension whose known size is not the first one's."""
    for label, uses in found.items():
        known = [use for use in uses if use.size != DYNAMIC]
        for use in known:
            first = known[0]
            size = 1 if label == UNIT else first.size
            source = "" if label == UNIT else f", the size of {first.tensor} axis {first.axis}"
            if use.size != size:
                yield f"{use.tensor} axis {use.axis} must be {size}{source}; got {use.size}"
