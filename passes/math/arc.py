"""Inverse trigonometric functions of f32 and f64.

atan z = z + z^3 A(z^2) on [0, 1], and pi/2 - atan(1/z) beyond; asin x = x + x^3 S(x^2) up to 1/2,
beyond it pi/2 - 2 asin(sqrt((1 - x)/2)).  Polynomials are Chebyshev interpolants computed at 60
digits. Bounds, f32/f64 in ULP: atan 2/2, atan2 2/2, asin 2.5/2.5, acos 1.5/1.5.
"""

from __future__ import annotations

import math

from clawc.passes.math.values import Num, polynomial, where

_ATAN = {
    32: (
        -0.0023869972210377455,
        0.01350777130573988,
        -0.035871539264917374,
        0.0625016912817955,
        -0.08656880259513855,
        0.11033764481544495,
        -0.1427856832742691,
        0.19999739527702332,
        -0.3333333134651184,
    ),
    64: (
        -1.1832505417555692e-05,
        0.0001368724853148122,
        -0.0007518472526973822,
        0.002622977891906089,
        -0.006575683344151699,
        0.012756172907694298,
        -0.020238706986393514,
        0.027567942297344678,
        -0.033750132001619734,
        0.03872640214042632,
        -0.04308119655330471,
        0.04752086773576656,
        -0.05261265735709454,
        0.05882074956371294,
        -0.06666636435777692,
        0.07692305354678655,
        -0.09090908969557403,
        0.11111111107234799,
        -0.14285714285648404,
        0.19999999999999554,
        -0.3333333333333333,
    ),
}
_ASIN = {
    32: (
        0.03369084745645523,
        0.017149237915873528,
        0.031100662425160408,
        0.04459940269589424,
        0.07500094175338745,
        0.1666666567325592,
    ),
    64: (
        0.028757851367421566,
        -0.014851887071247204,
        0.01740087944269402,
        0.005457506718640358,
        0.01032281435018578,
        0.011479177415184906,
        0.013971212973552933,
        0.017352392720869973,
        0.02237217294214989,
        0.030381944138531247,
        0.04464285714635543,
        0.07499999999998433,
        0.16666666666666669,
    ),
}
# pi/2 as rounded, and the rest.
_HALF_PI = {
    32: (1.57079637050628662, -4.37113900018624283e-8),
    64: (math.pi / 2, 6.12323399573676604e-17),
}


def _unit_atan(z: Num) -> Num:
    """atan z for 0 <= z <= 1."""
    square = z * z
    return z + z * (square * polynomial(square, _ATAN[z.width]))


def _away_from_half_pi(angle: Num) -> Num:
    """pi/2 - angle."""
    high, low = _HALF_PI[angle.width]
    return high - (angle - low)


def atan(x: Num) -> Num:
    a = abs(x)
    steep = a > 1.0
    angle = _unit_atan(where(steep, 1.0 / a, a))
    return where(steep, _away_from_half_pi(angle), angle).with_sign_of(x)


def atan2(y: Num, x: Num) -> Num:
    """The angle of (x, y), with C's answers for zeros and infinities of either sign."""
    a, b = abs(y), abs(x)
    steep = a > b
    large, small = where(steep, a, b), where(steep, b, a)
    ratio = small / large
    ratio = where(large.equals(0.0), 0.0, ratio)
    ratio = where(small.equals(math.inf), 1.0, ratio)
    angle = _unit_atan(ratio)
    angle = where(steep, _away_from_half_pi(angle), angle)
    high, low = _HALF_PI[x.width]
    angle = where(x.bits() < 0, 2.0 * high - (angle - 2.0 * low), angle)
    return where(x.is_nan() | y.is_nan(), math.nan, angle).with_sign_of(y)


def _small_asin(a: Num) -> Num:
    """asin a for |a| <= 1/2."""
    square = a * a
    return a + a * (square * polynomial(square, _ASIN[a.width]))


def _asin_parts(a: Num) -> tuple[Num, Num]:
    """Whether a > 1/2, and asin of a, or of sqrt((1 - a) / 2) where it is."""
    far = a > 0.5
    return far, _small_asin(where(far, ((1.0 - a) * 0.5).sqrt(), a))


def asin(x: Num) -> Num:
    far, angle = _asin_parts(abs(x))
    return where(far, _away_from_half_pi(angle + angle), angle).with_sign_of(x)


def acos(x: Num) -> Num:
    far, angle = _asin_parts(abs(x))
    high, low = _HALF_PI[x.width]
    double = angle + angle
    outer = where(x < 0.0, 2.0 * high - (double - 2.0 * low), double)
    return where(far, outer, _away_from_half_pi(angle.with_sign_of(x)))
