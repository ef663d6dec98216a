"""sink-arithmetic: arithmetic stands where its result is used, so that fewer registers are held."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mlir import ir

from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import gpu_kernels, operations_in
from clawc.passes.lower.register_pressure import pressure, registers, used_by

_MANY = 64  # registers; with fewer more than half of a unit's threads are resident in any case
_PURE = ("arith.", "math.")
_MOVES = (  # of values among registers
    *("llvm.extractvalue", "llvm.bitcast"),
    *("vector.broadcast", "vector.extract", "vector.insert", "vector.shuffle", "vector.bitcast"),
    *("vector.from_elements", "vector.extract_strided_slice", "vector.insert_strided_slice"),
    *("vector.fma", "vector.shape_cast", "vector.to_elements"),
)


@dataclass(frozen=True)
class SinkArithmetic(Pass):
    """Distribution writes each operation for all of a thread's tile before the next, so that an
    epilogue of many steps holds the tile's values once for each of its temporaries.  Depth first,
    one chunk is finished before the next begins.  A block is reordered only where it holds many
    registers at once, and fewer so (`register_pressure.py`); what has effects stays in order.

    Before:
        %e0 = math.exp %x0 : vector<8xf32>
        %e1 = math.exp %x1 : vector<8xf32>
        %s0 = arith.mulf %e0, %y0 : vector<8xf32>
        %s1 = arith.mulf %e1, %y1 : vector<8xf32>
        vector.store %s0, %out[%i]
        vector.store %s1, %out[%j]
    After:
        %e0 = math.exp %x0 : vector<8xf32>
        %s0 = arith.mulf %e0, %y0 : vector<8xf32>
        vector.store %s0, %out[%i]
        %e1 = math.exp %x1 : vector<8xf32>
        %s1 = arith.mulf %e1, %y1 : vector<8xf32>
        vector.store %s1, %out[%j]
    """

    name = "sink-arithmetic"

    def run(self, module: ir.Module) -> None:
        for kernel in gpu_kernels(module):
            for op in (kernel, *operations_in(kernel)):
                for region in op.regions:
                    for block in region.blocks:
                        _sink(block)


def _sink(block: ir.Block) -> None:
    now = pressure(block)
    if now <= _MANY:
        return
    ops = [op.operation for op in block.operations]
    order = depth_first(ops)
    if order == ops or pressure(block, order) >= now:
        return
    last = order[-1]
    for op in order[:-1]:
        op.move_before(last)


def depth_first(ops: Sequence[ir.Operation]) -> list[ir.Operation]:
    """What is pure as late as its first user, all else in order.  Of the operands of one operation
    that which needs most beside its result is computed first (Sethi and Ullman, 1970)."""
    makers: dict[ir.Value, ir.Operation] = {
        result: op for op in ops if _is_pure(op) for result in op.results
    }
    needed = _needed(ops, makers)
    order: list[ir.Operation] = []
    done: set[ir.Operation] = set()
    for root in ops:
        if _is_pure(root) and any(True for result in root.results for _ in result.uses):
            continue
        waiting = [(root, iter(needed(root)))]
        while waiting:
            op, before = waiting[-1]
            maker = next((each for each in before if each not in done), None)
            if maker is not None:
                waiting.append((maker, iter(needed(maker))))
                continue
            waiting.pop()
            if op not in done:
                done.add(op)
                order.append(op)
    return order


def _needed(
    ops: Sequence[ir.Operation], makers: Mapping[ir.Value, ir.Operation]
) -> Callable[[ir.Operation], list[ir.Operation]]:
    """What makes the operands of an operation, in the order to compute it."""
    held = {op: sum(registers(result.type) for result in op.results) for op in ops}
    need: dict[ir.Operation, int] = {}

    def ordered(op: ir.Operation) -> list[ir.Operation]:
        found = dict.fromkeys(makers[value] for value in used_by(op) if value in makers)
        return sorted(found, key=lambda maker: held[maker] - need[maker])

    for op in ops:
        most = now = 0
        for maker in ordered(op):
            most = max(most, now + need[maker])
            now += held[maker]
        need[op] = max(most, now, held[op])
    return ordered


def _is_pure(op: ir.Operation) -> bool:
    return not len(op.regions) and (op.name in _MOVES or op.name.startswith(_PURE))
