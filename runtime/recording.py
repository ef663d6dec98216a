"""Calls of the same sizes as one launch of what was recorded, on devices that can record.

The second call with the same shapes and numbers follows the launch plan once more, and notes the
launches instead of making them; the device makes one thing of them (a graph, in CUDA).  Later calls
copy their arguments into the buffers of that one, launch it, and read the results.  Whatever goes
wrong on the way, a call can always follow the plan itself.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from clawc.runtime.arguments import numpy_dtype
from clawc.runtime.bounds import as_array, check_count
from clawc.runtime.buffer_pool import size_class
from clawc.runtime.device import Timer
from clawc.runtime.errors import DeviceLost, RunError
from clawc.runtime.execution import Execution
from clawc.runtime.launch_call import LaunchCall
from clawc.runtime.plan import Entry, ScalarType, TensorType
from clawc.runtime.program import Memory, Program
from clawc.runtime.steps import Alloc, Assert, Compute, Constant, Free, Launch

FIXED = (Alloc, Assert, Compute, Constant, Free, Launch)  # decided by shapes and numbers alone
MOST_RECORDINGS = 4  # of a program, each with buffers of its own
MOST_SEEN = 64  # sizes that are remembered as seen once


class Output(NamedTuple):
    """A result in a buffer."""

    buffer: Any
    dtype: np.dtype
    shape: tuple[int, ...]


class Recorder(Execution):
    """A call that notes its launches.  What the plan frees is used again within it only."""

    def __init__(self, program: Program, arguments: list[np.ndarray]) -> None:
        super().__init__(program, arguments, timed=False)
        self.launches: list[LaunchCall] = []
        self.inputs: list[tuple[int, Any]] = []  # an argument's number and buffer
        self.outputs: list[Output | np.ndarray] = []
        self.taken: list[Memory] = []
        self.unused: dict[int, list[Memory]] = {}

    def note(self) -> None:
        """Follow the plan; RunError as the call itself would raise it."""
        self.take_arguments()
        self.steps(self.program.entry.steps)
        entry = self.program.entry
        for operand, type_ in zip(entry.results, entry.result_types, strict=True):
            if isinstance(type_, TensorType) and isinstance(operand, tuple):
                dtype, shape = numpy_dtype(type_.dtype), self.shape(type_.shape)
                self.outputs.append(Output(self.memory[operand[1]].buffer, dtype, shape))
            else:
                self.outputs.append(as_array(self.number(operand), type_.dtype))

    def argument(self, number: int, array: np.ndarray) -> Memory:
        check_count(self.program, array.size)
        memory = self.take(array.nbytes)
        self.inputs.append((number, memory.buffer))
        return memory

    def take(self, size: int) -> Memory:
        unused = self.unused.get(size_class(size))
        buffer = unused.pop().buffer if unused else None
        if buffer is not None:
            return Memory(buffer, size, "recorded")
        memory = super().take(size)
        memory.kind = "recorded"
        self.taken.append(memory)
        return memory

    def forget(self, number: int) -> None:
        memory = self.memory.pop(number)
        memory.names -= 1
        if not memory.names and memory.kind == "recorded":
            self.unused.setdefault(size_class(memory.size), []).append(memory)

    def issue(self, name: str, launch: LaunchCall) -> None:
        self.launches.append(launch)

    def give_back(self) -> None:
        """Of a recording that came to nothing."""
        for memory in self.taken:
            self.device.pool.give(memory.buffer, memory.size)


class Recording:
    """What a device made of a call's launches, with the buffers that they work on."""

    def __init__(self, recorder: Recorder, handle: Any) -> None:
        self.device = recorder.device
        self.handle = handle
        self.inputs = recorder.inputs
        self.outputs = recorder.outputs
        self.in_use = Lock()
        for memory in recorder.taken:
            self.device.pool.left.when_gone(self, (memory.buffer, memory.size))

    def run(self, arguments: list[np.ndarray], timer: Timer | None) -> tuple[np.ndarray, ...]:
        """The results of a call with these arguments."""
        for number, buffer in self.inputs:
            self.device.write(buffer, arguments[number])
        if timer is not None:
            timer.start()
        self.device.replay(self.handle)
        if timer is not None:
            timer.stop()
        return tuple(self.result(output) for output in self.outputs)

    def result(self, output: Output | np.ndarray) -> np.ndarray:
        if not isinstance(output, Output):
            return output.copy()
        array = np.empty(output.shape, output.dtype)
        self.device.read(output.buffer, array)
        return array


class Recordings:
    """The recordings of a program, by what its launches depend on."""

    def __init__(self, program: Program) -> None:
        self.program = program
        types = program.entry.arguments
        self.scalars = [i for i, type_ in enumerate(types) if isinstance(type_, ScalarType)]
        self.kept: OrderedDict[Any, Recording | None] = OrderedDict()  # None: it cannot be recorded
        self.seen: set[Any] = set()
        self.lock = Lock()
        program.device.pool.keepers.add(self)

    def run(
        self, arguments: list[np.ndarray], timer: Timer | None = None
    ) -> tuple[np.ndarray, ...] | None:
        """The results of a call, or None where it has to follow the plan."""
        key = tuple([array.shape for array in arguments])
        if self.scalars:
            key += tuple([arguments[number].tobytes() for number in self.scalars])
        device = self.program.device
        with device.lifetime.call(device.name):
            recording = self.find(key, arguments)
            if recording is None or not recording.in_use.acquire(blocking=False):
                return None
            try:
                return recording.run(arguments, timer)
            finally:
                recording.in_use.release()

    def find(self, key: Any, arguments: list[np.ndarray]) -> Recording | None:
        """The recording for `key`, made now if it was seen once before."""
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
            if key not in self.seen:
                if len(self.seen) >= MOST_SEEN:
                    self.seen.clear()
                self.seen.add(key)
                return None
        made = self.record(arguments)
        with self.lock:
            self.kept[key] = made
            while len(self.kept) > MOST_RECORDINGS:
                self.kept.popitem(last=False)
        return made

    def record(self, arguments: list[np.ndarray]) -> Recording | None:
        recorder = Recorder(self.program, arguments)
        try:
            recorder.note()
            return Recording(recorder, self.program.device.record(recorder.launches))
        except DeviceLost:
            raise
        except RunError:  # the call itself meets it again, if it is not about recording
            recorder.give_back()
            return None

    def let_go(self) -> None:
        """Memory is short: keep nothing."""
        with self.lock:
            self.kept.clear()


def can_be_recorded(entry: Entry) -> bool:
    """Whether the launches of a call depend on shapes and numbers of arguments alone."""
    kinds = {type(step) for step in entry.steps}
    return Launch in kinds and kinds.issubset(FIXED) and not entry.variables
