"""Instructions as blocks: in a row, up to the next branch, jump, barrier or end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from clawc.emulators.gcn.calls import JUMPS
from clawc.emulators.gcn.code_object import CodeObject
from clawc.emulators.gcn.decoder import Instruction, UnknownInstruction, decode_one
from clawc.emulators.gcn.generations import Generation
from clawc.emulators.gcn.modes import SETTERS
from clawc.emulators.gcn.step import Step
from clawc.emulators.gcn.waves import VCC, Waves
from clawc.emulators.interface import EmulationError

# Instructions that change no value here: hints, caches, and delays that the hardware knows itself.
NO_EFFECT = frozenset(
    "s_nop s_clause s_delay_alu s_waitcnt_depctr s_set_inst_prefetch_distance s_sleep s_setprio"
    " s_sendmsg s_icache_inv buffer_gl0_inv buffer_gl1_inv buffer_inv buffer_wbl2 s_setkill"
    " s_inst_prefetch s_ttracedata s_dcache_inv s_wait_alu s_wait_event global_inv global_wb"
    " global_wbinv buffer_invl2 buffer_wbinvl1 buffer_wbinvl1_vol s_gl1_inv".split()
)
CONDITIONS: dict[str, Callable[[Waves], np.ndarray]] = {  # pyright: ignore[reportAssignmentType]
    "s_cbranch_scc0": lambda w: ~w.scc,
    "s_cbranch_scc1": lambda w: w.scc,
    "s_cbranch_vccz": lambda w: ~w.mask(VCC).any(1),
    "s_cbranch_vccnz": lambda w: w.mask(VCC).any(1),
    "s_cbranch_execz": lambda w: ~w.exec.any(1),
    "s_cbranch_execnz": lambda w: w.exec.any(1),
}
BARRIERS = ("s_barrier", "s_barrier_wait")
STEPS_AT_THE_END = (*JUMPS, *SETTERS)
Make = Callable[[Instruction, int], Step]  # in a mode
WITHOUT_STEP = ("s_endpgm", "s_branch", *BARRIERS, *CONDITIONS, "s_trap")
_ENDS = (*WITHOUT_STEP, *STEPS_AT_THE_END)


@dataclass(eq=False)
class Block:
    """Instructions in a row, and how the block ends: by one of them, or falling into the next."""

    start: int
    end: int = 0  # the address behind it
    instructions: list[Instruction] = field(default_factory=list)
    issued: list[int] = field(default_factory=list)  # wait states since the block's start
    length: int = 0  # wait states in all: one for an instruction, as many as it says for `s_nop`
    last: Instruction | None = None
    make: Make | None = None
    made: dict[int, list[Step]] = field(default_factory=dict)

    def steps(self, mode: int) -> list[Step]:
        """For waves in that mode; made when they first come here, as most never do."""
        if mode not in self.made:
            assert self.make is not None
            self.made[mode] = [self.make(one, mode) for one in self.instructions]
        return self.made[mode]

    @property
    def target(self) -> int:
        """Where the branch at the end leads."""
        assert self.last is not None
        immediate = self.last["immediate"]
        return self.last.end + 4 * (immediate - (immediate >> 15 << 16))


class Blocks(dict[int, Block]):
    """Blocks by address; where a jump leads, they are made when it first does."""

    def __init__(self, make: Callable[[int], dict[int, Block]]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, address: int) -> Block:
        self.update(self.make(address))
        return self[address]


def reachable(entry: int, code: CodeObject, generation: Generation) -> dict[int, Instruction]:
    """The instructions that branches reach from `entry`, by address; jumps end the search."""
    found: dict[int, Instruction] = {}
    waiting = deque([entry])
    while waiting:
        at = waiting.popleft()
        while at not in found:
            if not any(start <= at < end for start, end in code.code):
                raise EmulationError(f"the code leads to {at:#x}, where there is none")
            try:
                one = decode_one(code.memory[at : at + 16].ljust(16, b"\0"), at, generation)
            except UnknownInstruction as error:
                raise EmulationError(str(error)) from None
            found[at] = one
            if "branch" in one.mnemonic:
                waiting.append(_target(one))
            if one.mnemonic in ("s_endpgm", "s_branch", *JUMPS) or one.traps:
                break
            if one.mnemonic == "s_cbranch_cdbgsys":
                raise EmulationError(f"the instruction '{one.mnemonic}' is not emulated")
            at = one.end
    return found


def _target(one: Instruction) -> int:
    return Block(0, last=one).target


def blocks_of(entry: int, instructions: dict[int, Instruction], make: Make) -> dict[int, Block]:
    """The blocks of `instructions`, by where they start."""
    starts = {entry}
    for one in instructions.values():
        if one.mnemonic in _ENDS:
            starts |= {one.end} & instructions.keys()
            if "branch" in one.mnemonic:
                starts.add(_target(one))
    blocks: dict[int, Block] = {}
    current: Block | None = None
    for address in sorted(instructions):
        one = instructions[address]
        if address in starts or current is None or current.end != address:
            current = blocks[address] = Block(address, make=make)
        current.end = one.end
        if one.mnemonic in _ENDS:
            current.last = one
        no_step = one.mnemonic in _ENDS or one.name in NO_EFFECT
        if not no_step or one.mnemonic in STEPS_AT_THE_END:
            current.instructions.append(one)
            current.issued.append(current.length)
        current.length += one["immediate"] + 1 if one.mnemonic == "s_nop" else 1
    return blocks
