"""Scalar operations of plans against NumPy, whose integers and floats have the types' own widths.

Covers: runtime/scalar_operations.py, scalar_conversions.py, scalar_forms.py, scalar_types.py.
"""

from __future__ import annotations

import math
import operator
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from clawc.runtime.scalar_operations import OPERATIONS
from clawc.runtime.scalar_types import from_numpy, is_type, rounded, to_numpy

WIDTHS = (8, 16, 32, 64)
FLOATS = {"f16": np.float16, "bf16": ml_dtypes.bfloat16, "f32": np.float32, "f64": np.float64}


def integers(width: int) -> list[int]:
    low, high = -(1 << (width - 1)), (1 << (width - 1)) - 1
    return [low, low + 1, -7, -2, -1, 0, 1, 2, 3, 7, width - 1, width, high - 1, high]


def of(name: str, taken: str, made: str, *operands):
    return OPERATIONS[name].compute(taken, made, *operands)


SIGNED = {
    "addi": operator.add,
    "subi": operator.sub,
    "muli": operator.mul,
    "andi": operator.and_,
    "ori": operator.or_,
    "xori": operator.xor,
    "maxsi": np.maximum,
    "minsi": np.minimum,
}
DIVISIONS = {"floordivsi": np.floor_divide, "remsi": np.fmod}
UNSIGNED = {
    "maxui": np.maximum,
    "minui": np.minimum,
    "divui": np.floor_divide,
    "remui": np.remainder,
}


@pytest.mark.parametrize("width", WIDTHS)
def test_integers_as_numpy(width):
    dtype, type_ = np.dtype(f"int{width}"), f"i{width}"
    with np.errstate(all="ignore"):
        for a in integers(width):
            for b in integers(width):
                x, y = np.array([a], dtype), np.array([b], dtype)
                for name, reference in {**SIGNED, **DIVISIONS, **UNSIGNED}.items():
                    unsigned = name in UNSIGNED
                    pair = (v.view(f"uint{width}") if unsigned else v for v in (x, y))
                    want = int(reference(*pair).view(dtype)[0])
                    if name == "floordivsi" and b == -1:
                        want = int((-x)[0])  # NumPy saturates the least integer
                    assert of(f"arith.{name}", type_, type_, a, b) == want, (name, a, b)


