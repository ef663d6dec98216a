"""Load a bundle on a device and call it like a function."""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from threading import RLock
from typing import Any, NamedTuple

import numpy as np

from clawc.runtime.arguments import check_arguments, numpy_dtype
from clawc.runtime.artifact import Artifact, Image
from clawc.runtime.device import Device, Timer, shared_device
from clawc.runtime.errors import ArtifactError, BadImage
from clawc.runtime.execution import Execution, LaunchTime
from clawc.runtime.left_behind import LeftBehind
from clawc.runtime.needs import Needs
from clawc.runtime.plan import Entry, ScalarType
from clawc.runtime.program import Kernel, Memory, Program
from clawc.runtime.recording import Recordings, can_be_recorded
from clawc.runtime.steps import Constant, Launch, Store, all_steps


def load(
    artifact: Artifact | str | os.PathLike[str],
    device: str | Device = "host",
    entry: str = "main",
) -> Executable:
    """Make `entry` of a bundle (or of the `.claw` file at a path) callable on a device.

    The device is `host`, `opencl:0`, `vulkan`, `cuda:1`, ... or an opened one; of the images that
    run there the best one is taken that the driver accepts.
    """
    if not isinstance(artifact, Artifact):
        artifact = Artifact.load(artifact)
    opened = device if isinstance(device, Device) else shared_device(device)
    refused: list[Refused] = []
    for image in fitting_images(artifact, opened):
        try:
            return Executable(opened, image, entry, refused)
        except BadImage as error:
            refused.append(Refused(image, error))
    raise refused[0].error


class Refused(NamedTuple):
    """An image that the driver did not accept, and what it said."""

    image: Image
    error: BadImage


def fitting_images(artifact: Artifact, device: Device) -> list[Image]:
    """Those that run on the device, the best one first."""
    scores = [(device.fit(image), image) for image in artifact.images]
    fitting = [(score, image) for score, image in scores if score is not None]
    if not fitting:
        held = ", ".join(image.spec for image in artifact.images) or "nothing"
        raise ArtifactError(
            f"no image for {device.name} ({device.description}): it runs "
            f"{device.target}:{device.chip}, the bundle holds {held}"
        )
    return [image for _, image in sorted(fitting, key=lambda found: -found[0])]


class Executable:
    """A compiled function on a device: call it with arrays and numbers, from any thread.

    What the program keeps from call to call (its `ml_program.global`s, such as the state of a
    generator of random numbers) is the executable's own: at first as the program says, and changed
    by its calls alone.  Calls of a program that changes such a variable run one after the other.
    """

    def __init__(
        self, device: Device, image: Image, name: str, refused: Sequence[Refused] = ()
    ) -> None:
        self.device = device
        self.refused = tuple(refused)  # images that would have fitted better
        self.image = image
        self.entry = find_entry(image, name)
        steps = list(all_steps(self.entry.steps))
        launched = dict.fromkeys(step.kernel for step in steps if isinstance(step, Launch))
        module = device.load(image) if launched else None
        used = [step.index for step in steps if isinstance(step, Constant)]
        used += [variable.initial for variable in self.entry.variables]
        constants = {index: self.constant(index) for index in dict.fromkeys(used)}
        variables = {v.name: constants[v.initial] for v in self.entry.variables}
        weakref.finalize(self, leave, variables, device.pool.left).atexit = False
        self.program = Program(
            device,
            self.entry,
            module,
            {kernel: self.kernel(module, kernel) for kernel in launched},
            constants,
            written_arguments(self.entry, image),
            index_bits(image),
            variables,
            RLock() if any(isinstance(step, Store) for step in steps) else nullcontext(),
        )
        recorded = device.can_record and can_be_recorded(self.entry)
        self.recordings = Recordings(self.program) if recorded else None

    def __call__(self, *arguments: Any) -> Any:
        """Run with an array or number for each argument; several results are a tuple."""
        arrays = self.arrays(*arguments)
        results = tuple(
            array[()] if isinstance(type_, ScalarType) else array
            for array, type_ in zip(arrays, self.entry.result_types, strict=True)
        )
        return results[0] if len(results) == 1 else results

    def arrays(self, *arguments: Any, timer: Timer | None = None) -> tuple[np.ndarray, ...]:
        """The results as a tuple, a scalar as an array of rank 0; `timer` measures from when the
        arguments are on the device until its launches are done."""
        checked = check_arguments(self.entry, arguments)
        results = self.recordings.run(checked, timer) if self.recordings is not None else None
        if results is None:
            results = Execution(self.program, checked, False, timer).run()
        return results

    def profile(self, *arguments: Any) -> tuple[tuple[np.ndarray, ...], list[LaunchTime]]:
        """Run one launch after the other, waiting for each: the results and the times."""
        execution = self.execution(arguments, timed=True)
        return execution.run(), execution.times or []

    def execution(self, arguments: tuple[Any, ...], timed: bool = False) -> Execution:
        return Execution(self.program, check_arguments(self.entry, arguments), timed)

    def kernel(self, module: Any, name: str) -> Kernel:
        facts = self.image.kernels[name]
        shared = facts.get("dynamic_shared", 0)
        return Kernel(module.kernel(name), facts["threads"], shared, Needs.of(facts))

    def constant(self, index: int) -> Memory:
        """A constant's values on the device, where they stay: in the bundle itself, where the
        device reads the host's memory."""
        constant = self.entry.constants[index]
        if not constant.is_whole():
            raise ArtifactError(
                f"corrupt bundle: the sum over constant {index} of {self.entry.name} is not the "
                "one it was saved with; copy the file again, or compile the program again"
            )
        values = np.frombuffer(constant.data, numpy_dtype(constant.dtype))
        borrowed = self.device.borrow(values)
        if borrowed is not None:
            return Memory(borrowed, values.nbytes, "constant")
        buffer = self.device.pool.take(values.nbytes)
        self.device.pool.left.when_gone(self, (buffer, values.nbytes))
        self.device.write(buffer, values)
        return Memory(buffer, values.nbytes, "constant")


def leave(variables: Mapping[str, Memory], left: LeftBehind[tuple[Any, int]]) -> None:
    """Note the buffers of an executable that is gone."""
    for memory in variables.values():
        if memory.kind == "pooled":
            left.things.append((memory.buffer, memory.size))


def find_entry(image: Image, name: str) -> Entry:
    entries = image.plan.entries
    if name not in entries:
        raise ArtifactError(f"no entry {name!r}; the bundle has {', '.join(entries) or 'none'}")
    return entries[name]


def index_bits(image: Image) -> int:
    """How wide a size is in the image's kernels."""
    wide = image.target == "host" or image.chip.startswith("opencl")
    return 64 if wide else 32


def written_arguments(entry: Entry, image: Image) -> frozenset[int]:
    """The arguments that some kernel writes to."""
    written = set()
    for step in all_steps(entry.steps):
        if isinstance(step, Launch):
            access = image.kernels[step.kernel].get("access", ["write"] * len(step.buffers))
            pairs = zip(step.buffers, access, strict=True)
            written |= {number for number, how in pairs if how != "read"}
    return frozenset(written & set(range(len(entry.arguments))))
