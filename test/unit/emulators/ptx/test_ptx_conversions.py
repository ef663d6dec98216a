"""The emulator's conversions, comparisons and choices against NumPy."""

import ml_dtypes
import numpy as np
import pytest
from ptx_runner import compute

X = np.r_[
    np.array([0.5, 1.5, 2.5, -0.5, -1.5, 3e9, -3e9, 1e20, -1e20, np.inf, -np.inf, np.nan, -0.0]),
    np.random.default_rng(1).standard_normal(51) * 300,
].astype(np.float32)
TO_INTEGRAL = {"rni": np.rint, "rzi": np.trunc, "rmi": np.floor, "rpi": np.ceil}


@pytest.mark.parametrize("target", ["s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"])
@pytest.mark.parametrize("mode", TO_INTEGRAL)
def test_float_to_integer_saturates(mode, target):
    bits = int(target[1:])
    result = f"b{max(bits, 32)}"
    found = compute(f"cvt.{mode}.{target}.f32 $d, $0", result, [("f32", X.view(np.uint32))])
    low = -(2 ** (bits - 1)) if target[0] == "s" else 0
    high = low + 2**bits - 1
    nan = 2**63 if bits == 64 else 0
    for x, got in zip(X, found, strict=True):
        if np.isnan(x):
            assert int(got) == nan
            continue
        whole = TO_INTEGRAL[mode](float(x))
        want = low if whole <= low else high if whole >= high else int(whole)
        assert int(got) == want % 2 ** int(result[1:]), (x, got)


@pytest.mark.parametrize("target", ["f16", "bf16"])
def test_narrowing_rounds_to_nearest_even(target):
    dtype = np.dtype(np.float16) if target == "f16" else np.dtype(ml_dtypes.bfloat16)
    x = np.r_[X, np.array([1 + 2**-11, 1 + 3 * 2**-11, 1 + 2**-8, 1 + 3 * 2**-8], np.float32)]
    found = compute(f"cvt.rn.{target}.f32 $d, $0", "b16", [("f32", x.view(np.uint32))])
    with np.errstate(all="ignore"):
        want = x.astype(dtype).astype(np.float32)
    np.testing.assert_array_equal(found.view(dtype).astype(np.float32), want)
    pairs = [("f32", x.view(np.uint32)), ("f32", x[::-1].copy().view(np.uint32))]
    packed = compute(f"cvt.rn.{target}x2.f32 $d, $0, $1", "b32", pairs).view(dtype)
    np.testing.assert_array_equal(packed[1::2].astype(np.float32), want)
    np.testing.assert_array_equal(packed[::2].astype(np.float32), want[::-1])


def test_widening_is_exact():
    halves = np.arange(0, 65536, 97).astype(np.uint16)
    for name, dtype in (("f16", np.dtype(np.float16)), ("bf16", np.dtype(ml_dtypes.bfloat16))):
        found = compute(f"cvt.f32.{name} $d, $0", "f32", [("b16", halves)]).view(np.float32)
        np.testing.assert_array_equal(found, halves.view(dtype).astype(np.float32))


@pytest.mark.parametrize("source", ["s32", "u32", "s64", "u64"])
def test_integer_to_float(source):
    bits = int(source[1:])
    rng = np.random.default_rng(2)
    x = rng.integers(0, 2**bits, 64, dtype=np.uint64).astype(f"u{bits // 8}")
    value = x.view(f"i{bits // 8}") if source[0] == "s" else x
    found = compute(f"cvt.rn.f32.{source} $d, $0", "f32", [(source, x)]).view(np.float32)
    np.testing.assert_array_equal(found, value.astype(np.float32))


def test_integer_widths():
    x = np.array([0, 1, 127, 128, 255, 0x8000, 0xFFFF, 0x1234], np.uint16)
    found = compute("cvt.s32.s16 $d, $0", "b32", [("b16", x)])
    np.testing.assert_array_equal(found.view(np.int32), x.view(np.int16))
    found = compute("cvt.s32.s8 $d, $0", "b32", [("b16", x)])
    np.testing.assert_array_equal(found.view(np.int32), x.astype(np.uint8).view(np.int8))
    wide = np.array([0, 200, -200, 70000, -70000], np.int32)
    found = compute("cvt.sat.s8.s32 $d, $0", "b32", [("b32", wide.view(np.uint32))])
    np.testing.assert_array_equal(found.view(np.int32), np.clip(wide, -128, 127))


COMPARISONS = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}


def test_comparisons_and_nan():
    a, b = X, np.roll(X, 3)
    nan = np.isnan(a) | np.isnan(b)
    operands = [("f32", a.view(np.uint32)), ("f32", b.view(np.uint32))]
    for name, test in COMPARISONS.items():
        for suffix, unordered in (("", False), ("u", True)):
            text = f"setp.{name}{suffix}.f32 %p1, $0, $1; selp.b32 $d, 1, 0, %p1"
            found = compute(text, "b32", operands)
            want = np.where(nan, unordered, test(a, b))
            np.testing.assert_array_equal(found, want)
    integers = np.array([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 5], np.uint32)
    other = np.roll(integers, 1)
    for type_, view in (("u32", np.uint32), ("s32", np.int32)):
        text = f"setp.lt.{type_} %p1, $0, $1; selp.b32 $d, 1, 0, %p1"
        found = compute(text, "b32", [("b32", integers), ("b32", other)])
        np.testing.assert_array_equal(found, integers.view(view) < other.view(view))


def test_both_results_of_a_comparison_and_its_combination():
    a = np.arange(16, dtype=np.uint32)
    text = "setp.lt.u32 %p1|%p2, $0, 5; selp.b32 $d, 1, 0, %p2"
    np.testing.assert_array_equal(compute(text, "b32", [("b32", a)]), a >= 5)
    text = "setp.gt.u32 %p3, $0, 2; setp.lt.and.u32 %p1, $0, 5, %p3; selp.b32 $d, 1, 0, %p1"
    np.testing.assert_array_equal(compute(text, "b32", [("b32", a)]), (a > 2) & (a < 5))


def test_moves_take_apart_and_put_together():
    a = np.arange(7, 39, dtype=np.uint32) * np.uint32(0x01010101)
    text = "mov.b32 {%h2, %h3}, $0; mov.b32 $d, {%h3, %h2}"
    found = compute(text, "b32", [("b32", a)])
    np.testing.assert_array_equal(found, (a >> np.uint32(16)) | (a << np.uint32(16)))
