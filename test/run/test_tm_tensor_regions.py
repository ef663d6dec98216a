"""tm_tensor operations with regions of no known kind, against torch-mlir's loops in NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from harness import run

DEVICES = ("host", "vulkan", "emulator:gfx942")
SIZES = pytest.mark.parametrize("n", ["7", "?"], ids=["static", "dynamic"])


def integers(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(-5, 6, shape).astype(np.int32)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("n", ["8", "?"], ids=["static", "dynamic"])
def test_scatter(device: str, n: str) -> None:
    """old <- (old - new) * 3: each update sees what the one before it left."""
    text = f"""
func.func @main(%x: tensor<{n}x3xi32>, %i: tensor<{n}x1xi64>, %u: tensor<{n}x3xi32>) -> tensor<{n}x3xi32> {{
  %three = arith.constant 3 : i32
  %0 = tm_tensor.scatter {{dimension_map = array<i64: 0>}} unique_indices(false) ins(%u, %i : tensor<{n}x3xi32>, tensor<{n}x1xi64>) outs(%x : tensor<{n}x3xi32>) {{
  ^bb0(%new: i32, %old: i32):
    %1 = arith.subi %old, %new : i32
    %2 = arith.muli %1, %three : i32
    tm_tensor.yield %2 : i32
  }} -> tensor<{n}x3xi32>
  return %0 : tensor<{n}x3xi32>
}}
"""  # noqa: E501
    x, updates = integers(8, 3), integers(8, 3, seed=2)
    indices = np.array([[2], [0], [2], [6], [-1], [2], [8], [7]])
    expected = x.copy()
    for row, update in zip(indices[:, 0], updates, strict=True):
        if 0 <= row < 8:
            expected[row] = (expected[row] - update) * 3
    np.testing.assert_array_equal(run(text, [x, indices, updates], device)[0], expected)


def scanned(
    x: np.ndarray, start: np.ndarray, inclusive: bool, body: Callable
) -> tuple[np.ndarray, np.ndarray]:
    """torch-mlir's loop along axis 1."""
    out, held = np.empty_like(x), start.copy()
    for i in range(x.shape[1]):
        if i == 0:
            out[:, 0] = x[:, 0] if inclusive else start
        else:
            out[:, i] = body(out[:, i - 1], x[:, i] if inclusive else x[:, i - 1])
            held = out[:, i]
    return out, held


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("length", [1, 7])
@pytest.mark.parametrize("inclusive", [True, False], ids=["inclusive", "exclusive"])
@pytest.mark.parametrize("known", [True, False], ids=["maximum", "difference"])
def test_scan(device: str, length: int, inclusive: bool, known: bool) -> None:
    n = "?" if known else length
    operation = "arith.maxsi" if known else "arith.subi"
    text = f"""
func.func @main(%x: tensor<3x{n}xi32>, %a: tensor<3xi32>) -> (tensor<3x{n}xi32>, tensor<3xi32>) {{
  %0:2 = tm_tensor.scan dimension(1) inclusive({str(inclusive).lower()}) ins(%x : tensor<3x{n}xi32>) outs(%x, %a : tensor<3x{n}xi32>, tensor<3xi32>) {{
  ^bb0(%held: i32, %new: i32):
    %1 = {operation} %held, %new : i32
    tm_tensor.yield %1 : i32
  }} -> tensor<3x{n}xi32>, tensor<3xi32>
  return %0#0, %0#1 : tensor<3x{n}xi32>, tensor<3xi32>
}}
"""  # noqa: E501
    x, start = integers(3, length), integers(3, seed=4)
    body = np.maximum if known else np.subtract
    for got, want in zip(
        run(text, [x, start], device), scanned(x, start, inclusive, body), strict=True
    ):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("device", DEVICES)
@SIZES
def test_sort(device: str, n: str) -> None:
    """By the distance of the second operand from the first: stable, whether equal or not."""
    text = f"""
func.func @main(%x: tensor<{n}x2xi32>, %y: tensor<{n}x2xi32>) -> (tensor<{n}x2xi32>, tensor<{n}x2xi32>) {{
  %0:2 = tm_tensor.sort dimension(0) outs(%x, %y : tensor<{n}x2xi32>, tensor<{n}x2xi32>) {{
  ^bb0(%a: i32, %b: i32, %c: i32, %d: i32):
    %1 = arith.subi %a, %c : i32
    %2 = math.absi %1 : i32
    %3 = arith.subi %b, %d : i32
    %4 = math.absi %3 : i32
    %5 = arith.cmpi sle, %2, %4 : i32
    tm_tensor.yield %5 : i1
  }} -> tensor<{n}x2xi32>, tensor<{n}x2xi32>
  return %0#0, %0#1 : tensor<{n}x2xi32>, tensor<{n}x2xi32>
}}
"""  # noqa: E501
    x, y = integers(7, 2), integers(7, 2, seed=2)
    order = np.argsort(np.abs(x - y), 0, kind="stable")
    for got, given in zip(run(text, [x, y], device), (x, y), strict=True):
        np.testing.assert_array_equal(got, np.take_along_axis(given, order, 0))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("given", [False, True], ids=["numbered", "given"])
@pytest.mark.parametrize("known", [True, False], ids=["greatest", "farthest"])
@SIZES
def test_topk(device: str, n: str, known: bool, given: bool) -> None:
    """The inits hold what may stay: of equal values that of the smaller index comes first."""
    compared = "%p, %q" if known else "%1, %2"
    indices = f", tensor<2x{n}xi32>" if given else ""
    text = f"""
func.func @main(%x: tensor<2x{n}xi32>, %n: tensor<2x{n}xi32>, %v: tensor<2x4xi32>, %i: tensor<2x4xi32>) -> (tensor<2x4xi32>, tensor<2x4xi32>) {{
  %0:2 = tm_tensor.topk dimension(1) ins(%x{", %n" if given else ""} : tensor<2x{n}xi32>{indices}) outs(%v, %i : tensor<2x4xi32>, tensor<2x4xi32>) {{
  ^bb0(%p: i32, %q: i32):
    %1 = math.absi %p : i32
    %2 = math.absi %q : i32
    %3 = arith.cmpi sgt, {compared} : i32
    tm_tensor.yield %3 : i1
  }} -> tensor<2x4xi32>, tensor<2x4xi32>
  return %0#0, %0#1 : tensor<2x4xi32>, tensor<2x4xi32>
}}
"""  # noqa: E501
    x, numbers = integers(2, 7), np.tile(np.arange(20, 27, dtype=np.int32), (2, 1))
    held = np.array([[3, 2, -1, -9], [2, 1, 0, -2]], np.int32)
    places = np.array([[50, 51, 52, 53], [3, 51, 52, 53]], np.int32)
    values = np.concatenate([x, held], 1)
    first = numbers if given else np.tile(np.arange(7, dtype=np.int32), (2, 1))
    found = np.concatenate([first, places], 1)
    order = np.lexsort((found, -(values if known else np.abs(values))), axis=1)[:, :4]
    got = run(text, [x, numbers, held, places], device)
    np.testing.assert_array_equal(got[0], np.take_along_axis(values, order, 1))
    np.testing.assert_array_equal(got[1], np.take_along_axis(found, order, 1))
