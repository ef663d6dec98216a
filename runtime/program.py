"""An entry on a device: what all its calls share, and the buffers that calls hold."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clawc.runtime.device import Device
from clawc.runtime.errors import Unsupported
from clawc.runtime.needs import Needs
from clawc.runtime.plan import Entry

MOST_CHECKED = 4096  # remembered, so that a launch like one before is not checked again


@dataclass(frozen=True)
class Kernel:
    """A loaded kernel and what its launches need to know."""

    handle: Any
    threads: int
    shared: int
    needs: Needs = Needs()


class Memory:
    """A buffer, and how many numbers of calls and variables stand for it.

    It is "pooled" (taken from the device's pool, and given back with its last name), "borrowed"
    (a caller's array), a "constant", or "given away" to a caller."""

    def __init__(self, buffer: Any, size: int, kind: str) -> None:
        self.buffer = buffer
        self.size = size
        self.kind = kind
        self.names = 0


@dataclass
class Program:
    """What all calls of an entry share.  `variables` hold their contents from call to call; a call
    of a program that stores into them has `turn` for itself."""

    device: Device
    entry: Entry
    module: Any  # which its kernels live in
    kernels: Mapping[str, Kernel]
    constants: Mapping[int, Memory]  # by the constant's number
    written_arguments: frozenset[int]
    index_bits: int
    variables: dict[str, Memory]
    turn: AbstractContextManager[Any]
    checked: set[tuple] = field(default_factory=set)  # launches that were found right

    def check(self, name: str, grid: int, scalars: tuple[int, ...], sizes: tuple[int, ...]) -> None:
        """Raise ArtifactError for a launch that the kernel is not made for, Unsupported for scalars
        that are wider than an index of the device."""
        launch = (name, grid, scalars, sizes)
        if launch not in self.checked:
            half = 1 << (self.index_bits - 1)
            for scalar in scalars:
                if not -half <= scalar < half:
                    raise Unsupported(
                        f"the index {scalar}: the kernels for {self.device.name} count in "
                        f"{self.index_bits} bits"
                    )
            self.kernels[name].needs.check(*launch)
            if len(self.checked) >= MOST_CHECKED:
                self.checked.clear()
            self.checked.add(launch)

    def drop(self, memory: Memory) -> None:
        """One name less."""
        memory.names -= 1
        if memory.names == 0:
            self.release(memory)

    def release(self, memory: Memory) -> None:
        if memory.kind == "pooled":
            memory.kind = "given away"
            self.device.pool.give(memory.buffer, memory.size)

    def store(self, variable: str, memory: Memory) -> None:
        """Let a variable hold what a buffer does; of a caller's array it keeps a copy."""
        if memory.kind == "borrowed":
            memory = self.copied(memory)
        memory.names += 1
        before, self.variables[variable] = self.variables[variable], memory
        self.drop(before)

    def copied(self, memory: Memory) -> Memory:
        array = np.empty(memory.size, np.uint8)
        self.device.read(memory.buffer, array)
        copy = Memory(self.device.pool.take(memory.size), memory.size, "pooled")
        self.device.write(copy.buffer, array)
        return copy
