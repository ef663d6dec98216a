"""The rules of claw.scatter, and what the reference makes of order and of what is outside.

Covers: dialects/scatter_op.py, reference_ordered.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from clawc.dialects import reference

TYPES = "(tensor<9x4xf32>, tensor<5x1xi32>, tensor<5x4xf32>) -> tensor<9x4xf32>"


def scatter(types: str, attributes: str = 'kind = "sum"') -> str:
    arguments = types[1 : types.index(")")].split(", ")
    signature = ", ".join(f"%{i}: {t}" for i, t in enumerate(arguments))
    result = types.split("-> ")[1]
    operands = ", ".join(f"%{i}" for i in range(len(arguments)))
    return (
        f"func.func @main({signature}) -> {result} {{\n"
        f"  %r = claw.scatter {operands} {{{attributes}}} : {types}\n  return %r : {result}\n}}\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "attributes", "message"),
    [
        (
            "tensor<5x1xi32>",
            "tensor<5xi32>",
            'kind = "sum"',
            "indices must be .updates, columns.*1",
        ),
        ("tensor<5x1xi32>", "tensor<5x?xi32>", 'kind = "sum"', "number of columns, must be known"),
        ("tensor<5x1xi32>", "tensor<5x0xi32>", 'kind = "sum"', "must have a column"),
        ("tensor<5x1xi32>", "tensor<5x1xf32>", 'kind = "sum"', "indices must hold i8"),
        ("tensor<5x1xi32>", "tensor<6x1xi32>", 'kind = "sum"', "updates axis 0 must be 6"),
        ("tensor<5x4xf32>", "tensor<5x3xf32>", 'kind = "sum"', "updates axis 1 must be 4"),
        ("tensor<5x4xf32>", "tensor<5x4xf16>", 'kind = "sum"', "the same element type"),
        ("tensor<5x4xf32>", "tensor<5xf32>", 'kind = "sum"', "input axis 1 is neither indexed nor"),
        ("tensor<5x4xf32>", "tensor<5x1x1x4xf32>", 'kind = "sum"', "updates must have rank 1 to 3"),
        ("", "", 'kind = "and"', "input must hold i8"),
        ("", "", 'kind = "sum", dims = [0, 1]', "an axis for each of the 1 columns"),
        ("", "", 'kind = "sum", dims = [2]', "different axes of input, 0 to 1"),
    ],
)
def test_rules(old: str, new: str, attributes: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reference.evaluate(scatter(TYPES.replace(old, new), attributes), [])


def test_order_and_what_is_outside() -> None:
    types = "(tensor<4xi32>, tensor<5x1xi64>, tensor<5xi32>) -> tensor<4xi32>"
    inputs = [
        np.array([10, 20, 30, 40], np.int32),
        np.array([[2], [0], [2], [-1], [4]]),
        np.array([1, 2, 3, 4, 5], np.int32),
    ]
    assigned = reference.evaluate(scatter(types, 'kind = "assign"'), inputs)[0]
    np.testing.assert_array_equal(assigned, [2, 20, 3, 40])
    summed = reference.evaluate(scatter(types, 'kind = "sum"'), inputs)[0]
    np.testing.assert_array_equal(summed, [12, 20, 34, 40])


def test_a_window_from_the_index_on() -> None:
    types = "(tensor<5x2xi32>, tensor<2x1xi64>, tensor<2x2x2xi32>) -> tensor<5x2xi32>"
    updates = np.arange(1, 9, dtype=np.int32).reshape(2, 2, 2)
    inputs = [np.zeros((5, 2), np.int32), np.array([[1], [4]]), updates]
    found = reference.evaluate(scatter(types, 'kind = "assign"'), inputs)[0]
    np.testing.assert_array_equal(found, [[0, 0], [1, 2], [3, 4], [0, 0], [5, 6]])
