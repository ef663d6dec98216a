"""Directed rounding: results as FP_ROUND asks, by the sign of what rounding to nearest left.

What is to be rounded is a product and an addend: both exact in float64 where the result is f16 or
f32; fractions, lane by lane, where it is f64.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from clawc.emulators.fma import exact_sum

UP, DOWN, TO_ZERO = 1, 2, 3  # values of FP_ROUND; 0 is to nearest
Compute = Callable[..., np.ndarray]
Form = Callable[..., tuple[Any, Any]]  # from sources to a product, and an addend or None


def _scaled(x: Any, exponent: Any) -> tuple[Any, Any]:
    if isinstance(x, Fraction):
        return x * Fraction(2) ** int(np.clip(int(exponent), -3000, 3000)), None
    return np.ldexp(x, np.clip(exponent, -700, 700).astype(np.int64)), None


_CONVERSIONS = "cvt_f16 cvt_f32 cvt_f32_i32 cvt_f32_u32 cvt_f16_i16 cvt_f16_u16".split()
# The exact result by the operation, of sources in a type that has room for it.
FORMS: dict[str, Form] = {
    "add": lambda a, b: (a, b),
    "sub": lambda a, b: (a, -b),
    "subrev": lambda a, b: (b, -a),
    "mul": lambda a, b: (a * b, None),
    **{name: lambda a, b, c: (a * b, c) for name in ("fma", "fmac", "fmaak", "fmamk")},
    **{name: lambda x: (x, None) for name in _CONVERSIONS},
    "ldexp": _scaled,
}


def rounded(form: Form, to_nearest: Compute, type: str, how: int) -> Compute:
    """The operation that `to_nearest` computes, with its result of that type rounded as `how`
    says."""
    errors = _errors_of_doubles if type == "f64" else _errors
    dtype = {"f16": np.float16, "f32": np.float32, "f64": np.float64}[type]

    def run(*values: np.ndarray) -> np.ndarray:
        values = tuple(np.broadcast_arrays(*values))
        product, addend = form(*(x.astype(np.float64) for x in values))
        if type == "f64":
            near = to_nearest(*values)
        else:
            near = (product if addend is None else product + addend).astype(dtype)
        beyond = errors(form, values, near)
        result = _moved(near, beyond, how)
        if how != DOWN or addend is None:
            return result
        # IEEE 754, section 6.3: what cancels is -0 where rounding is downward.
        cancels = (addend != 0) | (np.signbit(product) != np.signbit(addend))
        return np.where((near == 0) & (beyond == 0) & cancels, dtype(-0.0), result)

    return run


def _moved(near: np.ndarray, beyond: np.ndarray, how: int) -> np.ndarray:
    """What was rounded to nearest, or its neighbour where the exact result is `beyond` it (above,
    1, or below, -1) on the wrong side."""
    infinity = near.dtype.type(np.inf)
    up, down = np.nextafter(near, infinity), np.nextafter(near, -infinity)
    if how == UP:
        return np.where(beyond > 0, up, near)
    if how == DOWN:
        return np.where(beyond < 0, down, near)
    inward = np.where(near > 0, down, up)
    return np.where(beyond * np.sign(near) < 0, inward, near)


def _errors(form: Form, values: tuple[np.ndarray, ...], near: np.ndarray) -> np.ndarray:
    """The sign of the exact result less `near`, a neighbour of it."""
    product, addend = form(*(x.astype(np.float64) for x in values))
    total, rest = (product, np.zeros(())) if addend is None else exact_sum(product, addend)
    distance = np.where(np.isfinite(total), total - near.astype(np.float64), 0)
    rest = np.where(np.isfinite(rest), rest, 0)
    return np.where(distance != 0, np.sign(distance), np.sign(rest))


def _errors_of_doubles(form: Form, values: tuple[np.ndarray, ...], near: np.ndarray) -> np.ndarray:
    beyond = np.zeros(near.shape)
    for at in np.ndindex(near.shape):
        sources = [x[at].item() for x in values]
        if not np.isfinite(sources).all():
            continue
        if np.isinf(near[at]):
            beyond[at] = -np.sign(near[at])
            continue
        product, addend = form(*map(Fraction, sources))
        error = product + (addend or 0) - Fraction(near[at].item())
        beyond[at] = (error > 0) - (error < 0)
    return beyond
