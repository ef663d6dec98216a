"""Write the generated pages: `python docs/generate.py` (a test holds them against the sources)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clawc.chips.known import find
from clawc.compiler.compilation import Compilation
from clawc.compiler.parsing import print_module
from clawc.compiler.road import chip_legs, lowering_leg, shared_legs
from clawc.compiler.source import Source
from clawc.compiler.stages import CHIP_STAGES, SHARED_STAGES, STAGES
from clawc.passes.framework.pipeline import NamedPipeline, Step
from clawc.passes.kernel import attributes_page
from clawc.passes.levels.specification import markdown
from clawc.passes.levels.table import LEVELS as LEVELS_SPECIFIED

HERE = Path(__file__).resolve().parent
CHIP = "nvptx:sm_80"

INTRODUCTION = f"""# The road of the data

One program at every level, as `clawc docs/road.mlir -target={CHIP} -emit=STAGE -o -` prints
it, and what the specification of each level allows (`passes/levels/table.py`). Between two levels
passes may leave what either allows: `clawc --verify-levels` checks that after each pass, and so
do tests; `claw-opt file.mlir -check-level=level=STAGE` checks a file. A level is called as its
stage of `-emit`.

This page is generated from the compiler by `python docs/generate.py`.
"""

LEVELS = {
    "claw": """\
The program as it is written: operations on whole tensors, of known or unknown sizes. Their rules
are checked here, with messages that point at the source. See [ops.md](ops.md).""",
    "linalg": """\
Every claw operation becomes loops with a body: `linalg.generic`. Output of other front ends
enters here. A softmax is a maximum, a subtraction and exponential, a sum, and a division;
nothing is fused yet.""",
    "kernels": """\
The function has become a *host function* on buffers, and *kernels*, which it calls. Elementwise
work has joined the reduction or contraction that it feeds or follows: the four operations are
one kernel, and no intermediate value goes through memory. `claw.lane` says whether a kernel is
tiled and vectorized ("vector") or given to threads element by element ("generic").""",
    "tiled": """\
The schedule, chosen from the operation and the facts of the chip, has cut the kernel:
`scf.forall` counts workgroups, and each computes its tile, every value once. Sizes that do not
divide make smaller slices at the edge.""",
    "vector": """\
No tensors any more: a tile is a vector as large as the workgroup's share, read and written under
a mask where the edge may cut it. Vectors here have nothing to do with registers: whose registers
hold what is decided next.""",
    "layouts": """\
Each tile is held across the threads of the workgroup by a *layout*, a linear map from bits of
register, lane and warp numbers to coordinates, and `claw.layout` says it where the tile is made.
Reads take neighbours together, a contraction has its accumulators as `claw.instruction` wants them,
constants and masks are made as they are used. Where a tile is wanted in another layout,
`claw.convert_layout` changes it. A layout that is written by hand before `assign-layouts` is
kept.""",
    "pipelined": """\
What goes through shared memory says so: `claw.stage` puts the factors of a contraction there, under
`claw.strides`. And what is under way at once: where the schedule says `stages = 2`, the loop of a
contraction reads the tiles of its next step while it multiplies those of this one, which it
carries.""",
    "simt": """\
From the layouts follow the addresses (16 bytes a thread, lanes side by side), the tree of shuffles
that reduces a row, and shared memory where values must change hands between warps. The host
function launches the kernel with a grid computed from the sizes; the launch plan in a `.claw` file
is this function.""",
    "llvm": """\
LLVM IR for NVIDIA and AMD and the host, the `spirv` dialect for OpenCL and Vulkan. Mathematical
functions have been expanded here to arithmetic and to what the target has natively.""",
    "asm": "",
}


def fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def steps_of(steps: Sequence[Step]) -> str:
    """Names of passes, each as `--print-ir-after` takes it; pipelines with what they consist of."""
    return ", ".join(
        f"`{step.name}` ({steps_of(step.steps())})"
        if isinstance(step, NamedPipeline)
        else f"`{step.name}`"
        for step in steps
    )


def road() -> str:
    """The page with the IR of `road.mlir` at each level."""
    compilation, chip = Compilation(Source.read(HERE / "road.mlir")), find(CHIP)
    parts = [INTRODUCTION.rstrip()]
    legs = [*shared_legs(), *chip_legs(chip), lowering_leg(chip)]
    steps = {leg.stage: steps_of(leg.steps) for leg in legs}
    titles = {stage.name: stage.title for stage in STAGES}
    for stage, words in LEVELS.items():
        parts += [f"## {titles[stage]} (`{stage}`)", *([words] if words else [])]
        parts += [f"Steps to it: {steps[stage]}."] if stage in steps else []
        module = compilation.shared(stage if stage in SHARED_STAGES else "kernels")
        if stage not in SHARED_STAGES:
            compilation.for_chip(module, chip, stage if stage in CHIP_STAGES else "simt")
        if stage not in (*SHARED_STAGES, *CHIP_STAGES):
            compilation.lower(module, chip)
            text = compilation.emit(module, chip, stage).data.decode()
            parts += [fenced("llvm" if stage == "llvm" else "asm", text)]
        else:
            parts += [fenced("mlir", print_module(module))]
        if stage in LEVELS_SPECIFIED:
            parts += ["What may stand at this level:", markdown(LEVELS_SPECIFIED[stage])]
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """The text of each generated page, by file name."""
    from clawc.dialects.docs import page

    return {"road.md": road(), "ops.md": page(), "kernel-attributes.md": attributes_page.page()}


def main() -> None:
    for name, text in pages().items():
        (HERE / name).write_text(text)


if __name__ == "__main__":
    main()
