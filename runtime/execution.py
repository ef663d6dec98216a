"""One call of an entry: the steps of its launch plan, from arrays to arrays."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from clawc.runtime.arguments import numpy_dtype
from clawc.runtime.device import Device
from clawc.runtime.errors import CheckFailed, OutOfMemory, Unsupported
from clawc.runtime.plan import (
    Alloc,
    Assert,
    Constant,
    Entry,
    Expr,
    Free,
    Launch,
    Step,
    evaluate,
    holds,
)


class LaunchTime(NamedTuple):
    """How long one launch took, with the wait for it."""

    kernel: str
    grid: int
    seconds: float


@dataclass(frozen=True)
class Kernel:
    """A loaded kernel and what its launches need to know."""

    handle: Any
    threads: int
    shared: int


@dataclass(frozen=True)
class Program:
    """What all calls of an entry share."""

    device: Device
    entry: Entry
    module: Any  # which its kernels live in
    kernels: Mapping[str, Kernel]
    constants: Mapping[int, Any]  # buffers, by the constant's number
    written_arguments: frozenset[int]
    index_bits: int


class Memory:
    """A buffer during a call, perhaps under several numbers (views)."""

    def __init__(self, buffer: Any, size: int, pooled: bool) -> None:
        self.buffer = buffer
        self.size = size
        self.pooled = pooled  # taken from the pool, and to be given back


class Execution:
    """The state of one call."""

    def __init__(self, program: Program, arrays: list[np.ndarray], timed: bool) -> None:
        self.program = program
        self.device = program.device
        self.arrays = arrays
        self.shapes = [array.shape for array in arrays]
        self.memory: dict[int, Memory] = {}
        self.times: list[LaunchTime] | None = [] if timed else None

    def run(self) -> tuple[np.ndarray, ...]:
        try:
            for i, array in enumerate(self.arrays):
                self.memory[i] = self.argument(i, array)
            for step in self.program.entry.steps:
                self.step(step)
            return self.results()
        except MemoryError as error:
            raise OutOfMemory("allocating on the host", str(error) or "no memory left") from None
        except ZeroDivisionError:
            raise CheckFailed(
                f"{self.program.entry.name}: a size is divided by another that is 0"
            ) from None
        finally:
            for memory in self.memory.values():
                self.release(memory)

    def argument(self, number: int, array: np.ndarray) -> Memory:
        """The array's own memory where the device can read it there, or else a copy."""
        self.check_count(array.size)
        if number not in self.program.written_arguments:
            borrowed = self.device.borrow(array)
            if borrowed is not None:
                return Memory(borrowed, array.nbytes, pooled=False)
        memory = self.take(array.nbytes)
        try:
            self.device.write(memory.buffer, array)
        except BaseException:
            self.release(memory)
            raise
        return memory

    def take(self, size: int) -> Memory:
        return Memory(self.device.pool.take(size), size, pooled=True)

    def release(self, memory: Memory) -> None:
        if memory.pooled:
            memory.pooled = False
            self.device.pool.give(memory.buffer, memory.size)

    def step(self, step: Step) -> None:
        match step:
            case Launch():
                self.launch(step)
            case Alloc():
                count = math.prod(self.shape(step.shape))
                self.check_count(count)
                self.memory[step.buffer] = self.take(count * numpy_dtype(step.dtype).itemsize)
            case Constant():
                buffer = self.program.constants[step.index]
                self.memory[step.buffer] = Memory(buffer, 0, pooled=False)
            case Assert():
                if not holds(step.cond, self.shapes):
                    raise CheckFailed(f"{self.program.entry.name}: {step.message}")
            case Free():
                self.release(self.memory[step.buffer])

    def shape(self, shape: tuple[Expr, ...]) -> tuple[int, ...]:
        return tuple(evaluate(size, self.shapes) for size in shape)

    def check_count(self, count: int) -> None:
        bits = self.program.index_bits
        if count >= 1 << (bits - 1):
            raise Unsupported(
                f"a tensor of {count} elements: the kernels for {self.device.name} "
                f"count in {bits} bits, so that a tensor has less than {1 << (bits - 1)} elements"
            )

    def launch(self, step: Launch) -> None:
        grid = evaluate(step.grid, self.shapes)
        if grid == 0:
            return
        kernel = self.program.kernels[step.kernel]
        buffers = [self.memory[number].buffer for number in step.buffers]
        scalars = [evaluate(scalar, self.shapes) for scalar in step.scalars]
        if self.times is None:
            self.device.launch(kernel.handle, grid, kernel.threads, kernel.shared, buffers, scalars)
            return
        self.device.synchronize()
        start = time.perf_counter()
        self.device.launch(kernel.handle, grid, kernel.threads, kernel.shared, buffers, scalars)
        self.device.synchronize()
        self.times.append(LaunchTime(step.kernel, grid, time.perf_counter() - start))

    def results(self) -> tuple[np.ndarray, ...]:
        entry = self.program.entry
        memories = [self.memory[number] for number in entry.results]
        arrays = []
        for memory, tensor in zip(memories, entry.result_types, strict=True):
            dtype, shape = numpy_dtype(tensor.dtype), self.shape(tensor.shape)
            array = None
            if memory.pooled and memories.count(memory) == 1:
                array = self.device.hand_over(memory.buffer, dtype, shape)
            if array is None:
                array = np.empty(shape, dtype)
                self.device.read(memory.buffer, array)
            else:
                memory.pooled = False
                self.device.pool.lose(memory.size)
            arrays.append(array)
        return tuple(arrays)
