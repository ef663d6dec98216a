"""Expanded functions against NumPy in a wider type: error bounds, and special values as in C."""

import math

import ml_dtypes
import numpy as np
import pytest
from jit_math import evaluate

WIDER = {np.float32: np.float64, np.float64: np.longdouble}
ERF, ERFC = np.vectorize(math.erf), np.vectorize(math.erfc)


def rounded_away(x):
    return np.copysign(np.floor(np.abs(x) + 0.5), x)


EXPONENTIAL = {np.float32: [(-104, 89)], np.float64: [(-745, 710)]}
POSITIVE = {np.float32: [(0.5, 2), (1e-45, 3e38)], np.float64: [(0.5, 2), (1e-320, 1e308)]}
NEAR_ZERO = {np.float32: [(-9, 9), (-1e-2, 1e-2)], np.float64: [(-22, 22), (-1e-2, 1e-2)]}
ANGLES = {
    np.float32: [(-4, 4), (-1e5, 1e5), (1e5, 3e38)],
    np.float64: [(-4, 4), (-1e6, 1e6), (1e6, 1e300)],
}
UNIT = {np.float32: [(-1, 1), (1e-30, 1)], np.float64: [(-1, 1), (1e-30, 1)]}
ANY = {np.float32: [(-3, 3), (1e-30, 3e38)], np.float64: [(-3, 3), (1e-30, 1e308)]}
# name: (reference, intervals, bound in ULP)
FUNCTIONS = {
    "exp": (np.exp, EXPONENTIAL, 1),
    "exp2": (np.exp2, {np.float32: [(-150, 128)], np.float64: [(-1075, 1024)]}, 1.05),
    "expm1": (np.expm1, EXPONENTIAL | {np.float32: [(-20, 89), (-1, 1)]}, 2),
    "tanh": (np.tanh, NEAR_ZERO, 2.5),
    "sinh": (np.sinh, {np.float32: [(-89, 89), (-1, 1)], np.float64: [(-710, 710), (-1, 1)]}, 2.5),
    "cosh": (np.cosh, {np.float32: [(-89, 89)], np.float64: [(-710, 710)]}, 1.5),
    "log": (np.log, POSITIVE, 1),
    "log2": (np.log2, POSITIVE, 1.05),
    "log10": (np.log10, POSITIVE, 1),
    "log1p": (np.log1p, {np.float32: [(-0.99, 2)], np.float64: [(-0.99, 2)]}, 1),
    "asinh": (np.arcsinh, ANY, 2),
    "acosh": (np.arccosh, {np.float32: [(1, 2), (1, 3e38)], np.float64: [(1, 2), (1, 1e308)]}, 2),
    "atanh": (np.arctanh, UNIT, 2),
    "sin": (np.sin, ANGLES, 3),
    "cos": (np.cos, ANGLES, 3),
    "tan": (np.tan, ANGLES, 5),
    "atan": (np.arctan, ANY, 2),
    "asin": (np.arcsin, UNIT, 2.5),
    "acos": (np.arccos, UNIT, 1.5),
    "erf": (ERF, {np.float32: [(-4.5, 4.5), (1e-30, 1)], np.float64: [(-6, 6)]}, 2),
    "erfc": (ERFC, {np.float32: [(-4, 9)], np.float64: [(-6, 26)]}, 5),
    "cbrt": (np.cbrt, POSITIVE, 1),
    "rsqrt": (lambda x: 1 / np.sqrt(x), POSITIVE, 1.5),
    "round": (rounded_away, NEAR_ZERO, 0),
}
SPECIAL = [0.0, 1.0, 0.5, 2.0, 88.8, 104.0, 150.0, 710.0, 1e-45, 1e-40, 3e38, math.inf, math.nan]


def samples(dtype, interval, count=20000):
    rng = np.random.default_rng(7)
    low, high = interval
    if low > 0 and high / low > 100:
        return np.exp2(rng.uniform(np.log2(low), np.log2(high), count)).astype(dtype)
    return rng.uniform(low, high, count).astype(dtype)


def assert_within(got, exact, dtype, ulps, inputs):
    with np.errstate(all="ignore"):
        want = exact.astype(dtype)
        same = (got == want) | (np.isnan(got) & np.isnan(want))
        error = np.abs(got.astype(exact.dtype) - exact) / np.spacing(np.abs(want))
    wrong = ~same & ~(error <= ulps)
    first = np.flatnonzero(wrong)[:3]
    assert not wrong.any(), [(*(x[i] for x in inputs), got[i], want[i]) for i in first]


