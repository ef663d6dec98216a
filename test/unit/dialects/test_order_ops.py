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
        (
            "sort",
            "(tensor<4xf32>, tensor<5xi32>) -> (tensor<4xf32>, tensor<5xi32>)",
            "axis 0 must be 4",
        ),
        ("sort", "(tensor<4xf32>, tensor<4xi32>) -> tensor<4xf32>", "a result for each operand, 2"),
        ("sort", "(tensor<4xf32>) -> tensor<4xf16>", "input and out must hold the same element"),
        (
            "sort",
            "(tensor<4xf32>, tensor<4xi32>) -> (tensor<4xf32>, tensor<4xi64>)",
            "an operand and its result must hold the same element type",
        ),
        ("sort {axis = -2 : i64}", "(tensor<4xf32>) -> tensor<4xf32>", "axis -2 is out of range"),
        ("topk {k = 5 : i64}", "(tensor<4xf32>) -> (tensor<5xf32>, tensor<5xi32>)", "at most 4"),
        ("topk {k = 2 : i64}", "(tensor<4xf32>) -> (tensor<3xf32>, tensor<3xi32>)", "0 must be 2"),
        ("topk {k = 2 : i64}", "(tensor<4xf32>) -> (tensor<2xf32>, tensor<2xi8>)", "hold i32 or"),
        ("topk {k = -1 : i64}", "(tensor<4xf32>) -> (tensor<2xf32>, tensor<2xi32>)", "negative"),
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


def test_sort_is_stable_and_nan_is_greatest() -> None:
    types = "(tensor<6xf32>, tensor<6xi32>) -> (tensor<6xf32>, tensor<6xi32>)"
    keys = np.array([0.0, np.nan, 2.0, -0.0, np.inf, 2.0], np.float32)
    inputs = [keys, np.arange(6, dtype=np.int32)]
    ascending = reference.evaluate(program("sort", types), inputs)
    np.testing.assert_array_equal(ascending[1], [0, 3, 2, 5, 4, 1])
    descending = reference.evaluate(program("sort {descending}", types), inputs)
    np.testing.assert_array_equal(descending[1], [1, 4, 2, 5, 0, 3])
    types = "(tensor<6xf32>) -> (tensor<3xf32>, tensor<3xi32>)"
    largest = reference.evaluate(program("topk {k = 3 : i64}", types), inputs[:1])
    np.testing.assert_array_equal(largest[1], [1, 4, 2])
    smallest = reference.evaluate(program("topk {k = 3 : i64, smallest}", types), inputs[:1])
    np.testing.assert_array_equal(smallest[1], [0, 3, 2])
