"""The programs by this compiler: machine code, and what the compiler itself says of each kernel."""

from __future__ import annotations

import clawc
from benchmarks.static import gcn, sass
from benchmarks.static.instructions import Code
from benchmarks.static.programs import Program
from clawc.chips.chip import Chip
from clawc.compiler.cycles import buffer_bytes, launch_cycles
from clawc.compiler.estimates import launch_estimates
from clawc.compiler.formulas import Formulas
from clawc.runtime.artifact import Image
from clawc.runtime.steps import Launch, all_steps

NAME = "clawc"
_PASSES = ("transactions", "fewest")


def kernels(program: Program, chip: Chip, schedules: str = "") -> list[Code]:
    """In the order of their launches.  Raises CompileError."""
    image = clawc.compile(program.source, chip.spec, schedules=schedules).images[0]
    threads = {name: facts["threads"] for name, facts in image.kernels.items()}
    shared = {name: facts.get("dynamic_shared", 0) for name, facts in image.kernels.items()}
    if chip.target == "nvptx":
        found = sass.kernels(image.data.decode(), chip.name, threads, shared)
    else:
        found = gcn.kernels(image.data, threads, shared)
    facts = _facts(image, chip)
    order = list(facts)
    told = [Code(**{**vars(code), "facts": facts[code.kernel]}) for code in found]
    return sorted(told, key=lambda code: order.index(code.kernel))


def _facts(image: Image, chip: Chip) -> dict[str, dict[str, object]]:
    """Of each kernel that is launched: grid, schedule, passes over the banks of shared memory for
    each that is needed, and the estimate of its cycles."""
    facts: dict[str, dict[str, object]] = {}
    for entry in image.plan.entries.values():
        formulas = Formulas(entry)
        buffers = buffer_bytes(entry, formulas)
        for step in all_steps(entry.steps):
            if not isinstance(step, Launch):
                continue
            known = image.kernels[step.kernel]
            figures = launch_estimates(image, step, formulas)
            grid = formulas.of(step.grid)
            told = facts[step.kernel] = {"grid": grid, "schedule": known.get("schedule")}
            for verb in ("read", "write"):
                passes, fewest = (figures.get(f"shared {verb} {x}") for x in _PASSES)
                if isinstance(passes, int) and isinstance(fewest, int) and fewest:
                    told[f"shared {verb} passes"] = round(passes / fewest, 2)
            cycles = launch_cycles(step, known, figures, buffers, grid, chip)
            if cycles is not None:
                told |= {"cycles": round(cycles.total), "bound by": cycles.bound}
    return facts
