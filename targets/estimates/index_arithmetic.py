"""Reads the index arithmetic of a kernel, operation by operation, where it is asked for."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from mlir import ir

from clawc.runtime.figures import COMPARISONS, Figure
from clawc.targets.estimates import index_values as values
from clawc.targets.estimates.figures import BINARY, OPPOSITE, PREDICATES, combine, negate, short
from clawc.targets.estimates.index_values import MAY_HOLD, OPEN, UNKNOWN, Bounds, Index, Truth

# What it computes, of numbers or of arrays, and the bounds of that.
_Rule = tuple[Callable[[Any, Any], Any], Callable[[Index, Index], Bounds]]
_SAME = frozenset(
    "arith.index_cast arith.index_castui arith.extui arith.extsi arith.trunci llvm.inttoptr".split()
)
_DIVISION: _Rule = (lambda a, b: a // np.maximum(b, 1), values.of_quotient)
_REST: _Rule = (lambda a, b: a % np.maximum(b, 1), values.of_remainder)
_CEILING: _Rule = (lambda a, b: -(-a // np.maximum(b, 1)), values.of_ceiling)
_ANY_SIGN: dict[str, _Rule] = {
    "arith.addi": (operator.add, values.of_sum),
    "arith.subi": (operator.sub, values.of_difference),
    "arith.minsi": (np.minimum, values.of_least),
    "arith.maxsi": (np.maximum, values.of_greatest),
}
_MOST_SHIFTED = 31  # bits: what is further up is no index, and an ample number of bits no integer
_NOT_NEGATIVE: dict[str, _Rule] = {
    "arith.muli": (operator.mul, values.of_product),
    "arith.minui": (np.minimum, values.of_least),
    "arith.maxui": (np.maximum, values.of_greatest),
    "arith.divui": _DIVISION,
    "arith.divsi": _DIVISION,
    "arith.floordivsi": _DIVISION,
    "arith.ceildivui": _CEILING,
    "arith.ceildivsi": _CEILING,
    "arith.remui": _REST,
    "arith.remsi": _REST,
    "arith.andi": (operator.and_, values.of_conjunction),
    "arith.ori": (operator.or_, values.of_disjunction),
    "arith.shrui": (operator.rshift, values.of_shift_right),
    "arith.shrsi": (operator.rshift, values.of_shift_right),
    "arith.shli": (lambda a, b: a << np.minimum(b, _MOST_SHIFTED), values.of_shift_left),
}


_COMPUTED = frozenset(
    [*_ANY_SIGN, *_NOT_NEGATIVE, *_SAME, "arith.select", "arith.cmpi", "arith.xori"]
)


class IndexArithmetic:
    """What is known about the indices and conditions of a kernel with so many threads.

    Variables of loops have to be noted before anything inside is asked for."""

    def __init__(self, kernel: ir.Operation, threads: int) -> None:
        self._indices: dict[ir.Value, Index] = {}
        self._truths: dict[ir.Value, Truth] = {}
        self._threads = threads
        scalars = 0
        for argument in kernel.regions[0].blocks[0].arguments:
            if isinstance(argument.type, ir.IndexType):
                self._indices[argument] = values.scalar(scalars)
                scalars += 1

    def note(self, variable: ir.Value, index: Index) -> None:
        """Say what a loop's variable is."""
        self._indices[variable] = index

    def index(self, value: ir.Value) -> Index:
        """What is known about an integer."""
        self._prepare(value)
        return self._indices[value]

    def truth(self, value: ir.Value) -> Truth:
        """What is known about a condition."""
        self._prepare(value)
        return self._truths[value]

    def _prepare(self, wanted: ir.Value) -> None:
        """Read what is not yet read of what a value is computed from, without recursion."""
        waiting = [(wanted, False)]
        while waiting:
            value, ready = waiting.pop()
            if value in self._indices:
                continue
            if not ready and isinstance(value, ir.OpResult) and value.owner.name in _COMPUTED:
                waiting.append((value, True))
                waiting += [(operand, False) for operand in value.owner.operands]
            else:
                self._indices[value] = self._read(value)
                if isinstance(value.type, ir.IntegerType) and value.type.width == 1:
                    self._truths[value] = self._read_truth(value)

    def _read(self, value: ir.Value) -> Index:
        if not isinstance(value, ir.OpResult):
            return UNKNOWN  # carried by a loop
        op = value.owner
        name = op.name
        if name == "arith.constant":
            attribute = op.attributes["value"]
            known = isinstance(attribute, ir.IntegerAttr)
            return values.number(ir.IntegerAttr(attribute).value) if known else UNKNOWN
        if name in _ANY_SIGN or name in _NOT_NEGATIVE:
            a, b = op.operands
            return self._computed(name, self._indices[a], self._indices[b])
        if name in _SAME:
            return self._indices[op.operands[0]]
        if name == "arith.select":
            choice, yes, no = op.operands
            return _chosen(self._truths[choice], self._indices[yes], self._indices[no])
        if name in ("gpu.thread_id", "gpu.block_id"):
            if "x" not in str(op.attributes["dimension"]):
                return values.number(0)
            threads = np.arange(self._threads)
            return values.of_threads(threads) if name == "gpu.thread_id" else values.workgroup()
        # Buffers start at multiples of more bytes than a transaction has.
        starts = name == "memref.extract_aligned_pointer_as_index"
        return values.number(0) if starts else UNKNOWN

    def _computed(self, name: str, a: Index, b: Index) -> Index:
        size = short(_size(name, a.size, b.size))
        if isinstance(size, int):
            return UNKNOWN if values.within_word(size) is None else values.number(size)
        compute, bounds = _ANY_SIGN.get(name) or _NOT_NEGATIVE[name]
        if a.exact and b.exact:
            return values.of_threads(np.asarray(compute(a.low, b.low)))
        sample = None
        if a.sample is not None and b.sample is not None:
            sample = values.within_word(compute(a.sample, b.sample))
        low, high = -math.inf, math.inf
        if name in _ANY_SIGN or (np.min(a.low) >= 0 and np.min(b.low) >= 0):
            low, high = map(values.endless, bounds(a, b))
        return Index(size, short(_most(name, a, b, size)), low, high, sample)

    def _read_truth(self, value: ir.Value) -> Truth:
        if not isinstance(value, ir.OpResult):
            return OPEN
        op = value.owner
        if op.name == "arith.constant":
            holds = ir.IntegerAttr(op.attributes["value"]).value != 0
            return Truth(("eq", int(holds), 1), holds, not holds, holds)
        if op.name == "arith.cmpi":
            predicate = PREDICATES[ir.IntegerAttr(op.attributes["predicate"]).value]
            a, b = op.operands
            return _compared(predicate, self._indices[a], self._indices[b])
        if op.name in ("arith.andi", "arith.ori", "arith.xori"):
            a, b = op.operands
            return _LOGIC[op.name](self._truths[a], self._truths[b])
        return OPEN


