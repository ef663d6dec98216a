"""From text to a module and back, with claw's readable form on both sides."""

from __future__ import annotations

from mlir import ir

from clawc.source import Source


def parse_source(source: Source, context: ir.Context) -> ir.Module:
    """The module that `source` writes.  MLIR's messages go to the context's handlers."""
    return ir.Module.parse(source.text, context)


def print_module(module: ir.Module) -> str:
    """The module as text, claw operations in readable form."""
    return str(module)
