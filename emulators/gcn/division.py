"""The three instructions that make a division exact: scale, fused multiply-add, fix up."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from clawc.emulators.gcn.floats import fma

# By type: how far an operand is scaled, the distance of exponents from which that is needed, and
# the exponent of a small numerator.
_SCALES = {np.dtype(np.float32): (64, 96, 23), np.dtype(np.float64): (128, 768, 53)}


def _exponent(x: np.ndarray) -> np.ndarray:
    """The biased exponent field."""
    if x.dtype == np.float32:
        return (np.ascontiguousarray(x).view(np.uint32) >> np.uint32(23) & np.uint32(255)).astype(
            np.int64
        )
    bits = np.ascontiguousarray(x).view(np.uint64)
    return (bits >> np.uint64(52) & np.uint64(2047)).astype(np.int64)


def _denormal(x: np.ndarray) -> np.ndarray:
    return (x != 0) & (np.abs(x) < np.finfo(x.dtype).tiny)


def scaled(
    value: np.ndarray, denominator: np.ndarray, numerator: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`v_div_scale`: the numerator or denominator, moved to where the division's steps neither
    overflow nor lose bits; and whether fmas must undo it.

    AMD's pseudocode moves a large denominator up where the quotient is denormal: it would overflow,
    and no such quotient come out.  Here it goes down.
    """
    by, far, small = _SCALES[value.dtype]
    value, denominator, numerator = np.broadcast_arrays(value, denominator, numerator)
    up, down = np.ldexp(value, by), np.ldexp(value, -by)
    is_denominator = value == denominator
    is_numerator = value == numerator
    inverse, quotient = 1 / denominator, numerator / denominator
    cases = [
        (denominator == 0) | (numerator == 0),
        _exponent(numerator) - _exponent(denominator) >= far,
        _denormal(denominator),
        _denormal(inverse) & _denormal(quotient),
        _denormal(inverse),
        _denormal(quotient),
        _exponent(numerator) <= small,
    ]
    results = [
        np.full_like(value, np.nan),
        np.where(is_denominator, up, value),
        up,
        np.where(is_denominator, down, value),
        down,
        np.where(is_numerator, up, value),
        up,
    ]
    undone = [False, True, False, True, False, True, False]
    false = np.zeros(value.shape, bool)
    return np.select(cases, results, value), np.select(cases, [false | u for u in undone], false)


def multiply_add(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, scaled_lanes: np.ndarray
) -> np.ndarray:
    """`v_div_fmas`: a * b + c, moved back where `scaled` moved one of the operands; rounded once.

    AMD's pseudocode has one factor for both directions, with which no scaled quotient is right;
    the direction must follow from the result: a quotient that was scaled is far from 1.
    """
    plain = fma(a, b, c)
    if not scaled_lanes.any():
        return plain
    by = _SCALES[plain.dtype][0]
    exponents = np.where(np.abs(plain) > 1, by, -by)
    result = np.where(scaled_lanes, np.ldexp(plain, exponents), plain)
    operands = np.broadcast_arrays(a, b, c)
    small = np.abs(result) < np.finfo(plain.dtype).tiny
    for at in np.argwhere(scaled_lanes & small & (plain != 0)):
        where = tuple(at)
        x, y, z = (Fraction(float(operand[where])) for operand in operands)
        result[where] = _to_denormal((x * y + z) / 2**by, plain.dtype)
    return result


def _to_denormal(value: Fraction, dtype: np.dtype) -> float:
    """The nearest multiple of the type's smallest number, a tie to the even one."""
    smallest = Fraction(float(np.finfo(dtype).smallest_subnormal))
    return float(round(value / smallest) * smallest)


def fixed_up(quotient: np.ndarray, denominator: np.ndarray, numerator: np.ndarray) -> np.ndarray:
    """`v_div_fixup`: the quotient, or what IEEE 754 asks for where an operand is special."""
    q, d, n = np.broadcast_arrays(quotient, denominator, numerator)
    negative = np.signbit(d) ^ np.signbit(n)
    infinity, zero = q.dtype.type(np.inf), q.dtype.type(0)
    cases = [
        np.isnan(n),
        np.isnan(d),
        (n == 0) & (d == 0) | np.isinf(n) & np.isinf(d),
        (d == 0) | np.isinf(n),
        np.isinf(d) | (n == 0),
    ]
    nan = np.full_like(q, np.nan)
    signed = [np.where(negative, -x, x) for x in (infinity, zero)]
    usual = np.where(negative, -np.abs(q), np.abs(q))
    if q.dtype != np.float16:
        # Where the quotient leaves the range the steps before may have given anything.
        lowest, highest = {4: (-150, 129), 8: (-1075, 1025)}[q.dtype.itemsize]
        distance = _exponent(n) - _exponent(d)
        usual = np.where(distance < lowest, signed[1], usual)
        usual = np.where(distance > highest, signed[0], usual)
    return np.select(cases, [n, d, nan, signed[0], signed[1]], usual).astype(q.dtype)
