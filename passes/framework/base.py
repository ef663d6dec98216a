"""What a pass is: a named transformation of a module, written in Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, get_type_hints

from mlir import ir
from mlir.rewrite import PatternRewriter, RewritePatternSet, walk_and_apply_patterns

from clawc.chips.chip import Chip
from clawc.chips.known import UnknownChip, find


class PassFailure(Exception):
    """Raised by a pass that cannot go on; points at the operation to blame, or at `location`."""

    def __init__(
        self, op: ir.OpView | ir.Operation, message: str, location: ir.Location | None = None
    ) -> None:
        super().__init__(message)
        self.op = op.operation
        self.location: ir.Location = location or self.op.location
        self.op_name: str = self.op.name


class FileFailure(Exception):
    """Raised by a pass that was given a file which it cannot use; points into its `text`.  `file`
    is empty where the pass was given the text alone."""

    def __init__(self, message: str, file: str, text: str, line: int, column: int) -> None:
        super().__init__(message)
        self.file, self.text, self.line, self.column = file, text, line, column


class PipelineError(ValueError):
    """A pipeline text that does not parse, or names an unknown pass, option or value."""


@dataclass(frozen=True)
class Pass(ABC):
    """A named module transformation; dataclass fields are its options."""

    name: ClassVar[str]

    @abstractmethod
    def run(self, module: ir.Module) -> None:
        """Transform `module` in place.  Raises `PassFailure` where the input cannot be taken."""

    @classmethod
    def parse(cls, options: str) -> Pass:
        """The pass with `options` (`key=value key=value`) over its defaults."""
        hints = get_type_hints(cls)
        known = {f.name.replace("_", "-"): f.name for f in fields(cls)}
        values: dict[str, Any] = {}
        for item in options.split():
            key, _, text = item.partition("=")
            if key not in known:
                expected = ", ".join(known) or "none"
                raise PipelineError(f"pass {cls.name!r} has no option {key!r}; known: {expected}")
            kind = hints[known[key]]
            try:
                read = _READERS[kind] if kind in _READERS else kind
                values[known[key]] = read(text)
            except UnknownChip:
                raise
            except (KeyError, ValueError):
                message = f"option {key!r} of pass {cls.name!r} takes {kind.__name__}, not {text!r}"
                raise PipelineError(message) from None
        return cls(**values)


_BOOLEANS = {"": True, "true": True, "1": True, "false": False, "0": False}
# The border where options are text: inside, a chip is a value.
_READERS: dict[type, Callable[[str], Any]] = {bool: _BOOLEANS.__getitem__, Chip: find}

Pattern = Callable[[Any, PatternRewriter], bool | None]


@dataclass(frozen=True)
class RewritePass(Pass):
    """A pass that applies `patterns` once, top-down."""

    patterns: ClassVar[Sequence[tuple[type[ir.OpView], Pattern]]] = ()

    def run(self, module: ir.Module) -> None:
        patterns = RewritePatternSet(module.context)
        for root, pattern in self.patterns:
            patterns.add(root, pattern)
        walk_and_apply_patterns(module.operation, patterns.freeze())
