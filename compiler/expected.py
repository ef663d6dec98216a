"""`--verify-diagnostics`: what is said against `// expected-error {{…}}` in the source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from clawc.compiler.diagnostics import Diagnostic

_EXPECTED = re.compile(
    r"expected-(?P<severity>error|warning|note|remark)(?P<re>-re)?\s*"
    r"(?P<where>@(?:[+-]\d+|above|below|unknown))?\s*\{\{(?P<text>(?:\{\{.*?\}\}|(?!\}\}).)*)\}\}"
)


@dataclass(frozen=True)
class Expected:
    """A message that must be said at `line` (0: anywhere)."""

    severity: str
    line: int
    text: str
    is_regex: bool
    written_at: int

    def matches(self, said: Diagnostic) -> bool:
        if said.severity != self.severity or self.line not in (0, said.line):
            return False
        if self.is_regex:
            return re.search(_as_regex(self.text), said.message) is not None
        return self.text in said.message


def _as_regex(text: str) -> str:
    """Upstream's form: plain text with `{{regular expressions}}` inside."""
    parts = re.split(r"\{\{(.*?)\}\}", text)
    return "".join(part if i % 2 else re.escape(part) for i, part in enumerate(parts))


def expectations(text: str) -> list[Expected]:
    """What `text` expects, in order."""
    found = []
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        for match in _EXPECTED.finditer(line):
            where = match["where"] or ""
            target = number
            if where == "@above":
                target = _next_code_line(lines, number, -1)
            elif where == "@below":
                target = _next_code_line(lines, number, 1)
            elif where == "@unknown":
                target = 0
            elif where:
                target = number + int(where[1:])
            found.append(
                Expected(match["severity"], target, match["text"], bool(match["re"]), number)
            )
    return found


def _next_code_line(lines: list[str], number: int, step: int) -> int:
    """The nearest line above or below that is not itself an expectation."""
    number += step
    while 0 < number <= len(lines) and _EXPECTED.search(lines[number - 1]):
        number += step
    return number


def mismatches(text: str, said: Iterable[Diagnostic], file: str) -> list[Diagnostic]:
    """An error for each message that was expected and not said, or an error and not expected."""
    missing = expectations(text)
    surprises = []
    for diagnostic in said:
        hit = next((e for e in missing if e.matches(diagnostic)), None)
        if hit is not None:
            missing.remove(hit)
        elif diagnostic.severity == "error":
            message = f"unexpected error: {diagnostic.message}"
            surprises.append(Diagnostic(message, file, diagnostic.line, diagnostic.column))
    return surprises + [
        Diagnostic(f'expected {e.severity} "{e.text}" was not produced', file, e.written_at, 1)
        for e in missing
    ]
