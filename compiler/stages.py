"""Where `-emit` can stop, in the order of the road."""

from __future__ import annotations

from clawc.compiler.diagnostics import CompileError, Diagnostic

SHARED_STAGES = ("claw", "linalg", "kernels")
CHIP_STAGES = ("tiled", "vector", "simt")
EMITTED_STAGES = ("llvm", "asm", "bin")
STAGES = (*SHARED_STAGES, *CHIP_STAGES, *EMITTED_STAGES, "bundle")


def check_stage(stage: str | None) -> None:
    """Raises CompileError, with the stages there are, if `stage` is none of them."""
    if stage is not None and stage not in STAGES:
        raise CompileError([Diagnostic(f"unknown stage {stage!r}; known: {', '.join(STAGES)}")])
