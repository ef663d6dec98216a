"""Attribute fields of ops as Python values: `kind: str`, `axes: list[int]`, `keepdims: bool`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlir import ir


@dataclass(frozen=True)
class AttributeKind:
    """How a Python type is spelled as an attribute."""

    expected: str  # for messages: "must be ..."
    read: Callable[[ir.Attribute], Any]  # None if the attribute is of another kind
    make: Callable[[Any], ir.Attribute]


def _read_str(attribute: ir.Attribute) -> str | None:
    return attribute.value if isinstance(attribute, ir.StringAttr) else None


def _read_bool(attribute: ir.Attribute) -> bool | None:
    if isinstance(attribute, ir.UnitAttr):
        return True
    return attribute.value if isinstance(attribute, ir.BoolAttr) else None


def _read_int(attribute: ir.Attribute) -> int | None:
    return attribute.value if isinstance(attribute, ir.IntegerAttr) else None


def _read_float(attribute: ir.Attribute) -> float | None:
    if isinstance(attribute, (ir.FloatAttr, ir.IntegerAttr)):
        return float(attribute.value)
    return None


def _read_ints(attribute: ir.Attribute) -> list[int] | None:
    if isinstance(attribute, (ir.DenseI64ArrayAttr, ir.DenseI32ArrayAttr)):
        return list(attribute)
    if isinstance(attribute, ir.ArrayAttr):
        values = [_read_int(element) for element in attribute]
        return None if None in values else [v for v in values if v is not None]
    return None


def _read_dense(attribute: ir.Attribute) -> ir.Attribute | None:
    if isinstance(attribute, ir.DenseElementsAttr):
        return attribute
    try:
        return ir.DenseResourceElementsAttr(attribute)
    except ValueError:
        return None


KINDS: dict[Any, AttributeKind] = {
    str: AttributeKind('a string, such as "text"', _read_str, ir.StringAttr.get),
    bool: AttributeKind("a unit or boolean attribute", _read_bool, ir.BoolAttr.get),
    int: AttributeKind(
        "an integer, such as 1",
        _read_int,
        lambda value: ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value),
    ),
    float: AttributeKind(
        "a number, such as 1.0",
        _read_float,
        lambda value: ir.FloatAttr.get(ir.F64Type.get(), value),
    ),
    list[int]: AttributeKind(
        "a list of integers, such as array<i64: 0, 1>", _read_ints, ir.DenseI64ArrayAttr.get
    ),
    ir.DenseElementsAttr: AttributeKind(
        "a dense attribute, such as dense<0.0> : tensor<4xf32>", _read_dense, lambda value: value
    ),
}
