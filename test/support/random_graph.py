"""A random program of claw operations while it is made, and how exact each of its values is.

Numbers are small integers, in every type, and operations are taken only where all sums and products
are integers that the type can hold: then rounding and the order of sums do not matter, and results
are equal to the reference.  What cannot be exact (softmax, norms, tanh, …) carries a bound of its
error, and is passed on only through operations that do not enlarge it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

EXACT = {"f16": 2**11, "bf16": 2**8, "f32": 2**24, "f64": 2**53}  # integers up to here are exact
BITS = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64}
LARGEST = 3  # of the inputs


@dataclass(frozen=True)
class Size:
    """One of the program's sizes; two dimensions of the same `Size` are of equal length."""

    number: int
    dynamic: bool
    parts: tuple[Size, ...] = ()  # it is their product


ONE = Size(1, False)
Dims = tuple[Size, ...]


@dataclass(frozen=True)
class Value:
    name: str
    dtype: str
    dims: Dims
    bound: float  # of the absolute value
    error: float = 0  # of each element

    @property
    def type(self) -> str:
        sizes = "".join("?x" if d.dynamic else f"{d.number}x" for d in self.dims)
        return f"tensor<{sizes}{self.dtype}>"

    @property
    def is_float(self) -> bool:
        return self.dtype in EXACT

    def fits(self, bound: float) -> bool:
        """Whether all integers up to `bound` are exact; integers wrap around."""
        return not self.is_float or bound <= EXACT[self.dtype]


@dataclass
class Graph:
    """Values and the operations that make them."""

    draw: Callable
    sizes: list[Size] = field(default_factory=list)
    arguments: list[Value] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    lengths: dict[Size, str] = field(default_factory=dict)  # index values of the dynamic sizes

    def choice(self, options):
        return self.draw(st.sampled_from(list(options)))

    def argument(self, dtype: str, dims: Dims) -> Value:
        value = Value(f"%{len(self.arguments)}", dtype, dims, 1 if dtype == "i1" else LARGEST)
        self.arguments.append(value)
        self.values.append(value)
        return value

    def pick(self, test: Callable[[Value], bool] = lambda v: True) -> Value | None:
        found = [v for v in self.values if test(v)]
        return self.choice(found[-8:]) if found else None

    def partner(self, value: Value) -> Value:
        """Another value of the type and shape of `value`, exact if `value` is; or a new one."""
        alike = [v for v in self.values if v.type == value.type and v.dims == value.dims]
        alike = [v for v in alike if not v.error]
        if not alike or self.draw(st.booleans()):
            return self.argument(value.dtype, value.dims)
        return self.choice(alike)

    def emit(
        self, op: str, operands: list[Value], like: Value, attributes: str = "", sizes: Dims = ()
    ) -> None:
        """`like` says all about the result but its name."""
        result = replace(like, name=f"%v{len(self.lines)}")
        names = ", ".join([v.name for v in operands] + [self.length(s) for s in sizes])
        types = ", ".join([v.type for v in operands] + ["index"] * len(sizes))
        types = f"({types}) -> {result.type}"
        self.lines.append(f"{result.name} = claw.{op} {names} {attributes} : {types}")
        self.values.append(result)

    def length(self, size: Size) -> str:
        """An index value: the dimension of an argument, or the product of such."""
        if not size.dynamic:
            return self._index(f"arith.constant {size.number} : index")
        for argument in self.arguments:
            if size in argument.dims:
                return self._dim(argument, argument.dims.index(size))
        if size.parts:
            a, b = map(self.length, size.parts)
            return self._index(f"arith.muli {a}, {b} : index")
        return self._dim(self.argument("f32", (size,)), 0)

    def _dim(self, value: Value, axis: int) -> str:
        return self._index(f"tensor.dim {value.name}, %c{axis} : {value.type}")

    def _index(self, line: str) -> str:
        name = f"%n{len(self.lines)}"
        self.lines.append(f"{name} = {line}")
        return name


def wrapped(dtype: str, bound: float) -> float:
    """The bound of what wraps around."""
    return bound if dtype in EXACT else min(bound, 2 ** (BITS[dtype] - 1))
