"""MLIR bytecode as a source: a worker process reads it and writes it as text.

Damaged bytecode can end the process that reads it, so no other process ever does.
"""

from __future__ import annotations

from dataclasses import dataclass

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.worker_process import WorkerDied, ask_worker

MAGIC = b"ML\xefR"
SECONDS = 300  # damaged bytecode may be read for ever


@dataclass(frozen=True)
class BytecodeJob:
    """Bytecode to text, by a worker."""

    data: bytes
    file: str

    def run(self) -> bytes:
        """Operations of dialects that are not ours are left for others to judge.  Raises
        CompileError."""
        from mlir import ir

        from clawc.dialects.claw import CLAW

        context = ir.Context()
        CLAW.load(context)
        context.allow_unregistered_dialects = True
        try:
            module = ir.Module.parse(self.data, context)
        except ir.MLIRError as error:  # pyright: ignore[reportAttributeAccessIssue]  # in no stub
            said = [Diagnostic(d.message, self.file) for d in error.error_diagnostics]
            raise CompileError(said or [Diagnostic(str(error), self.file)]) from None
        text = module.operation.get_asm(enable_debug_info=True, binary=True)
        assert isinstance(text, bytes)
        return text


def text_of_bytecode(data: bytes, file: str) -> bytes:
    """The program in `data`, as text with the places that it came from.  Raises CompileError."""
    try:
        return ask_worker(BytecodeJob(data, file), SECONDS)
    except WorkerDied as death:
        message = f"is damaged MLIR bytecode, or another version's: MLIR's reader ended ({death})"
        raise CompileError([Diagnostic(message, file)]) from None
