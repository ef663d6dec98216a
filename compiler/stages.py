"""The stages of the road, in order: what `-emit` takes, what help and documentation say of them."""

from __future__ import annotations

from dataclasses import dataclass

from clawc.compiler.diagnostics import UsageError
from clawc.compiler.spelling import did_you_mean


@dataclass(frozen=True)
class Stage:
    """A place on the road where a program can be looked at."""

    name: str
    title: str  # a few words: a heading
    summary: str  # a line for help
    form: str  # what it is written in: "mlir", "text" or "" for bytes
    part: str  # "shared" by all targets, of one "chip", "emitted" for it, or for "all" targets


STAGES = (
    Stage("claw", "What to compute", "the program as it was read, verified", "mlir", "shared"),
    Stage(
        "linalg",
        "Structured operations",
        "claw operations as structured operations",
        "mlir",
        "shared",
    ),
    Stage(
        "kernels",
        "What runs together",
        "one function a kernel, a host function",
        "mlir",
        "shared",
    ),
    Stage("tiled", "What a workgroup owns", "what a workgroup owns", "mlir", "chip"),
    Stage("vector", "The tile as values", "a workgroup's tile as masked vectors", "mlir", "chip"),
    Stage("layouts", "Who holds which element", "tiles with their layouts", "mlir", "chip"),
    Stage("pipelined", "What is under way at once", "reads a step ahead", "mlir", "chip"),
    Stage("simt", "The program of one thread", "the program of one thread", "mlir", "chip"),
    Stage("llvm", "The vendor's words", "LLVM IR; for spirv the spirv dialect", "text", "emitted"),
    Stage("asm", "What the assembler sees", "PTX, GCN, SPIR-V or host assembly", "text", "emitted"),
    Stage(
        "bin", "What the device loads", "cubin (needs ptxas), HSACO, .spv, object", "", "emitted"
    ),
    Stage(
        "bundle",
        "What the runtime loads",
        "a .claw file: images for all targets, with launch plans",
        "",
        "all",
    ),
    Stage(
        "c",
        "A program in C",
        "a file of C11 and a header: the bundle, and what loads and runs it",
        "text",
        "all",
    ),
)

_BY_NAME = {stage.name: stage for stage in STAGES}


def names_of(part: str) -> tuple[str, ...]:
    """The stages of one part of the road."""
    return tuple(stage.name for stage in STAGES if stage.part == part)


SHARED_STAGES, CHIP_STAGES, EMITTED_STAGES = map(names_of, ("shared", "chip", "emitted"))


def check_stage(stage: str | None) -> None:
    """Raises UsageError, with the stages there are, if `stage` is none of them."""
    if stage is not None and stage not in _BY_NAME:
        known = ", ".join(_BY_NAME)
        meant = did_you_mean(stage, _BY_NAME)
        raise UsageError.of(f"unknown stage {stage!r}; known: {known}{meant}")


def table() -> str:
    """The stages as lines of help."""
    return "\n".join(f"  {s.name:8} {s.summary:43} {s.form}".rstrip() for s in STAGES)
