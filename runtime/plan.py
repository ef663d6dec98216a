"""The launch plan: what the host does for one call of a compiled function, as plain values.

An entry's steps are those of `steps.py`.  Everything goes to JSON and back, but for the values of
constants, which a bundle stores apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clawc.runtime.checksums import Bytes, crc32, name_of
from clawc.runtime.steps import STEPS, Block, Operand, Step


@dataclass(frozen=True)
class TensorType:
    """An argument or result: `dtype` by its MLIR name, e.g. "bf16"; "i1" takes a byte."""

    dtype: str
    shape: tuple[Operand, ...]


@dataclass(frozen=True)
class ScalarType:
    """An argument or result that is a number."""

    dtype: str


Type = TensorType | ScalarType


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
class Variable:
    """What the program keeps from one call to the next, at first a constant of the entry."""

    name: str
    initial: int  # the constant's number
    mutable: bool


@dataclass(frozen=True)
class Entry:
    """A function that can be called."""

    name: str
    arguments: tuple[Type, ...]
    result_types: tuple[Type, ...]
    constants: tuple[ConstantData, ...]
    steps: tuple[Step, ...]
    results: tuple[Operand, ...]
    variables: tuple[Variable, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "arguments": _plain(self.arguments),
            "results": _plain(self.result_types),
            "constants": [constant.to_json() for constant in self.constants],
            "variables": _plain(self.variables),
            "steps": _plain(self.steps),
            "returns": _plain(self.results),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], stored: Mapping[str, Bytes]) -> Entry:
        """The entry whose constants' values are `stored` by their names."""
        return cls(
            data["name"],
            _frozen(data["arguments"]),
            _frozen(data["results"]),
            tuple(ConstantData.from_json(c, stored) for c in data["constants"]),
            _frozen(data["steps"]),
            _frozen(data["returns"]),
            _frozen(data["variables"]),
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


_CLASSES: dict[str, type] = {
    kind.__name__.lower(): kind for kind in (*STEPS, TensorType, ScalarType, Variable, Block)
}
_NAMES = {kind: name for name, kind in _CLASSES.items()}


def _plain(value: Any) -> Any:
    """A value of the classes above as JSON has it."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    name = _NAMES.get(type(value))
    if name is None:
        return value
    return {"is": name, **{field: _plain(part) for field, part in vars(value).items()}}


def _frozen(value: Any) -> Any:
    """What `_plain` made the value of."""
    if isinstance(value, list):
        return tuple(_frozen(part) for part in value)
    if isinstance(value, dict):
        fields = {name: _frozen(part) for name, part in value.items() if name != "is"}
        return _CLASSES[value["is"]](**fields)
    return value
