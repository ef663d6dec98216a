"""MLIR bytecode as a source: a worker process reads it and writes it as text.

Damaged bytecode can end the process that reads it, so no other process ever does.
"""

from __future__ import annotations

from dataclasses import dataclass

from clawc.compiler.diagnostics import CompileError, Diagnostic

MAGIC = b"ML\xefR"
SECONDS = 300  # damaged bytecode may be read for ever


@dataclass(frozen=True)
class BytecodeJob:
    """Bytecode to text, by a worker."""

    data: bytes
    file: str

    def run(self) -> str:
        """Operations of dialects that are not ours are left for others to judge.  Raises
        CompileError."""
        from mlir import ir

        from clawc.compiler.context import compile_errors, make_context
        from clawc.compiler.source import Source

        context = make_context()
        context.allow_unregistered_dialects = True
        with compile_errors(context, Source("", self.file)), context, ir.Location.unknown():
            module = ir.Module.parse(self.data)
        return str(module.operation.get_asm(enable_debug_info=True))


def text_of_bytecode(data: bytes, file: str) -> str:
    """The program in `data`, as text with the places that it came from.  Raises CompileError."""
    from clawc.compiler.worker import WorkerDied, ask_worker

    try:
        return ask_worker(BytecodeJob(data, file), SECONDS)
    except WorkerDied as death:
        message = f"is damaged MLIR bytecode, or another version's: MLIR's reader ended ({death})"
        raise CompileError([Diagnostic(message, file)]) from None
