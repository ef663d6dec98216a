"""A kernel that is ready to run: the step of each instruction, by who knows its format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clawc.emulators.gcn.barrier import signal
from clawc.emulators.gcn.blocks import WITHOUT_STEP, Block, Blocks, blocks_of, reachable
from clawc.emulators.gcn.buffer import buffer
from clawc.emulators.gcn.calls import JUMPS, jump
from clawc.emulators.gcn.code_object import CodeObject, Descriptor
from clawc.emulators.gcn.decoder import Instruction
from clawc.emulators.gcn.dual import dual
from clawc.emulators.gcn.entry import start_of
from clawc.emulators.gcn.first_looks import with_first_looks
from clawc.emulators.gcn.flat import flat
from clawc.emulators.gcn.generations import Generation, Parts
from clawc.emulators.gcn.hazard_rules import RULES
from clawc.emulators.gcn.hazards import Hazards
from clawc.emulators.gcn.local import local
from clawc.emulators.gcn.matrix import matrix
from clawc.emulators.gcn.mfma import MIXED, mfma
from clawc.emulators.gcn.modes import SETTERS, set_mode
from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.packed import packed
from clawc.emulators.gcn.scalar import scalar
from clawc.emulators.gcn.scalar_float import pseudo_scalar
from clawc.emulators.gcn.scalar_memory import scalar_load
from clawc.emulators.gcn.scaled_matrix import mixed_matrix
from clawc.emulators.gcn.sparse_matrix import sparse_matrix
from clawc.emulators.gcn.step import Run, Step, unknown
from clawc.emulators.gcn.text import text, without_operands
from clawc.emulators.gcn.transfers import gives_back
from clawc.emulators.gcn.vector import vector

MATRICES = {"wmma": matrix, "mfma": mfma, "smfmac": sparse_matrix}
_DS_RETURNS = tuple(f"ds_{name}" for name in "load swizzle permute bpermute append consume".split())


@dataclass(frozen=True, eq=False)
class Program:
    """A kernel that is ready to run."""

    kernel: Descriptor
    generation: Generation
    blocks: Blocks
    vectors: int  # vector registers of a thread
    local_granule: int  # bytes: the smallest access to LDS
    global_granule: int
    code: CodeObject
    operands: Callable[[Instruction, int], Operands]  # of an instruction in a mode
    hazards: Hazards | None = None  # where distances between instructions are the code's business

    @property
    def entry_mode(self) -> int:
        """As `modes` counts it."""
        return self.kernel.mode | (not self.generation.dx10_clamp) << 8

    def is_code(self, address: int) -> bool:
        """Whether an instruction may be there."""
        return any(start <= address < end for start, end in self.code.code)


def text_of(program: Program, one: Instruction, mode: int) -> str:
    """An instruction with its operands, as a disassembler writes them."""
    if one.mnemonic in WITHOUT_STEP:
        return without_operands(one)
    o = program.operands(one, mode)
    make_step(o)
    return text(o)


def build(kernel: Descriptor, code: CodeObject, generation: Generation) -> Program:
    """Decode what branches reach from the kernel's entry, and make its steps."""
    first = reachable(start_of(kernel), code, generation)
    vectors = accumulators = kernel.vector_registers(generation.granules)
    if generation.accumulators == "unified":
        accumulators = kernel.accumulators_from
    elif generation.accumulators == "separate":
        vectors *= 2

    def operands(one: Instruction, mode: int) -> Operands:
        return Operands(one, generation, kernel.lanes, vectors, accumulators, mode)

    def make(one: Instruction, mode: int) -> Step:
        return make_step(operands(one, mode))

    def found(entry: int) -> dict[int, Block]:
        instructions = reachable(entry, code, generation)
        return blocks_of(entry, with_first_looks(instructions), make)

    blocks = Blocks(found)
    blocks.update(found(start_of(kernel)))
    return Program(
        *(kernel, generation, blocks, vectors),
        _granule(first, ("DS",)),
        _granule(first, ("GLOBAL", "FLAT", "MUBUF")),
        code,
        operands,
        Hazards(generation) if generation.name in RULES else None,
    )


def _granule(instructions: dict[int, Instruction], formats: tuple[str, ...]) -> int:
    """The smallest access of any instruction, at most a word."""
    if any(one.mnemonic in JUMPS for one in instructions.values()):
        return 1  # what is called is not known yet
    smallest = 4
    for one in instructions.values():
        if one.format in formats:
            for size, names in ((1, ("_b8", "_u8", "_i8")), (2, ("_b16", "_u16", "_i16"))):
                if any(name in one.name for name in names):
                    smallest = min(smallest, size)
    return smallest


def make_step(o: Operands) -> Step:
    """The step of an instruction that does not branch; EmulationError if it is not known."""
    one, generation = o.instruction, o.generation
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
    if one.mnemonic in JUMPS:
        return "control", jump
    if one.mnemonic in SETTERS:
        return "control", set_mode
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
            if MIXED in one.name:
                return "matrix", mixed_matrix
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
    """At most so many accesses of each counter are under way afterwards.

    The highest number asks for nothing, but a counter goes no further: the access after that many
    starts when the oldest has arrived, and LLVM makes use of it.
    """
    left: dict[str, int] = {}
    for counter, parts in counters.items():
        value = width = 0
        for low, bits in parts:
            value |= (one["immediate"] >> low & (1 << bits) - 1) << width
            width += bits
        left[counter] = value
    return lambda w: w.wait(left)
