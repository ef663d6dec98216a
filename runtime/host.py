"""The processor itself: a relocatable object linked into this process, workgroups over threads.

A kernel is `void k(void **buffers, const int64_t *scalars, int64_t first, int64_t end)` and runs
the workgroups first..end-1; ctypes releases the GIL while it does.
"""

from __future__ import annotations

import ctypes
import math
import os
import platform
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import NamedTuple

import numpy as np

from clawc.runtime import processor
from clawc.runtime.artifact import Image
from clawc.runtime.code_memory import LoadedObject, check_system
from clawc.runtime.device import Device
from clawc.runtime.errors import DeviceNotFound, OutOfMemory, RunError

ALIGNMENT = 64  # of our own buffers: a cache line
WORTH_SHARING = 100e-6  # seconds of work, below which waking other threads costs more
CHUNKS = 4  # pieces of work a thread, so that one slow piece does not hold up the rest
SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def devices() -> list[str]:
    try:
        check_system()
    except RunError as error:
        raise DeviceNotFound(str(error)) from None
    return [f"{processor.name()}, {threads()} threads, {platform.system()}"]


def connect(index: int) -> HostDevice:
    return HostDevice(index)


def threads() -> int:
    """CLAWC_NUM_THREADS, or the processors that this process may use."""
    text = os.environ.get("CLAWC_NUM_THREADS")
    if text is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise RunError(f"CLAWC_NUM_THREADS is {text!r}; expected a number of threads, 1 or more")
    return int(text)


@cache
def memory_bytes() -> int:
    """What the machine has, or more than any has where that is not known."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 1 << 62


@cache
def workers() -> ThreadPoolExecutor:
    """The helpers of the calling thread, started once."""
    return ThreadPoolExecutor(max(1, threads() - 1), thread_name_prefix="clawc")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=workers.cache_clear)  # threads do not survive a fork


class HostModule:
    """An object in the memory of the process."""

    def __init__(self, data: bytes) -> None:
        self.loaded = LoadedObject(data)

    def kernel(self, name: str) -> HostKernel:
        address = self.loaded.functions.get(name)
        if address is None:
            raise RunError(f"the object has no kernel {name!r}")
        return HostKernel(SIGNATURE(address), self)


@dataclass
class HostKernel:
    run: Callable[[ctypes.Array, ctypes.Array, int, int], None]
    module: HostModule  # the code lives as long as its memory
    seconds: float = math.inf  # that a workgroup took the last time


class HostBuffer(NamedTuple):
    """Bytes, and where they start, which NumPy is slow to tell."""

    memory: np.ndarray
    address: int


class HostDevice(Device):
    """Buffers are byte arrays of NumPy, aligned to a cache line."""

    target, chip = "host", "native"

    def __init__(self, index: int) -> None:
        self.name = f"host:{index}"
        self.description = devices()[0]
        self.threads = threads()

    def fit(self, image: Image) -> int | None:
        """Code made for this very processor fits best, then the newest generation that it has."""
        if image.target != "host":
            return None
        if image.chip == "native":
            return len(processor.GENERATIONS) + 1
        return processor.generation_score(image.chip)

    def alloc(self, size: int) -> HostBuffer:
        if size > memory_bytes():  # or the system would promise it, and end the process later
            raise OutOfMemory("alloc", f"{size} bytes, and the machine has {memory_bytes()}")
        try:
            memory = np.empty(size + ALIGNMENT, np.uint8)
        except (MemoryError, ValueError) as error:
            raise OutOfMemory("alloc", f"{size} bytes", str(error)) from None
        address = memory.ctypes.data
        start = -address % ALIGNMENT
        return HostBuffer(memory[start : start + size], address + start)

    def free(self, buffer: HostBuffer) -> None:
        """The garbage collector's task."""

    def write(self, buffer: HostBuffer, array: np.ndarray) -> None:
        buffer.memory[: array.nbytes] = bytes_of(array)

    def read(self, buffer: HostBuffer, array: np.ndarray) -> None:
        bytes_of(array)[:] = buffer.memory[: array.nbytes]

    def borrow(self, array: np.ndarray) -> HostBuffer | None:
        address = array.ctypes.data  # code assumes the alignment of an element, and reads no more
        return None if address % array.itemsize else HostBuffer(bytes_of(array), address)

    def hand_over(self, buffer: HostBuffer, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
        size = dtype.itemsize * math.prod(shape)
        return buffer.memory[:size].view(dtype).reshape(shape)

    def load(self, image: Image) -> HostModule:
        return HostModule(image.data)

    def launch(
        self,
        kernel: HostKernel,
        grid: int,
        workgroup: int,
        shared: int,
        buffers: Sequence[HostBuffer],
        scalars: Sequence[int],
    ) -> None:
        pointers = (ctypes.c_void_p * len(buffers))(*[b.address for b in buffers])
        numbers = (ctypes.c_int64 * len(scalars))(*scalars)
        start = time.perf_counter()
        helpers = min(self.threads, grid) - 1
        if not helpers or grid * kernel.seconds < WORTH_SHARING:
            kernel.run(pointers, numbers, 0, grid)
            kernel.seconds = (time.perf_counter() - start) / grid
            return
        step = -(-grid // min(grid, (helpers + 1) * CHUNKS))
        starts = count(0, step)  # next() is atomic: whoever is free takes the next piece

        def work() -> None:
            while (first := next(starts)) < grid:
                kernel.run(pointers, numbers, first, min(first + step, grid))

        waiting = [workers().submit(work) for _ in range(helpers)]
        work()
        for helper in waiting:
            if not helper.cancel():  # one that has not begun finds nothing left to do
                helper.result()
        kernel.seconds = (time.perf_counter() - start) * (helpers + 1) / grid

    def synchronize(self) -> None:
        """A launch returns when it is done."""

    def close(self) -> None:
        self.pool.trim()


def bytes_of(array: np.ndarray) -> np.ndarray:
    return array.reshape(-1).view(np.uint8)
