"""Powers and roots: powf of f32 and f64, integer powers, cbrt and rsqrt.

powf takes log2 |x| and its product with y as unevaluated sums of two numbers (the fused
multiply-add gives a product's error), so that the error does not grow with the exponent.  A driver
that rounds a fused multiply-add twice, as Vulkan allows, makes that 25 ULP.
Bounds, f32/f64 in ULP: powf 1.5/1.5, cbrt 1/1, rsqrt 1.5/1.5; fpowi as repeated multiplication:
half an ULP a step.
"""

from __future__ import annotations

import math

from mlir import ir
from mlir.dialects import arith, scf

from clawc.passes.math.exp import LN2, exp_minus_one_near_zero
from clawc.passes.math.log import decomposed
from clawc.passes.math.values import Num, fma, nearest_integer, polynomial, scaled, where

# atanh(s)/s = 1 + s^2/3 + s^4 T(s^2): the coefficients 1/5, 1/7, ... that |s| <= 0.172 needs,
# highest power first.
_ATANH = {width: tuple(1.0 / k for k in range(last, 3, -2)) for width, last in ((32, 9), (64, 23))}
_THIRD = {32: (0.3333333432674408, -9.934107462565104e-09), 64: (1 / 3, 1.850371707708594e-17)}
# 2 log2(e) in two parts.
_TWO_LOG2_E = {
    32: (2.8853900432586669922, 3.85192598225323493376e-08),
    64: (2.8853900817779268, 4.0710547481862066e-17),
}
Pair = tuple[Num, Num]


def _sum(a: Num, b: Num) -> Pair:
    """a + b exactly, |a| >= |b|."""
    total = a + b
    return total, b - (total - a)


def _product(a: Num, b: Num | float) -> Pair:
    """a * b exactly."""
    high = a * b
    return high, fma(a, b, -high)


def _log2(x: Num) -> Pair:
    """log2 x for positive finite x, to about 1.4 times the precision of x."""
    k, fraction = decomposed(x)
    numerator = fraction - 1.0
    # s = numerator / (fraction + 1), divided twice for the second part.
    denominator, denominator_rest = _sum(fraction, x.constant(1.0))
    denominator_rest = where(fraction > 1.0, denominator_rest, fraction - (denominator - 1.0))
    s = numerator / denominator
    s_rest = (fma(-s, denominator, numerator) - s * denominator_rest) / denominator
    square, square_rest = _product(s, s)
    square_rest = fma(s + s, s_rest, square_rest)
    # g = s^2 (1/3 + s^2 T), in two parts.
    third, third_rest = _THIRD[x.width]
    inner, inner_rest = _sum(x.constant(third), square * polynomial(square, _ATANH[x.width]))
    inner_rest = inner_rest + third_rest
    g, g_rest = _product(square, inner)
    g_rest = g_rest + (square * inner_rest + square_rest * inner)
    # log2 = k + 2 log2(e) (s + s g).
    sg, sg_rest = _product(s, g)
    sg_rest = sg_rest + (s * g_rest + s_rest * g)
    half, half_rest = _sum(s, sg)
    half_rest = half_rest + (s_rest + sg_rest)
    scale, scale_rest = _TWO_LOG2_E[x.width]
    high, low = _product(half, scale)
    low = low + fma(half, scale_rest, half_rest * scale)
    total, rest = _sum(k, high)
    total_near, rest_near = _sum(high, k)
    zero = k.equals(0.0)
    return where(zero, total_near, total), where(zero, rest_near, rest) + low


def _exp2(high: Num, low: Num) -> Num:
    """2^(high + low), |low| small."""
    form = high.format
    bottom, top = -float(form.bias + form.mantissa + 2), float(form.bias + 2)
    outside = (high < bottom) | (high > top)
    high = where(high < bottom, bottom, where(high > top, top, high))
    low = where(outside, 0.0, low)
    n, integer = nearest_integer(high)
    r = fma((high - n) + low, LN2, 0.0)
    return scaled(exp_minus_one_near_zero(r) + 1.0, integer)


