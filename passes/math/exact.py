"""Rounding, counting of bits, classification, division and remainder: exact, all of them."""

from __future__ import annotations

import math

from mlir import ir
from mlir.dialects import arith, scf

from clawc.passes.math.values import Num, any_of, where


def round_away(x: Num) -> Num:
    """The nearest integer, halves away from zero."""
    whole = x.truncated()
    up = abs(x - whole) >= 0.5
    return where(up, whole + x.constant(1.0).with_sign_of(x), whole).with_sign_of(x)


def absi(x: Num) -> Num:
    return abs(x)


def ctpop(x: Num) -> Num:
    """Pairs, nibbles, bytes, then a doubling sum: one bit of each field at a time."""
    width = x.width
    full = (1 << width) - 1
    x = x - (x.shifted_logically(1) & (full // 3))
    if width > 2:
        x = (x & (full // 5)) + (x.shifted_logically(2) & (full // 5))
    if width > 4:
        x = (x + x.shifted_logically(4)) & (full // 17)
    step = 8
    while step < width:
        x = x + x.shifted_logically(step)
        step *= 2
    return x & (2 * width - 1)


def ctlz(x: Num) -> Num:
    step = 1
    while step < x.width:
        x = x | x.shifted_logically(step)
        step *= 2
    return x.width - ctpop(x)


def cttz(x: Num) -> Num:
    return ctpop(~x & (x - 1))


def copysign(x: Num, sign: Num) -> Num:
    top = x.format.sign_mask
    return ((x.bits() & (top - 1)) | (sign.bits() & top)).as_real()


def isfinite(x: Num) -> Num:
    return abs(x) < math.inf


def isinf(x: Num) -> Num:
    return abs(x).equals(math.inf)


def isnan(x: Num) -> Num:
    return x.is_nan()


def isnormal(x: Num) -> Num:
    a = abs(x)
    return (a >= x.format.least_normal) & (a < math.inf)


def clampf(x: Num, low: Num, high: Num) -> Num:
    x = where(x < low, low, x)
    return where(x > high, high, x)


def floordivsi(x: Num, y: Num) -> Num:
    quotient = x / y
    rest = x - quotient * y
    down = rest.differs(0) & ((rest ^ y) < 0)
    return where(down, quotient - 1, quotient)


def ceildivsi(x: Num, y: Num) -> Num:
    quotient = x / y
    rest = x - quotient * y
    up = rest.differs(0) & ((rest ^ y) >= 0)
    return where(up, quotient + 1, quotient)


def ceildivui(x: Num, y: Num) -> Num:
    zero = x.equals(0)
    quotient = Num(arith.DivUIOp((x - 1).value, y.value).result)
    return where(zero, 0, quotient + 1)


def remf(x: Num, y: Num) -> Num:
    """C's fmod: each step takes off y times half of the bits of a quotient, which is exact."""
    form = x.format
    divisor = abs(y)
    half = form.mantissa // 2 + 1
    valid = (abs(x) < math.inf) & (divisor > 0.0)
    rest = where(valid, abs(x), 0.0)
    loop = scf.WhileOp([rest.value.type], [rest.value])
    before = loop.before.blocks.append(rest.value.type)
    with ir.InsertionPoint(before):
        rest = Num(before.arguments[0])
        scf.ConditionOp(any_of((rest >= divisor) & valid), [rest.value])
    after = loop.after.blocks.append(rest.value.type)
    with ir.InsertionPoint(after):
        rest = Num(after.arguments[0])
        part = divisor
        for _ in range(2):  # the quotient may overflow, twice where the divisor is denormal
            overflows = (rest / part).equals(math.inf)
            part = where(overflows, part * 2.0 ** (form.bias - 27), part)
        # Rather too small than too large; one is never too large.
        quotient = (rest / part * (1.0 - 2.0 ** (1 - form.mantissa))).truncated()
        quotient = where(quotient < 1.0, 1.0, quotient)
        quotient = (quotient.bits() & -(1 << half)).as_real()
        # In two exact steps, for not every target's fma rounds only once.
        high = (part.bits() & -(1 << half)).as_real()
        left = rest - quotient * high - quotient * (part - high)
        scf.YieldOp([where((rest >= divisor) & valid, left, rest).value])
    result = Num(loop.results[0]).with_sign_of(x)
    result = where(divisor.equals(math.inf) & (abs(x) < math.inf), x, result)
    undefined = x.is_nan() | y.is_nan() | divisor.equals(0.0) | abs(x).equals(math.inf)
    return where(undefined, math.nan, result)
