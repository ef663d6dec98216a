"""From text to a module and back, with claw's readable form on both sides."""

from __future__ import annotations

from collections.abc import Mapping

from mlir import ir

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.foreign import foreign_place, lowered
from clawc.compiler.long_literals import with_literals
from clawc.compiler.resources import give_values
from clawc.compiler.source import Source
from clawc.dialects.assembly import desugar, parse_generic, print_module
from clawc.dialects.guard import SyntaxIssue

__all__ = ["parse_source", "print_module"]


def parse_source(source: Source, context: ir.Context) -> tuple[ir.Module, Mapping[str, memoryview]]:
    """The module that `source` writes, and the bytes of its resources by name.  MLIR's messages go
    to the context's handlers."""
    program = source
    try:
        if foreign_place(source.text) is not None:
            program = Source(lowered(source.whole, source.file), source.file)
        generic, columns = desugar(program.text)
    except SyntaxIssue as issue:
        place = Diagnostic(issue.message, source.file, issue.line, issue.column)
        raise CompileError([place], source.text) from None
    source.written_column = columns.column if program is source else None
    module = parse_generic(with_literals(generic, program.contents.literals), context)
    return module, give_values(module, program.resources) if "dense_resource" in generic else {}
