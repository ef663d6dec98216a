"""`-g`: line tables that lead from instructions back to the lines of the program."""

from __future__ import annotations

from mlir import ir

from clawc.compiler.context import position
from clawc.compiler.source import Source
from clawc.passes.framework.pipeline import Upstream, upstream

_KINDS = {
    "amdgpu": "LineTablesOnly",
    "host": "LineTablesOnly",
    "nvptx": "DebugDirectivesOnly",  # more makes ptxas refuse to optimize
}


def line_tables(target: str) -> list[Upstream]:
    """The pass that makes line tables of locations, where the target has such tables."""
    kind = _KINDS.get(target)
    return upstream(f"ensure-debug-info-scope-on-llvm-func{{emission-kind={kind}}}") if kind else []


def name_source(module: ir.Module, source: Source) -> None:
    """Locations say the name of `source` and the columns that were written, not `-` as parsed."""

    def rename(op: ir.Operation) -> ir.WalkResult:
        file, line, column = position(op.location)
        if line:
            op.location = ir.Location.file(*source.place(file, line, column), module.context)
        return ir.WalkResult.ADVANCE

    module.operation.walk(rename, ir.WalkOrder.PRE_ORDER)
