"""Exponentials: exp, exp2, expm1 and the hyperbolic functions, of f32 and f64.

x = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite's two constants), e^x = 2^n (1 + r + r^2 P(r));
the scale is built in the exponent field, in two steps so that denormal and largest results come out
right. Bounds, f32/f64 in ULP: exp 1/1, exp2 1/1, expm1 2/2, tanh 2.5/2.5, sinh 2.5/2.5,
cosh 1.5/1.5.
"""

from __future__ import annotations

import math

from mlir.dialects import math as mathematics

from clawc.passes.math.values import (
    Num,
    fma,
    nearest_integer,
    polynomial,
    power_of_two,
    scaled,
    where,
)

LOG2_E = math.log2(math.e)
LN2 = math.log(2.0)
# ln 2 in two parts; the first has few enough bits for n times it to be exact (Cephes; fdlibm).
LN2_PARTS = {
    32: (0.693359375, -2.12194440e-4),
    64: (6.93147180369123816490e-01, 1.90821492927058770002e-10),
}
# (e^r - 1 - r) / r^2, the highest power first: Cephes' expf; Taylor's series to r^13.
_TAIL = {
    32: (
        1.9875691500e-4,
        1.3981999507e-3,
        8.3334519073e-3,
        4.1665795894e-2,
        1.6666665459e-1,
        5.0000001201e-1,
    ),
    64: tuple(1.0 / math.factorial(k) for k in range(13, 1, -1)),
}
# Outside of these e^x is zero or infinite.
_RANGE = {32: (-104.0, 89.0), 64: (-746.0, 710.0)}


def _clamped(x: Num, low: float, high: float) -> Num:
    """`x` within the bounds; NaN stays."""
    x = where(x < low, low, x)
    return where(x > high, high, x)


def _reduced(x: Num) -> tuple[Num, Num]:
    """n as an integer, and r."""
    high, low = LN2_PARTS[x.width]
    n, integer = nearest_integer(x * LOG2_E)
    return integer, fma(n, -low, fma(n, -high, x))


def exp_minus_one_near_zero(r: Num) -> Num:
    """e^r - 1 for |r| <= ln 2 / 2."""
    return fma(r * r, polynomial(r, _TAIL[r.width]), r)


def exp_scaled(x: Num, shift: int) -> Num:
    """2^shift e^x, which may be finite where e^x is not."""
    low, high = _RANGE[x.width]
    n, r = _reduced(_clamped(x, low, high + (1.0 if shift < 0 else 0.0)))
    return scaled(exp_minus_one_near_zero(r) + 1.0, n + shift if shift else n)


def exp(x: Num) -> Num:
    return exp_scaled(x, 0)


def exp2(x: Num) -> Num:
    form = x.format
    x = _clamped(x, -float(form.bias + form.mantissa + 1), float(form.bias + 1))
    n, integer = nearest_integer(x)
    return scaled(exp_minus_one_near_zero((x - n) * LN2) + 1.0, integer)


def exp_by_hardware(x: Num) -> Num:
    """e^x of f32 where 2^x is native: the rounding error of x log2(e) is multiplied in afterwards.

    Two ULP on top of the hardware's error; without the correction it would be 64.
    """
    t = x * LOG2_E
    rest = fma(x, 1.925963033e-8, fma(x, LOG2_E, -t))  # log2(e) - f32(log2(e)) = 1.926e-8
    rest = where(abs(t) < 256.0, rest, 0.0)  # beyond, 2^t is 0 or infinite whatever the rest is
    return Num(mathematics.Exp2Op(t.value).result) * fma(rest, LN2, 1.0)


def expm1(x: Num) -> Num:
    low, high = (-25.0, _RANGE[32][1]) if x.width == 32 else (-50.0, _RANGE[64][1])
    n, r = _reduced(_clamped(x, low, high))
    p = where(x.equals(0.0), x, exp_minus_one_near_zero(r))  # keeps the sign of zero
    half = power_of_two(n - 1)
    return where(n.equals(0), p, fma(p, half, half - 0.5) * 2.0)


def tanh(x: Num) -> Num:
    """t / (t + 2) with t = e^2|x| - 1."""
    limit = 10.0 if x.width == 32 else 22.0
    magnitude = abs(x)
    magnitude = where(magnitude > limit, limit, magnitude)
    t = expm1(magnitude + magnitude)
    return (t / (t + 2.0)).with_sign_of(x)


def sinh(x: Num) -> Num:
    """(t + t / (t + 1)) / 2 with t = e^|x| - 1; for large |x| half of e^|x|."""
    magnitude = abs(x)
    t = expm1(magnitude)
    near = (t + t / (t + 1.0)) * 0.5
    far = exp_scaled(magnitude, -1)
    return where(magnitude > 20.0, far, near).with_sign_of(x)


def cosh(x: Num) -> Num:
    half = exp_scaled(abs(x), -1)
    return half + 0.25 / half
