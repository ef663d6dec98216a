"""One call of an entry: the steps of its launch plan, from arguments to results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from struct import error as StructError
from typing import Any

import numpy as np

from clawc.runtime.arguments import numpy_dtype
from clawc.runtime.bounds import as_array, check_count, check_size, checked_shape
from clawc.runtime.device import Timer
from clawc.runtime.errors import ArtifactError, CheckFailed, OutOfMemory
from clawc.runtime.launch_call import LaunchCall
from clawc.runtime.launch_time import HostTimer, LaunchTime
from clawc.runtime.plan import ScalarType, TensorType
from clawc.runtime.program import Memory, Program
from clawc.runtime.scalar_operations import OPERATIONS
from clawc.runtime.scalar_types import Number, from_numpy, unsigned, wrapped
from clawc.runtime.steps import (
    Alloc,
    Assert,
    Block,
    Branch,
    Compute,
    Constant,
    For,
    Free,
    Launch,
    Load,
    Operand,
    Read,
    Step,
    Store,
    While,
    Write,
)

Held = Number | Memory  # what a block takes and gives; a buffer with a name for it


class Execution:
    """The state of one call."""

    def __init__(
        self,
        program: Program,
        arguments: list[np.ndarray],
        timed: bool,
        timer: Timer | None = None,
    ) -> None:
        self.program = program
        self.timer = timer
        self.device = program.device
        self.arguments = arguments
        self.shapes = [array.shape for array in arguments]
        self.values: dict[int, Number] = {}
        self.memory: dict[int, Memory] = {}
        self.scopes: list[list[int]] = [[]]  # the buffers of each block that runs
        self.times: list[LaunchTime] | None = [] if timed else None

    def run(self) -> tuple[np.ndarray, ...]:
        """The results, a scalar as an array of rank 0.  Calls that change variables take turns."""
        with self.program.turn, self.device.lifetime.call(self.device.name):
            try:
                self.take_arguments()
                if self.timer is not None:
                    self.timer.start()
                self.steps(self.program.entry.steps)
                if self.timer is not None:
                    self.timer.stop()
                return self.results()
            except MemoryError as error:
                detail = str(error) or "no memory left"
                raise OutOfMemory("allocating on the host", detail) from None
            finally:
                for number in list(self.memory):
                    self.forget(number)

    def take_arguments(self) -> None:
        types = self.program.entry.arguments
        for number, (array, type_) in enumerate(zip(self.arguments, types, strict=True)):
            if isinstance(type_, ScalarType):
                self.values[number] = from_numpy(array, type_.dtype)
            else:
                self.name(number, self.argument(number, array))

    def argument(self, number: int, array: np.ndarray) -> Memory:
        """The array's own memory where the device can read it there, or else a copy."""
        check_count(self.program, array.size)
        if number not in self.program.written_arguments:
            borrowed = self.device.borrow(array)
            if borrowed is not None:
                return Memory(borrowed, array.nbytes, "borrowed")
        return self.filled(array)

    def filled(self, array: np.ndarray) -> Memory:
        """A fresh buffer with the contents of an array."""
        memory = self.take(array.nbytes)
        try:
            self.device.write(memory.buffer, array)
        except BaseException:
            self.program.release(memory)
            raise
        return memory

    def take(self, size: int) -> Memory:
        return Memory(self.device.pool.take(size), size, "pooled")

    # Names
    def name(self, number: int, memory: Memory) -> None:
        """Call `memory` by `number` until the block ends."""
        memory.names += 1
        self.memory[number] = memory
        self.scopes[-1].append(number)

    def forget(self, number: int) -> None:
        memory = self.memory.pop(number, None)
        if memory is not None:
            self.program.drop(memory)

    # Operands
    def number(self, operand: Operand) -> Any:
        """A scalar."""
        if not isinstance(operand, tuple):
            return operand
        if operand[0] == "value":
            return self.values[operand[1]]
        _, argument, dim = operand
        return self.shapes[argument][dim]

    def held(self, operands: Iterable[Operand]) -> list[Held]:
        """Scalars, and buffers with a name more, which `give` takes over."""
        found: list[Held] = []
        for operand in operands:
            if isinstance(operand, tuple) and operand[0] == "buffer":
                memory = self.memory[operand[1]]
                memory.names += 1
                found.append(memory)
            else:
                found.append(self.number(operand))
        return found

    def give(self, targets: Sequence[tuple], held: Sequence[Held]) -> None:
        """Let numbers stand for what was held."""
        for (_, number), thing in zip(targets, held, strict=True):
            if isinstance(thing, Memory):
                self.name(number, thing)
                thing.names -= 1
            else:
                self.values[number] = thing

    # Steps
    def steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            self.step(step)

    def block(self, block: Block, taken: Sequence[Held] = ()) -> list[Held]:
        """Run a block; what it gives is held."""
        self.scopes.append([])
        self.give(block.arguments, taken)
        self.steps(block.steps)
        given = self.held(block.gives)
        for number in self.scopes.pop():
            self.forget(number)
        return given

    def step(self, step: Step) -> None:
        match step:
            case Compute():
                self.values[step.value] = self.compute(step)
            case Launch():
                self.launch(step)
            case Alloc():
                count = math.prod(self.shape(step.shape))
                check_count(self.program, count)
                self.name(step.buffer, self.take(count * numpy_dtype(step.dtype).itemsize))
            case Free():
                self.forget(step.buffer)
            case Constant():
                self.name(step.buffer, self.program.constants[step.index])
            case Assert():
                if not self.number(step.condition):
                    raise CheckFailed(f"{self.program.entry.name}: {step.message}")
            case Write():
                array = as_array(self.number(step.operand), step.dtype)
                self.name(step.buffer, self.filled(array))
            case Read():
                array = np.empty((), numpy_dtype(step.dtype))
                check_size(self.program, self.memory[step.buffer], array.nbytes)
                self.device.read(self.memory[step.buffer].buffer, array)
                self.values[step.value] = from_numpy(array, step.dtype)
            case Load():
                self.name(step.buffer, self.program.variables[step.variable])
            case Store():
                self.program.store(step.variable, self.memory[step.buffer])
            case Branch():
                taken = step.then if self.number(step.condition) else step.otherwise
                self.give(step.results, self.block(taken))
            case For():
                self.count(step)
            case While():
                self.repeat(step)

    def compute(self, step: Compute) -> Number:
        operands = [self.number(operand) for operand in step.operands]
        try:
            return OPERATIONS[step.operation].compute(*step.types, *operands)
        except (OverflowError, TypeError, ValueError, StructError):  # no number of its type
            said = f"{step.operation} of {', '.join(map(str, operands))} as {step.types[0]}"
            raise ArtifactError(f"corrupt bundle: {said}") from None

    def count(self, step: For) -> None:
        bounds: list[int] = [self.number(operand) for operand in step.bounds]
        if step.unsigned:
            bounds = [unsigned(bound, step.type) for bound in bounds]
        at, upper, increment = bounds
        if increment <= 0:
            name = self.program.entry.name
            raise CheckFailed(f"{name}: a loop's step is {increment}; expected above 0")
        carried = self.held(step.starts)
        while at < upper:
            carried = self.block(step.body, [wrapped(at, step.type), *carried])
            at += increment
        self.give(step.results, carried)

    def repeat(self, step: While) -> None:
        carried = self.held(step.starts)
        while True:
            again, *onward = self.block(step.before, carried)
            if not again:
                break
            carried = self.block(step.after, onward)
        self.give(step.results, onward)

    def shape(self, shape: tuple[Operand, ...]) -> tuple[int, ...]:
        return checked_shape(self.program, tuple([self.number(size) for size in shape]))

    def launch(self, step: Launch) -> None:
        grid: int = self.number(step.grid)
        if grid == 0:
            return
        kernel = self.program.kernels[step.kernel]
        memories = [self.memory[number] for number in step.buffers]
        buffers = tuple([memory.buffer for memory in memories])
        scalars: tuple[int, ...] = tuple([self.number(scalar) for scalar in step.scalars])
        sizes = tuple([memory.size for memory in memories])
        self.program.check(step.kernel, grid, scalars, sizes)
        call = (kernel.handle, grid, kernel.threads, kernel.shared, buffers, scalars)
        self.issue(step.kernel, LaunchCall(*call))

    def issue(self, name: str, launch: LaunchCall) -> None:
        """Launch, and time it where that is asked for."""
        if self.times is None:
            self.device.launch(*launch)
            return
        timer = self.device.timer() or HostTimer(self.device)
        timer.start()
        self.device.launch(*launch)
        timer.stop()
        seconds = timer.seconds()
        self.times.append(LaunchTime(name, launch.grid, launch.scalars, seconds))

    # Results
    def results(self) -> tuple[np.ndarray, ...]:
        entry = self.program.entry
        returned: list[np.ndarray] = []
        for operand, type_ in zip(entry.results, entry.result_types, strict=True):
            if isinstance(type_, TensorType):
                memory = self.memory[operand[1]] if isinstance(operand, tuple) else None
                assert memory is not None, "a tensor is in a buffer"
                alone = memory.names == 1 and entry.results.count(operand) == 1
                returned.append(self.array(memory, type_, alone))
            else:
                returned.append(as_array(self.number(operand), type_.dtype))
        return tuple(returned)

    def array(self, memory: Memory, type_: TensorType, alone: bool) -> np.ndarray:
        """The contents of a buffer: its own memory where nobody else has it and the device can
        hand it over, or else a copy."""
        dtype, shape = numpy_dtype(type_.dtype), self.shape(type_.shape)
        check_size(self.program, memory, math.prod(shape) * dtype.itemsize)
        if memory.kind == "pooled" and alone:
            array = self.device.hand_over(memory.buffer, dtype, shape)
            if array is not None:
                memory.kind = "given away"
                self.device.pool.lose(memory.size)
                return array
        array = np.empty(shape, dtype)
        self.device.read(memory.buffer, array)
        return array
