"""Logic, shifts, and moving bits about."""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.opcode import Opcode, Semantics, semantics
from clawc.emulators.ptx.semantics_integer import integer_type
from clawc.emulators.ptx.values import BITS, UNSIGNED, Array, dtype_of

_LOGIC = {
    "and": (np.bitwise_and, np.logical_and),
    "or": (np.bitwise_or, np.logical_or),
    "xor": (np.bitwise_xor, np.logical_xor),
}
_BYTE = np.uint32(0xFF)


@semantics("and", "or", "xor")
def logic(op: Opcode) -> Semantics:
    type_ = integer_type(op, "pred", "b16", "b32", "b64")
    return Semantics(type_, (type_, type_), _LOGIC[op.base][type_ == "pred"])


@semantics("not")
def invert(op: Opcode) -> Semantics:
    type_ = integer_type(op, "pred", "b16", "b32", "b64")
    return Semantics(type_, (type_,), np.invert)


@semantics("cnot")
def is_zero(op: Opcode) -> Semantics:
    type_ = integer_type(op, "b16", "b32", "b64")
    return Semantics(type_, (type_,), lambda a: (a == 0).astype(a.dtype))


@semantics("shl", "shr")
def shift(op: Opcode) -> Semantics:
    """Amounts beyond the width shift everything out."""
    left = op.base == "shl"
    types = [f"{kind}{bits}" for kind in ("b" if left else "bsu") for bits in (16, 32, 64)]
    type_ = integer_type(op, *types)
    bits, dtype = BITS[type_], dtype_of(type_)
    move = np.left_shift if left else np.right_shift
    keeps_sign = not left and type_[0] == "s"

    def compute(a: Array, amount: Array) -> Array:
        if amount.size == 1 and amount[0] < bits:
            return move(a, dtype(amount[0]))
        moved = move(a, np.minimum(amount, np.uint32(bits - 1)).astype(dtype))
        return moved if keeps_sign else np.where(amount < bits, moved, dtype(0))

    return Semantics(type_, (type_, "u32"), compute)


@semantics("shf")
def funnel_shift(op: Opcode) -> Semantics:
    left = op.one_of("l", "r") == "l"
    clamp = op.one_of("clamp", "wrap") == "clamp"
    integer_type(op, "b32")

    def compute(low: Array, high: Array, amount: Array) -> Array:
        amount = np.minimum(amount, 32) if clamp else amount & np.uint32(31)
        amount = amount.astype(np.uint64)
        both = low.astype(np.uint64) | (high.astype(np.uint64) << np.uint64(32))
        if left:
            return ((both << amount) >> np.uint64(32)).astype(np.uint32)
        return (both >> amount).astype(np.uint32)

    return Semantics("b32", ("b32", "b32", "u32"), compute)


def low_mask(count: Array, bits: int) -> Array:
    """As many ones, from the lowest bit on, of at most `bits`."""
    dtype = UNSIGNED[bits]
    count = np.minimum(count, bits)
    full = (dtype(1) << np.minimum(count, bits - 1).astype(dtype)) - dtype(1)
    return np.where(count == bits, ~dtype(0), full)


@semantics("bfe")
def extract_field(op: Opcode) -> Semantics:
    type_ = integer_type(op, "s32", "u32", "s64", "u64")
    bits, unsigned = BITS[type_], UNSIGNED[BITS[type_]]

    def compute(a: Array, first: Array, count: Array) -> Array:
        first, count = np.broadcast_arrays(first & _BYTE, count & _BYTE)
        raw = a.view(unsigned)
        near = np.minimum(first, bits - 1).astype(unsigned)
        moved = np.where(first < bits, raw >> near, unsigned(0))
        mask = low_mask(count, bits)
        found = moved & mask
        if type_[0] == "s":
            last = np.minimum(first + count - (count > 0), bits - 1).astype(unsigned)
            negative = (((raw >> last) & unsigned(1)) == 1) & (count > 0)
            # bits of the field beyond the register are copies of its sign, too
            inside = mask & low_mask(bits - np.minimum(first, bits), bits)
            found = np.where(negative, (moved & inside) | ~inside, found)
        return found.view(a.dtype)

    return Semantics(type_, (type_, "u32", "u32"), compute)


@semantics("bfi")
def insert_field(op: Opcode) -> Semantics:
    type_ = integer_type(op, "b32", "b64")
    bits, dtype = BITS[type_], dtype_of(type_)

    def compute(field: Array, into: Array, first: Array, count: Array) -> Array:
        first, count = first & _BYTE, count & _BYTE
        near = np.minimum(first, bits - 1).astype(dtype)
        mask = np.where(first < bits, low_mask(count, bits) << near, dtype(0))
        return (into & ~mask) | ((field << near) & mask)

    return Semantics(type_, (type_, type_, "u32", "u32"), compute)


