"""sin, cos and tan of f32 and f64, right for every finite argument.

|x| = n pi/2 + r + tail.  Up to `_LIMIT` n times pi/2 is subtracted in four parts (Cody and Waite;
the fused multiply-add gives back what each step lost).  Where some element is larger, an `scf.if`
takes the product with as many bits of 2/pi as its exponent asks for (Payne and Hanek), in integers.
Polynomials are Chebyshev interpolants computed at 60 digits.  Bounds, f32/f64 in ULP: sin 1/1, cos
1/1, tan 3/3; beyond `_LIMIT` 3 and tan 5.
"""

from __future__ import annotations

import math

from mlir import ir
from mlir.dialects import arith, scf

from clawc.passes.math.values import (
    Num,
    any_of,
    fma,
    nearest_integer,
    polynomial,
    where,
)

_LIMIT = {32: 1.0e5, 64: 1.0e6}
# pi/2: short parts, whose products with n are exact, and two more.
_SHORT = {32: (1.5703125, 0.0004825592041015625), 64: (1.5707963267341256,)}
_REST = {
    32: (1.2675908465098473e-06, -5.1453114636784356e-14),
    64: (6.077100506506192e-11, 3.5215598651832e-27),
}
# (sin(r)/r - 1)/r^2 and (cos(r) - 1 + r^2/2)/r^4 in r^2, the highest power first.
_SINE = {
    32: (-0.00019587638962548226, 0.008332747034728527, -0.166666641831398),
    64: (
        1.5917988979397435e-10,
        -2.5051129896450185e-08,
        2.7557316093198404e-06,
        -0.00019841269836740532,
        0.008333333333330936,
        -0.16666666666666666,
    ),
}
_COSINE = {
    32: (2.4547689463361166e-05, -0.0013888301327824593, 0.0416666641831398),
    64: (
        -1.138254464534925e-11,
        2.087614504941318e-09,
        -2.755731726587808e-07,
        2.48015872987544e-05,
        -0.0013888888888887389,
        0.041666666666666664,
    ),
}
# The first 1216 bits of 2/pi.
_TWO_OVER_PI = int(
    "A2F9836E4E441529FC2757D1F534DDC0DB6295993C439041FE5163ABDEBBC561B7246E3A424DD2E0"
    "06492EEA09D1921CFE1DEB1CB129A73EE88235F52EBB4484E99C7026B45F7E413991D639835339F4"
    "9C845F8BBDF9283B1FF897FFDE05980FEF2F118B5A0A6D1F6D367ECF27CB09B74F463F669E5FEA2D"
    "7527BAC7EBE5F17B3D0739F78A5292EA6BFB5FB11F8D5D0856033046FC7B6BAB",
    16,
)


def _subtracted(a: Num) -> tuple[Num, Num, Num]:
    """The quadrant and r, tail of 0 <= a <= the limit."""
    n, quadrant = nearest_integer(a * (2.0 / math.pi))
    near = a
    for part in _SHORT[a.width]:
        near = fma(n, -part, near)  # exact
    third, fourth = _REST[a.width]
    product = n * third
    t = near - product
    lost = ((near - t) - product) - fma(n, fourth, fma(n, third, -product))
    r = t + lost
    return quadrant, r, lost - (r - t)


def _window(word: Num, bit: Num) -> list[Num]:
    """Three words of 0.2/pi, led by one word of zeros, from bit `word * width + bit` on."""
    width = word.width
    count = {32: 5, 64: 17}[width]  # words at which a window may begin
    table = [0] + [
        (_TWO_OVER_PI >> (1216 - width * (i + 1))) & ((1 << width) - 1) for i in range(count + 2)
    ]
    words = [word.constant(table[i]) for i in range(4)]
    for start in range(1, count):
        here = word.equals(start)
        words = [where(here, table[start + i], w) for i, w in enumerate(words)]
    back = (width - 1) - bit
    return [
        (high << bit) | low.shifted_logically(1).shifted_logically(back)
        for high, low in zip(words, words[1:], strict=False)
    ]


def _wide_product(a: Num, b: Num) -> tuple[Num, Num]:
    low, high = arith.MulUIExtendedOp(a.value, b.value).results
    return Num(low), Num(high)


