"""Kernels as closures: each operation's attributes are read once, then it runs on all lanes.

A unit is the set of threads that go in step; a block runs under a mask of its lanes.  Steps that
can meet a barrier are generators that yield there: a schedule decides who goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mlir import ir

from clawc.targets.interpreter_matrix import mma_sync, rows_to_fragments
from clawc.targets.interpreter_memory import Access, Buffer, Finding, named_threads
from clawc.targets.interpreter_ops import semantics
from clawc.targets.interpreter_values import InterpreterError, dtype_of, shape_of

Barrier = tuple[ir.Operation, np.ndarray]  # where, and which lanes
Running = Generator[Barrier, None, None]
Step = Callable[["Unit", np.ndarray], "Running | None"]


@dataclass
class Unit:
    """Threads in step: `unit_size` of each workgroup of a batch, group after group."""

    kernel: str
    thread: np.ndarray  # of each lane, in its workgroup
    group: np.ndarray  # of each lane, in the grid
    copy: np.ndarray  # of each lane: its workgroup's number in the batch
    unit_size: int
    workgroup_size: int
    lanes: int  # that shuffle
    values: list[Any]
    shared: dict[str, Buffer]
    findings: dict[tuple[str, str, str], Finding] | None  # None: nothing is checked
    clock: list[int]  # the epoch, of all units

    def access(self, op: ir.Operation) -> Access | None:
        if self.findings is None:
            return None
        thread = self.group * self.workgroup_size + self.thread
        return Access(thread, self.workgroup_size, self.clock[0], self._reporter(op, thread))

    def report(self, op: ir.Operation, kind: str, message: str, lanes: np.ndarray) -> None:
        thread = self.group * self.workgroup_size + self.thread
        self._reporter(op, thread)(kind, message, lanes)

    def _reporter(self, op: ir.Operation, thread: np.ndarray):
        def report(kind: str, message: str, lanes: np.ndarray) -> None:
            if self.findings is None:
                return
            who = named_threads(lanes, thread, self.workgroup_size)
            place = str(op.location)
            found = Finding(kind, self.kernel, op.name, place, who, message)
            self.findings.setdefault((kind, op.name, f"{id(op)}"), found)

        return report


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

    # Memory
    def load(self, op: ir.Operation) -> Step:
        memory, index = (self.slot(v) for v in op.operands)
        result, shape = self.slot(op.results[0]), shape_of(op.results[0].type)
        width, align = (shape or (1,))[0], _alignment(op, op.results[0].type)

        def run(unit: Unit, mask: np.ndarray) -> None:
            values = unit.values
            who = unit.access(op)
            got = values[memory].load(values[index], width, mask, unit.copy, align, who)
            values[result] = got if shape else got[:, 0]

        return run

    def store(self, op: ir.Operation) -> Step:
        value, memory, index = (self.slot(v) for v in op.operands)
        align = _alignment(op, op.operands[0].type)

        def run(unit: Unit, mask: np.ndarray) -> None:
            values = unit.values
            data = values[value].reshape(len(mask), -1)
            values[memory].store(data, values[index], mask, unit.copy, align, unit.access(op))

        return run

    def get_global(self, op: ir.Operation) -> Step:
        result, name = self.slot(op.results[0]), ir.FlatSymbolRefAttr(op.attributes["name"]).value

        def run(unit: Unit, mask: np.ndarray) -> None:
            unit.values[result] = unit.shared[name]

        return run

    def address(self, op: ir.Operation) -> Step:
        memory, result = self.slot(op.operands[0]), self.slot(op.results[0])

        def run(unit: Unit, mask: np.ndarray) -> None:
            unit.values[result] = np.full(len(mask), unit.values[memory].address)

        return run

    def load_matrix(self, op: ir.Operation) -> Step:
        pointer, result = self.slot(op.operands[0]), self.slot(op.results[0])
        count = ir.IntegerAttr(op.attributes["num"]).value
        transposed = "col" in str(op.attributes["layout"])

        def run(unit: Unit, mask: np.ndarray) -> None:
            address = unit.values[pointer]
            reading = mask & (unit.thread % 32 < 8 * count)
            start = int(address[np.flatnonzero(reading)[0]])
            buffer = max(
                (b for b in unit.shared.values() if b.address <= start), key=lambda b: b.address
            )
            size = buffer.data.dtype.itemsize
            if ((address - buffer.address) % size != 0).any():
                unit.report(op, "misaligned", f"points into an element of {buffer.name}", reading)
            at = (address - buffer.address) // size
            rows = buffer.load(at, 16 // size, reading, unit.copy, 16, unit.access(op))
            unit.values[result] = rows_to_fragments(rows, count, transposed)

        return run

    def matrix_multiply(self, op: ir.Operation) -> Step:
        operands, result = [self.slot(v) for v in op.operands], self.slot(op.results[0])

        def run(unit: Unit, mask: np.ndarray) -> None:
            _need_all(unit, op, mask)
            unit.values[result] = mma_sync(op, [unit.values[i] for i in operands])

        return run

    # Threads
    def thread_id(self, op: ir.Operation) -> Step:
        return self._number(op, lambda unit: unit.thread)

    def block_id(self, op: ir.Operation) -> Step:
        return self._number(op, lambda unit: unit.group)

    def _number(self, op: ir.Operation, number: Callable[[Unit], np.ndarray]) -> Step:
        result = self.slot(op.results[0])
        along_x = "x" in str(op.attributes["dimension"]).removeprefix("#gpu")

        def run(unit: Unit, mask: np.ndarray) -> None:
            which = number(unit)
            unit.values[result] = which if along_x else np.zeros_like(which)

        return run

    def shuffle(self, op: ir.Operation) -> Step:
        if "xor" not in str(op.attributes["mode"]):
            raise InterpreterError(f"'gpu.shuffle' {op.attributes['mode']}; only xor is of L4")
        value, offset, width = (self.slot(v) for v in op.operands)
        result, valid = (self.slot(v) for v in op.results)

        def run(unit: Unit, mask: np.ndarray) -> None:
            lane = unit.thread % unit.lanes
            other = lane ^ unit.values[offset]
            inside = other // unit.values[width] == lane // unit.values[width]
            source = np.arange(len(lane)) + np.where(inside, other - lane, 0)
            absent = mask & ~mask[source]
            if absent.any():
                unit.report(op, "divergence", "takes a value of a lane that is elsewhere", absent)
            unit.values[result] = unit.values[value][source]
            unit.values[valid] = inside

        return run

    def barrier(self, op: ir.Operation) -> Step:
        def run(unit: Unit, mask: np.ndarray) -> Running:
            _need_all(unit, op, mask)
            yield op, mask

        return run


_TERMINATORS = ("scf.yield", "scf.condition", "gpu.return")
_STEPS: dict[str, Callable[[Compiler, ir.Operation], Step]] = {
    "gpu.barrier": Compiler.barrier,
    "amdgpu.lds_barrier": Compiler.barrier,
    "gpu.block_id": Compiler.block_id,
    "gpu.shuffle": Compiler.shuffle,
    "gpu.thread_id": Compiler.thread_id,
    "memref.extract_aligned_pointer_as_index": Compiler.address,
    "memref.get_global": Compiler.get_global,
    "memref.load": Compiler.load,
    "memref.store": Compiler.store,
    "nvvm.ldmatrix": Compiler.load_matrix,
    "nvvm.mma.sync": Compiler.matrix_multiply,
    "scf.for": Compiler.scf_for,
    "scf.if": Compiler.scf_if,
    "scf.while": Compiler.scf_while,
    "vector.load": Compiler.load,
    "vector.store": Compiler.store,
}


def _need_all(unit: Unit, op: ir.Operation, mask: np.ndarray) -> None:
    """Report where some threads of a workgroup's unit are here and others are not."""
    here = mask.reshape(-1, unit.unit_size)
    some = here.any(axis=1) & ~here.all(axis=1)
    if some.any():
        missing = (~here & some[:, None]).reshape(-1)
        unit.report(op, "divergence", "is not reached by all threads; missing are", missing)


def _alignment(op: ir.Operation, type_: ir.Type) -> int:
    if "alignment" in op.attributes:
        return ir.IntegerAttr(op.attributes["alignment"]).value
    return dtype_of(type_).itemsize


def _merged(parts: list[tuple[np.ndarray, Any]]) -> Any:
    """Each lane's value of the part whose lanes it is among; of no part: of the last one."""
    (_, result), *others = reversed(parts)
    for lanes, value in others:
        if lanes.any():
            shaped = lanes[:, None] if value.ndim > 1 else lanes
            result = np.where(shaped, value, result)
    return result
