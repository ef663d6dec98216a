"""Lines of C for the body of a function, and the names of a plan's numbers in them.

b[7] is the buffer with the number 7
v7   is the scalar with the number 7, an int64_t or a double
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from clawc.runtime.arguments import numpy_dtype
from clawc.runtime.scalar_kinds import FLOAT, INTEGER
from clawc.runtime.scalar_types import bits, is_float
from clawc.runtime.steps import Operand
from clawc.targets.emission import EmissionError

TYPES = {INTEGER: "int64_t", FLOAT: "double"}


@dataclass
class Lines:
    """The body of a function, as it is written."""

    lines: list[str] = field(default_factory=list)
    depth: int = 1
    kinds: dict[int, str] = field(default_factory=dict)  # of the scalars that were named
    slots: int = 1  # of buffers

    def say(self, line: str) -> None:
        self.lines.append("  " * self.depth + line)

    def do(self, call: str) -> None:
        """A call that may fail."""
        self.say(f"if ((status = {call})) goto done;")

    @contextmanager
    def inside(self, head: str = "") -> Iterator[None]:
        """A block of C: what is said meanwhile."""
        self.say(f"{head} {{".lstrip())
        self.depth += 1
        yield
        self.depth -= 1
        self.say("}")

    def array(self, type_: str, name: str, values: Sequence[str]) -> None:
        """An array of at least one element, as C has none of no elements."""
        self.say(f"{type_} {name}[] = {{{', '.join(values) or '0'}}};")

    def buffer(self, number: int) -> str:
        self.slots = max(self.slots, number + 1)
        return f"b[{number}]"

    def scalar(self, number: int, kind: str) -> str:
        self.kinds.setdefault(number, kind)
        return f"v{number}"

    def number(self, operand: Operand) -> str:
        """A scalar as an expression that needs no parentheses around it."""
        if isinstance(operand, float):
            return _float(operand)
        if isinstance(operand, int):
            return _integer(operand)
        if operand[0] == "value":
            return f"v{operand[1]}"
        return f"inputs[{operand[1]}].shape[{operand[2]}]"

    def kind(self, operand: Operand) -> str | None:
        """What kind of scalar it is; None for a buffer."""
        if not isinstance(operand, tuple):
            return FLOAT if isinstance(operand, float) else INTEGER
        if operand[0] == "buffer":
            return None
        return self.kinds[operand[1]] if operand[0] == "value" else INTEGER


def decoded(dtype: str, pointer: str) -> str:
    """The scalar in memory; a true i1 is -1."""
    raw = f"claw_raw({pointer}, {numpy_dtype(dtype).itemsize})"
    return f"claw_of_bits_{dtype}({raw})" if is_float(dtype) else f"claw_wrap({raw}, {bits(dtype)})"


def encoded(dtype: str, number: str) -> str:
    """The scalar as it lies in memory, in the low bytes of an integer."""
    if is_float(dtype):
        return f"claw_bits_of_{dtype}({number})"
    return f"(uint64_t)({number} != 0)" if dtype == "i1" else f"(uint64_t){number}"


def text(message: str) -> str:
    """A string of C, which is no format."""
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}"
        for byte in message.encode(errors="backslashreplace")
    )
    return f'"{escaped}"'


def _integer(value: int) -> str:
    if not -(1 << 63) <= value < 1 << 63:
        raise EmissionError(f"C11 has no integer {value}, which the host's steps need")
    if value == -(1 << 63):
        return "INT64_MIN"
    return f"INT64_C({value})" if value >= 0 else f"(-INT64_C({-value}))"


def _float(value: float) -> str:
    if value != value:
        return "(double)NAN"
    if value in (float("inf"), float("-inf")):
        return "(double)INFINITY" if value > 0 else "(-(double)INFINITY)"
    return f"({value.hex()})"