@semantics("bmsk")
def make_mask(op: Opcode) -> Semantics:
    clamp = op.one_of("clamp", "wrap") == "clamp"
    integer_type(op, "b32")

    def compute(first: Array, count: Array) -> Array:
        if not clamp:
            first, count = first & np.uint32(31), count & np.uint32(31)
        mask = low_mask(count, 32) << np.minimum(first, 31).astype(np.uint32)
        return np.where(first < 32, mask, np.uint32(0))

    return Semantics("b32", ("u32", "u32"), compute)


@semantics("szext")
def extend_field(op: Opcode) -> Semantics:
    clamp = op.one_of("clamp", "wrap") == "clamp"
    type_ = integer_type(op, "s32", "u32")
    dtype = dtype_of(type_)

    def compute(a: Array, count: Array) -> Array:
        count = np.minimum(count, 32) if clamp else count & np.uint32(31)
        away = np.minimum(32 - count, 31).astype(dtype)
        return np.where(count == 0, dtype(0), (a << away) >> away)

    return Semantics(type_, (type_, "u32"), compute)


@semantics("popc")
def count_ones(op: Opcode) -> Semantics:
    return Semantics("u32", (integer_type(op, "b32", "b64"),), ones)


def ones(a: Array) -> Array:
    bytes_ = np.ascontiguousarray(a).view(np.uint8).reshape(len(a), -1)
    return np.unpackbits(bytes_, axis=1).sum(axis=1, dtype=np.uint32)


def length(a: Array) -> Array:
    """How many bits up to the highest one."""
    a = a.copy()
    for step in (1, 2, 4, 8, 16, 32):
        if step < 8 * a.dtype.itemsize:
            a |= a >> a.dtype.type(step)
    return ones(a)


@semantics("clz")
def leading_zeros(op: Opcode) -> Semantics:
    type_ = integer_type(op, "b32", "b64")
    return Semantics("u32", (type_,), lambda a: np.uint32(BITS[type_]) - length(a))


@semantics("bfind")
def highest_one(op: Opcode) -> Semantics:
    """Of negative numbers the highest zero; all ones if there is none."""
    distance = op.flag("shiftamt")
    type_ = integer_type(op, "s32", "u32", "s64", "u64")
    bits = BITS[type_]

    def compute(a: Array) -> Array:
        if type_[0] == "s":
            a = np.where(a < 0, ~a, a).view(UNSIGNED[bits])
        n = length(a)
        return np.where(n == 0, ~np.uint32(0), np.uint32(bits) - n if distance else n - 1)

    return Semantics("u32", (type_,), lambda a: compute(a).astype(np.uint32))


@semantics("brev")
def reverse(op: Opcode) -> Semantics:
    type_ = integer_type(op, "b32", "b64")

    def compute(a: Array) -> Array:
        bytes_ = np.ascontiguousarray(a).view(np.uint8).reshape(len(a), -1)
        bits = np.unpackbits(bytes_, axis=1, bitorder="little")
        return np.packbits(bits[:, ::-1], axis=1, bitorder="little").reshape(-1).view(a.dtype)

    return Semantics(type_, (type_,), compute)


@semantics("lop3")
def any_logic(op: Opcode) -> Semantics:
    """The table is the last operand: bit 4a+2b+c is the result for the bits a, b, c."""
    integer_type(op, "b32")

    def compute(a: Array, b: Array, c: Array, table: Array) -> Array:
        found = np.zeros(1, np.uint32)
        for row in range(8):
            if int(table[0]) >> row & 1:
                term = (a if row & 4 else ~a) & (b if row & 2 else ~b) & (c if row & 1 else ~c)
                found = found | term
        return found

    return Semantics("b32", ("b32", "b32", "b32", "u32"), compute)


@semantics("prmt")
def permute_bytes(op: Opcode) -> Semantics:
    integer_type(op, "b32")

    def compute(a: Array, b: Array, selection: Array) -> Array:
        both = a.astype(np.uint64) | (b.astype(np.uint64) << np.uint64(32))
        found = np.zeros(1, np.uint32)
        for place in range(4):
            choice = (selection >> np.uint32(4 * place)) & np.uint32(15)
            byte = (both >> ((choice & np.uint32(7)).astype(np.uint64) * np.uint64(8))).astype(
                np.uint8
            )
            sign = (byte.view(np.int8) >> np.int8(7)).view(np.uint8)
            byte = np.where(choice & np.uint32(8) != 0, sign, byte)
            found = found | (byte.astype(np.uint32) << np.uint32(8 * place))
        return found

    return Semantics("b32", ("b32", "b32", "u32"), compute)
