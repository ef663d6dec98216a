"""Workgroup memory of one kernel: arenas that every exchange reuses, and the barriers they need.

An exchange announces its writes, and then its reads, by a *use*: a gpu.barrier that is only a
proposal.  When the kernel is complete, `place_barriers` walks it in the order of execution and
keeps the proposals that separate conflicting uses.  Uses are announced where all threads pass, so
that a barrier is never in divergent control flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from mlir import ir
from mlir.dialects import gpu, memref

from clawc.passes.distribute.index import Index
from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.abi import FlatKernel
from clawc.passes.kernel.attributes import USE
from clawc.passes.layout.ops import element_bytes

PROPOSAL = USE.name


@dataclass
class Arena:
    memory: ir.Value
    element: ir.Type
    size: int = 1

    @property
    def bytes(self) -> int:
        return self.size * element_bytes(self.element)


@dataclass(frozen=True)
class Use:
    writes: bool
    memory: ir.Value
    exchange: int  # writes of one exchange touch different elements


class SharedMemory:
    """The arenas of one kernel, by element type and place in an exchange (0, 1, ...)."""

    def __init__(self, kernel: FlatKernel, block: ir.Block, index: Index, limit: int) -> None:
        self.kernel, self.block, self.index, self.limit = kernel, block, index, limit
        self.arenas: dict[tuple[ir.Type, int], Arena] = {}
        self.uses: list[Use] = []
        self.proposals: list[ir.Operation] = []
        self.exchanges = 0

    def arena(self, element: ir.Type, place: int, size: int) -> ir.Value:
        """The memory of an arena, which is made to hold `size` elements."""
        key = element, place
        if key not in self.arenas:
            name = self._name(len(self.arenas))
            make = partial(memref.get_global, _type(element, 1), name)
            self.arenas[key] = Arena(self.index.once(name, make), element)
        arena = self.arenas[key]
        arena.size = max(arena.size, size)
        return arena.memory

    def use(self, memory: ir.Value, writes: bool, exchange: int) -> None:
        """Propose a barrier before the accesses that follow."""
        op = gpu.BarrierOp().operation
        op.attributes[PROPOSAL] = ir.IntegerAttr.get(self.index.type, len(self.uses))
        self.uses.append(Use(writes, memory, exchange))
        self.proposals.append(op)

    def next_exchange(self) -> int:
        self.exchanges += 1
        return self.exchanges

    def finish(self) -> None:
        """Give the arenas their sizes and keep the barriers that are needed."""
        total = sum(arena.bytes for arena in self.arenas.values())
        if total > self.limit:
            raise PassFailure(
                self.kernel.source,
                f"needs {total} bytes of workgroup memory, but the chip has {self.limit}; "
                "use a schedule with smaller tiles",
            )
        for number, arena in enumerate(self.arenas.values()):
            kind = _type(arena.element, arena.size)
            arena.memory.set_type(kind)
            with ir.InsertionPoint(self.kernel.op):
                memref.GlobalOp(self._name(number), kind, sym_visibility="private", alignment=16)
        if self.uses:
            place_barriers(self.kernel.entry, self.uses, self.proposals)

    def _name(self, number: int) -> str:
        return f"{self.kernel.name}_shared{number}"


def _type(element: ir.Type, size: int) -> ir.MemRefType:
    space = ir.Attribute.parse("#gpu.address_space<workgroup>")
    return ir.MemRefType.get([size], element, memory_space=space)


# Barriers
class Pending:
    """What some thread may still be doing: uses since the last barrier."""

    def __init__(self) -> None:
        self.uses: set[Use] = set()

    def conflicts(self, use: Use) -> bool:
        return any(
            other.memory == use.memory
            and (other.writes or use.writes)
            and not (other.writes and use.writes and other.exchange == use.exchange)
            for other in self.uses
        )


def place_barriers(block: ir.Block, uses: list[Use], proposals: list[ir.Operation]) -> None:
    """Keep the proposals under `block` that are needed, erase the others."""
    kept: set[int] = set()
    _walk(block, uses, Pending(), kept)
    for number, op in enumerate(proposals):
        if number in kept:
            del op.attributes[PROPOSAL]
        else:
            op.erase()


def _walk(block: ir.Block, uses: list[Use], pending: Pending, kept: set[int]) -> None:
    for op in block.operations:
        op = op.operation
        if PROPOSAL in op.attributes:
            number = ir.IntegerAttr(op.attributes[PROPOSAL]).value
            if number in kept or pending.conflicts(uses[number]):
                kept.add(number)
                pending.uses.clear()
            pending.uses.add(uses[number])
        elif op.name in ("scf.for", "scf.while"):
            entered = set(pending.uses)
            for _ in range(2):  # the second time after itself
                for region in op.regions:
                    _walk(region.blocks[0], uses, pending, kept)
                pending.uses |= entered  # or the body did not run
        elif op.name == "scf.if":
            entered, left = set(pending.uses), set()
            for region in op.regions:
                pending.uses = set(entered)
                for inner in region.blocks:
                    _walk(inner, uses, pending, kept)
                left |= pending.uses
            pending.uses = entered | left
