"""A random program of linalg and tensor operations while it is made, and the value of each step.

Numbers are integers that each type holds exactly, in whatever order they are summed; integers wrap
around.  A step that would leave them raises `Inexact` and is taken back.  Arrays are of int64 for
integers and of float64 for floats, so that the evaluator itself rounds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import ml_dtypes
import numpy as np

EXACT = {"f16": 2**11, "bf16": 2**8, "f32": 2**24, "f64": 2**53}  # integers up to here
BITS = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64}
STORED = {
    **{"f16": np.float16, "bf16": ml_dtypes.bfloat16, "f32": np.float32, "f64": np.float64},
    **{"i1": np.bool_, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64},
}
LARGEST_ARRAY = 5000


class Inexact(Exception):
    """A step whose numbers some type cannot hold, or whose arrays are too large."""


@dataclass(frozen=True)
class Value:
    name: str
    dtype: str
    array: np.ndarray
    dynamic: tuple[bool, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def type(self) -> str:
        return type_of(self.dtype, self.shape, self.dynamic)

    @property
    def stored(self) -> np.ndarray:
        return self.array.astype(STORED[self.dtype])


def type_of(dtype: str, shape: Sequence[int], dynamic: Sequence[bool]) -> str:
    sizes = "".join("?x" if d else f"{n}x" for n, d in zip(shape, dynamic, strict=True))
    return f"tensor<{sizes}{dtype}>"


def is_float(dtype: str) -> bool:
    return dtype in EXACT


def held(dtype: str, array: np.ndarray, bound: np.ndarray | None = None) -> np.ndarray:
    """The array as the type holds it; `bound` is what partial sums may reach."""
    if is_float(dtype):
        reached = np.abs(array if bound is None else bound)
        if reached.size and not reached.max() <= EXACT[dtype]:
            raise Inexact(dtype)
        return np.asarray(array, np.float64)
    array = np.asarray(array, np.int64)
    return array & 1 if dtype == "i1" else array.astype(STORED[dtype]).astype(np.int64)


def constant(dtype: str, number: int) -> str:
    """The operation for a constant."""
    if dtype == "i1":
        return f"arith.constant {'true' if number & 1 else 'false'}"
    return f"arith.constant {number}{'.0' if is_float(dtype) else ''} : {dtype}"


@dataclass
class Chain:
    """Values and the lines that make them; `dtypes` are those of the device."""

    random: Random
    dtypes: list[str]
    arguments: list[Value] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    names: int = 0

    def name(self) -> str:
        self.names += 1
        return f"%v{self.names}"

    def argument(self, dtype: str, shape: Sequence[int], dynamic: Sequence[bool] = ()) -> Value:
        """A new argument of the function, of small integers."""
        flags = tuple(dynamic) or tuple(self.random.random() < 0.3 for _ in shape)
        rng = np.random.default_rng(self.random.randrange(2**32))
        low, high = (0, 2) if dtype == "i1" else (-3, 4)
        array = held(dtype, rng.integers(low, high, tuple(shape)))
        return self._added(Value(f"%a{len(self.arguments)}", dtype, array, flags), self.arguments)

    def pick(self, test=lambda value: True) -> Value:
        """One of the latest values that pass."""
        found = [v for v in self.values if test(v)]
        if not found:
            raise Inexact("no such value")
        return self.random.choice(found[-6:])

    def emit(
        self, line: str, dtype: str, array: np.ndarray, dynamic: Sequence[bool], bound=None
    ) -> Value:
        """The result of `line`, in which `{}` is the type of the result."""
        if array.size > LARGEST_ARRAY:
            raise Inexact("size")
        value = Value(self.name(), dtype, held(dtype, array, bound), tuple(dynamic))
        self.lines.append(f"{value.name} = {line.replace('{}', value.type)}")
        return self._added(value, self.values)

    def _added(self, value: Value, held_in: list[Value]) -> Value:
        held_in.append(value)
        if held_in is not self.values:
            self.values.append(value)
        return value

    def index(self, number: int) -> str:
        name = self.name()
        self.lines.append(f"{name} = arith.constant {number} : index")
        return name

    def length(self, value: Value, axis: int) -> str:
        """An index value: the dimension of a tensor."""
        name, at = self.name(), self.index(axis)
        self.lines.append(f"{name} = tensor.dim {value.name}, {at} : {value.type}")
        return name

    def empty(self, dtype: str, sources: Sequence[tuple[Value, int] | int]) -> tuple[str, Value]:
        """A tensor whose sizes are those of dimensions of values, or numbers."""
        shape, dynamic, sizes = [], [], []
        for source in sources:
            if isinstance(source, int):
                shape.append(source)
                dynamic.append(False)
                continue
            value, axis = source
            shape.append(value.shape[axis])
            dynamic.append(value.dynamic[axis])
            if value.dynamic[axis]:
                sizes.append(self.length(value, axis))
        name, type_ = self.name(), type_of(dtype, shape, dynamic)
        self.lines.append(f"{name} = tensor.empty({', '.join(sizes)}) : {type_}")
        array = np.zeros(shape, np.float64 if is_float(dtype) else np.int64)
        return name, Value(name, dtype, array, tuple(dynamic))

    def constant(self, dtype: str, number: int) -> str:
        name = self.name()
        self.lines.append(f"{name} = {constant(dtype, number)}")
        return name

    def filled(self, dtype: str, sources: Sequence[tuple[Value, int] | int], number: int) -> Value:
        """A new tensor that `number` fills; it is no value to pick."""
        _, empty = self.empty(dtype, sources)
        constant, name = self.constant(dtype, number), self.name()
        self.lines.append(
            f"{name} = linalg.fill ins({constant} : {dtype}) outs({empty.name} : {empty.type}) "
            f"-> {empty.type}"
        )
        return Value(name, dtype, held(dtype, np.full(empty.shape, number)), empty.dynamic)

    def text(self, results: Sequence[Value]) -> str:
        signature = ", ".join(f"{a.name}: {a.type}" for a in self.arguments)
        types = ", ".join(r.type for r in results)
        body = "\n  ".join([*self.lines, f"return {', '.join(r.name for r in results)} : {types}"])
        return f"func.func @main({signature}) -> ({types}) {{\n  {body}\n}}\n"
