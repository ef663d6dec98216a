"""Programs in TOSA: read as they are, lowered by MLIR, and equal to NumPy on every device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import harness
import numpy as np
import pytest

from clawc.runtime.errors import CheckFailed

FEW = ("host", "vulkan", "emulator:sm_80")
CONSTANT = '"tosa.const"() {{values = dense<{}> : tensor<1x{}>}} : () -> tensor<1x{}>'
ZERO = CONSTANT.format("0.0", "f32", "f32")


@dataclass(frozen=True)
class Case:
    """A program that gives `%r`, and what NumPy makes of the same arguments."""

    arguments: tuple[str, ...]
    body: str
    result: str
    expected: Callable[..., np.ndarray]

    @property
    def text(self) -> str:
        signature = ", ".join(f"%{i}: tensor<{t}>" for i, t in enumerate(self.arguments))
        return (
            f"func.func @main({signature}) -> tensor<{self.result}> {{\n{self.body}\n"
            f"  return %r : tensor<{self.result}>\n}}\n"
        )


def windows(x: np.ndarray) -> np.ndarray:
    """The 2x2 windows of an NHWC image, their elements along axis 1."""
    n, h, w, c = x.shape
    cut = x.reshape(n, h // 2, 2, w // 2, 2, c)
    return cut.transpose(0, 2, 4, 1, 3, 5).reshape(n, 4, h // 2, w // 2, c)


def convolution(x: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """3x3, padded by 1, NHWC and OHWI."""
    x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    cut = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    return np.einsum("nhwcij,oijc->nhwo", cut, weights) + bias


def softmax(x: np.ndarray) -> np.ndarray:
    y = np.exp(x - x.max(axis=1, keepdims=True))
    return y / y.sum(axis=1, keepdims=True)


CASES = {
    "broadcast": Case(
        ("4x1xf32", "1x3xf32"),
        "  %r = tosa.add %0, %1 : (tensor<4x1xf32>, tensor<1x3xf32>) -> tensor<4x3xf32>",
        "4x3xf32",
        np.add,
    ),
    "dynamic": Case(
        ("?x3xf32",),
        f"""  %z = {ZERO}
  %d = tosa.negate %0, %z, %z
    : (tensor<?x3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<?x3xf32>
  %r = tosa.tanh %d : (tensor<?x3xf32>) -> tensor<?x3xf32>""",
        "?x3xf32",
        lambda x: np.tanh(-x),
    ),
    "dynamic broadcast": Case(
        ("?x3xf32", "?x3xf32"),
        "  %r = tosa.sub %0, %1 : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>",
        "?x3xf32",
        np.subtract,
    ),
    "matmul": Case(
        ("2x4x5xf32", "2x5x3xf32"),
        f"""  %z = {ZERO}
  %r = tosa.matmul %0, %1, %z, %z
    : (tensor<2x4x5xf32>, tensor<2x5x3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<2x4x3xf32>""",
        "2x4x3xf32",
        np.matmul,
    ),
    "conv2d": Case(
        ("1x7x6x4xf32", "5x3x3x4xf32", "5xf32"),
        f"""  %z = {ZERO}
  %r = tosa.conv2d %0, %1, %2, %z, %z {{acc_type = f32, dilation = array<i64: 1, 1>,
      pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}}
    : (tensor<1x7x6x4xf32>, tensor<5x3x3x4xf32>, tensor<5xf32>, tensor<1xf32>, tensor<1xf32>)
    -> tensor<1x7x6x5xf32>""",
        "1x7x6x5xf32",
        convolution,
    ),
    "max_pool2d": Case(
        ("1x6x4x3xf32",),
        """  %r = tosa.max_pool2d %0 {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>,
      stride = array<i64: 2, 2>} : (tensor<1x6x4x3xf32>) -> tensor<1x3x2x3xf32>""",
        "1x3x2x3xf32",
        lambda x: windows(x).max(axis=1),
    ),
    "avg_pool2d": Case(
        ("1x6x4x3xf32",),
        f"""  %z = {ZERO}
  %r = tosa.avg_pool2d %0, %z, %z {{acc_type = f32, kernel = array<i64: 2, 2>,
      pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>}}
    : (tensor<1x6x4x3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x3x2x3xf32>""",
        "1x3x2x3xf32",
        lambda x: windows(x).mean(axis=1),
    ),
    "softmax": Case(
        ("5x6xf32",),
        f"""  %m = tosa.reduce_max %0 {{axis = 1 : i32}} : (tensor<5x6xf32>) -> tensor<5x1xf32>
  %d = tosa.sub %0, %m : (tensor<5x6xf32>, tensor<5x1xf32>) -> tensor<5x6xf32>
  %e = tosa.exp %d : (tensor<5x6xf32>) -> tensor<5x6xf32>
  %s = tosa.reduce_sum %e {{axis = 1 : i32}} : (tensor<5x6xf32>) -> tensor<5x1xf32>
  %o = tosa.reciprocal %s : (tensor<5x1xf32>) -> tensor<5x1xf32>
  %h = {CONSTANT.format("0", "i8", "i8")}
  %r = tosa.mul %e, %o, %h
    : (tensor<5x6xf32>, tensor<5x1xf32>, tensor<1xi8>) -> tensor<5x6xf32>""",
        "5x6xf32",
        softmax,
    ),
    "shapes": Case(
        ("5x6xf32",),
        f"""  %s = tosa.const_shape {{values = dense<[3, 10]> : tensor<2xindex>}}
    : () -> !tosa.shape<2>
  %a = tosa.reshape %0, %s : (tensor<5x6xf32>, !tosa.shape<2>) -> tensor<3x10xf32>
  %b = tosa.transpose %a {{perms = array<i32: 1, 0>}} : (tensor<3x10xf32>) -> tensor<10x3xf32>
  %p = tosa.const_shape {{values = dense<[1, 0, 0, 2]> : tensor<4xindex>}} : () -> !tosa.shape<4>
  %v = {CONSTANT.format("3.0", "f32", "f32")}
  %c = tosa.pad %b, %p, %v
    : (tensor<10x3xf32>, !tosa.shape<4>, tensor<1xf32>) -> tensor<11x5xf32>
  %r = tosa.concat %c, %c {{axis = 1 : i32}}
    : (tensor<11x5xf32>, tensor<11x5xf32>) -> tensor<11x10xf32>""",
        "11x10xf32",
        lambda x: np.tile(np.pad(x.reshape(3, 10).T, ((1, 0), (0, 2)), constant_values=3), (1, 2)),
    ),
    "select": Case(
        ("5x6xf32", "5x6xf32"),
        """  %c = tosa.greater %0, %1 : (tensor<5x6xf32>, tensor<5x6xf32>) -> tensor<5x6xi1>
  %r = tosa.select %c, %0, %1
    : (tensor<5x6xi1>, tensor<5x6xf32>, tensor<5x6xf32>) -> tensor<5x6xf32>""",
        "5x6xf32",
        np.maximum,
    ),
    "argmax": Case(
        ("5x6xf32",),
        "  %r = tosa.argmax %0 {axis = 1 : i32} : (tensor<5x6xf32>) -> tensor<5xi32>",
        "5xi32",
        lambda x: x.argmax(axis=1).astype(np.int32),
    ),
    "cast": Case(
        ("5x6xf32",),
        "  %r = tosa.cast %0 : (tensor<5x6xf32>) -> tensor<5x6xi32>",
        "5x6xi32",
        lambda x: np.rint(x).astype(np.int32),
    ),
    "scatter": Case(
        ("1x6x4xf32", "1x1xi32", "1x1x4xf32"),
        """  %r = tosa.scatter %0, %1, %2
    : (tensor<1x6x4xf32>, tensor<1x1xi32>, tensor<1x1x4xf32>) -> tensor<1x6x4xf32>""",
        "1x6x4xf32",
        lambda x, i, y: np.where(np.arange(6)[None, :, None] == i[0, 0], y, x),
    ),
    "gather": Case(
        ("1x6x4xf32", "1x3xi32"),
        "  %r = tosa.gather %0, %1 : (tensor<1x6x4xf32>, tensor<1x3xi32>) -> tensor<1x3x4xf32>",
        "1x3x4xf32",
        lambda x, i: x[:, i[0]],
    ),
}


def argument(type_: str, seed: int) -> np.ndarray:
    *sizes, dtype = type_.split("x")
    shape = [5 if size == "?" else int(size) for size in sizes]
    generator = np.random.default_rng(seed)
    if dtype == "i32":
        return generator.integers(0, 6, shape).astype(np.int32)
    return generator.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("device", FEW)
def test_operations(name, device):
    case = CASES[name]
    inputs = [argument(type_, seed) for seed, type_ in enumerate(case.arguments)]
    wide = [x.astype(np.float64) if x.dtype == np.float32 else x for x in inputs]
    (result,) = harness.run(case.text, inputs, device)
    expected = case.expected(*wide)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("rows", [(5, 1), (1, 5), (5, 5), (1, 1), (0, 1), (5, 0)])
def test_sizes_that_broadcast_when_it_runs(rows):
    """TOSA's tensors have elements."""
    case = CASES["dynamic broadcast"]
    x, y = (np.arange(3 * n, dtype=np.float32).reshape(n, 3) for n in rows)
    if 0 in rows:
        with pytest.raises(CheckFailed, match=f"argument {rows.index(0)} is 0; TOSA has no empty"):
            harness.run(case.text, [x, y], "host")
        return
    (result,) = harness.run(case.text, [x, y], "host")
    np.testing.assert_array_equal(result, x - y)
