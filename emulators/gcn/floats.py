"""Floating-point arithmetic as AMD's vector units do it, on NumPy arrays."""

from __future__ import annotations

import numpy as np

from clawc.emulators.fma import exact_sum, fused_double, to_odd

_LOW = np.uint64((1 << 29) - 1)  # the bits of a double that a float has not
_HALF = np.uint64(1 << 28)
_TINY = {np.dtype(np.float32): 2.0**-126, np.dtype(np.float16): 2.0**-14}


def fma(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """a * b + c, rounded once."""
    if a.dtype == np.float64:
        return fused_double(a, b, c)
    product = a.astype(np.float64) * b.astype(np.float64)  # exact
    addend = c.astype(np.float64)
    total = product + addend
    # Rounding twice differs from rounding once only where the first gave a tie, or a denormal.
    doubtful = total.view(np.uint64) & _LOW == _HALF
    doubtful |= np.abs(total) < _TINY[a.dtype]
    if a.dtype == np.float16 or doubtful.any():
        total = to_odd(*exact_sum(product, addend))
    return total.astype(a.dtype)


def _bits(x: np.ndarray) -> np.ndarray:
    return x.view({2: np.uint16, 4: np.uint32, 8: np.uint64}[x.dtype.itemsize])


def maximum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The larger one; a number rather than NaN; +0 rather than -0."""
    a, b = np.broadcast_arrays(a, b)
    both = (_bits(np.ascontiguousarray(a)) & _bits(np.ascontiguousarray(b))).view(a.dtype)
    return np.where((a == 0) & (b == 0), both, np.fmax(a, b))


def minimum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The smaller one; a number rather than NaN; -0 rather than +0."""
    a, b = np.broadcast_arrays(a, b)
    both = (_bits(np.ascontiguousarray(a)) | _bits(np.ascontiguousarray(b))).view(a.dtype)
    return np.where((a == 0) & (b == 0), both, np.fmin(a, b))


def median(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The middle one; the smallest if one is NaN."""
    middle = maximum(minimum(a, b), minimum(maximum(a, b), c))
    with_nan = np.isnan(a) | np.isnan(b) | np.isnan(c)
    return np.where(with_nan, minimum(minimum(a, b), c), middle)


def flushed(x: np.ndarray) -> np.ndarray:
    """Denormals as zeros of their sign, as the units for exp, log, rcp, rsq, sqrt have it."""
    small = np.abs(x) < _TINY[np.dtype(np.float32)]
    return np.where(small, np.copysign(np.float32(0), x), x)


def through_double(function, denormals: bool = False):
    """A function of one argument, computed in double precision and rounded to the type."""

    def run(x: np.ndarray) -> np.ndarray:
        if x.dtype == np.float32 and not denormals:
            return flushed(function(flushed(x).astype(np.float64)).astype(np.float32))
        return function(x.astype(np.float64)).astype(x.dtype)

    return run


reciprocal = through_double(lambda x: 1 / x)
square_root = through_double(np.sqrt)
inverse_root = through_double(lambda x: 1 / np.sqrt(x))
exponential = through_double(np.exp2)
logarithm = through_double(np.log2)
sine = through_double(lambda x: np.where(np.abs(x) <= 256, np.sin(x * (2 * np.pi)), 0.0))
cosine = through_double(lambda x: np.where(np.abs(x) <= 256, np.cos(x * (2 * np.pi)), 1.0))


def fraction(x: np.ndarray) -> np.ndarray:
    """x - floor(x), below 1."""
    below = x.dtype.type(1) - np.finfo(x.dtype).epsneg
    return np.where(np.isfinite(x), np.minimum(x - np.floor(x), below), x * 0).astype(x.dtype)


def scaled(x: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """x * 2**exponent, rounded once."""
    if x.dtype == np.float16:
        limited = np.clip(exponent.astype(np.int32), -80, 80)
        return np.ldexp(x.astype(np.float64), limited).astype(np.float16)
    return np.ldexp(x, np.clip(exponent.astype(np.int32), -5000, 5000))


def mantissa(x: np.ndarray) -> np.ndarray:
    """The significand in [0.5, 1); infinities and NaN stay."""
    return np.where(np.isfinite(x), np.frexp(x)[0], x).astype(x.dtype)


def exponent(x: np.ndarray) -> np.ndarray:
    """frexp's exponent; 0 for infinities and NaN."""
    return np.where(np.isfinite(x), np.frexp(x)[1], 0).astype(np.int32)


def classes(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Whether x is of one of the classes that the mask's bits name."""
    bits = _bits(np.ascontiguousarray(x))
    size, fraction_bits = {2: (16, 10), 4: (32, 23), 8: (64, 52)}[x.dtype.itemsize]
    negative = bits >> bits.dtype.type(size - 1) != 0
    quiet = bits >> bits.dtype.type(fraction_bits - 1) & bits.dtype.type(1) != 0
    nan, infinite, zero = np.isnan(x), np.isinf(x), x == 0
    denormal = ~zero & (np.abs(x) < np.finfo(x.dtype).tiny)
    normal = ~(nan | infinite | zero | denormal)
    of_sign = [infinite, normal, denormal, zero]
    kinds = [nan & ~quiet, nan & quiet]
    kinds += [kind & negative for kind in of_sign] + [kind & ~negative for kind in of_sign[::-1]]
    result = np.zeros(np.broadcast_shapes(x.shape, mask.shape), bool)
    for bit, kind in enumerate(kinds):
        result |= kind & (mask >> mask.dtype.type(bit) & mask.dtype.type(1) != 0)
    return result


def to_integer(x: np.ndarray, dtype: type) -> np.ndarray:
    """Rounded toward zero and saturated; NaN gives 0."""
    limits = np.iinfo(dtype)
    whole = np.trunc(np.nan_to_num(x.astype(np.float64), nan=0.0))
    clipped = np.clip(whole, float(limits.min), float(limits.max))
    return clipped.astype(np.int64).astype(dtype)


def clamped(x: np.ndarray, keeps_nan: bool = False) -> np.ndarray:
    """The `clamp` of a floating-point result: to [0, 1], NaN to 0 unless the mode keeps it."""
    known = x if keeps_nan else np.where(np.isnan(x), x.dtype.type(0), x)
    return np.clip(known, 0, 1).astype(x.dtype)
