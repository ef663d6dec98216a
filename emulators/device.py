"""Emulated GPUs: `emulator:sm_80` executes PTX, `emulator:gfx1100` AMD's instructions, on NumPy.

The code that runs is the image's, as an assembler would see it; a mistake that the emulator sees
is an error of the launch that made it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from threading import Lock
from typing import Any, NamedTuple, cast

import numpy as np

from clawc.emulators.count_table import table
from clawc.emulators.interface import (
    Counts,
    EmulatedKernel,
    KernelFault,
    Launch,
    Machine,
    Options,
    WarpOrder,
)
from clawc.emulators.memory import Buffer, GlobalMemory
from clawc.runtime.artifact import Image
from clawc.runtime.buffer_pool import BufferPool
from clawc.runtime.device import Device
from clawc.runtime.errors import DeviceNotFound, RunError
from clawc.runtime.tensor_maps import TensorMap

MACHINES = {
    "sm_": "clawc.emulators.ptx.machine",
    "gfx": "clawc.emulators.gcn.machine",
}


def machine_of(chip: str) -> Machine:
    for prefix, module in MACHINES.items():
        if chip.startswith(prefix):
            return cast(Machine, import_module(module))
    raise DeviceNotFound(f"no emulated chip {chip!r}; known: {', '.join(names())}")


def names() -> list[str]:
    """Devices are named by their chips, not numbered."""
    machines = (cast(Machine, import_module(module)) for module in MACHINES.values())
    return [chip for machine in machines for chip in machine.CHIPS]


def devices() -> list[str]:
    return [f"{chip}, executed instruction by instruction on NumPy" for chip in names()]


def connect(index: int) -> EmulatedDevice:
    return EmulatedDevice(names()[index])


class ExactPool(BufferPool):
    """Every buffer is fresh and as large as asked for, so that its bounds mean something."""

    def take(self, size: int) -> Any:
        for buffer, _ in self.left:
            self.allocator.free(buffer)
        return self.allocator.alloc(size)

    def give(self, buffer: Any, size: int) -> None:
        self.allocator.free(buffer)


class BoundKernel(NamedTuple):
    """A kernel, and the tensor maps that its launches hand over."""

    kernel: EmulatedKernel
    maps: tuple[TensorMap, ...]


class LoadedModule:
    """The kernels of an image."""

    def __init__(self, kernels: Mapping[str, EmulatedKernel], image: Image) -> None:
        self.kernels = kernels
        self.image = image

    def kernel(self, name: str) -> BoundKernel:
        if name not in self.kernels:
            raise RunError(f"the image has no kernel {name!r}")
        maps = TensorMap.all_of(self.image.kernels.get(name, {}))
        return BoundKernel(self.kernels[name], maps)


class EmulatedDevice(Device):
    """`options` may be changed between launches; `counts` holds what each kernel executed."""

    names_lines = True

    def __init__(self, chip: str, options: Options | None = None) -> None:
        self.machine = machine_of(chip)
        if chip not in self.machine.CHIPS:
            raise DeviceNotFound(f"no emulated chip {chip!r}; known: {', '.join(names())}")
        self.name = f"emulator:{chip}"
        self.description = f"{chip} on NumPy"
        self.target, self.chip = self.machine.TARGET, chip
        self.options = options or Options()
        self.counts: dict[str, Counts] = {}
        self.memory = GlobalMemory()
        self.lock = Lock()  # memory must not grow while a kernel runs on it
        self.pool = ExactPool(self)

    def fit(self, image: Image) -> int | None:
        if image.target != self.target or image.kind == "cubin":
            return None
        return self.machine.fit(image.chip, self.chip)

    def alloc(self, size: int) -> Buffer:
        with self.lock:
            return self.memory.alloc(size)

    def free(self, buffer: Buffer) -> None:
        with self.lock:
            self.memory.free(buffer)

    def write(self, buffer: Buffer, array: np.ndarray) -> None:
        with self.lock:
            self.memory.write(buffer, array.reshape(-1).view(np.uint8))

    def read(self, buffer: Buffer, array: np.ndarray) -> None:
        with self.lock:
            array.reshape(-1).view(np.uint8)[:] = self.memory.read(buffer, array.nbytes)

    def load(self, image: Image) -> LoadedModule:
        return LoadedModule(self.machine.load(image.data, self.chip), image)

    def launch(
        self,
        kernel: BoundKernel,
        grid: int,
        workgroup: int,
        shared: int,
        buffers: Sequence[Buffer],
        scalars: Sequence[int],
    ) -> None:
        code, maps = kernel
        encoded = [
            self.machine.tensor_map(each, buffers[each.buffer].address, scalars) for each in maps
        ]
        launch = Launch(grid, workgroup, shared, buffers, [*scalars, *encoded])
        with self.lock:
            outcome = code.run(launch, self.memory, self.options)
            self.counts.setdefault(code.name, Counts()).add(outcome.counts)
        if outcome.findings:
            raise KernelFault(outcome.findings)

    def set_execution(self, *, check: bool, order: str, count: bool) -> None:
        self.options = Options(check, count, cast(WarpOrder, order))

    def counted(
        self, estimates: Mapping[str, Mapping[str, int | None]]
    ) -> Mapping[str, Sequence[str]]:
        counts, self.counts = self.counts, {}
        return {name: table(found, estimates.get(name, {})) for name, found in counts.items()}

    def synchronize(self) -> None:
        """A launch returns when it is done."""

    def close(self) -> None:
        self.memory = GlobalMemory()
