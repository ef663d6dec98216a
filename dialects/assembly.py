"""claw's readable form: `%0 = claw.matmul %a, %b : (T, T) -> T`, from and to MLIR's generic form.

Rewriting only adds characters within a line, so lines never move and columns can be traced back.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import accumulate
from typing import Any

from mlir import ir

from clawc.dialects import tm_tensor
from clawc.dialects.claw import CLAW
from clawc.dialects.edits import Edit
from clawc.dialects.guard import SyntaxIssue, blank, check
from clawc.dialects.violations import violations

_NAMES = frozenset(op.OPERATION_NAME.removeprefix("claw.") for op in CLAW.ops)
_VALUE = r"%[\w$.-]+(?:\#\d+)?"
_READABLE = re.compile(
    rf'(?P<assigned>=\s*)?(?<![\w."%@!#$-])claw\.(?P<name>\w+)'
    rf"(?P<operands>\s*{_VALUE}(?:\s*,\s*{_VALUE})*)?"
)
_GENERIC = re.compile(r'"claw\.(\w+)"\(\s*([^()]*)\)(?! *\(\{)')
_FROM_IRDL = re.compile(r"op expects (exactly|at least) \d+ |expected (base type )?'.*' but got '")
_GENERIC_NAME = re.compile(r'"claw\.(\w+)"\s*\(')


@dataclass
class ColumnMap:
    """Where the characters of a rewritten text were in the written one."""

    written: str
    rewritten: str
    at: list[int] = field(default_factory=list)  # offsets in the rewritten text, increasing ...
    added: list[int] = field(default_factory=list)  # ... and the characters added up to each

    def __post_init__(self) -> None:
        self._starts = _line_starts(self.rewritten)
        self._written_starts = _line_starts(self.written)

    def column(self, line: int, column: int) -> int:
        """The written column of MLIR's `line` and `column`, which counts bytes."""
        if not 0 < line < len(self._starts) or line >= len(self._written_starts):
            return column
        start, end = self._starts[line - 1], self._starts[line]
        text = self.rewritten[start:end]
        characters = len(text.encode()[: column - 1].decode(errors="ignore"))
        offset = start + characters
        edit = bisect_right(self.at, offset) - 1
        moved = self.added[edit] if edit >= 0 else 0
        return max(offset - moved - self._written_starts[line - 1], 0) + 1


def _line_starts(text: str) -> list[int]:
    return [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]


def desugar(text: str) -> tuple[str, ColumnMap]:
    """`text` with readable claw and tm_tensor operations in generic form.  Raises `SyntaxIssue`."""
    code = blank(text)
    check(text, code)
    edits = [*_claw_edits(text, code), *tm_tensor.edits(text, code)]
    pieces: list[str] = []
    at: list[int] = []
    added: list[int] = []
    position = length = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        pieces += (text[position : edit.start], edit.new)
        length += edit.start - position + len(edit.new)
        position = edit.end
        at.append(length)
        added.append(length - position)
    generic = "".join([*pieces, text[position:]])
    for match in _GENERIC_NAME.finditer(text):
        if match[1] not in _NAMES and code[match.start()] == '"':
            raise _unknown(text, match.start(1), match[1])
    return generic, ColumnMap(text, generic, at, added)


def _claw_edits(text: str, code: str) -> Iterator[Edit]:
    """Quotes and parentheses around the names and operands of readable operations."""
    for match in _READABLE.finditer(code):
        name = match["name"]
        if name in _NAMES:
            start = match.start("name") - len("claw.")
            yield Edit(start, start, '"')
            yield Edit(match.end("name"), match.end("name"), '"(')
            yield Edit(match.end(), match.end(), ")")
        elif match["assigned"]:
            raise _unknown(text, match.start("name"), name)


def _unknown(text: str, offset: int, name: str) -> SyntaxIssue:
    close = get_close_matches(name, _NAMES, 1)
    known = f"did you mean claw.{close[0]}?" if close else f"known: {', '.join(sorted(_NAMES))}"
    message = f"there is no operation claw.{name}; {known}"
    return SyntaxIssue.at(text, offset - len("claw."), message)


def parse(text: str, context: ir.Context) -> ir.Module:
    """The module that `text` writes, in either form.  Raises `SyntaxIssue` or `ir.MLIRError`.

    MLIR's messages speak of the columns of `desugar(text)`; those who show them use its map.
    """
    return parse_generic(desugar(text)[0], context)


def parse_generic(text: str, context: ir.Context) -> ir.Module:
    """The module that desugared `text` writes.  Messages go to the context's handlers."""
    terse: list[str] = []

    def withhold(message: ir.Diagnostic) -> bool:
        if _FROM_IRDL.match(said := str(message.message)):
            terse.append(said)
            return True
        return False

    handler: Any = context.attach_diagnostic_handler(withhold)
    context.allow_unregistered_dialects = tm_tensor.is_used(text)
    try:
        return _known(ir.Module.parse(text, context))
    except ir.MLIRError:  # pyright: ignore[reportAttributeAccessIssue]  # the stubs lack it
        handler.detach()
        if terse:
            _explain(text, context)
        raise
    finally:
        handler.detach()


def _known(module: ir.Module) -> ir.Module:
    """`module`, all of whose operations are registered or tm_tensor's."""
    unknown = (
        tm_tensor.unknown_operations(module) if module.context.allow_unregistered_dialects else []
    )
    for op in unknown:
        op.location.emit_error(f"'{op.name}' op is of no dialect that is known here")
    if unknown:
        raise ir.MLIRError("unknown operations", [])  # pyright: ignore[reportAttributeAccessIssue]
    return module


def _explain(text: str, context: ir.Context) -> None:
    """Say what is wrong with the operands and results that IRDL, tersely, refused."""
    lenient = ir.Context()
    lenient.allow_unregistered_dialects = True
    for op, message in violations(ir.Module.parse(text, lenient)):
        place = op.location
        here = ir.Location.file(place.filename, place.start_line, place.start_col, context)
        here.emit_error(f"'{op.operation.name}' op {message}")


def sugar(text: str) -> str:
    """`text` as MLIR prints it, with claw operations in readable form."""
    return _GENERIC.sub(lambda m: f"claw.{m[1]}" + (f" {m[2]}" if m[2] else ""), text)


def print_module(module: ir.Module, largest: int | None = None) -> str:
    """The module as text, claw operations in readable form; without the values of constants of
    more than `largest` elements, and of resources of more than as many digits."""
    text = module.operation.get_asm(large_elements_limit=largest, large_resource_limit=largest)
    return sugar(str(text))
