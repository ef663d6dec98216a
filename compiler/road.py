"""The road from a tensor program to an image: its stages, and the passes between them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from mlir import ir

from clawc.chips.chip import Chip
from clawc.compiler.debug_info import line_tables
from clawc.compiler.stages import SHARED_STAGES
from clawc.passes.framework.base import Pass
from clawc.passes.framework.pipeline import Pipeline, Step
from clawc.passes.framework.registry import find_pass
from clawc.targets.emission import Emitted


@dataclass(frozen=True)
class Leg:
    """The steps that lead to one stage (see `stages.py`)."""

    stage: str
    steps: Sequence[Step]


def shared_legs(unchecked_indices: bool = False) -> list[Leg]:
    """What is done once for all targets; by default indices that are data are kept in range."""
    return [
        Leg(
            "claw",
            [
                _pass("lower-tosa"),
                _pass("tm-tensor-to-claw"),
                _pass("check-entries"),
                _pass("claw-verify"),
            ],
        ),
        Leg(
            "linalg",
            [
                _pass("lower-control"),
                _pass("claw-to-linalg"),
                _pass("split-complex"),
                _pass("widen-small-types"),
                _pass("store-indices"),
                _pass("lower-index"),
            ],
        ),
        Leg(
            "kernels",
            [
                _pass("check-sizes"),
                _pass("define-indices", unchecked=unchecked_indices),
                _pass("normalize-linalg"),
                _pass("define-arithmetic"),
                _pass("form-kernels"),
            ],
        ),
    ]


def chip_legs(chip: Chip, schedules: str = "") -> list[Leg]:
    """What is done for one chip, up to the program of one thread."""
    return [
        Leg(
            "tiled",
            [
                _pass("check-chip", chip=chip),
                _pass("pack-operands", chip=chip, schedule_file=schedules),
                _pass("tile", chip=chip, schedule_file=schedules),
            ],
        ),
        Leg("vector", [_pass("vectorize")]),
        Leg("layouts", [_pass("assign-layouts", chip=chip)]),
        Leg("pipelined", [_pass("stage-operands", chip=chip), _pass("pipeline-loops", chip=chip)]),
        Leg("simt", [_pass("distribute", chip=chip), _pass("map-to-threads", chip=chip)]),
    ]


def lowering_leg(chip: Chip, debug: bool = False) -> Leg:
    """From the program of one thread to what code is emitted of; `debug` adds line tables."""
    steps = target_of(chip).lowering(chip)
    return Leg("llvm", [*steps, *line_tables(chip.target)] if debug else steps)


def step_names(stage: str | None, chips: Sequence[Chip], debug: bool = False) -> list[str]:
    """The names of all steps of the roads to `stage` (None: to the end) for `chips`, in order."""
    legs = shared_legs()
    if stage not in SHARED_STAGES:
        for chip in chips:
            legs += [*chip_legs(chip), lowering_leg(chip, debug)]
    stages = [leg.stage for leg in legs]
    if stage in stages:
        legs = legs[: stages.index(stage) + 1]
    steps = [step for leg in legs for step in Pipeline(leg.steps).all_steps()]
    return list(dict.fromkeys(step.name for step in steps))


def _pass(name: str, **options: object) -> Pass:
    found = find_pass(name)
    assert found is not None, name
    return cast(Callable[..., Pass], found)(**options)


class Target(Protocol):
    """What a module of `clawc.targets` named as a target offers."""

    def lowering(self, chip: Chip) -> list[Step]:
        """The steps from the program of one thread to the target's own dialect."""
        ...

    def emit(self, module: ir.Module, chip: Chip, *, stage: str, opt_level: int = 3) -> Emitted:
        """Text or bytes of the lowered module; `stage` is "llvm", "asm", "bin" or "image"."""
        ...


def target_of(chip: Chip) -> Target:
    """The module that lowers for `chip`."""
    return cast(Target, importlib.import_module(f"clawc.targets.{chip.target}"))
