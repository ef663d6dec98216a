"""AMD's instructions, executed: the machine behind `emulator:gfx1100`, `emulator:gfx942`, ....

Everything is read from the code object: instructions from `.text`, and from the kernel descriptor
and the metadata how many registers there are, where arguments lie, and what the hardware prepares.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from clawc.emulators.gcn.batch import Batch, Run
from clawc.emulators.gcn.code_object import (
    CodeObject,
    DamagedCodeObject,
    Descriptor,
    read_code_object,
)
from clawc.emulators.gcn.generations import CHIPS as KNOWN
from clawc.emulators.gcn.generations import Generation, generation
from clawc.emulators.gcn.program import Program, build
from clawc.emulators.gcn.scheduler import Scheduler
from clawc.emulators.interface import EmulationError, Launch, Options, Outcome
from clawc.emulators.memory import GlobalMemory
from clawc.runtime.errors import BadImage, Unsupported
from clawc.runtime.tensor_maps import TensorMap

TARGET = "amdgpu"
CHIPS = KNOWN


def fit(image_chip: str, chip: str) -> int | None:
    """Code for an AMD chip runs on that chip only."""
    return 1 if image_chip.split(":")[0] == chip else None


def load(data: bytes, chip: str) -> dict[str, Kernel]:
    """The kernels of an HSACO."""
    found = generation(chip)
    if found is None:
        raise EmulationError(f"the instructions of {chip} are not known to the emulator")
    try:
        code = read_code_object(data)
    except DamagedCodeObject as error:
        raise BadImage("load", "not an AMD code object", str(error)) from None
    return {kernel.name: Kernel(kernel, code, found) for kernel in code.kernels}


def tensor_map(described: TensorMap, address: int, scalars: Sequence[int]) -> bytes:
    raise Unsupported(f"AMD's chips copy no boxes by tensor maps, as of buffer {described.buffer}")


class Kernel:
    """A kernel of a code object; its instructions are decoded when it first runs."""

    def __init__(self, descriptor: Descriptor, code: CodeObject, found: Generation) -> None:
        self.name = descriptor.name
        self.descriptor, self.code, self.generation = descriptor, code, found

    @cached_property
    def program(self) -> Program:
        return build(self.descriptor, self.code, self.generation)

    @cached_property
    def image(self) -> np.ndarray:
        """The code object as it lies in memory, in whole words."""
        size = len(self.code.memory)
        return np.frombuffer(self.code.memory.ljust(-(-size // 4) * 4, b"\0"), np.uint8)

    def run(self, launch: Launch, memory: GlobalMemory, options: Options) -> Outcome:
        began = time.perf_counter()
        run = Run(self.program, self.image, launch, memory, options)
        per_group = run.waves_per_group * run.lanes
        at_once = max(options.lanes // per_group, 1)
        with np.errstate(all="ignore"):
            for first in range(0, launch.grid, at_once):
                Scheduler(Batch(run, first, min(at_once, launch.grid - first))).run()
        run.counts.seconds = time.perf_counter() - began
        return Outcome(list(run.checks.findings.values()), run.counts)
