"""A call whose buffers stay on the device, so that its launches can be repeated without copies."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from ctypes import c_uint, c_void_p
from typing import Any, cast

import numpy as np

from clawc.runtime.arguments import check_arguments
from clawc.runtime.device import Device
from clawc.runtime.executable import Executable
from clawc.runtime.execution import Execution
from clawc.runtime.gpu_driver import GpuDevice
from clawc.runtime.program import Memory

Launch = Callable[[], None]


class Tape:
    """A device that notes what is launched on it."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.launches: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.device, name)

    def launch(self, *arguments: Any) -> None:
        self.launches.append(arguments)
        self.device.launch(*arguments)


class Resident(Execution):
    """Runs once when it is made.  A buffer that the program frees is kept as well: no launch of a
    repetition finds its operands overwritten."""

    def __init__(self, executable: Executable, arguments: Sequence[np.ndarray]) -> None:
        checked = check_arguments(executable.entry, arguments)
        super().__init__(executable.program, checked, timed=False)
        self.kept: list[Memory] = []
        self.tape = Tape(self.device)
        self.device = cast(Device, self.tape)
        self.returned = self.run()

    def forget(self, number: int) -> None:
        memory = self.memory.pop(number, None)
        if memory is not None:
            self.kept.append(memory)

    def release(self) -> None:
        """Give the buffers back: the launches cannot be repeated any more."""
        while self.kept:
            self.program.drop(self.kept.pop())

    def again(self) -> Launch:
        """All launches, in order, as one call that waits for nothing."""
        calls = [prepared(self.tape.device, launch) for launch in self.tape.launches]
        if len(calls) == 1:
            return calls[0]

        def launch_all() -> None:
            for call in calls:
                call()

        return launch_all


def prepared(device: Device, launch: tuple[Any, ...]) -> Launch:
    """A launch with its parameters laid out once, where the driver takes them from memory: so that
    what is measured is the driver and not Python."""
    if not isinstance(device, GpuDevice):
        return lambda: device.launch(*launch)
    kernel, grid, workgroup, shared, buffers, scalars = launch
    device.prepare_shared(kernel, shared)
    values = [*(c_void_p(b.value) for b in buffers), *(device.scalar(s) for s in scalars)]
    pointers = (c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
    sizes = [c_uint(n) for n in (grid, 1, 1, workgroup, 1, 1, shared)]
    function = device.driver.function("launch")
    arguments = (kernel, *sizes, c_void_p(), pointers, c_void_p())

    def call(_alive: Any = values) -> None:
        status = function(*arguments)
        if status:
            device.driver.check("launch", status)

    return call
