"""Programs at L4 for tests: the whole road up to the program of one thread."""

from __future__ import annotations

from mlir import ir

from clawc.chips.known import find
from clawc.compiler.compilation import Compilation, Options
from clawc.compiler.source import Source


def program_at_l4(text: str, spec: str, schedules: str = "", stage: str = "simt") -> ir.Module:
    """A claw program as the host function and kernels for one chip."""
    job = Compilation(Source(text), Options(schedules))
    return job.for_chip(job.shared(), find(spec), stage)


def operations(module: ir.Module, name: str) -> list[ir.Operation]:
    """All operations of that name."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == name:
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found
