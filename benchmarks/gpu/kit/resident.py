"""A call whose buffers stay on the device, so that its launches can be repeated without copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from clawc.runtime.arguments import check_arguments
from clawc.runtime.executable import Executable
from clawc.runtime.execution import Execution
from clawc.runtime.launch_call import LaunchCall
from clawc.runtime.program import Memory


class Resident(Execution):
    """Runs once when it is made.  A buffer that the program frees is kept as well: no launch of a
    repetition finds its operands overwritten."""

    def __init__(self, executable: Executable, arguments: Sequence[np.ndarray]) -> None:
        checked = check_arguments(executable.entry, arguments)
        super().__init__(executable.program, checked, timed=False)
        self.kept: list[Memory] = []
        self.launches: list[tuple[str, LaunchCall]] = []  # with the kernels' names
        self.returned = self.run()

    def issue(self, name: str, launch: LaunchCall) -> None:
        self.launches.append((name, launch))
        super().issue(name, launch)

    def forget(self, number: int) -> None:
        memory = self.memory.pop(number, None)
        if memory is not None:
            self.kept.append(memory)

    def release(self) -> None:
        """Give the buffers back: the launches cannot be repeated any more."""
        while self.kept:
            self.program.drop(self.kept.pop())

    def again(self) -> Callable[[], None]:
        """All launches, in order, as one call that waits for nothing: several of them as the
        runtime makes them when a program is called again, recorded by devices that can."""
        device = self.device
        calls = [launch for _, launch in self.launches]
        if len(calls) > 1 and device.can_record:
            recorded = device.record(calls)
            return lambda: device.replay(recorded)

        def launch_all() -> None:
            for call in calls:
                device.launch(*call)

        return launch_all
