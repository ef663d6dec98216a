"""Which part of a loop's body can be done a round ahead: reads, and what they need."""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass

from mlir import ir

from clawc.dialects.claw import StageOp
from clawc.passes.layout.buffers import root
from clawc.passes.layout.ops import Transfer, constant_index, defining, inside

READ, STAGE = "vector.transfer_read", StageOp.OPERATION_NAME
ADDRESS = ("arith.", "vector.create_mask", "vector.constant_mask")  # operations of addresses, masks


@dataclass(frozen=True)
class Parts:
    """A body in two: `ahead` are the reads and what they need, `behind` is all that is left."""

    ahead: list[ir.Operation]
    reads: list[ir.Value]  # the tiles that go from the one to the other
    behind: list[ir.Operation]
    runs: bool  # whether the loop surely runs

    @property
    def stored(self) -> list[ir.Operation]:
        """What is behind, up to where all is in shared memory."""
        last = max((i for i, op in enumerate(self.behind) if op.name == STAGE), default=-1)
        return self.behind[: last + 1]

    @property
    def rest(self) -> list[ir.Operation]:
        return self.behind[len(self.stored) :]


def split(loop: ir.Operation, written: Set[ir.Value]) -> Parts | None:
    """The parts of a loop that multiplies tiles; None where that gains nothing or cannot be.

    A read goes ahead if it is of memory that the kernel does not write, at a place that follows
    from the round alone.  Where the loop may not run at all, each of them needs a mask."""
    body = loop.regions[0].blocks[0]
    ops = [view.operation for view in body.operations][:-1]
    rounds = trip_count(loop)
    if not any(op.name == "vector.contract" for op in ops) or rounds in (0, 1):
        return None
    carried = set(list(body.arguments)[1:])
    needed: dict[ir.Value, list[ir.Operation]] = {}
    for op in ops:
        if op.name == READ and root(Transfer.of(op).memory) not in written:
            slice_ = addresses(op, body, carried)
            if slice_ is not None and (rounds or Transfer.of(op).mask is not None):
                needed[op.results[0]] = slice_
    if not needed:
        return None
    values = {r for value, slice_ in needed.items() for op in slice_ for r in op.results} | {
        *needed
    }
    ahead = [op for op in ops if any(r in values for r in op.results)]
    return Parts(ahead, list(needed), left(ops, values, needed), bool(rounds))


def left(
    ops: list[ir.Operation], values: Set[ir.Value], reads: Collection[ir.Value]
) -> list[ir.Operation]:
    """What is no read, without addresses and masks that only reads use."""
    behind: list[ir.Operation] = []
    used: set[ir.Value] = set()
    for op in reversed(ops):
        results = set(op.results)
        if results & values and (not results & used or results & set(reads)):
            continue
        behind.append(op)
        used |= {value for each in inside(op) for value in each.operands}
    return behind[::-1]


def addresses(
    op: ir.Operation, body: ir.Block, carried: Set[ir.Value]
) -> list[ir.Operation] | None:
    """What an operation needs of the same body; None if that is what the loop carries, or more than
    arithmetic of addresses and masks."""
    found: list[ir.Operation] = []
    for value in op.operands:
        made = defining(value)
        if value in carried:
            return None
        if made is None or made.block != body:
            continue
        inner = addresses(made, body, carried) if made.name.startswith(ADDRESS) else None
        if inner is None:
            return None
        found += [*inner, made]
    return found


def trip_count(loop: ir.Operation) -> int | None:
    """How often the body runs; None where only running tells."""
    start, end, step = (constant_index(v) for v in list(loop.operands)[:3])
    if start is None or end is None or not step:
        return None
    return max(0, -(-(end - start) // step))
