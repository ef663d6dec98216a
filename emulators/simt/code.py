"""Kernels as closures: each operation's attributes are read once, then it runs on all lanes.

A block runs under a mask of a unit's lanes.  Steps that can meet a barrier are generators that
yield there: the order of warps decides who goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mlir import ir

from clawc.emulators.simt import access, threads
from clawc.emulators.simt.matrix_amd import MATRIX
from clawc.emulators.simt.ops import semantics
from clawc.emulators.simt.unit import Running, Step, Unit
from clawc.emulators.simt.values import shape_of


@dataclass
class Code:
    """One block; `arguments` and `ends` are the slots of its arguments and terminator operands."""

    arguments: list[int] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def run(self, unit: Unit, mask: np.ndarray) -> Running:
        for step in self.steps:
            running = step(unit, mask)
            if running is not None:
                yield from running

    def results(self, unit: Unit) -> list[Any]:
        return [unit.values[i] for i in self.ends]


class Compiler:
    """Turns the blocks of one kernel into code; `slots` numbers its values."""

    def __init__(self) -> None:
        self.slots: dict[ir.Value, int] = {}

    def slot(self, value: ir.Value) -> int:
        return self.slots.setdefault(value, len(self.slots))

    def block(self, block: ir.Block) -> Code:
        code = Code([self.slot(a) for a in block.arguments])
        for op in block.operations:
            if op.operation.name in _TERMINATORS:
                code.ends = [self.slot(v) for v in op.operation.operands]
            else:
                code.steps.append(self.step(op.operation))
        return code

    def step(self, op: ir.Operation) -> Step:
        if op.name in _STEPS:
            return _STEPS[op.name](self, op)
        function = semantics(op)
        operands = [self.slot(v) for v in op.operands]
        results = [self.slot(v) for v in op.results]
        shape = shape_of(op.results[0].type)
        if not operands:

            def constant(unit: Unit, mask: np.ndarray) -> None:
                unit.values[results[0]] = np.broadcast_to(function(), (len(mask), *shape))

            return constant
        if len(results) == 1:
            (result,) = results

            def one(unit: Unit, mask: np.ndarray) -> None:
                values = unit.values
                values[result] = function(*[values[i] for i in operands])

            return one

        def several(unit: Unit, mask: np.ndarray) -> None:
            answers = function(*[unit.values[i] for i in operands])
            for result, answer in zip(results, answers, strict=True):
                unit.values[result] = answer

        return several

    # Control flow
    def scf_if(self, op: ir.Operation) -> Step:
        condition = self.slot(op.operands[0])
        branches = [self.block(r.blocks[0]) if len(r.blocks) else Code() for r in op.regions]
        results = [self.slot(v) for v in op.results]

        def run(unit: Unit, mask: np.ndarray) -> Running:
            taken = unit.values[condition]
            yes, no = mask & taken, mask & ~taken
            answers = []
            for branch, lanes in zip(branches, (yes, no), strict=True):
                if lanes.any():
                    yield from branch.run(unit, lanes)
                    answers.append((lanes, branch.results(unit)))
            for i, result in enumerate(results):
                unit.values[result] = _merged([(lanes, r[i]) for lanes, r in answers])

        return run

    def scf_for(self, op: ir.Operation) -> Step:
        low, high, step, *first = [self.slot(v) for v in op.operands]
        body = self.block(op.regions[0].blocks[0])
        results = [self.slot(v) for v in op.results]

        def run(unit: Unit, mask: np.ndarray) -> Running:
            values = unit.values
            index, end, stride = values[low], values[high], values[step]
            if (mask & (stride <= 0)).any():
                unit.report(op, "divergence", "has a step that is not positive", mask)
                return
            carried = [values[i] for i in first]
            active = mask & (index < end)
            while active.any():
                values[body.arguments[0]] = index
                for slot, value in zip(body.arguments[1:], carried, strict=True):
                    values[slot] = value
                yield from body.run(unit, active)
                carried = [
                    _merged([(~active, old), (active, new)])
                    for old, new in zip(carried, body.results(unit), strict=True)
                ]
                index = index + stride
                active = active & (index < end)
            for slot, value in zip(results, carried, strict=True):
                values[slot] = value

        return run

    def scf_while(self, op: ir.Operation) -> Step:
        first = [self.slot(v) for v in op.operands]
        before, after = (self.block(r.blocks[0]) for r in op.regions)
        results = [self.slot(v) for v in op.results]

        def run(unit: Unit, mask: np.ndarray) -> Running:
            values = unit.values
            carried = [values[i] for i in first]
            leaving: list[tuple[np.ndarray, list[Any]]] = []
            active = mask
            while active.any():
                for slot, value in zip(before.arguments, carried, strict=True):
                    values[slot] = value
                yield from before.run(unit, active)
                condition, *passed = before.results(unit)
                leaving.append((active & ~condition, passed))
                active = active & condition
                for slot, value in zip(after.arguments, passed, strict=True):
                    values[slot] = value
                if active.any():
                    yield from after.run(unit, active)
                    carried = after.results(unit)
            for i, slot in enumerate(results):
                values[slot] = _merged([(lanes, passed[i]) for lanes, passed in leaving])

        return run


_TERMINATORS = ("scf.yield", "scf.condition", "gpu.return")
_STEPS: dict[str, Callable[[Compiler, ir.Operation], Step]] = {
    "gpu.barrier": threads.barrier,
    "amdgpu.lds_barrier": threads.barrier,
    "gpu.block_id": threads.block_id,
    "gpu.shuffle": threads.shuffle,
    "gpu.thread_id": threads.thread_id,
    "memref.extract_aligned_pointer_as_index": access.address,
    "memref.get_global": access.get_global,
    "memref.load": access.load,
    "memref.store": access.store,
    "nvvm.ldmatrix": access.load_matrix,
    "nvvm.mma.sync": access.matrix_multiply,
    "scf.for": Compiler.scf_for,
    "scf.if": Compiler.scf_if,
    "scf.while": Compiler.scf_while,
    "vector.load": access.load,
    "vector.maskedload": access.load_part,
    "vector.store": access.store,
    **{name: access.matrix_multiply for name in MATRIX},
}


def _merged(parts: list[tuple[np.ndarray, Any]]) -> Any:
    """Each lane's value of the part whose lanes it is among; of no part: of the last one."""
    (_, result), *others = reversed(parts)
    for lanes, value in others:
        if lanes.any():
            shaped = lanes[:, None] if value.ndim > 1 else lanes
            result = np.where(shaped, value, result)
    return result
