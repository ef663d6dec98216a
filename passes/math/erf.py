"""The error function and its complement, of f32 and f64.

Near zero erf x = x + x E(x^2).  Beyond, erfc a = e^(-a^2) Q((a - 3) / (a + 3)) / (1 + 2a): the
smooth factor of Shepherd and Laframboise (Mathematics of Computation 36, 1981) as one polynomial
over the whole tail.  Coefficients are Chebyshev interpolants computed at 60 digits.  Bounds,
f32/f64 in ULP: erf 2/2, erfc 4/4 (normal results).
"""

from __future__ import annotations

from clawc.passes.math.exp import exp
from clawc.passes.math.values import Num, fma, polynomial, where

# erf(x)/x - 1 in x^2 on [0, 0.74], the highest power first.
_NEAR = {
    32: (
        8.784820965956897e-05,
        -0.0008234161068685353,
        0.005208560731261969,
        -0.026862237602472305,
        0.11283743381500244,
        -0.37612637877464294,
        0.12837916612625122,
    ),
    64: (
        6.705736278456004e-11,
        -1.1746400918573644e-09,
        1.4741791335345848e-08,
        -1.6360712226770483e-07,
        1.6461840836856837e-06,
        -1.4925640318233195e-05,
        0.00012055332729057646,
        -0.000854832701918261,
        0.005223977625395878,
        -0.026866170645128258,
        0.11283791670955115,
        -0.37612638903183754,
        0.1283791670955126,
    ),
}
# (1 + 2a) e^(a^2) erfc(a) in (a - 3)/(a + 3) for a from 0.46 to where erfc underflows.
_FAR = {
    32: (
        -0.0005200750310905278,
        0.0018355250358581543,
        0.0023832826409488916,
        -0.02376289665699005,
        0.06834038347005844,
        -0.11927395313978195,
        0.12964235246181488,
        -0.047562286257743835,
        -0.13562104105949402,
        1.2530080080032349,
    ),
    64: (
        -1.4143001642666368e-08,
        2.139085266065536e-08,
        1.0888437383455955e-07,
        -1.1783791922934613e-07,
        -6.272088382200996e-07,
        3.4071042670743175e-07,
        3.4803682379522404e-06,
        -7.246305696479355e-07,
        -2.0104109845241744e-05,
        4.94758747867459e-06,
        0.0001251003331328536,
        -0.00010515946142007228,
        -0.0007798324411584651,
        0.0018886903210423931,
        0.002529391833533526,
        -0.023770514916072755,
        0.06830802734298687,
        -0.11927366341540077,
        0.12964515870278645,
        -0.04756229435344943,
        -0.13562110612458136,
        1.2530080582697296,
    ),
}
_UNDERFLOW = {32: 10.1, 64: 27.3}  # erfc is zero from here on


def _near_zero(x: Num) -> Num:
    return fma(x, polynomial(x * x, _NEAR[x.width]), x)


def _tail(a: Num) -> Num:
    """erfc a for a >= 0.46."""
    limit = _UNDERFLOW[a.width]
    a = where(a > limit, limit, a)
    smooth = polynomial((a - 3.0) / (a + 3.0), _FAR[a.width]) / fma(a, 2.0, 1.0)
    square = a * a
    lost = fma(a, a, -square)  # e^-(square + lost) = e^-square (1 - lost)
    power = exp(-square) * smooth
    return fma(power, -lost, power)


def erf(x: Num) -> Num:
    a = abs(x)
    return where(a < 0.86, _near_zero(x), (1.0 - _tail(a)).with_sign_of(x))


def erfc(x: Num) -> Num:
    a = abs(x)
    tail = _tail(a)
    far = where(x < 0.0, 2.0 - tail, tail)
    return where(a < 0.5, 1.0 - _near_zero(x), far)