@pytest.mark.parametrize("dtype", WIDER, ids=["f32", "f64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_error_bound(name, dtype):
    function, intervals, ulps = FUNCTIONS[name]
    for interval in intervals[dtype]:
        x = samples(dtype, interval)
        with np.errstate(all="ignore"):
            exact = np.asarray(function(x.astype(WIDER[dtype]))).astype(WIDER[dtype])
        assert_within(evaluate(f"math.{name}", x), exact, dtype, ulps, [x])


@pytest.mark.parametrize("dtype", WIDER, ids=["f32", "f64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values(name, dtype):
    function, _, ulps = FUNCTIONS[name]
    x = np.array([*SPECIAL, *(-s for s in SPECIAL)], dtype)
    with np.errstate(all="ignore"):
        exact = np.asarray(function(x.astype(WIDER[dtype]))).astype(WIDER[dtype])
    got = evaluate(f"math.{name}", x)
    assert_within(got, exact, dtype, ulps, [x])
    zeros = (got == 0) & (exact == 0)
    np.testing.assert_array_equal(np.signbit(got[zeros]), np.signbit(exact[zeros]))


@pytest.mark.parametrize("dtype", WIDER, ids=["f32", "f64"])
@pytest.mark.parametrize(
    "interval, exponent", [((1e-3, 1e3), 10), ((0.9, 1.1), 500), ((1e-38, 1e38), 1)]
)
def test_power(dtype, interval, exponent):
    x, y = samples(dtype, interval), samples(dtype, (-exponent, exponent))[::-1].copy()
    with np.errstate(all="ignore"):
        exact = np.power(x.astype(WIDER[dtype]), y.astype(WIDER[dtype]))
    assert_within(evaluate("math.powf", x, y), exact, dtype, 1.5, [x, y])


@pytest.mark.parametrize("dtype", WIDER, ids=["f32", "f64"])
@pytest.mark.parametrize(
    "name, function",
    [("math.powf", np.power), ("math.atan2", np.arctan2), ("arith.remf", np.fmod)],
    ids=["powf", "atan2", "remf"],
)
def test_special_pairs(name, function, dtype):
    one = [0.0, 1.0, 2.0, 0.5, 3.0, 2.5, 1e-40, 1e30, math.inf, math.nan]
    values = np.array([*one, *(-v for v in one)], dtype)
    x, y = (grid.ravel() for grid in np.meshgrid(values, values))
    with np.errstate(all="ignore"):
        exact = function(x.astype(WIDER[dtype]), y.astype(WIDER[dtype]))
    got = evaluate(name, x, y)
    assert_within(got, exact, dtype, 0 if name == "arith.remf" else 2, [x, y])
    zeros = (got == 0) & (exact == 0)
    np.testing.assert_array_equal(np.signbit(got[zeros]), np.signbit(exact[zeros]))


@pytest.mark.parametrize("dtype", WIDER, ids=["f32", "f64"])
def test_remainder_is_exact(dtype):
    x = samples(dtype, (1e-9, 1e30)) * np.resize([1, -1], 20000).astype(dtype)
    y = samples(dtype, (1e-9, 1e9))[::-1].copy()
    np.testing.assert_array_equal(evaluate("arith.remf", x, y), np.fmod(x, y))


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64])
def test_integers(dtype):
    rng = np.random.default_rng(3)
    info = np.iinfo(dtype)
    x = rng.integers(info.min, info.max, 1000, dtype=dtype)
    y = rng.integers(1, 50, 1000).astype(dtype) * rng.choice([1, -1], 1000).astype(dtype)
    np.testing.assert_array_equal(evaluate("arith.floordivsi", x, y), x // y)
    ceiling = -(-x.astype(object) // y)
    np.testing.assert_array_equal(evaluate("arith.ceildivsi", x, y), ceiling.astype(dtype))
    np.testing.assert_array_equal(evaluate("math.absi", x), np.abs(x))
    base, exponent = (x % 5 - 2).astype(dtype), rng.integers(0, 7, 1000).astype(dtype)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(evaluate("math.ipowi", base, exponent), base**exponent)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64])
def test_bit_counts_where_there_is_no_instruction(dtype):
    width = 8 * np.dtype(dtype).itemsize
    x = np.array([0, 1, -1, 2, 3, 5, 64, 100, -128, 127], dtype)
    texts = [np.binary_repr(int(n), width) for n in x]
    ctpop = evaluate("math.ctpop", x, chip="spirv:opencl")
    ctlz = evaluate("math.ctlz", x, chip="spirv:opencl")
    cttz = evaluate("math.cttz", x, chip="spirv:opencl")
    assert ctpop.tolist() == [t.count("1") for t in texts]
    assert ctlz.tolist() == [(t + "1").index("1") for t in texts]
    assert cttz.tolist() == [(t[::-1] + "1").index("1") for t in texts]


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=["f16", "bf16"])
@pytest.mark.parametrize("name", ["exp", "tanh", "sin", "erf", "absf", "floor"])
def test_short_reals_are_rounded_once(name, dtype):
    names = {"absf": np.abs, "floor": np.floor, "erf": ERF}
    function = names.get(name) or getattr(np, name)
    x = np.random.default_rng(5).standard_normal(4000).astype(dtype)
    want = function(x.astype(np.float64)).astype(np.float32).astype(dtype)
    np.testing.assert_array_equal(evaluate(f"math.{name}", x), want)
