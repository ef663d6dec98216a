"""The rules of operations in which the order along an axis counts, and what the reference makes.

Covers: dialects/order_ops.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from clawc.dialects import reference


def program(operation: str, types: str) -> str:
    """A function of one operation on all arguments, of one or several results."""
    arguments, results = (part.strip("()").split(", ") for part in types.split(" -> "))
    signature = ", ".join(f"%{i}: {t}" for i, t in enumerate(arguments))
    operands = ", ".join(f"%{i}" for i in range(len(arguments)))
    name, _, attributes = operation.partition(" ")
    made = "%r" if len(results) == 1 else f"%r:{len(results)}"
    given = "%r" if len(results) == 1 else ", ".join(f"%r#{i}" for i in range(len(results)))
    listed = ", ".join(results)
    return (
        f"func.func @main({signature}) -> ({listed}) {{\n"
        f"  {made} = claw.{name} {operands} {attributes} : {types}\n"
        f"  return {given} : {listed}\n}}\n"
    )


@pytest.mark.parametrize(
    ("operation", "types", "message"),
    [
        (
            'scan {kind = "sum", axis = 1 : i64}',
            "(tensor<4xf32>) -> tensor<4xf32>",
            "axis 1 is out",
        ),
        ('scan {kind = "and"}', "(tensor<4xf32>) -> tensor<4xf32>", "input must hold i8"),
        ('scan {kind = "sum"}', "(tensor<4xf32>) -> tensor<5xf32>", "out axis 0 must be 4"),
        ('scan {kind = "sum"}', "(tensor<4xf16>) -> tensor<4xf64>", "out must hold f16 or f32"),
        ('scan {kind = "max"}', "(tensor<4xf16>) -> tensor<4xf32>", "out must hold f16, got f32"),
        ('scan {kind = "mean"}', "(tensor<4xf16>) -> tensor<4xf32>", "one of sum, prod, max, min"),
    ],
)
def test_rules(operation: str, types: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reference.evaluate(program(operation, types), [])


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('kind = "sum"', [3, 4, 8, 9]),
        ('kind = "sum", reverse', [9, 6, 5, 1]),
        ('kind = "prod", exclusive', [1, 3, 3, 12]),
        ('kind = "max", exclusive', [-128, 3, 3, 4]),
        ('kind = "min", exclusive, reverse', [1, 1, 1, 127]),
    ],
)
def test_scan(attributes: str, expected: list[int]) -> None:
    text = program(f"scan {{{attributes}}}", "(tensor<4xi8>) -> tensor<4xi8>")
    found = reference.evaluate(text, [np.array([3, 1, 4, 1], np.int8)])
    np.testing.assert_array_equal(found[0], expected)
