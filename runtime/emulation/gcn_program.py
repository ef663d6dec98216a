"""A kernel's instructions as blocks of steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from clawc.runtime.emulation.dwarf_lines import LineTable
from clawc.runtime.emulation.emulator_interface import EmulationError
from clawc.runtime.emulation.gcn_barrier import signal
from clawc.runtime.emulation.gcn_buffer import buffer
from clawc.runtime.emulation.gcn_code_object import CodeObject, Descriptor
from clawc.runtime.emulation.gcn_decoder import Instruction, UnknownInstruction, decode_one
from clawc.runtime.emulation.gcn_dual import dual
from clawc.runtime.emulation.gcn_entry import start_of
from clawc.runtime.emulation.gcn_first_looks import with_first_looks
from clawc.runtime.emulation.gcn_flat import flat
from clawc.runtime.emulation.gcn_generations import Generation, Parts
from clawc.runtime.emulation.gcn_hazard_rules import RULES
from clawc.runtime.emulation.gcn_hazards import Hazards
from clawc.runtime.emulation.gcn_local import local
from clawc.runtime.emulation.gcn_matrix import matrix
from clawc.runtime.emulation.gcn_mfma import mfma
from clawc.runtime.emulation.gcn_operands import Operands
from clawc.runtime.emulation.gcn_packed import packed
from clawc.runtime.emulation.gcn_scalar import scalar
from clawc.runtime.emulation.gcn_scalar_float import pseudo_scalar
from clawc.runtime.emulation.gcn_scalar_memory import scalar_load
from clawc.runtime.emulation.gcn_sparse_matrix import sparse_matrix
from clawc.runtime.emulation.gcn_step import Run, Step, unknown
from clawc.runtime.emulation.gcn_transfers import gives_back
from clawc.runtime.emulation.gcn_vector import vector
from clawc.runtime.emulation.gcn_waves import VCC, Waves

# Instructions that change no value here: hints, caches, and delays that the hardware knows itself.
NO_EFFECT = frozenset(
    "s_nop s_clause s_delay_alu s_waitcnt_depctr s_set_inst_prefetch_distance s_sleep s_setprio"
    " s_sendmsg s_icache_inv buffer_gl0_inv buffer_gl1_inv buffer_inv buffer_wbl2 s_setkill"
    " s_inst_prefetch s_ttracedata s_dcache_inv s_wait_alu s_wait_event global_inv global_wb"
    " global_wbinv buffer_invl2 buffer_wbinvl1 buffer_wbinvl1_vol s_gl1_inv".split()
)
MATRICES = {"wmma": matrix, "mfma": mfma, "smfmac": sparse_matrix}
CONDITIONS: dict[str, Callable[[Waves], np.ndarray]] = {  # pyright: ignore[reportAssignmentType]
    "s_cbranch_scc0": lambda w: ~w.scc,
    "s_cbranch_scc1": lambda w: w.scc,
    "s_cbranch_vccz": lambda w: ~w.mask(VCC).any(1),
    "s_cbranch_vccnz": lambda w: w.mask(VCC).any(1),
    "s_cbranch_execz": lambda w: ~w.exec.any(1),
    "s_cbranch_execnz": lambda w: w.exec.any(1),
}
_DS_RETURNS = tuple(f"ds_{name}" for name in "load swizzle permute bpermute append consume".split())
BARRIERS = ("s_barrier", "s_barrier_wait")
_ENDS = ("s_endpgm", "s_branch", *BARRIERS, *CONDITIONS)


@dataclass(eq=False)
class Block:
    """Instructions in a row, and how the block ends: by one of them, or falling into the next."""

    start: int
    end: int = 0  # the address behind it
    instructions: list[Instruction] = field(default_factory=list)
    issued: list[int] = field(default_factory=list)  # wait states since the block's start
    length: int = 0  # wait states in all: one for an instruction, as many as it says for `s_nop`
    last: Instruction | None = None
    make: Callable[[Instruction], Step] | None = None

    @cached_property
    def steps(self) -> list[Step]:
        """Made when the block is first executed: many never are."""
        assert self.make is not None
        return [self.make(one) for one in self.instructions]

    @property
    def target(self) -> int:
        """Where the branch at the end leads."""
        assert self.last is not None
        immediate = self.last["immediate"]
        return self.last.end + 4 * (immediate - (immediate >> 15 << 16))


@dataclass(frozen=True, eq=False)
class Program:
    """A kernel that is ready to run."""

    kernel: Descriptor
    generation: Generation
    blocks: dict[int, Block]
    vectors: int  # vector registers of a thread
    local_granule: int  # bytes: the smallest access to LDS
    global_granule: int
    lines: LineTable
    hazards: Hazards | None = None  # where distances between instructions are the code's business


def build(kernel: Descriptor, code: CodeObject, generation: Generation) -> Program:
    """Decode what can be reached from the kernel's entry, and make its steps."""
    instructions = with_first_looks(_reachable(start_of(kernel), code, generation))
    vectors = accumulators = kernel.vector_registers(generation.granules)
    if generation.accumulators == "unified":
        accumulators = kernel.accumulators_from
    elif generation.accumulators == "separate":
        vectors *= 2

    def make(one: Instruction) -> Step:
        return make_step(one, kernel.lanes, vectors, accumulators, generation)

    starts = {start_of(kernel)}
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
        elif one.name not in NO_EFFECT:
            current.instructions.append(one)
            current.issued.append(current.length)
        current.length += one["immediate"] + 1 if one.mnemonic == "s_nop" else 1
    return Program(
        *(kernel, generation, blocks, vectors),
        _granule(instructions, ("DS",)),
        _granule(instructions, ("GLOBAL", "FLAT", "MUBUF")),
        code.lines,
        Hazards(generation) if generation.name in RULES else None,
    )