def _multiplied(a: Num) -> tuple[Num, Num]:
    """The quadrant and r of any finite a >= the limit, by integer arithmetic modulo 4."""
    form = a.format
    bits = a.bits()
    fraction = (bits & ((1 << form.mantissa) - 1)) | (1 << form.mantissa)
    # a = fraction 2^e; bits of 2/pi of weight below 2^(2 - e) matter modulo 4.
    exponent = bits.shifted_logically(form.mantissa) - (form.bias + form.mantissa)
    start = exponent + (form.bits - 2)
    log_width = form.bits.bit_length() - 1
    high, middle, low = _window(start >> log_width, start & (form.bits - 1))
    p_low, carry = _wide_product(fraction, middle)
    p_high = fraction * high + carry
    _, rest = _wide_product(fraction, low)
    total = p_low + rest
    p_high = p_high + Num(arith.ExtUIOp(total.value.type, total._compare("ult", rest).value).result)
    quadrant = p_high.shifted_logically(form.bits - 2)
    quadrant = quadrant + (p_high.shifted_logically(form.bits - 3) & 1)
    turn = (p_high << 2) | total.shifted_logically(form.bits - 2)  # signed, of one quadrant
    below = (total << 2).shifted_logically(1).to_real()  # halved, so that it is a signed number
    r = fma(below, 2.0 ** (1 - form.bits), turn.to_real())
    return quadrant, r * (math.pi / 2 * 2.0**-form.bits)


def _reduced(a: Num) -> tuple[Num, Num, Num]:
    """The quadrant modulo 4, r and tail of any finite a >= 0."""
    quadrant, r, tail = _subtracted(a)
    large = a > _LIMIT[a.width]
    types = [n.value.type for n in (quadrant, r, tail)]
    choice = scf.IfOp(any_of(large), types, has_else=True)
    with ir.InsertionPoint(choice.regions[0].blocks[0]):
        far_quadrant, far_r = _multiplied(a)
        chosen = (
            where(large, far_quadrant, quadrant),
            where(large, far_r, r),
            where(large, 0.0, tail),
        )
        scf.YieldOp([n.value for n in chosen])
    with ir.InsertionPoint(choice.regions[1].blocks[0]):
        scf.YieldOp([quadrant.value, r.value, tail.value])
    quadrant, r, tail = (Num(result) for result in choice.results)
    return quadrant, r, tail


def _sine_and_cosine(r: Num, tail: Num) -> tuple[Num, Num]:
    """Of r + tail, |r| <= pi/4."""
    z = r * r
    half = z * 0.5
    base = 1.0 - half
    sine = r + fma(r * z, polynomial(z, _SINE[r.width]), tail * base)
    rest = fma(z * z, polynomial(z, _COSINE[r.width]), -(r * tail))
    return sine, base + (((1.0 - base) - half) + rest)


def _finished(x: Num, result: Num, sign: Num) -> Num:
    """`result` with its sign flipped by the top bit of `sign`; NaN for infinity and NaN."""
    flipped = (result.bits() ^ (sign & result.format.sign_mask)).as_real()
    return where(abs(x) < math.inf, flipped, math.nan)


def sin_and_cos(x: Num) -> tuple[Num, Num]:
    quadrant, r, tail = _reduced(abs(x))
    sine, cosine = _sine_and_cosine(r, tail)
    odd = (quadrant & 1).differs(0)
    top = x.width - 2  # moves bit 1 of the quadrant to the sign
    sin_sign = (quadrant << top) ^ x.bits()
    cos_sign = (quadrant + 1) << top
    return (
        _finished(x, where(odd, cosine, sine), sin_sign),
        _finished(x, where(odd, sine, cosine), cos_sign),
    )


def sin(x: Num) -> Num:
    return sin_and_cos(x)[0]


def cos(x: Num) -> Num:
    return sin_and_cos(x)[1]


def tan(x: Num) -> Num:
    quadrant, r, tail = _reduced(abs(x))
    sine, cosine = _sine_and_cosine(r, tail)
    odd = (quadrant & 1).differs(0)
    ratio = where(odd, -cosine, sine) / where(odd, sine, cosine)
    return _finished(x, ratio, x.bits())
