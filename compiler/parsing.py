"""From text to a module and back, with claw's readable form on both sides."""

from __future__ import annotations

from mlir import ir

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.foreign import lowered
from clawc.compiler.resources import check_resources, stored_sizes
from clawc.compiler.source import Source
from clawc.dialects.assembly import desugar, parse_generic, print_module
from clawc.dialects.guard import SyntaxIssue

__all__ = ["parse_source", "print_module"]


def parse_source(source: Source, context: ir.Context) -> ir.Module:
    """The module that `source` writes.  MLIR's messages go to the context's handlers."""
    try:
        text = lowered(source.text, source.file)
        sizes = stored_sizes(text)
        generic, columns = desugar(text)
    except SyntaxIssue as issue:
        place = Diagnostic(issue.message, source.file, issue.line, issue.column)
        raise CompileError([place], source.text) from None
    source.written_column = columns.column if text is source.text else None
    module = parse_generic(generic, context)
    if "dense_resource" in text:
        check_resources(module, sizes)
    return module