def _reachable(entry: int, code: CodeObject, generation: Generation) -> dict[int, Instruction]:
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
            if one.mnemonic in ("s_endpgm", "s_branch"):
                break
            if one.mnemonic in ("s_setpc_b64", "s_swappc_b64", "s_cbranch_cdbgsys"):
                raise EmulationError(f"the instruction '{one.mnemonic}' is not emulated")
            at = one.end
    return found


def _target(one: Instruction) -> int:
    return Block(0, last=one).target


def _granule(instructions: dict[int, Instruction], formats: tuple[str, ...]) -> int:
    """The smallest access of any instruction, at most a word."""
    smallest = 4
    for one in instructions.values():
        if one.format in formats:
            for size, names in ((1, ("_b8", "_u8", "_i8")), (2, ("_b16", "_u16", "_i16"))):
                if any(name in one.name for name in names):
                    smallest = min(smallest, size)
    return smallest


def make_step(
    one: Instruction, lanes: int, vectors: int, accumulators: int, generation: Generation
) -> Step:
    """The step of an instruction that does not branch; EmulationError if it is not known."""
    o = Operands(one, generation, lanes, vectors, accumulators)
    if one.mnemonic in generation.waits:
        run = _wait(one, generation.waits[one.mnemonic])
        return Step(one, run, "wait", frozenset(), frozenset())
    kind, maker = _maker(one)
    if maker is None:
        raise unknown(o)
    run = maker(o)
    must = frozenset(o.must)
    queue = _queue(one)
    if kind == "compare":
        must = frozenset(o.reads)
    flows = {result: frozenset(sources) for result, sources in o.flows.items()}
    counter = generation.counters.get(queue, queue)
    return Step(
        *(one, run, kind, frozenset(o.reads), frozenset(o.writes), must, flows, queue, counter),
        uses=o.uses,
        fills=o.fills,
    )


def _maker(one: Instruction) -> tuple[str, Callable[[Operands], Run] | None]:
    """The class under which an instruction is counted, and who makes its step."""
    match one.format:
        case "SOP1" | "SOP2" | "SOPC" | "SOPK":
            return "scalar", signal if one.name == "s_barrier_signal" else scalar
        case "VOPC":
            return "compare", vector
        case "VOP3" if one.name.startswith("v_s_"):
            return "scalar", pseudo_scalar
        case "VOP1" | "VOP2" | "VOP3" | "VOP3SD":
            return ("compare" if one.name.startswith("v_cmp") else "vector"), vector
        case "VOPD":
            return "vector", dual
        case "VOP3P" | "MFMA":
            family = one.name.split("_")[1]
            return ("matrix", MATRICES[family]) if family in MATRICES else ("vector", packed)
        case "SMEM":
            return "scalar load", scalar_load
        case "DS":
            return "local", local
        case "GLOBAL" | "FLAT" | "SCRATCH":
            return one.format.lower(), flat
        case "MUBUF":
            return "global", buffer
    return "", None


def _queue(one: Instruction) -> str:
    if one.format == "SMEM":
        return "scalar"
    stores = "_store_" in one.name
    if one.format == "DS":
        returns = "_rtn" in one.name or one.name.startswith(_DS_RETURNS)
        return "local" if returns else "local store"
    if one.format in ("GLOBAL", "SCRATCH", "FLAT", "MUBUF"):
        return "store" if stores or "_atomic_" in one.name and not gives_back(one) else "vector"
    return ""


def _wait(one: Instruction, counters: dict[str, Parts]) -> Run:
    """At most so many accesses of each counter are under way afterwards."""
    left: dict[str, int] = {}
    for counter, parts in counters.items():
        value = width = 0
        for low, bits in parts:
            value |= (one["immediate"] >> low & (1 << bits) - 1) << width
            width += bits
        if value < (1 << width) - 1:
            left[counter] = value
    return lambda w: w.wait(left)
