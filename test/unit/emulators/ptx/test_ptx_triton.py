"""Code of another producer, Triton, on the emulators; every result against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("triton", reason="Triton is not installed")
import triton_kernels as kernels  # noqa: E402
from triton_runner import bits, run  # noqa: E402

RNG = np.random.default_rng(1)
F32, F16 = np.finfo(np.float32).eps, np.finfo(np.float16).eps
chips = pytest.mark.parametrize(
    "chip", ["sm_80", "sm_90", "gfx90a", "gfx942", "gfx950", "gfx1100", "gfx1200"]
)
orders = pytest.mark.parametrize("order", ["lockstep", "reversed"])


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


@chips
def test_elementwise(chip):
    x, y = normal(2, 1001)
    out = np.zeros(1001, np.float32)
    run(
        kernels.affine, "*fp32:16 *fp32:16 *fp32:16 i32", chip, 4, [x, y, out, 1001],
        BLOCK=256,
    )  # fmt: skip
    np.testing.assert_array_equal(out, (2 * x.astype(np.float64) + y).astype(np.float32))


@orders
@chips
def test_softmax(chip, order):
    x, out = normal(5, 999) * 4, np.zeros((5, 999), np.float32)
    run(
        kernels.softmax, "*fp32 *fp32 i32", chip, 5, [x, out, 999], order,
        BLOCK=1024,
    )  # fmt: skip
    powers = np.exp(x.astype(np.float64) - x.max(1, keepdims=True))
    expected = powers / powers.sum(1, keepdims=True)
    # the exponent, at most 32, is rounded three times; then 2**x to 2 units, ten sums, a quotient
    np.testing.assert_allclose(out, expected, rtol=(3 * 32 + 2 + 10 + 2) * F32)


@orders
@chips
def test_layer_norm(chip, order):
    x, out = (normal(3, 777) + 2).astype(np.float16), np.zeros((3, 777), np.float16)
    weight, bias = normal(2, 777)
    arguments = [x, weight, bias, out, 777, bits(1e-5)]
    run(
        kernels.layer_norm, "*fp16 *fp32 *fp32 *fp16 i32 fp32", chip, 3, arguments, order,
        BLOCK=1024,
    )  # fmt: skip
    wide = x.astype(np.float64)
    centred = wide - wide.mean(1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5)
    size = np.abs(scaled * weight) + np.abs(bias)
    # f16's rounding, and of a mean of numbers below 8 the rounding of ten sums, times 1/deviation
    assert (np.abs(out - (scaled * weight + bias)) <= size * F16 + 8 * 12 * F32 * 2).all()


@orders
@chips
def test_sums_by_atomics(chip, order):
    x, keys = normal(500), RNG.integers(0, 7, 500).astype(np.int32)
    out = np.zeros(7, np.float32)
    run(
        kernels.sums_by_key, "*fp32:16 *i32:16 *fp32:16 i32", chip, 2, [x, keys, out, 500],
        order, BLOCK=256,
    )  # fmt: skip
    for key in range(7):
        chosen = x[keys == key].astype(np.float64)
        assert abs(out[key] - chosen.sum()) <= len(chosen) * F32 * np.abs(chosen).sum()


@orders
@chips
def test_running_sum(chip, order):
    x, out = normal(3, 500), np.zeros((3, 500), np.float32)
    run(
        kernels.running_sum, "*fp32 *fp32 i32", chip, 3, [x, out, 500], order,
        BLOCK=512,
    )  # fmt: skip
    wide = x.astype(np.float64)
    assert (np.abs(out - wide.cumsum(1)) <= 10 * F32 * np.abs(wide).cumsum(1)).all()


@orders
@chips
def test_gather(chip, order):
    x, index = normal(256), RNG.integers(0, 256, 256).astype(np.int32)
    out = np.zeros(256, np.float32)
    run(
        kernels.gathered, "*fp32:16 *i32:16 *fp32:16", chip, 1, [x, index, out], order,
        SIZE=256,
    )  # fmt: skip
    np.testing.assert_array_equal(out, x[index])


@orders
@chips
def test_sort(chip, order):
    x, out = normal(3, 256), np.zeros((3, 256), np.float32)
    run(kernels.sorted_rows, "*fp32:16 *fp32:16", chip, 3, [x, out], order, SIZE=256)
    np.testing.assert_array_equal(out, np.sort(x))


@orders
@chips
def test_arg_max(chip, order):
    x = RNG.integers(0, 40, (5, 200)).astype(np.float32)
    out, index = np.zeros(5, np.float32), np.zeros(5, np.int32)
    run(
        kernels.arg_max, "*fp32:16 *fp32:16 *i32:16 i32", chip, 5, [x, out, index, 200], order,
        BLOCK=256,
    )  # fmt: skip
    np.testing.assert_array_equal(out, x.max(1))
    np.testing.assert_array_equal(index, x.argmax(1))
