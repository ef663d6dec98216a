"""One program, compiled by LLVM for a GPU and for the host, both executed and compared."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache

from llvm_programs import Program
from llvm_reduction import reduced
from llvm_targets import Data, run_on_gpu, run_on_host
from llvm_values import difference, initial

from clawc.emulators.gcn import machine as gcn_machine
from clawc.emulators.ptx import machine as ptx_machine

CHIPS = (*ptx_machine.CHIPS, *gcn_machine.CHIPS)
Source = Callable[[int], Program]


def seeds(few: int) -> range:
    """Which programs are tried on each chip; CLAWC_PROGRAMS asks for more of them."""
    return range(int(os.environ.get("CLAWC_PROGRAMS", few)))


def is_optimized(program: Program) -> bool:
    """Every other three are what -O2 makes of them; the others are compiled as they are."""
    return program.seed // 3 % 2 == 1


@lru_cache(maxsize=64)  # the seeds of one chip, and again those of the next
def on_host(source: Source, seed: int) -> Data:
    return _on_host(source(seed))


def _on_host(program: Program) -> Data:
    data = initial(program)
    run_on_host(program, data, is_optimized(program))
    return data


def what_differs(program: Program, chip: str, expected: Data) -> str:
    """In words: the first difference, or what the emulator found; "" if there is none."""
    found = initial(program)
    outcome = run_on_gpu(program, chip, found, is_optimized(program))
    findings = "; ".join(str(finding) for finding in outcome.findings)
    return difference(program, expected, found) or findings


def compare(source: Source, seed: int, chip: str) -> None:
    """Fails with the smallest program that shows a difference, and what it is."""
    program = source(seed)
    if not what_differs(program, chip, on_host(source, seed)):
        return
    least = reduced(program, lambda p: bool(what_differs(p, chip, _on_host(p))))
    what = what_differs(least, chip, _on_host(least))
    raise AssertionError(f"program {seed} on {chip}: {what}\n{least.body}")
