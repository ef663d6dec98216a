"""What the compiler says to a user: `file:line:col: error: …` with the source line and a caret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnostic:
    """One message; `line` and `column` count from 1, 0 where there is no place to point at."""

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    severity: str = "error"  # "error", "warning", "note" or "remark"

    def render(self, source: str = "") -> str:
        """The message with its place; with the line of `source` it points at, if that is there."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        head = f"{place}: {self.severity}: {self.message}" if place else f"error: {self.message}"
        lines = source.splitlines()
        if not 0 < self.line <= len(lines):
            return head
        text = lines[self.line - 1].encode(errors="backslashreplace").decode()
        indent = "".join(c if c == "\t" else " " for c in text[: self.column - 1])
        return f"{head}\n{text}\n{indent}^"


class CompileError(Exception):
    """A program could not be compiled; `diagnostics` say why and where."""

    def __init__(self, diagnostics: Sequence[Diagnostic], source: str = "") -> None:
        super().__init__("\n".join(d.render(source) for d in diagnostics))
        self.diagnostics = tuple(diagnostics)
        self.source = source

    def __reduce__(self) -> tuple[type[CompileError], tuple[tuple[Diagnostic, ...], str]]:
        return type(self), (self.diagnostics, self.source)


class UsageError(CompileError):
    """What was asked for does not exist, whatever the program: a target, a stage, a pass."""

    @classmethod
    def of(cls, message: str) -> UsageError:
        """The error with this message, which no place belongs to."""
        return cls([Diagnostic(message)])
