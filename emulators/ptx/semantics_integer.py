"""Integer arithmetic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.ptx.opcode import Opcode, Semantics, semantics
from clawc.emulators.ptx.values import BITS, SIGNED, UNSIGNED, Array, dtype_of, limits

TYPES = ("s16", "u16", "s32", "u32", "s64", "u64")
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def integer_type(op: Opcode, *allowed: str) -> str:
    type_ = op.type()
    if type_ not in (allowed or TYPES):
        raise op.unknown()
    return type_


@semantics("add", "sub")
def add_sub(op: Opcode) -> Semantics:
    type_ = integer_type(op, *TYPES, "s16x2", "u16x2")
    negate = op.base == "sub"
    if type_.endswith("x2"):
        return Semantics(type_, (type_, type_), by_halves(np.subtract if negate else np.add, type_))
    if op.flag("sat"):
        if type_ != "s32":
            raise op.unknown()
        return Semantics(type_, (type_, type_), lambda a, b: _saturated_sum(a, b, negate))
    return Semantics(type_, (type_, type_), np.subtract if negate else np.add)


def _saturated_sum(a: Array, b: Array, negate: bool) -> Array:
    wide = a.astype(np.int64) + (-b.astype(np.int64) if negate else b.astype(np.int64))
    return np.clip(wide, *limits("s32")).astype(np.int32)


def by_halves(compute: Callable[..., Array], type_: str) -> Callable[..., Array]:
    """A function of 16-bit integers on pairs of them."""
    half = (SIGNED if type_[0] == "s" else UNSIGNED)[16]

    def run(*pairs: Array) -> Array:
        parts = [np.ascontiguousarray(pair).view(half) for pair in pairs]
        if len({len(part) for part in parts}) > 1:
            parts = [part.reshape(-1, 2) for part in parts]
            return np.ascontiguousarray(compute(*parts)).view(np.uint32).reshape(-1)
        return compute(*parts).view(np.uint32)

    return run


@semantics("mul", "mad")
def multiply(op: Opcode) -> Semantics:
    part = op.one_of("lo", "hi", "wide")
    type_ = integer_type(op)
    bits = BITS[type_]
    result = f"{type_[0]}{2 * bits}" if part == "wide" else type_
    if part == "wide" and bits == 64:
        raise op.unknown()
    product = product_of(type_, part)
    if op.base == "mul":
        return Semantics(result, (type_, type_), product)
    return Semantics(result, (type_, type_, result), lambda a, b, c: product(a, b) + c)


def product_of(type_: str, part: str) -> Callable[[Array, Array], Array]:
    """The low or high half of a product, or all of it ("lo", "hi", "wide")."""
    bits = BITS[type_]
    narrow = dtype_of(type_)
    if part == "lo":
        return np.multiply
    if bits == 64:
        return lambda a, b: high_product(a, b, type_[0] == "s")
    wide = dtype_of(f"{type_[0]}{2 * bits}")
    if part == "wide":
        return lambda a, b: a.astype(wide) * b.astype(wide)
    return lambda a, b: (a.astype(wide) * b.astype(wide) >> wide(bits)).astype(narrow)


def high_product(a: Array, b: Array, signed: bool) -> Array:
    """The upper 64 of 128 bits."""
    ua, ub = a.view(np.uint64), b.view(np.uint64)
    a0, a1, b0, b1 = ua & _LOW, ua >> _HALF, ub & _LOW, ub >> _HALF
    middle = a1 * b0 + (a0 * b0 >> _HALF)
    high = a1 * b1 + (middle >> _HALF) + (a0 * b1 + (middle & _LOW) >> _HALF)
    if signed:
        zero = np.uint64(0)
        high = high - np.where(a.view(np.int64) < 0, ub, zero)
        high = high - np.where(b.view(np.int64) < 0, ua, zero)
    return high.view(a.dtype)


@semantics("mul24", "mad24")
def multiply_24(op: Opcode) -> Semantics:
    part = op.one_of("lo", "hi")
    type_ = integer_type(op, "s32", "u32")
    wide, narrow, eight = dtype_of(f"{type_[0]}64"), dtype_of(type_), dtype_of(type_)(8)
    shift = wide(16 if part == "hi" else 0)

    def product(a: Array, b: Array) -> Array:
        a, b = (((x << eight) >> eight).astype(wide) for x in (a, b))
        return (a * b >> shift).astype(narrow)

    if op.base == "mul24":
        return Semantics(type_, (type_, type_), product)
    return Semantics(type_, (type_, type_, type_), lambda a, b, c: product(a, b) + c)


@semantics("min", "max")
def minimum_maximum(op: Opcode) -> Semantics:
    type_ = integer_type(op, *TYPES, "s16x2", "u16x2")
    compute = np.minimum if op.base == "min" else np.maximum
    if type_.endswith("x2"):
        return Semantics(type_, (type_, type_), by_halves(compute, type_))
    if op.flag("relu"):
        if type_ != "s32":
            raise op.unknown()
        return Semantics(type_, (type_, type_), lambda a, b: np.maximum(compute(a, b), 0))
    return Semantics(type_, (type_, type_), compute)


@semantics("div", "rem")
def divide(op: Opcode) -> Semantics:
    type_ = integer_type(op)
    if op.base == "div":
        return Semantics(type_, (type_, type_), quotient)
    return Semantics(type_, (type_, type_), lambda a, b: a - quotient(a, b) * b)


def quotient(a: Array, b: Array) -> Array:
    """Rounded toward zero; a division by zero gives all ones, as the chips do."""
    one, ones = b.dtype.type(1), ~b.dtype.type(0)
    zero = b == 0
    divisor = np.where(zero, one, b)
    if a.dtype.kind == "u":
        return np.where(zero, ones, a // divisor)
    negated = divisor == -1  # the smallest integer by -1 is itself
    found = a // np.where(negated, one, divisor)
    found = found + ((found * divisor != a) & ((a < 0) != (divisor < 0))).astype(a.dtype)
    return np.where(zero, ones, np.where(negated, np.negative(a), found))


@semantics("abs", "neg")
def absolute_negate(op: Opcode) -> Semantics:
    type_ = integer_type(op, "s16", "s32", "s64")
    return Semantics(type_, (type_,), np.abs if op.base == "abs" else np.negative)


@semantics("sad")
def sum_of_differences(op: Opcode) -> Semantics:
    type_ = integer_type(op)
    return Semantics(
        type_, (type_,) * 3, lambda a, b, c: np.where(a > b, a - b, b - a).astype(c.dtype) + c
    )


@semantics("dp4a", "dp2a")
def dot_product(op: Opcode) -> Semantics:
    """Bytes by bytes; of `dp2a`, 16-bit integers by the low or high two bytes."""
    pairs = op.base == "dp2a"
    first = 2 if pairs and op.one_of("lo", "hi") == "hi" else 0
    b_type, a_type = integer_type(op, "s32", "u32"), integer_type(op, "s32", "u32")
    result = "s32" if "s32" in (a_type, b_type) else "u32"

    def compute(a: Array, b: Array, c: Array) -> Array:
        total = c.copy()
        for i in range(2 if pairs else 4):
            product = _part(a, i, 16 if pairs else 8, a_type) * _part(b, first + i, 8, b_type)
            total = total + product.astype(c.dtype)
        return total

    return Semantics(result, ("u32", "u32", result), compute)


def _part(x: Array, number: int, bits: int, type_: str) -> Array:
    part = (x >> np.uint32(bits * number)).astype(UNSIGNED[bits])
    return (part.view(SIGNED[bits]) if type_ == "s32" else part).astype(np.int64)
