"""Floats at the edges of their range, and comparisons of pairs, against fractions and NumPy."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from ptx_runner import compute


def test_fma_in_double_at_the_ends_of_its_range():
    rng = np.random.default_rng(1)
    a, b, c = rng.uniform(0.5, 1, (3, 64)) * rng.choice([-1, 1], (3, 64))
    a[:32], b[:32], c[:32] = a[:32] * 2.0**-520, b[:32] * 2.0**-520, c[:32] * 2.0**-1040
    a[32:], b[32:], c[32:] = a[32:] * 2.0**1010, b[32:] * 2.0**13, c[32:] * 2.0**1022
    operands = [("f64", x.view(np.uint64)) for x in (a, b, c)]
    found = compute("fma.rn.f64 $d, $0, $1, $2", "f64", operands).view(np.float64)
    for x, y, z, got in zip(a, b, c, found, strict=True):
        exact = Fraction(x) * Fraction(y) + Fraction(z)
        assert got == exact.numerator / exact.denominator


def test_zeros_of_fma_keep_their_sign():
    a = np.array([0.0, -0.0, 1e-310, 1e-310, 1.0])
    b = np.array([1.0, 1.0, -0.0, -0.0, 1.0])
    c = np.array([-0.0, -0.0, -0.0, 0.0, -1.0])
    operands = [("f64", x.view(np.uint64)) for x in (a, b, c)]
    found = compute("fma.rn.f64 $d, $0, $1, $2", "f64", operands).view(np.float64)
    assert not found.any()
    assert np.signbit(found).tolist() == [False, True, True, False, False]


COMPARISONS = {
    "lt": np.less,
    "ge": np.greater_equal,
    "equ": lambda a, b: (a == b) | np.isnan(a) | np.isnan(b),
    "num": lambda a, b: ~np.isnan(a) & ~np.isnan(b),
}


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("type_", ["f16", "bf16"])
def test_comparisons_of_pairs(type_, name):
    dtype = np.float16 if type_ == "f16" else ml_dtypes.bfloat16
    rng = np.random.default_rng(2)
    a, b = rng.integers(-2, 3, (2, 64, 2)).astype(np.float32).astype(dtype)
    a[::7, 0], b[::5, 1] = np.nan, np.nan
    compared = f"setp.ne.u32 %p1, %r0, 9; setp.{name}.and.{type_}x2 %p2|%p3, $0, $1, %p1"
    text = f"{compared}; selp.b32 $d, 1, 0, %p2; @%p3 add.u32 $d, $d, 2"
    pairs = [("b32", x.view(np.uint32)[:, 0]) for x in (a, b)]
    found = compute(text, "b32", pairs)
    low, high = COMPARISONS[name](a.astype(np.float32), b.astype(np.float32)).T
    expected = low + 2 * high
    expected[9] = 0
    assert found.tolist() == expected.tolist()
