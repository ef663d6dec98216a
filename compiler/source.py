"""A program as it was handed in: its text, its name, and how to point into it."""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from clawc.compiler.bytecode import MAGIC, text_of_bytecode
from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.foreign import format_of
from clawc.compiler.long_literals import take_literals
from clawc.compiler.onnx_model import MAGIC as ONNX_MAGIC
from clawc.compiler.onnx_model import is_whole, text_of_onnx
from clawc.compiler.resource_section import Resource, Text, take_resources
from clawc.dialects.guard import SyntaxIssue

STRING_NAME = "<string>"
_LONG = ("{-#", '"0x')  # what may be long begins so


@dataclass(frozen=True)
class Contents:
    """What a source holds: the text of its program, and the values of its resources, apart."""

    text: str
    resources: Mapping[str, Resource] = field(default_factory=dict)
    literals: Sequence[bytes] = ()  # of the text, where it has marks: see long_literals.py
    is_printed: bool = False  # from bytecode or ONNX: places are those of the source before


@dataclass
class Source:
    """A program called `file`: `given` is its text, or the path of the file with it.

    A file is read when its contents are first asked for: the process that hands a source to the
    worker never does.
    """

    given: str | bytes | Path
    file: str = STRING_NAME
    # Set by parsing: undoes, for a line and column, what rewriting readable claw operations moved.
    written_column: Callable[[int, int], int] | None = None
    is_printed: bool = False  # from a module: places are those of the source before

    @property
    def text(self) -> str:
        """The program, without values of resources and long literals.  Raises CompileError."""
        return self.contents.text

    @property
    def resources(self) -> Mapping[str, Resource]:
        """The values of `dense_resource` attributes by name.  Raises CompileError."""
        return self.contents.resources

    @property
    def written(self) -> str:
        """The text that places are in, to show what stands there."""
        return "" if self.is_printed or self.contents.is_printed else self.text

    @property
    def whole(self) -> str:
        """All of the text, values of resources too.  Raises CompileError."""
        if isinstance(self.given, str):
            return self.given
        data = self.data()
        if data[:1] == ONNX_MAGIC:
            return self._decoded(text_of_onnx(data[:], self._path, self.file))
        is_bytecode = data[: len(MAGIC)] == MAGIC
        return self._decoded(text_of_bytecode(data[:], self.file) if is_bytecode else data[:])

    @property
    def is_self_contained(self) -> bool:
        """Whether no other file decides what it means.  Raises CompileError."""
        data = self.data()
        return data[:1] != ONNX_MAGIC or is_whole(data[:])

    @property
    def _path(self) -> Path | None:
        return self.given if isinstance(self.given, Path) else None

    @cached_property
    def contents(self) -> Contents:
        """Raises CompileError where the file cannot be read, or holds neither text nor bytecode."""
        if isinstance(self.given, str) and not any(start in self.given for start in _LONG):
            return Contents(self.given)
        data = self.data()
        if data[:1] == ONNX_MAGIC:
            return self._printed(text_of_onnx(data[:], self._path, self.file))
        if known := format_of(data[:8]):
            raise CompileError([Diagnostic(f"is {known}", self.file)])
        if data[: len(MAGIC)] == MAGIC:
            return self._printed(text_of_bytecode(data[:], self.file))
        return self._taken_apart(data)

    def _printed(self, text: bytes) -> Contents:
        """The contents of a text that the user never saw."""
        return replace(self._taken_apart(text), is_printed=True)

    def _taken_apart(self, text: Text) -> Contents:
        try:
            program, resources = take_resources(text)
        except SyntaxIssue as issue:
            place = Diagnostic(issue.message, self.file, issue.line, issue.column)
            raise CompileError([place]) from None
        program, literals = take_literals(program)
        return Contents(self._decoded(program), resources, literals)

    def data(self) -> Text:
        """The bytes of all that was given; a file's are mapped.  Raises CompileError."""
        if isinstance(self.given, str):
            return self.given.encode(errors="surrogatepass")  # which the parser's guard refuses
        if isinstance(self.given, bytes):
            return self.given
        try:
            return _mapped(self.given)
        except OSError as error:
            raise self._unreadable(error) from None

    def _decoded(self, data: bytes) -> str:
        passed = "surrogatepass" if isinstance(self.given, str) else "strict"
        try:
            return data.decode(errors=passed)
        except UnicodeDecodeError as error:
            message = f"is not text: byte {error.start} is not UTF-8; expected MLIR's textual form"
            raise CompileError([Diagnostic(message, self.file)]) from None

    def _unreadable(self, error: OSError) -> CompileError:
        return CompileError([Diagnostic(f"cannot read: {error.strerror}", self.file)])

    def __getstate__(self) -> dict[str, object]:
        """What was given: who unpickles it finds out again what it holds."""
        found_out = ("contents", "written_column")
        return {name: value for name, value in vars(self).items() if name not in found_out}

    def place(self, file: str, line: int, column: int) -> tuple[str, int, int]:
        """Where the user wrote what MLIR calls `file:line:column` (`-` is this source)."""
        if file not in ("", "-"):
            return file, line, column
        if line and self.written_column is not None:
            column = self.written_column(line, column)
        return self.file, line, column

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Source:
        """The source in the file at `path`.  Raises CompileError where there is none."""
        name = os.fspath(path)
        source = cls(Path(name), name)
        try:
            with open(name, "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # gone once it is read
                    source.given = file.read()
        except OSError as error:
            raise source._unreadable(error) from None
        except ValueError:
            raise CompileError([Diagnostic(f"{name!r} is no name of a file")]) from None
        return source

    @classmethod
    def of(cls, source: object) -> Source:
        """The source that a path, a string of MLIR, its bytecode, or an `mlir.ir.Module` stands
        for."""
        if isinstance(source, Source):
            return source
        if isinstance(source, os.PathLike):
            return cls.read(source)
        if isinstance(source, str):
            looks_like_path = "\n" not in source and source.endswith((".mlir", ".mlirbc", ".onnx"))
            return cls.read(source) if looks_like_path else cls(source)
        if isinstance(source, bytes):
            return cls(source, "<bytes>")
        operation = getattr(source, "operation", None)
        if operation is None:
            kind = type(source).__name__
            raise TypeError(
                f"expected a path, a string of MLIR, bytes of it or an mlir.ir.Module, got {kind}"
            )
        text = operation.get_asm(enable_debug_info=True, binary=True)
        return cls(text, "<module>", is_printed=True)


def _mapped(path: Path) -> Text:
    """A file's bytes, each read when it is looked at."""
    with open(path, "rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file
            return b""
