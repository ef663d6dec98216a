"""A call whose buffers stay on the device, so that its launches can be repeated without copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from clawc.runtime.arguments import check_arguments
from clawc.runtime.device import Device
from clawc.runtime.executable import Executable
from clawc.runtime.execution import Execution
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
        device, launches = self.tape.device, tuple(self.tape.launches)

        def launch_all() -> None:
            for launch in launches:
                device.launch(*launch)

        return launch_all
