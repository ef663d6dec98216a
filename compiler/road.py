"""The road from a tensor program to an image: its stages, and the passes between them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.framework.base import Pass
from clawc.passes.framework.registry import find_pass
from clawc.targets.emission import Emitted


@dataclass(frozen=True)
class Leg:
    """The steps that lead to one stage."""

    stage: str
    steps: Sequence[Pass | str]


def shared_legs() -> list[Leg]:
    """What is done once for all targets."""
    return [
        Leg("claw", [_pass("check-entries"), _pass("claw-verify")]),
        Leg("linalg", [_pass("claw-to-linalg")]),
        Leg("kernels", [_pass("normalize-linalg"), _pass("form-kernels")]),
    ]


def chip_legs(chip: Chip, schedules: str = "") -> list[Leg]:
    """What is done for one chip, up to the program of one thread."""
    spec = chip.spec
    return [
        Leg(
            "tiled",
            [
                _pass("check-chip", chip=spec),
                _pass("pack-operands", chip=spec, schedule_file=schedules),
                _pass("tile", chip=spec, schedule_file=schedules),
            ],
        ),
        Leg("vector", [_pass("vectorize")]),
        Leg("simt", [_pass("distribute", chip=spec), _pass("map-to-threads", chip=spec)]),
    ]


def _pass(name: str, **options: object) -> Pass:
    found = find_pass(name)
    assert found is not None, name
    return cast(Callable[..., Pass], found)(**options)


class Target(Protocol):
    """What a module of `clawc.targets` named as a target offers."""

    def lowering(self, chip: Chip) -> list[Pass | str]:
        """The steps from the program of one thread to the target's own dialect."""
        ...

    def emit(self, module: ir.Module, chip: Chip, *, stage: str, opt_level: int = 3) -> Emitted:
        """Text or bytes of the lowered module; `stage` is "llvm", "asm", "bin" or "image"."""
        ...


def target_of(chip: Chip) -> Target:
    """The module that lowers for `chip`."""
    return cast(Target, importlib.import_module(f"clawc.targets.{chip.target}"))
