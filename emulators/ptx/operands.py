"""Reads operands: `%r1`, `[%rd2+16]`, `{%f1, %f2}`, `0f3F800000`, `%tid.x`, `!%p1`, `%p1|%p2`."""

from __future__ import annotations

import re

from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.syntax import (
    Address,
    Immediate,
    Inverted,
    Operand,
    Pair,
    Register,
    Sink,
    Special,
    Symbol,
    TensorPlace,
    Vector,
)

_SPECIAL = re.compile(
    r"%(tid|ntid|ctaid|nctaid|laneid|warpid|nwarpid|smid|nsmid|gridid|clock|clock64|clock_hi"
    r"|globaltimer|globaltimer_lo|globaltimer_hi|lanemask_(?:eq|lt|le|gt|ge)|dynamic_smem_size"
    r"|total_smem_size|clusterid|nclusterid|cluster_ctaid|cluster_nctaid|cluster_ctarank"
    r"|cluster_nctarank|is_explicit_cluster)(\.[xyz])?"
)
_FLOAT = re.compile(r"[-+]?(\d+\.\d*|\.\d+)([eE][-+]?\d+)?")
_OFFSET = re.compile(r"([%\w$.@]+)\s*(?:([+-])\s*(-?\w+))?")


class Names:
    """What the names of a function mean, scope by scope."""

    def __init__(self, outer: dict[str, str]) -> None:
        self.scopes: list[dict[str, Register | str]] = [dict(outer)]

    def enter(self) -> None:
        self.scopes.append({})

    def leave(self) -> None:
        self.scopes.pop()

    def declare(self, name: str, meaning: Register | str) -> None:
        self.scopes[-1][name] = meaning

    def find(self, name: str) -> Register | str | None:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return None

    def register(self, name: str) -> Register:
        found = self.find(name)
        if not isinstance(found, Register):
            raise EmulationError(f"no register {name!r} is declared")
        return found

    def symbol(self, name: str) -> str:
        found = self.find(name)
        return found if isinstance(found, str) else name


def pieces(text: str) -> list[str]:
    """Split at the commas that are in no bracket."""
    found, depth, start = [], 0, 0
    for i, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            found.append(text[start:i].strip())
            start = i + 1
    found.append(text[start:].strip())
    return [piece for piece in found if piece]


def operand(text: str, names: Names) -> Operand:
    """What is written at one place of an instruction."""
    text = text.strip()
    if (found := names.find(text)) is not None:
        return found if isinstance(found, Register) else Symbol(found)
    if text[0] == "{":
        return Vector(tuple(operand(part, names) for part in pieces(text[1:-1])))
    if text[0] == "[":
        place, *coordinates = pieces(text[1:-1])
        if coordinates:
            return _tensor_place(place, coordinates, names)
        return _address(place, names)
    if text[0] == "!":
        return Inverted(operand(text[1:], names))
    if "|" in text:
        first, second = text.split("|")
        return Pair(operand(first, names), operand(second, names))
    if text == "_":
        return Sink()
    if text[0].isdigit() or text[0] in "+-.":
        return number(text)
    if text == "WARP_SZ":
        return Immediate(32)
    if found := _SPECIAL.fullmatch(text):
        return Special(text[1:])
    if text[0] == "%":
        raise EmulationError(f"unknown register {text!r}")
    name, _, offset = (part.strip() for part in text.partition("+"))
    return Symbol(names.symbol(name), int(offset or "0", 0))


def number(text: str) -> Immediate:
    if text[:2].lower() in ("0f", "0d") and len(text) in (10, 18):
        return Immediate(int(text[2:], 16))
    if _FLOAT.fullmatch(text):
        return Immediate(float(text), floating=True)
    return Immediate(int(text.rstrip("U"), 0))


def _tensor_place(place: str, coordinates: list[str], names: Names) -> TensorPlace:
    found = operand(coordinates[0], names)
    if len(coordinates) > 1 or not isinstance(found, Vector):
        raise EmulationError(f"unknown operand '[{place}, {', '.join(coordinates)}]'")
    return TensorPlace(_address(place, names), found.elements)


def _address(text: str, names: Names) -> Address:
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise EmulationError(f"unknown operand {'[' + text + ']'!r}")
    offset = int(found[3], 0) if found[3] else 0
    return Address(operand(found[1], names), -offset if found[2] == "-" else offset)
