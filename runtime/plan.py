"""The launch plan: what the host does for one call of a compiled function, as plain values.

Sizes are expressions over the arguments' shapes: an int, ("dim", argument, dimension), or
(operator, expression, expression).  Conditions compare two of them, and combine with "and", "or"
and "not".  Everything goes to JSON and back, but for the values of constants, which a bundle
stores apart.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clawc.runtime.checksums import Bytes, crc32, name_of

Expr = int | tuple
Condition = tuple
Shapes = Sequence[Sequence[int]]


def _quotient(a: int, b: int) -> int:
    """Rounded toward zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


OPERATORS: dict[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "floordiv": operator.floordiv,
    "ceildiv": lambda a, b: -(-a // b),
    "quotient": _quotient,
    "mod": operator.mod,
    "or": operator.or_,
    "max": max,
    "min": min,
}
COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def evaluate(expr: Expr, shapes: Shapes) -> int:
    """The value of `expr` for arguments of these shapes."""
    if isinstance(expr, int):
        return expr
    name, *rest = expr
    if name == "dim":
        argument, dim = rest
        return shapes[argument][dim]
    if name == "select":
        condition, yes, no = rest
        return evaluate(yes if holds(condition, shapes) else no, shapes)
    left, right = rest
    return OPERATORS[name](evaluate(left, shapes), evaluate(right, shapes))


def holds(condition: Condition, shapes: Shapes) -> bool:
    """Whether `condition` is true for arguments of these shapes."""
    name, *rest = condition
    if name == "and":
        return all(holds(part, shapes) for part in rest)
    if name == "or":
        return any(holds(part, shapes) for part in rest)
    if name == "not":
        return not holds(rest[0], shapes)
    left, right = rest
    return COMPARISONS[name](evaluate(left, shapes), evaluate(right, shapes))


@dataclass(frozen=True)
class TensorType:
    """An argument or result: `dtype` by its MLIR name, e.g. "bf16"; "i1" takes a byte."""

    dtype: str
    shape: tuple[Expr, ...]


@dataclass(frozen=True)
class ConstantData:
    """Values that the program carries, in C order; `crc32` is what a bundle says of them."""

    dtype: str
    shape: tuple[int, ...]
    data: Bytes
    crc32: int | None = field(default=None, compare=False)

    def is_whole(self) -> bool:
        """Whether the values are those that were saved: looked at when they are first used, as
        they may be large, and stay in the file until then."""
        return self.crc32 is None or self.crc32 == crc32(self.data)

    def to_json(self) -> dict[str, Any]:
        """Without the values: a bundle has them apart, under their name."""
        stored = {"data": name_of(self.data), "crc32": crc32(self.data)}
        return {"dtype": self.dtype, "shape": list(self.shape), **stored}

    @classmethod
    def from_json(cls, data: dict[str, Any], stored: Mapping[str, Bytes]) -> ConstantData:
        if data["data"] not in stored:
            raise ValueError(f"the constant {data['data']!r} is missing")
        return cls(data["dtype"], tuple(data["shape"]), stored[data["data"]], data["crc32"])


@dataclass(frozen=True)
class Alloc:
    """A fresh buffer."""

    buffer: int
    dtype: str
    shape: tuple[Expr, ...]


@dataclass(frozen=True)
class Constant:
    """A buffer that holds a constant of the entry."""

    buffer: int
    index: int


@dataclass(frozen=True)
class Assert:
    """A check of the arguments' shapes, and what to say if it fails."""

    cond: Condition
    message: str


@dataclass(frozen=True)
class Launch:
    """Run `grid` workgroups of a kernel; none if that is 0."""

    kernel: str
    grid: Expr
    buffers: tuple[int, ...]
    scalars: tuple[Expr, ...]


@dataclass(frozen=True)
class Free:
    """The buffer's memory may be used again."""

    buffer: int


Step = Alloc | Constant | Assert | Launch | Free
_STEPS: dict[str, type] = {
    "alloc": Alloc,
    "constant": Constant,
    "assert": Assert,
    "launch": Launch,
    "free": Free,
}
_NAMES = {kind: name for name, kind in _STEPS.items()}


@dataclass(frozen=True)
class Entry:
    """A function that can be called.  Buffers are numbered; the arguments come first."""

    name: str
    arguments: tuple[TensorType, ...]
    result_types: tuple[TensorType, ...]
    constants: tuple[ConstantData, ...]
    steps: tuple[Step, ...]
    results: tuple[int, ...]  # buffers

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "arguments": [_fields(t) for t in self.arguments],
            "results": [_fields(t) for t in self.result_types],
            "constants": [constant.to_json() for constant in self.constants],
            "steps": [{"do": _NAMES[type(step)], **_fields(step)} for step in self.steps],
            "returns": list(self.results),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], stored: Mapping[str, Bytes]) -> Entry:
        """The entry whose constants' values are `stored` by their names."""
        return cls(
            data["name"],
            tuple(_read(TensorType, t) for t in data["arguments"]),
            tuple(_read(TensorType, t) for t in data["results"]),
            tuple(ConstantData.from_json(c, stored) for c in data["constants"]),
            tuple(_read(_STEPS[step["do"]], step) for step in data["steps"]),
            tuple(data["returns"]),
        )


@dataclass(frozen=True)
class Plan:
    """All entries of an image, and what is known about its kernels by name."""

    entries: dict[str, Entry] = field(default_factory=dict)
    kernels: dict[str, dict[str, Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        entries = [entry.to_json() for entry in self.entries.values()]
        return {"entries": entries, "kernels": self.kernels}

    @classmethod
    def from_json(cls, data: dict[str, Any], stored: Mapping[str, Bytes]) -> Plan:
        """The plan whose constants' values are `stored` by their names."""
        entries = [Entry.from_json(entry, stored) for entry in data["entries"]]
        return cls({entry.name: entry for entry in entries}, dict(data["kernels"]))


def _fields(value: Any) -> dict[str, Any]:
    """The fields of one of the classes above, as JSON."""
    return {name: _plain(part) for name, part in vars(value).items()}


def _plain(value: Any) -> Any:
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _read(kind: type, data: dict[str, Any]) -> Any:
    found = {name: _frozen(value) for name, value in data.items() if name != "do"}
    return kind(**found)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
