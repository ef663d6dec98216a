"""A program as it was handed in: its text, its name, and how to point into it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clawc.compiler.bytecode import MAGIC, text_of_bytecode
from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.foreign import format_of

STRING_NAME = "<string>"


@dataclass
class Source:
    """`text` of the program called `file`."""

    text: str
    file: str = STRING_NAME
    # Set by parsing: undoes, for a line and column, what rewriting readable claw operations moved.
    written_column: Callable[[int, int], int] | None = None
    is_printed: bool = False  # from bytecode or a module: places are those of the source before

    @property
    def written(self) -> str:
        """The text that places are in, to show what stands there."""
        return "" if self.is_printed else self.text

    def place(self, file: str, line: int, column: int) -> tuple[str, int, int]:
        """Where the user wrote what MLIR calls `file:line:column` (`-` is this source)."""
        if file not in ("", "-"):
            return file, line, column
        if line and self.written_column is not None:
            column = self.written_column(line, column)
        return self.file, line, column

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Source:
        """The source in the file at `path`.  Raises CompileError where that is no text."""
        name = os.fspath(path)
        try:
            data = Path(name).read_bytes()
        except OSError as error:
            raise CompileError([Diagnostic(f"cannot read: {error.strerror}", name)]) from None
        except ValueError:
            raise CompileError([Diagnostic(f"{name!r} is no name of a file")]) from None
        return cls.decode(data, name)

    @classmethod
    def decode(cls, data: bytes, name: str) -> Source:
        """The source in `data`: text, or MLIR's bytecode.  Other binary data are refused."""
        if data.startswith(MAGIC):
            return cls(text_of_bytecode(data, name), name, is_printed=True)
        if known := format_of(data):
            raise CompileError([Diagnostic(f"is {known}", name)])
        try:
            return cls(data.decode("utf-8"), name)
        except UnicodeDecodeError as error:
            message = f"is not text: byte {error.start} is not UTF-8; expected MLIR's textual form"
            raise CompileError([Diagnostic(message, name)]) from None

    @classmethod
    def of(cls, source: object) -> Source:
        """The source that a path, a string of MLIR, its bytecode, or an `mlir.ir.Module` stands
        for."""
        if isinstance(source, Source):
            return source
        if isinstance(source, os.PathLike):
            return cls.read(source)
        if isinstance(source, str):
            looks_like_path = "\n" not in source and source.endswith((".mlir", ".mlirbc"))
            return cls.read(source) if looks_like_path else cls(source)
        if isinstance(source, bytes):
            return cls.decode(source, "<bytes>")
        operation = getattr(source, "operation", None)
        if operation is None:
            kind = type(source).__name__
            raise TypeError(
                f"expected a path, a string of MLIR, bytes of it or an mlir.ir.Module, got {kind}"
            )
        return cls(str(operation.get_asm(enable_debug_info=True)), "<module>", is_printed=True)
