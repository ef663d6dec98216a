"""Logarithms: log, log2, log10, log1p and the inverse hyperbolic functions, of f32 and f64.

x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), log x = k ln 2 + f + tail(f).
Bounds, f32/f64 in ULP: log 1/1, log2 2/2, log10 2/2, log1p 2/2, asinh 3/3, acosh 3/3, atanh 3/3.
"""

from __future__ import annotations

import math

from clawc.passes.math.exp import LN2, LN2_PARTS
from clawc.passes.math.values import Num, fma, polynomial, where

# log(1 + f) = f - f^2/2 + f^3 P(f), the highest power first (Cephes' logf).
_TAIL_32 = (
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
)
# log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f / (2 + f); R without its constant (fdlibm).
_TAIL_64 = (
    1.479819860511658591e-01,
    1.531383769920937332e-01,
    1.818357216161805012e-01,
    2.222219843214978396e-01,
    2.857142874366239149e-01,
    3.999999999940941908e-01,
    6.666666666666735130e-01,
)
# log_b(e) and log_b(2) in two parts each.
_BASE_2 = {
    32: ((1.44269502162933349609375, 1.92596299112661746887e-08), (1.0, 0.0)),
    64: ((1.4426950408889634, 2.0355273740931033e-17), (1.0, 0.0)),
}
_BASE_10 = {
    32: ((0.4342944920063018798828, -1.01030500473e-08), (3.0102920532e-01, 7.9034151668e-07)),
    64: (
        (0.4342944819032518, 1.098319650216765e-17),
        (3.01029995663611771306e-01, 3.69423907715893078616e-13),
    ),
}


def decomposed(x: Num) -> tuple[Num, Num]:
    """k as a real, and 1 + f, for positive finite x, denormal ones too."""
    form = x.format
    shift = form.mantissa + 1
    small = x < form.least_normal
    bits = where(small, x * 2.0**shift, x).bits()
    least = x.constant(math.sqrt(0.5)).bits()
    exponent = (bits - least) >> form.mantissa
    fraction = (bits - (exponent << form.mantissa)).as_real()
    # An integer below 2^22 becomes a real by an addition in the fraction of the magic number.
    k = (exponent + x.constant(form.magic).bits()).as_real() - form.magic
    return where(small, k - float(shift), k), fraction


def _tail(f: Num) -> Num:
    """log(1 + f) - f."""
    half_square = f * f * 0.5
    if f.width == 32:
        return fma(f * f * f, polynomial(f, _TAIL_32), -half_square)
    s = f / (f + 2.0)
    z = s * s
    return fma(s, half_square + z * polynomial(z, _TAIL_64), -half_square)


def _with_special_values(result: Num, x: Num) -> Num:
    """The logarithm of zero, negative numbers, infinity and NaN."""
    result = where(x < math.inf, result, x)
    result = where(x < 0.0, math.nan, result)
    return where(x.equals(0.0), -math.inf, result)


def log(x: Num) -> Num:
    return _log_near(x, None)


def _log_near(x: Num, correction: Num | None) -> Num:
    """log x + correction, the correction being far smaller than x's spacing allows."""
    high, low = LN2_PARTS[x.width]
    k, fraction = decomposed(x)
    f = fraction - 1.0
    tail = fma(k, low, _tail(f))
    if correction is not None:
        tail = tail + correction
    return _with_special_values(fma(k, high, f + tail), x)


def _log_to_base(x: Num, scale: tuple[float, float], two: tuple[float, float]) -> Num:
    k, fraction = decomposed(x)
    f = fraction - 1.0
    product = f * scale[0]
    rest = fma(f, scale[1], fma(f, scale[0], -product))  # what rounding the product lost
    rest = fma(_tail(f), scale[0], rest)
    if two[1]:
        rest = fma(k, two[1], rest)
    return _with_special_values(fma(k, two[0], product + rest), x)


def log2(x: Num) -> Num:
    return _log_to_base(x, *_BASE_2[x.width])


def log10(x: Num) -> Num:
    return _log_to_base(x, *_BASE_10[x.width])


def log1p(x: Num) -> Num:
    """log of the rounded u = 1 + x, and what rounding lost, over u."""
    u = x + 1.0
    lost = where(x > 1.0, 1.0 - (u - x), x - (u - 1.0)) / u
    result = _log_near(u, lost)
    return where(abs(x) < 2.0 ** -(x.format.mantissa + 2), x, result)


def _is_huge(x: Num) -> Num:
    """Whether x^2 + 1 = x^2, and x^2 may overflow."""
    return x > 2.0 ** (x.format.mantissa + 7)


def asinh(x: Num) -> Num:
    a = abs(x)
    huge = _is_huge(a)
    square = a * a
    y = log1p(where(huge, a, a + square / ((square + 1.0).sqrt() + 1.0)))
    return where(huge, y + LN2, y).with_sign_of(x)


def acosh(x: Num) -> Num:
    huge = _is_huge(x)
    t = x - 1.0
    y = log1p(where(huge, x, t + (t * t + (t + t)).sqrt()))
    return where(x < 1.0, math.nan, where(huge, y + LN2, y))


def atanh(x: Num) -> Num:
    a = abs(x)
    return (log1p((a + a) / (1.0 - a)) * 0.5).with_sign_of(x)