@pytest.mark.parametrize("width", WIDTHS)
def test_divisions_and_shifts(width):
    type_, whole = f"i{width}", 1 << width

    def wrap(value: int) -> int:
        return (value + whole // 2) % whole - whole // 2

    for a in integers(width):
        for b in integers(width):
            if not b:
                for name in ("divsi", "ceildivsi", "ceildivui", "floordivsi", "remsi"):
                    assert of(f"arith.{name}", type_, type_, a, b) == 0
            else:
                exact = Fraction(a, b)
                assert of("arith.divsi", type_, type_, a, b) == wrap(math.trunc(exact))
                assert of("arith.ceildivsi", type_, type_, a, b) == wrap(math.ceil(exact))
                up = math.ceil(Fraction(a % whole, b % whole))
                assert of("arith.ceildivui", type_, type_, a, b) == wrap(up)
            by = b % whole
            left = a << by if by < width else 0
            assert of("arith.shli", type_, type_, a, b) == wrap(left)
            assert of("arith.shrsi", type_, type_, a, b) == a >> min(by, width)
            assert of("arith.shrui", type_, type_, a, b) == wrap((a % whole) >> min(by, width))
            product = (a % whole) * (b % whole)
            assert of("arith.mului_extended#1", type_, type_, a, b) == wrap(product // whole)
            assert of("arith.mulsi_extended#1", type_, type_, a, b) == wrap(a * b // whole)
            carry = of("arith.addui_extended#1", type_, "i1", a, b)
            assert carry == -int(a % whole + b % whole >= whole)
            for name, order in (("ult", operator.lt), ("uge", operator.ge)):
                assert of(f"arith.cmpi.{name}", type_, "i1", a, b) == -order(a % whole, b % whole)
            assert of("arith.cmpi.slt", type_, "i1", a, b) == -(a < b)
        assert of("math.ctpop", type_, type_, a) == wrap((a % whole).bit_count())
        assert of("math.ctlz", type_, type_, a) == wrap(width - (a % whole).bit_length())
        assert of("math.absi", type_, type_, a) == wrap(abs(a))
        assert of("math.ipowi", type_, type_, a, 5) == wrap(a**5)
    assert of("math.cttz", type_, type_, 0) == wrap(width)
    assert [of("math.ipowi", "i8", "i8", a, -3) for a in (1, -1, 2)] == [1, -1, 0]


def floats(dtype) -> np.ndarray:
    info = ml_dtypes.finfo(dtype)
    ends = [info.max, info.smallest_normal, info.smallest_subnormal, np.inf, np.nan]
    plain = [0.0, 0.1, 0.5, 1.0, 1.5, 2.5, 3.0, 1e4, 65503.0, 1 / 3]
    values = np.array([*plain, *ends]).astype(dtype)
    return np.concatenate([values, -values])


def same(a: float, b: float) -> bool:
    return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)


@pytest.mark.parametrize("type_", FLOATS)
def test_floats_as_numpy(type_):
    """NumPy computes 16-bit floats in f32 and rounds, which is right for one operation."""
    dtype = FLOATS[type_]
    names = {"addf": np.add, "subf": np.subtract, "mulf": np.multiply, "divf": np.divide}
    with np.errstate(all="ignore"):
        for a in floats(dtype):
            for b in floats(dtype):
                for name, reference in names.items():
                    got = of(f"arith.{name}", type_, type_, float(a), float(b))
                    assert same(got, float(reference(a, b))), (name, a, b)
                assert of("arith.cmpf.olt", type_, "i1", float(a), float(b)) == -bool(a < b)
                unordered = bool(a < b or a != a or b != b)
                assert of("arith.cmpf.ult", type_, "i1", float(a), float(b)) == -unordered
                assert of("arith.cmpf.one", type_, "i1", float(a), float(b)) == -bool(
                    a < b or a > b
                )
            root = of("math.sqrt", type_, type_, float(a))
            assert same(root, float(np.sqrt(a)))


@pytest.mark.parametrize("type_", FLOATS)
def test_rounding_to_a_type(type_):
    """Also of what is no binary64, and where binary32 on the way would round twice."""
    dtype, rng = FLOATS[type_], np.random.default_rng(0)
    for value in floats(dtype):
        assert same(rounded(float(value), type_), float(value))
    near = np.concatenate([rng.standard_normal(300), rng.standard_normal(300) * 1e-40])
    for value in near:
        got = rounded(float(value), type_)
        around = [got, float(np.nextafter(dtype(got), dtype(np.inf)))]
        around.append(float(np.nextafter(dtype(got), dtype(-np.inf))))
        exact = Fraction(float(value))
        best = min(abs(Fraction(x) - exact) for x in around if math.isfinite(x))
        assert abs(Fraction(got) - exact) == best
    step = 2.0 ** -(7 if type_ == "bf16" else 10)
    if type_ in ("bf16", "f16"):
        assert rounded(1 + step / 2 + 2.0**-40, type_) == 1 + step  # f32 on the way would be a tie
    assert rounded(Fraction(1, 3), type_) == float(dtype(1 / 3))


def test_extremes_and_zeros():
    larger, smaller = "arith.maximumf", "arith.minimumf"
    assert same(of(larger, "f32", "f32", -0.0, 0.0), 0.0)
    assert same(of(smaller, "f32", "f32", 0.0, -0.0), -0.0)
    assert same(of(larger, "f32", "f32", math.nan, 1.0), math.nan)
    assert same(of("arith.maxnumf", "f32", "f32", math.nan, 1.0), 1.0)
    assert same(of("arith.minnumf", "f32", "f32", 1.0, math.nan), 1.0)
    assert same(of("arith.remf", "f32", "f32", -5.5, 2.0), -1.5)
    assert same(of("arith.negf", "f32", "f32", 0.0), -0.0)
    tiny = 1 + 2.0**-23
    assert of("math.fma", "f32", "f32", tiny, tiny, -1.0) == float(
        np.float32(np.float64(tiny) * tiny - 1)
    )
    assert [of("math.round", "f64", "f64", x) for x in (0.5, -2.5, 0.49999999999999994)] == [
        *(1.0, -3.0, 0.0)
    ]
    assert [of("math.roundeven", "f64", "f64", x) for x in (0.5, 1.5, -2.5)] == [0.0, 2.0, -2.0]
    normal = [of("math.isnormal", "f32", "i1", x) for x in (1.0, 1e-40, 0.0, math.inf)]
    assert normal == [-1, 0, 0, 0]


def test_math_is_as_near_as_pythons():
    for name in ("exp", "log", "sin", "tanh", "erf", "atan", "cosh", "expm1", "log1p"):
        for value in (0.1, 0.7, 1.3, 2.5):
            want = float(np.float32(getattr(math, name)(float(np.float32(value)))))
            got = of(f"math.{name}", "f32", "f32", float(np.float32(value)))
            assert abs(got - want) <= abs(want) * 2.0**-23
    assert of("math.exp", "f32", "f32", 1000.0) == math.inf
    assert math.isnan(of("math.log", "f32", "f32", -1.0))
    assert of("math.fpowi", "f32", "f32", 2.0, -3) == 0.125


def test_conversions():
    assert of("arith.extsi", "i1", "i32", -1) == -1 and of("arith.extui", "i1", "i32", -1) == 1
    assert of("arith.trunci", "i32", "i8", 200) == -56 and of("arith.trunci", "i32", "i1", 3) == -1
    assert of("arith.index_castui", "i8", "index", -1) == 255
    assert of("arith.sitofp", "i64", "f32", (1 << 24) + 1) == 1 << 24
    assert of("arith.sitofp", "i64", "f32", (1 << 60) + (1 << 36) + 1) == (1 << 60) + (1 << 37)
    assert of("arith.uitofp", "i64", "f64", -1) == 2.0**64
    assert of("arith.sitofp", "i32", "f16", 70000) == math.inf
    assert of("arith.truncf", "f64", "f32", 0.1) == float(np.float32(0.1))
    saturated = [of("arith.fptosi", "f32", "i8", x) for x in (1e9, -1e9, -2.7, math.nan, math.inf)]
    assert saturated == [127, -128, -2, 0, 127]
    assert [of("arith.fptoui", "f32", "i8", x) for x in (250.5, -3.0)] == [-6, 0]
    assert of("arith.bitcast", "f32", "i32", 1.0) == 0x3F800000
    assert of("arith.bitcast", "i16", "bf16", 0x3F80) == 1.0
    assert of("arith.bitcast", "f64", "i64", -0.0) == -(1 << 63)


def test_numbers_as_numpy_has_them():
    for type_ in ("i1", "i8", "i64", "index", "f16", "bf16", "f32", "f64"):
        for value in (0, -1) if type_ == "i1" else (0, 5, -3):
            array = to_numpy(value, type_)
            assert array.shape == () and from_numpy(array, type_) == value
    assert to_numpy(-1, "i1").dtype == bool
    assert [is_type(t) for t in ("i7", "index", "f32", "i0", "tf32", 5, "i")] == [
        *(True, True, True, False, False, False, False)
    ]
