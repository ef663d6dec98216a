"""The programs by this compiler: machine code, and what the compiler itself says of each kernel."""

from __future__ import annotations

from benchmarks.static import gcn, sass
from benchmarks.static.instructions import Code
from benchmarks.static.programs import Program
from clawc.chips.chip import Chip
from clawc.compiler.compilation import compile
from clawc.compiler.estimates import launch_estimates
from clawc.compiler.formulas import Formulas
from clawc.runtime.artifact import Image
from clawc.runtime.steps import Launch, all_steps

NAME = "clawc"
_PASS = 128  # bytes that the banks of shared memory give at once


def kernels(program: Program, chip: Chip, schedules: str = "") -> list[Code]:
    """In the order of their launches.  Raises CompileError."""
    image = compile(program.source, chip.spec, schedules=schedules).images[0]
    threads = {name: facts["threads"] for name, facts in image.kernels.items()}
    shared = {name: facts.get("dynamic_shared", 0) for name, facts in image.kernels.items()}
    if chip.target == "nvptx":
        found = sass.kernels(image.data.decode(), chip.name, threads, shared)
    else:
        found = gcn.kernels(image.data, threads, shared)
    facts = _facts(image)
    order = list(facts)
    told = [Code(**{**vars(code), "facts": facts[code.kernel]}) for code in found]
    return sorted(told, key=lambda code: order.index(code.kernel))


def _facts(image: Image) -> dict[str, dict[str, object]]:
    """Of each kernel that is launched: grid, schedule, and passes over the banks of shared memory
    for each that its bytes need."""
    facts: dict[str, dict[str, object]] = {}
    for entry in image.plan.entries.values():
        formulas = Formulas(entry)
        for step in all_steps(entry.steps):
            if not isinstance(step, Launch):
                continue
            figures = launch_estimates(image, step, formulas)
            told = facts[step.kernel] = {
                "grid": formulas.of(step.grid),
                "schedule": image.kernels[step.kernel].get("schedule"),
            }
            for verb in ("read", "write"):
                size, passes = (figures.get(f"shared {verb}{x}") for x in ("", " transactions"))
                if isinstance(size, int) and isinstance(passes, int) and size:
                    told[f"shared {verb} passes"] = round(passes * _PASS / size, 2)
    return facts
