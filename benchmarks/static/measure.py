"""The figures of one kernel's code: resources, the main loop's mix, and what hides its copies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.static import gcn, sass
from benchmarks.static.copies import Copies, copies_in_gcn, copies_in_sass
from benchmarks.static.instructions import Code, Instruction
from benchmarks.static.loops import natural_loops
from clawc.chips.chip import Chip
from clawc.chips.occupancy import occupancy

LEAST_STAGES = 2  # of a ring that another warp fills


@dataclass(frozen=True)
class Measured:
    """`mix` counts the main loop's instructions by class (the whole kernel's where it has no loop),
    `flop` and `bytes` are of one warp's way through it."""

    program: str
    chip: str
    compiler: str
    kernel: str
    threads: int
    registers: int
    spills: int  # bytes
    shared: int  # bytes
    resident: int  # workgroups on a unit
    occupancy: float  # share of the threads that a unit holds
    limit: str  # of the occupancy
    instructions: int  # of the whole kernel
    loop: int  # of the main loop; 0: none
    mix: dict[str, int]
    flop: int
    bytes: int
    open: int | None  # copies, while products are issued
    behind: int | None  # products, between a copy's issue and its wait
    stages: int | None  # of a ring that other warps fill
    facts: dict[str, Any]  # the compiler's own: conflicts, estimates

    @property
    def flop_per_instruction(self) -> float:
        return self.flop / max(1, sum(self.mix.values()))

    @property
    def bytes_per_flop(self) -> float | None:
        return self.bytes / self.flop if self.flop and self.bytes else None

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            **asdict(self),
            "flop_per_instruction": self.flop_per_instruction,
            "bytes_per_flop": self.bytes_per_flop,
        }


@dataclass(frozen=True)
class _Machine:
    """How to read the code of a vendor."""

    classes: Sequence[tuple[str, str]]
    flop: Callable[[Instruction], int]
    global_bytes: Callable[[Instruction], int]
    copies: Callable[..., Copies | None]


def measure(program: str, compiler: str, chip: Chip, code: Code) -> Measured:
    """The figures of a kernel.  The main loop is the inner loop with most FLOP, of equals the
    longest."""
    machine = _machine(chip, code.lanes)
    loops = [loop.instructions for loop in natural_loops(code.instructions) if loop.inner]
    main = max(loops, key=lambda body: (_sum(machine.flop, body), len(body)), default=())
    counted = main or code.instructions
    mix = Counter(class_of(machine.classes, each) for each in counted)
    products = "matrix" if mix["matrix"] else "fma"
    copies = machine.copies(main, lambda each: class_of(machine.classes, each) == products)
    held = occupancy(chip, code.threads, code.registers, code.shared)
    return Measured(
        *(program, chip.name, compiler, code.kernel, code.threads),
        *(code.registers, code.spills, code.shared),
        *((held.workgroups, held.share, held.limit) if held else (0, 0.0, "unknown")),
        *(len(code.instructions), len(main), dict(mix)),
        *(_sum(machine.flop, counted), code.lanes * _sum(machine.global_bytes, counted)),
        *((copies.open, copies.behind) if copies else (None, None)),
        None if copies else ring_stages(code.instructions),
        dict(code.facts),
    )


def _machine(chip: Chip, lanes: int) -> _Machine:
    if chip.target == "nvptx":
        return _Machine(sass.CLASSES, sass.flop, sass.global_bytes, copies_in_sass)
    return _Machine(gcn.CLASSES, lambda i: gcn.flop(i, lanes), gcn.global_bytes, copies_in_gcn)


def class_of(classes: Sequence[tuple[str, str]], instruction: Instruction) -> str:
    """The first class that an instruction's name, or its name with operands, begins as."""
    said = f"{instruction.name} {instruction.operands}"
    return next(name for name, pattern in classes if re.match(pattern, said))


def ring_stages(code: Sequence[Instruction]) -> int | None:
    """The stages that copying warps fill for others: each has a barrier for full and one for
    empty, which the kernel sets up.  None where there are none."""
    barriers = sum(each.name.startswith("SYNCS.EXCH") for each in code)
    return barriers // 2 if barriers >= 2 * LEAST_STAGES else None


def _sum(figure: Callable[[Instruction], int], code: Sequence[Instruction]) -> int:
    return sum(map(figure, code))
