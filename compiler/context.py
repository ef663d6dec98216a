"""An MLIR context of clawc, and its errors as diagnostics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlir import ir

from clawc.chips.known import UnknownChip
from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.source import Source
from clawc.dialects.claw import CLAW
from clawc.passes.framework.base import FileFailure, PassFailure, PipelineError

_SEVERITY = {
    ir.DiagnosticSeverity.ERROR: "error",
    ir.DiagnosticSeverity.WARNING: "warning",
    ir.DiagnosticSeverity.NOTE: "note",
    ir.DiagnosticSeverity.REMARK: "remark",
}


def make_context() -> ir.Context:
    """A context that knows the claw dialect; its messages go to the handlers attached."""
    context = ir.Context()
    # Without this an error inside a pass that succeeds aborts the process in upstream's capture.
    context.emit_error_diagnostics = True
    CLAW.load(context)
    return context


@contextmanager
def compile_errors(
    context: ir.Context,
    source: Source,
    warnings: list[Diagnostic] | None = None,
    schedule_file: str = "",
) -> Iterator[None]:
    """Collect what MLIR and our passes say; raise it as one CompileError if it has an error.
    `schedule_file` names the file of which passes were given the text."""
    said: list[Diagnostic] = []

    def collect(message: ir.Diagnostic) -> bool:
        for part in (message, *message.notes):
            file, line, column = source.place(*position(part.location))
            severity = _SEVERITY[part.severity]
            said.append(Diagnostic(_for_users(str(part.message)), file, line, column, severity))
        return True

    handler: Any = context.attach_diagnostic_handler(collect)
    try:
        yield
    except PassFailure as failure:
        place = source.place(*position(failure.location))
        whole = failure.op_name == "builtin.module"
        blamed = "the program" if whole else f"'{failure.op_name}' op"
        said.append(Diagnostic(f"{blamed} {failure}", *place))
    except FileFailure as error:
        place = (error.file or schedule_file, error.line, error.column)
        raise CompileError([Diagnostic(str(error), *place)], error.text) from None
    except (PipelineError, UnknownChip) as error:
        said.append(Diagnostic(str(error)))
    except ir.MLIRError as error:  # pyright: ignore[reportAttributeAccessIssue]  # the stubs lack it
        if not any(d.severity == "error" for d in said):
            said.append(Diagnostic(str(error).splitlines()[0], source.file))
    finally:
        handler.detach()
    if any(d.severity == "error" for d in said):
        raise CompileError([d for d in said if _is_for_users(d)], source.written) from None
    if warnings is not None:
        warnings += said


_UNKNOWN_DIALECT = re.compile(
    r"operation being parsed with an unregistered dialect|Dialect `[^']*' not found for custom op"
)
_DIALECTS = "claw, linalg, tensor, arith, math, complex, scf, ml_program, tosa, tm_tensor"


def _for_users(message: str) -> str:
    """What MLIR says, or where it advises on its own tools what it comes to here."""
    if _UNKNOWN_DIALECT.match(message):
        return f"this is of a dialect that clawc does not know; expected one of {_DIALECTS}"
    return message


# Notes that repeat what the place shows, or list what nobody asked for.
_NOISE = ("see current operation", "Available dialects")


def _is_for_users(message: Diagnostic) -> bool:
    return not (message.severity == "note" and message.message.startswith(_NOISE))


def position(location: ir.Location) -> tuple[str, int, int]:
    """The file, line and column that a location stands for; ("", 0, 0) where it knows none."""
    while not location.is_a_file():
        if location.is_a_name():
            location = location.child_loc
        elif location.is_a_callsite():
            location = location.callee
        elif location.is_a_fused() and location.locations:
            location = next(
                (part for part in location.locations if position(part)[1]), location.locations[0]
            )
        else:
            return "", 0, 0
    return location.filename, location.start_line, location.start_col