def _size(name: str, a: Figure | None, b: Figure | None) -> Figure | None:
    if a is None or b is None:
        return None
    if name in BINARY:
        return combine(BINARY[name], a, b)
    if not isinstance(b, int) or b < 0:
        return None
    if name == "arith.andi" and b & (b + 1) == 0:
        return combine("mod", a, b + 1)
    if name == "arith.shli":
        return combine("mul", a, 1 << b)
    return combine("floordiv", a, 1 << b) if name in ("arith.shrui", "arith.shrsi") else None


def _most(name: str, a: Index, b: Index, size: Figure | None) -> Figure | None:
    if size is not None:
        return size
    if name in ("arith.minsi", "arith.minui"):
        known = [most for most in (a.most, b.most) if most is not None]
        return combine("min", *known) if len(known) == 2 else (known or [None])[0]
    if name == "arith.addi" and a.most is not None and b.most is not None:
        return combine("add", a.most, b.most)
    if name == "arith.subi" and a.most is not None and np.isfinite(np.min(b.low)):
        return combine("sub", a.most, int(np.min(b.low)))
    return None


def _chosen(choice: Truth, yes: Index, no: Index) -> Index:
    size = None
    if choice.over_sizes is not None and yes.size is not None and no.size is not None:
        size = short(("select", choice.over_sizes, yes.size, no.size))
    sample = None
    if choice.sample is not None and yes.sample is not None and no.sample is not None:
        sample = np.where(choice.sample, yes.sample, no.sample)
    low, high = np.minimum(yes.low, no.low), np.maximum(yes.high, no.high)
    return Index(size, size, low, high, sample)


def _compared(predicate: str, a: Index, b: Index) -> Truth:
    over_sizes = None
    if a.size is not None and b.size is not None:
        over_sizes = short((predicate, a.size, b.size))
    sample = None
    if a.sample is not None and b.sample is not None:
        compare: Callable[[Any, Any], Any] = COMPARISONS[predicate]
        sample = compare(a.sample, b.sample)
    return Truth(over_sizes, MAY_HOLD[predicate](a, b), MAY_HOLD[OPPOSITE[predicate]](a, b), sample)


def _both(a: Truth, b: Truth) -> Truth:
    parts = (a.over_sizes, b.over_sizes)
    return Truth(
        None if None in parts else short(("and", *parts)),
        np.logical_and(a.may_hold, b.may_hold),
        np.logical_or(a.may_fail, b.may_fail),
        None if a.sample is None or b.sample is None else np.logical_and(a.sample, b.sample),
    )


def _not(a: Truth) -> Truth:
    over_sizes = None if a.over_sizes is None else negate(a.over_sizes)
    sample = None if a.sample is None else np.logical_not(a.sample)
    return Truth(over_sizes, a.may_fail, a.may_hold, sample)


def _either(a: Truth, b: Truth) -> Truth:
    return _not(_both(_not(a), _not(b)))


def _one(a: Truth, b: Truth) -> Truth:
    return _either(_both(a, _not(b)), _both(_not(a), b))


_LOGIC = {"arith.andi": _both, "arith.ori": _either, "arith.xori": _one}
