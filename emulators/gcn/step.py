"""A decoded instruction made ready to run, and what makers of such steps need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from clawc.emulators.gcn.decoder import Instruction
from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.waves import Waves
from clawc.emulators.interface import EmulationError

Run = Callable[[Waves], None]


@dataclass(frozen=True, eq=False)
class Step:
    """`run` changes the waves; registers are counted as in `Waves.undefined`."""

    instruction: Instruction
    run: Run
    kind: str  # the class under which it is counted
    reads: frozenset[int]
    writes: frozenset[int]
    must: frozenset[int] = frozenset()  # reads that must be defined: addresses, what is stored
    flows: dict[int, frozenset[int]] = field(default_factory=dict)  # see `Operands.flows`
    queue: str = ""  # "vector", "local", "scalar", "store", "local store": what is under way
    counter: str = ""  # in which of the generation's counters
    # The halves of the registers that are read, and of those written: 1 low, 2 high, 3 both.
    uses: dict[int, int] = field(default_factory=dict)
    fills: dict[int, int] = field(default_factory=dict)


def unknown(operands: Operands, why: str = "") -> EmulationError:
    """The error for an instruction whose meaning is not known."""
    name = operands.instruction.mnemonic
    return EmulationError(f"the instruction '{name}' is not emulated" + (f": {why}" if why else ""))


def touched(step: Step) -> frozenset[int]:
    return step.reads | step.writes
