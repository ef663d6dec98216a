"""Integer arithmetic of AMD's vector units, on NumPy arrays that wrap around."""

from __future__ import annotations

import numpy as np

U8, U16, U32, U64 = np.uint8, np.uint16, np.uint32, np.uint64
I32, I64 = np.int32, np.int64


def shift_count(dtype: type):
    """The mask that a shift's amount is cut to."""
    return dtype(np.dtype(dtype).itemsize * 8 - 1)


def shift_left(amount: np.ndarray, x: np.ndarray) -> np.ndarray:
    """`lshlrev`: the amount comes first."""
    return x << (amount.astype(x.dtype) & shift_count(x.dtype.type))


def shift_right(amount: np.ndarray, x: np.ndarray) -> np.ndarray:
    """`lshrrev` of unsigned numbers, `ashrrev` of signed ones."""
    return x >> (amount.astype(x.dtype) & shift_count(x.dtype.type))


def saturated(operation, dtype: type):
    """`operation` computed in 64 bits and held within the type: an integer's `clamp`."""
    limits = np.iinfo(dtype)

    def run(*x: np.ndarray) -> np.ndarray:
        exact = operation(*(part.astype(I64) for part in x))
        return np.clip(exact, limits.min, limits.max).astype(dtype)

    return run


def signed24(x: np.ndarray) -> np.ndarray:
    return (x.view(I32) << 8 >> 8).astype(I64)


def unsigned24(x: np.ndarray) -> np.ndarray:
    return (x & U32(0xFFFFFF)).astype(U64)


def low(x: np.ndarray) -> np.ndarray:
    """The low 32 bits."""
    return (x.astype(U64) & U64(0xFFFFFFFF)).astype(U32)


def high(x: np.ndarray) -> np.ndarray:
    """The high 32 bits of 64."""
    return (x.astype(U64) >> U64(32)).astype(U32)


def multiply_high(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    wide = I64 if a.dtype == I32 else U64
    return high(a.astype(wide) * b.astype(wide)).view(a.dtype)


def bit_field(x: np.ndarray, start: np.ndarray, count: np.ndarray) -> np.ndarray:
    """`bfe`: `count` bits from `start` on, with their sign if the type has one."""
    start, count = start.astype(U32) & U32(31), count.astype(U32) & U32(31)
    room = np.where(count > 0, U32(32) - count, U32(0))
    if x.dtype == U32:
        mask = np.where(count > 0, U32(0xFFFFFFFF) >> room, U32(0))
        return x >> start & mask
    # Bits beyond the top are zeros (unsigned) or signs: what a 64-bit number has there.
    moved = (x.astype(I64) >> start.astype(I64)).astype(I32)
    field = moved << room.astype(I32) >> room.astype(I32)
    return np.where(count > 0, field, I32(0))


def bit_field_insert(mask: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return mask & a | ~mask & b


def align_bit(high_part: np.ndarray, low_part: np.ndarray, amount: np.ndarray) -> np.ndarray:
    both = high_part.astype(U64) << U64(32) | low_part.astype(U64)
    return low(both >> (amount & U32(31)).astype(U64))


def align_byte(high_part: np.ndarray, low_part: np.ndarray, amount: np.ndarray) -> np.ndarray:
    return align_bit(high_part, low_part, (amount & U32(3)) << U32(3))


def permute_bytes(a: np.ndarray, b: np.ndarray, select: np.ndarray) -> np.ndarray:
    """`v_perm_b32`: each byte of `select` picks a byte of a:b, a sign, 0 or 0xFF."""
    both = a.astype(U64) << U64(32) | b.astype(U64)
    result = np.zeros(np.broadcast_shapes(both.shape, select.shape), U32)
    for part in range(4):
        which = select >> U32(8 * part) & U32(0xFF)
        plain = both >> (np.minimum(which, U32(7)).astype(U64) << U64(3)) & U64(0xFF)
        place = (which.astype(U64) - U64(8)) * U64(16) + U64(15)  # 8: b's low half ... 11: a's high
        sign = both >> np.where((which >= 8) & (which < 12), place, U64(0)) & U64(1)
        other = np.where(which < 12, sign * U64(0xFF), np.where(which == 12, U64(0), U64(0xFF)))
        byte = np.where(which < 8, plain, other).astype(U32)
        result |= byte << U32(8 * part)
    return result


def leading_zeros(x: np.ndarray) -> np.ndarray:
    """`clz`: the position of the first 1 from the top; -1 if there is none."""
    size = np.frexp(x.astype(np.float64))[1]  # 32 bits fit a double exactly
    return np.where(x != 0, 32 - size, -1).astype(I32).view(U32)


def leading_signs(x: np.ndarray) -> np.ndarray:
    """`cls`: the position of the first bit from the top that differs from the sign; -1 if none."""
    flipped = (x ^ x >> 31).view(U32)
    return leading_zeros(flipped)


def trailing_zeros(x: np.ndarray) -> np.ndarray:
    """`ctz`: the position of the first 1 from the bottom; -1 if there is none."""
    lowest = x & (~x + U32(1))
    position = np.frexp(lowest.astype(np.float64))[1] - 1
    return np.where(x != 0, position, -1).astype(I32).view(U32)


def reversed_bits(x: np.ndarray) -> np.ndarray:
    raw = np.ascontiguousarray(x)[..., None].view(U8)
    bits = np.unpackbits(raw, axis=-1, bitorder="little")
    return np.packbits(bits[..., ::-1], axis=-1, bitorder="little").view(U32)[..., 0]


def ones(x: np.ndarray) -> np.ndarray:
    """How many bits are 1."""
    raw = np.ascontiguousarray(x)[..., None].view(U8)
    return np.unpackbits(raw, axis=-1).sum(-1, dtype=U32)


def dot4(a: np.ndarray, b: np.ndarray, signed_a: bool, signed_b: bool) -> np.ndarray:
    """The sum of the products of four bytes."""

    def parts(x: np.ndarray, signed: bool) -> np.ndarray:
        raw = np.ascontiguousarray(x)[..., None].view(np.int8 if signed else U8)
        return raw.astype(I32)

    return (parts(a, signed_a) * parts(b, signed_b)).sum(-1, dtype=I32)
