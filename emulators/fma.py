"""Sums and a * b + c in double precision, exact but for one rounding, on NumPy arrays."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

_SPLIT = 134217729.0  # 2**27 + 1
_SAFE = 2.0**900  # where neither the products of halves overflow nor their errors underflow


def exact_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a + b rounded, and what the rounding lost (Knuth's two-sum), in their type."""
    total = a + b
    rest = total - a
    return total, (a - (total - rest)) + (b - rest)


def to_odd(total: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """The sum rounded to odd: whatever narrower type it is rounded to next, it is right."""
    with_loss = (lost != 0) & np.isfinite(total) & np.isfinite(lost)
    bits = total.view(np.int64)
    away = (lost > 0) == (total > 0)  # the truth is further from zero than `total`
    even = bits & 1 == 0
    step = np.where(with_loss & even, np.where(away, 1, -1), 0)
    return (bits + step).view(np.float64)


def fused_double(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """a * b + c of float64, rounded once.

    After S. Boldo and G. Melquiond, "Emulation of FMA and correctly rounded sums", 2008, by exact
    products and sums; where those leave double's range, with fractions.
    """
    a, b, c = np.broadcast_arrays(a, b, c)
    product = a * b
    simple = product + c
    middle, rest = exact_sum(c, _product_error(a, b, product))
    top, more = exact_sum(product, middle)
    precise = top + to_odd(*exact_sum(rest, more))
    is_simple = ~np.isfinite(a) | ~np.isfinite(b) | ~np.isfinite(c) | (a == 0) | (b == 0)
    safe = np.isfinite(precise)
    for x in (a, b, c, product):
        safe &= (np.abs(x) < _SAFE) & (np.abs(x) > 1 / _SAFE) | (x == 0)
    # An exact zero has the sign that the sum has.
    result = np.where(is_simple | (precise == 0), simple, precise)
    for at in np.argwhere(~safe & ~is_simple):
        where = tuple(at)
        x, y, z = float(a[where]), float(b[where]), float(c[where])
        result[where] = _fused_exactly(x, y, z, float(simple[where]))
    return result


def _product_error(a: np.ndarray, b: np.ndarray, product: np.ndarray) -> np.ndarray:
    high_a, high_b = _upper(a), _upper(b)
    low_a, low_b = a - high_a, b - high_b
    return ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b


def _upper(x: np.ndarray) -> np.ndarray:
    scaled = x * _SPLIT
    return scaled - (scaled - x)


def _fused_exactly(a: float, b: float, c: float, simple: float) -> float:
    value = Fraction(a) * Fraction(b) + Fraction(c)
    if not value:
        return simple
    try:
        rounded = value.numerator / value.denominator
    except OverflowError:
        rounded = float("inf")
    return abs(rounded) if value > 0 else -abs(rounded)
