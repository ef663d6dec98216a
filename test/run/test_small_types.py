"""Eight-bit floats and integers of less than a byte, stored and converted, on every device."""

import ml_dtypes
import numpy as np
import pytest
from arithmetic_bodies import elementwise
from harness import DRIVERS, run

FLOATS = {
    "f8E4M3FN": ml_dtypes.float8_e4m3fn,
    "f8E5M2": ml_dtypes.float8_e5m2,
    "f8E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "f8E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
}
INTEGERS = {"i4": (ml_dtypes.int4, 4), "i2": (ml_dtypes.int2, 2)}


def all_of(dtype: str) -> np.ndarray:
    return np.arange(256, dtype=np.uint8).view(FLOATS[dtype])


def assert_same(got: np.ndarray, want: np.ndarray) -> None:
    """Bit by bit, but for NaNs."""
    assert got.dtype == want.dtype
    nan = np.isnan(want.astype(np.float32))
    np.testing.assert_array_equal(np.isnan(got.astype(np.float32)), nan)
    np.testing.assert_array_equal(got.view(np.uint8)[~nan], want.view(np.uint8)[~nan])


@pytest.mark.parametrize("device", DRIVERS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_floats(device, dtype):
    x, y = all_of(dtype), np.roll(all_of(dtype), 37)
    body = f"""%s = arith.extf %a : {dtype} to f32
    %h = arith.extf %a : {dtype} to f16
    %t = arith.addf %a, %b : {dtype}"""
    types = {"s": "f32", "h": "f16", "t": dtype}
    single, half, total = run(elementwise([dtype] * 2, {"": body, **types}, None), [x, y], device)
    wide, other = x.astype(np.float32), y.astype(np.float32)
    np.testing.assert_array_equal(single, wide)
    np.testing.assert_array_equal(half, x.astype(np.float16))
    with np.errstate(all="ignore"):
        assert_same(total, (wide + other).astype(x.dtype))


@pytest.mark.parametrize("device", DRIVERS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_rounding(device, dtype):
    """To the nearest, and the even one of two; what is too large is infinite or no number."""
    wide = all_of(dtype).astype(np.float32)
    finite = np.sort(wide[np.isfinite(wide)])
    middle = (finite[1:] + finite[:-1]) / 2
    near = [np.nextafter(middle, np.float32(end)) for end in (np.inf, -np.inf)]
    beyond = finite[-1] * np.array([1.01, 1.04, 1.07, 1.2, 1e6], np.float32)
    rest = np.array([np.inf, -np.inf, np.nan, 1e-30, -1e-30], np.float32)
    x = np.concatenate([finite, middle, *near, beyond, -beyond, rest])
    text = elementwise(["f32"], {"": f"%r = arith.truncf %a : f32 to {dtype}", "r": dtype}, len(x))
    (got,) = run(text, [x], device)
    with np.errstate(all="ignore"):
        assert_same(got, x.astype(FLOATS[dtype]))


def test_doubles_are_rounded_once():
    dtype = "f8E4M3FN"
    text = elementwise(["f64"], {"": f"%r = arith.truncf %a : f64 to {dtype}", "r": dtype}, 3)
    (got,) = run(text, [np.array([1.0625, 1.0625 + 2**-45, 1.1875 - 2**-45])], "host")
    np.testing.assert_array_equal(got.astype(np.float32), [1, 1.125, 1.125])


@pytest.mark.parametrize("device", DRIVERS)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers(device, dtype):
    small, bits = INTEGERS[dtype]
    low, size = -(1 << (bits - 1)), 1 << bits
    p = np.arange(low, low + size)
    x, y = np.repeat(p, size), np.tile(p, size)

    def wrapped(values: np.ndarray) -> np.ndarray:
        return ((values - low) % size + low).astype(np.int8).astype(small)

    expected = {
        "addi %a, %b": wrapped(x + y),
        "muli %a, %b": wrapped(x * y),
        "minui %a, %b": wrapped(np.minimum(x % size, y % size)),
        "cmpi ult, %a, %b": x % size < y % size,
        "extsi %a": x.astype(np.int32),
        "extui %a": (x % size).astype(np.int32),
    }
    types = [dtype, dtype, dtype, "i1", "i32", "i32"]
    body = "\n".join(
        f"    %r{i} = arith.{f} : {dtype}{' to i32' if f.startswith('ext') else ''}"
        for i, f in enumerate(expected)
    )
    text = elementwise([dtype] * 2, {"": body, **{f"r{i}": t for i, t in enumerate(types)}}, None)
    inputs = [v.astype(np.int8).astype(small) for v in (x, y)]
    for got, want in zip(run(text, inputs, device), expected.values(), strict=True):
        np.testing.assert_array_equal(got, want)
    body = f"%t = arith.trunci %a : i32 to {dtype}\n    %f = arith.fptosi %b : f32 to {dtype}"
    text = elementwise(["i32", "f32"], {"": body, "t": dtype, "f": dtype}, 80)
    numbers = np.arange(-40, 40, dtype=np.int32)
    cut, saturated = run(text, [numbers, (numbers * 1.5).astype(np.float32)], device)
    np.testing.assert_array_equal(cut, wrapped(numbers))
    limits = np.clip(np.trunc(numbers * 1.5), low, low + size - 1)
    np.testing.assert_array_equal(saturated, limits.astype(np.int8).astype(small))


PRODUCT = """
func.func @main(%x: tensor<3x8xf8E4M3FN>) -> (tensor<3x5xf32>, tensor<8x5xf8E5M2>) {
  %w = arith.constant dense<0.5> : tensor<8x5xf8E5M2>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x5xf32>) -> tensor<3x5xf32>
  %r = linalg.matmul ins(%x, %w : tensor<3x8xf8E4M3FN>, tensor<8x5xf8E5M2>)
      outs(%f : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %r, %w : tensor<3x5xf32>, tensor<8x5xf8E5M2>
}
"""


@pytest.mark.parametrize("device", ["host", "vulkan", "emulator:sm_80"])
def test_products_and_constants(device):
    x = np.random.default_rng(0).standard_normal((3, 8)).astype(ml_dtypes.float8_e4m3fn)
    got, weights = run(PRODUCT, [x], device)
    want = np.full((8, 5), 0.5, np.float32)
    np.testing.assert_allclose(got, x.astype(np.float32) @ want, rtol=1e-6, atol=1e-6)
    assert_same(weights, want.astype(ml_dtypes.float8_e5m2))