def powf(x: Num, y: Num) -> Num:
    a = abs(x)
    log_high, log_low = _log2(where((a > 0.0) & (a < math.inf), a, 1.0))
    high, low = _product(y, log_high)
    low = fma(y, log_low, low)
    result = _exp2(high, where(abs(high) < math.inf, low, 0.0))
    half = y * 0.5
    whole = y.truncated().equals(y)
    odd = whole & half.truncated().differs(half) & (abs(y) < math.inf)
    # Zero and infinity as the base: 0 or infinity by the sign of y.
    grows = (a > 1.0) ^ (y < 0.0)
    extreme = where(grows, a.constant(math.inf), 0.0)
    edge = a.equals(0.0) | a.equals(math.inf) | (abs(y).equals(math.inf) & a.differs(1.0))
    result = where(edge, extreme, result)
    negative = x.bits() < 0
    result = where(negative & odd, -result, result)
    undefined = (x < 0.0) & ~whole & (a < math.inf)
    result = where(undefined | x.is_nan() | y.is_nan(), math.nan, result)
    one = y.equals(0.0) | x.equals(1.0) | (x.equals(-1.0) & abs(y).equals(math.inf))
    return where(one, 1.0, result)


def _repeated(x: Num, exponent: Num) -> Num:
    """x^exponent, the exponent read as unsigned: square and multiply, a bit a step."""
    index = ir.IndexType.get()
    zero, one = (arith.ConstantOp(index, i).result for i in (0, 1))
    steps = arith.ConstantOp(index, exponent.width).result
    first = [x.constant(1).value, x.value, exponent.value]
    loop = scf.ForOp(zero, steps, one, first)
    with ir.InsertionPoint(loop.body):
        result, base, bits = (Num(v) for v in loop.inner_iter_args)
        result = where((bits & 1).differs(0), result * base, result)
        scf.YieldOp([result.value, (base * base).value, bits.shifted_logically(1).value])
    return Num(loop.results[0])


def fpowi(x: Num, n: Num) -> Num:
    power = _repeated(x, abs(n))
    return where(n < 0, 1.0 / power, power)


def ipowi(x: Num, n: Num) -> Num:
    """For negative exponents what rounding towards zero leaves: 0, but powers of 1 and -1."""
    sign = where((n & 1).equals(0), x * x, x)
    inverse = where(x.equals(1) | x.equals(-1), sign, 0)
    return where(n < 0, inverse, _repeated(x, n))


def rsqrt(x: Num) -> Num:
    return 1.0 / x.sqrt()


def cbrt(x: Num) -> Num:
    """A guess from a third of the exponent, Halley's steps, and one last step in two parts."""
    form = x.format
    a = abs(x)
    step = float(form.mantissa)
    small, large = a < form.least_normal, a > 2.0 ** (form.bias - 8)
    a = where(small, a * 2.0 ** (3 * step), where(large, a * 2.0 ** (-3 * step), a))
    third = Num(arith.DivUIOp(a.bits().value, a.bits().constant(3).value).result)
    guess = 0x2A5137A0 if form.bits == 32 else 0x2A9F7893782DA1CE
    y = (third + guess).as_real()
    for _ in range(2 if form.bits == 32 else 3):
        cube = y * y * y
        y = y - y * ((cube - a) / fma(cube, 2.0, a))
    square, square_rest = _product(y, y)
    cube, cube_rest = _product(square, y)
    residue = (cube - a) + fma(square_rest, y, cube_rest)
    y = y - residue / (square * 3.0)
    y = where(small, y * 2.0**-step, where(large, y * 2.0**step, y))
    ordinary = (abs(x) < math.inf) & x.differs(0.0)
    return where(ordinary, y.with_sign_of(x), x)
