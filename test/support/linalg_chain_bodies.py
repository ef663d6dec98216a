"""Random bodies of generics: scalars of all types, each with its value at every iteration."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import linalg_chain_integers as integers
import numpy as np
from linalg_chain import BITS, EXACT, Inexact, constant, held, is_float

FLOAT_BINARY = {
    "addf": np.add,
    "subf": np.subtract,
    "mulf": np.multiply,
    "maximumf": np.maximum,
    "minimumf": np.minimum,
    "maxnumf": np.maximum,
    "minnumf": np.minimum,
}
INTEGER_BINARY = {
    "addi": np.add,
    "subi": np.subtract,
    "muli": np.multiply,
    "maxsi": np.maximum,
    "minsi": np.minimum,
    "andi": np.bitwise_and,
    "ori": np.bitwise_or,
    "xori": np.bitwise_xor,
}
BIT_BINARY = {"andi": np.bitwise_and, "ori": np.bitwise_or, "xori": np.bitwise_xor}
COMPARISONS = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


@dataclass(frozen=True)
class Scalar:
    name: str
    dtype: str
    array: np.ndarray


@dataclass
class Body:
    """The lines of a region; `loops` are the index values of each iteration."""

    random: Random
    dtypes: list[str]
    loops: list[np.ndarray]
    scalars: list[Scalar] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def emit(self, line: str, dtype: str, array: np.ndarray) -> Scalar:
        array = held(dtype, array)
        scalar = Scalar(f"%s{len(self.lines)}", dtype, array)
        self.lines.append(f"{scalar.name} = {line}")
        return scalar

    def constant(self, dtype: str, low: int = -3, high: int = 3) -> Scalar:
        number = self.random.randint(low, high)
        array = np.asarray(number, np.float64 if is_float(dtype) else np.int64)
        return self.emit(constant(dtype, number), dtype, array)

    def index(self) -> Scalar:
        """One of the loops, as an integer."""
        loop = self.random.randrange(len(self.loops))
        at = self.emit(f"linalg.index {loop} : index", "i64", self.loops[loop])
        dtype = self.random.choice([t for t in ("i32", "i64") if t in self.dtypes])
        line = f"arith.index_cast {at.name} : index to {dtype}"
        return self.emit(line, dtype, at.array)

    def converted(self, scalar: Scalar, dtype: str) -> Scalar:
        """The scalar in another type."""
        have, array = scalar.dtype, scalar.array
        if have == dtype:
            return scalar
        if is_float(have) and is_float(dtype):
            if {have, dtype} == {"f16", "bf16"}:
                return self.converted(self.converted(scalar, "f32"), dtype)
            operation = "extf" if EXACT[have] < EXACT[dtype] else "truncf"
        elif is_float(have):
            if dtype == "i1":
                zero = self.emit(f"arith.constant 0.0 : {have}", have, np.asarray(0.0))
                line = f"arith.cmpf une, {scalar.name}, {zero.name} : {have}"
                return self.emit(line, "i1", array != 0)
            operation, array = "fptosi", integers.saturated(array, dtype)
        elif is_float(dtype):
            operation = "uitofp" if have == "i1" else "sitofp"
        elif BITS[have] < BITS[dtype]:
            operation = "extui" if have == "i1" else self.random.choice(["extsi", "extui"])
            if operation == "extui":
                array = array & (2 ** BITS[have] - 1)
        else:
            operation = "trunci"
        line = f"arith.{operation} {scalar.name} : {have} to {dtype}"
        return self.emit(line, dtype, array)

    def tree(self, depth: int) -> Scalar:
        """A random expression of any type; where numbers grow too large, a part of it."""
        if not depth or self.random.random() < 0.2:
            leaves = [lambda: self.constant(self.random.choice(self.dtypes))]
            leaves += [lambda: self.random.choice(self.scalars)] * 5 if self.scalars else []
            leaves += [self.index] if self.loops else []
            return self.random.choice(leaves)()
        left = self.tree(depth - 1)
        try:
            return self._combined(left, depth)
        except Inexact:
            return left

    def _combined(self, left: Scalar, depth: int) -> Scalar:
        kind = self.random.choice(["binary"] * 4 + ["cast", "cast", "select", "unary", "divide"])
        if kind == "cast":
            return self.converted(left, self.random.choice(self.dtypes))
        if kind == "unary":
            return self._unary(left)
        dtype = left.dtype
        if kind == "divide" and dtype not in ("i1", *EXACT):
            known = self.random.random() < 0.4
            by = self.constant(dtype, -2, 5) if known else self.tree(depth - 1)
            by = self.converted(by, dtype)
            operation, evaluate = self.random.choice(list(integers.OPERATIONS.items()))
            line = f"arith.{operation} {left.name}, {by.name} : {dtype}"
            return self.emit(line, dtype, evaluate(left.array, by.array, BITS[dtype]))
        right = self.converted(self.tree(depth - 1), dtype)
        if kind == "select":
            test = self._compared(left, right)
            other = self.converted(self.tree(depth - 1), dtype)
            line = f"arith.select {test.name}, {left.name}, {other.name} : {dtype}"
            return self.emit(line, dtype, np.where(test.array, left.array, other.array))
        table = FLOAT_BINARY if is_float(dtype) else INTEGER_BINARY
        table = BIT_BINARY if dtype == "i1" else table
        operation, evaluate = self.random.choice(list(table.items()))
        line = f"arith.{operation} {left.name}, {right.name} : {dtype}"
        return self.emit(line, dtype, evaluate(left.array, right.array))

    def _compared(self, left: Scalar, right: Scalar) -> Scalar:
        word, evaluate = self.random.choice(list(COMPARISONS.items()))
        a, b, dtype = left.array, right.array, left.dtype
        if is_float(dtype):
            operation, word = "cmpf", self.random.choice("ou") + word[:2]
        else:
            operation = "cmpi"
            if word[0] in "lg":  # i1 is signed as others are: true is -1
                sign = self.random.choice("su") if dtype != "i64" else "s"
                mask = 2 ** BITS[dtype] - 1
                a, b = (a & mask, b & mask) if sign == "u" else (a, b)
                a, b = (-a, -b) if (dtype, sign) == ("i1", "s") else (a, b)
                word = sign + word
        line = f"arith.{operation} {word}, {left.name}, {right.name} : {dtype}"
        return self.emit(line, "i1", evaluate(a, b))

    def _unary(self, of: Scalar) -> Scalar:
        name, dtype = of.name, of.dtype
        if is_float(dtype):
            word = self.random.choice(["arith.negf", "math.absf", "math.floor", "math.ceil"])
            array = {"arith.negf": -of.array, "math.absf": abs(of.array)}.get(word, of.array)
            return self.emit(f"{word} {name} : {dtype}", dtype, array)
        if dtype == "i1":
            return self.converted(of, "i32")
        return self.emit(f"math.absi {name} : {dtype}", dtype, abs(of.array))
