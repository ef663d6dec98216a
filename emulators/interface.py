"""What the emulator's driver and its machines, one an instruction set, agree on.

A machine is a module beside this one: `ptx.machine` executes PTX, `gcn.machine` AMD's
instructions.  It has
    TARGET = "nvptx"                                  the target of the images that it runs
    CHIPS = ("sm_80", ...)                            what may follow `emulator:`
    fit(image_chip: str, chip: str) -> int | None     as `Device.fit`, for images of that target
    load(data: bytes, chip: str) -> dict[str, EmulatedKernel]     BadImage if it cannot be read
The driver owns the memory, passes the kernel's arguments as addresses and integers, and turns
findings into an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from clawc.emulators.memory import Buffer, GlobalMemory
from clawc.runtime.errors import RunError
from clawc.runtime.tensor_maps import TensorMap

WarpOrder = Literal["lockstep", "warp", "reversed"]
WARP_ORDERS: tuple[WarpOrder, ...] = ("lockstep", "warp", "reversed")


@dataclass(frozen=True)
class Options:
    """How to execute.

    Orders: all warps of a workgroup together, which is fastest; or each warp as far as its next
    barrier before the next one starts, in order or against it, which shows what a missing barrier
    does to the numbers.
    """

    check: bool = True  # look for mistakes; without it only what cannot go on is an error
    count: bool = False  # bytes and transactions of memory as well, which takes time
    order: WarpOrder = "lockstep"
    lanes: int = 1 << 14  # threads that are executed together, of several workgroups


@dataclass(frozen=True)
class Launch:
    """The arguments of one launch."""

    grid: int  # workgroups, > 0
    workgroup: int  # threads each
    shared: int  # dynamic bytes, beside the kernel's own
    buffers: Sequence[Buffer]  # the first arguments
    scalars: Sequence[int | bytes]  # the others; bytes are structures, passed by value
    indirect: Sequence[Buffer] = ()  # that the kernel reaches through what other arguments hold


@dataclass(frozen=True)
class Finding:
    """Something wrong that a kernel did."""

    # "out-of-bounds", "misaligned", "race", "uninitialised", "divergence", "unfinished", "trap"
    kind: str
    kernel: str
    instruction: str  # its text, as a disassembler writes it
    location: str  # "softmax.mlir:3:8" where debug information says so, else ""
    threads: tuple[tuple[int, int], ...]  # (workgroup, thread) of the first ones
    message: str

    def __str__(self) -> str:
        who = ", ".join(f"{thread} of workgroup {group}" for group, thread in self.threads)
        where = f" at {self.location}" if self.location else ""
        who = f" (thread {who})" if who else ""
        return f"{self.kernel}: {self.kind}: '{self.instruction}' {self.message}{who}{where}"


@dataclass
class Counts:
    """What was executed.  Instructions are counted for each warp and for each thread in it.

    Memory is counted under "global read", "shared write", and so on.
    A transaction is what the memory is asked for at once: of global memory, the sectors of 32 bytes
    that a warp's access touches; of shared memory, the passes over its banks that it takes.
    """

    warp_instructions: Counter[str] = field(default_factory=Counter)  # by class
    thread_instructions: Counter[str] = field(default_factory=Counter)
    memory_bytes: Counter[str] = field(default_factory=Counter)
    transactions: Counter[str] = field(default_factory=Counter)
    ideal_transactions: Counter[str] = field(default_factory=Counter)  # at the least
    matrix_flop: int = 0
    seconds: float = 0.0

    def add(self, other: Counts) -> None:
        self.warp_instructions += other.warp_instructions
        self.thread_instructions += other.thread_instructions
        self.memory_bytes += other.memory_bytes
        self.transactions += other.transactions
        self.ideal_transactions += other.ideal_transactions
        self.matrix_flop += other.matrix_flop
        self.seconds += other.seconds


@dataclass(frozen=True)
class Outcome:
    """What came of one launch, beside the memory's new contents."""

    findings: Sequence[Finding]
    counts: Counts


class EmulatedKernel(Protocol):
    """A kernel of an image."""

    name: str

    def run(self, launch: Launch, memory: GlobalMemory, options: Options) -> Outcome:
        """Execute it; EmulationError where it cannot go on (an unknown instruction, a deadlock)."""
        ...


class Machine(Protocol):
    """The module of an instruction set; see the head of this file."""

    TARGET: str
    CHIPS: tuple[str, ...]

    def fit(self, image_chip: str, chip: str) -> int | None: ...
    def load(self, data: bytes, chip: str) -> Mapping[str, EmulatedKernel]: ...
    def tensor_map(self, described: TensorMap, address: int, scalars: Sequence[int]) -> bytes:
        """The parameter that tells a kernel of a tensor at an address; Unsupported without TMA."""
        ...


class EmulationError(RunError):
    """The kernel cannot be executed further: an instruction that is not known, or a deadlock."""


class KernelFault(RunError):
    """A kernel ran, and did something wrong; `findings` says what."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(map(str, self.findings)))
