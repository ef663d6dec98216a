"""Sums in several words: the carry from one instruction to the next.

PTX ISA, "Extended-Precision Integer Arithmetic Instructions": `.cc` writes the carry of the
condition code (of a difference, the borrow), and `addc`, `subc` and `madc` add or subtract it.
The condition code is made an operand like any other here, a predicate of the thread, so that one
which nobody wrote is found as any register is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.ptx.opcode import Opcode, Semantics, semantics
from clawc.emulators.ptx.semantics_integer import integer_type, product_of
from clawc.emulators.ptx.syntax import Operand, Pair, Register
from clawc.emulators.ptx.values import BITS, Array

_READING = ("addc", "subc", "madc")
_WIDTHS = ("s32", "u32", "s64", "u64")


def uses_carry(opcode: str) -> bool:
    """Whether the instruction writes or reads the condition code."""
    words = opcode.split(".")
    return words[0] in _READING or words[0] in ("add", "sub", "mad") and "cc" in words


def with_carry(opcode: str, operands: tuple[Operand, ...], carry: Register) -> tuple[Operand, ...]:
    """The operands with the condition code among the results and at the end, where it is used."""
    words = opcode.split(".")
    result, *others = operands
    if "cc" in words:
        result = Pair(result, carry)
    return (result, *others, *([carry] if words[0] in _READING else []))


@semantics("add", "addc", "sub", "subc")
def add_sub_carry(op: Opcode) -> Semantics:
    """A sum or difference modulo 2^bits, and what was carried or borrowed."""
    writes, type_ = op.flag("cc"), f"u{BITS[integer_type(op, *_WIDTHS)]}"
    compute = _difference if op.base.startswith("sub") else _sum
    return _semantics(op, writes, type_, (type_, type_), compute)


@semantics("mad", "madc")
def multiply_add_carry(op: Opcode) -> Semantics:
    """Half of a product, with a third operand added: the carry is that sum's."""
    part, writes = op.one_of("lo", "hi"), op.flag("cc")
    type_ = integer_type(op, *_WIDTHS)
    product = product_of(type_, part)
    unsigned = f"u{BITS[type_]}"

    def compute(a: Array, b: Array, c: Array, carry: Array) -> tuple[Array, Array]:
        return _sum(product(a, b).view(c.dtype), c, carry)

    return _semantics(op, writes, unsigned, (type_, type_, unsigned), compute)


def _semantics(
    op: Opcode,
    writes: bool,
    result: str,
    operands: tuple[str, ...],
    compute: Callable[..., tuple[Array, Array]],
) -> Semantics:
    if op.base not in _READING:
        if not writes:
            raise op.unknown()
        none = np.zeros(1, bool)
        return Semantics((result, "pred"), operands, lambda *given: compute(*given, none))
    if writes:
        return Semantics((result, "pred"), (*operands, "pred"), compute)
    return Semantics(result, (*operands, "pred"), lambda *given: compute(*given)[0])


def _sum(a: Array, b: Array, carry: Array) -> tuple[Array, Array]:
    partial = a + b
    total = partial + carry.astype(partial.dtype)
    return total, (partial < a) | (total < partial)


def _difference(a: Array, b: Array, borrow: Array) -> tuple[Array, Array]:
    return a - b - borrow.astype(a.dtype), (a < b) | ((a == b) & borrow)
