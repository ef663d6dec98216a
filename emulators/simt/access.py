"""Steps of a kernel that touch memory, and matrix instructions."""

from __future__ import annotations

import numpy as np
from mlir import ir

from clawc.emulators.simt.matrix import mma_sync, rows_to_fragments
from clawc.emulators.simt.matrix_amd import MATRIX
from clawc.emulators.simt.unit import Slots, Step, Unit, need_all
from clawc.emulators.simt.values import dtype_of, shape_of


def load(slots: Slots, op: ir.Operation) -> Step:
    memory, index = (slots.slot(v) for v in op.operands)
    result, shape = slots.slot(op.results[0]), shape_of(op.results[0].type)
    width, align = (shape or (1,))[0], alignment_of(op, op.results[0].type)

    def run(unit: Unit, mask: np.ndarray) -> None:
        values = unit.values
        who = unit.access(op)
        got = values[memory].load(values[index], width, mask, unit.copy, align, who)
        values[result] = got if shape else got[:, 0]

    return run


def load_part(slots: Slots, op: ir.Operation) -> Step:
    """A masked load, an access for each element whose bit is set."""
    memory, index, inside, instead = (slots.slot(v) for v in op.operands)
    result, align = slots.slot(op.results[0]), dtype_of(op.results[0].type).itemsize

    def run(unit: Unit, mask: np.ndarray) -> None:
        values = unit.values
        got, bits = values[instead].copy(), values[inside].astype(bool)
        for i in range(got.shape[1]):
            reading = mask & bits[:, i]
            at, who = values[index] + i, unit.access(op)
            one = values[memory].load(at, 1, reading, unit.copy, align, who)
            got[reading, i] = one[reading, 0]
        values[result] = got

    return run


def store(slots: Slots, op: ir.Operation) -> Step:
    value, memory, index = (slots.slot(v) for v in op.operands)
    align = alignment_of(op, op.operands[0].type)

    def run(unit: Unit, mask: np.ndarray) -> None:
        values = unit.values
        data = values[value].reshape(len(mask), -1)
        values[memory].store(data, values[index], mask, unit.copy, align, unit.access(op))

    return run


def get_global(slots: Slots, op: ir.Operation) -> Step:
    result, name = slots.slot(op.results[0]), ir.FlatSymbolRefAttr(op.attributes["name"]).value

    def run(unit: Unit, mask: np.ndarray) -> None:
        unit.values[result] = unit.shared[name]

    return run


def address(slots: Slots, op: ir.Operation) -> Step:
    memory, result = slots.slot(op.operands[0]), slots.slot(op.results[0])

    def run(unit: Unit, mask: np.ndarray) -> None:
        unit.values[result] = np.full(len(mask), unit.values[memory].address)

    return run


def load_matrix(slots: Slots, op: ir.Operation) -> Step:
    pointer, result = slots.slot(op.operands[0]), slots.slot(op.results[0])
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


def matrix_multiply(slots: Slots, op: ir.Operation) -> Step:
    operands, result = [slots.slot(v) for v in op.operands], slots.slot(op.results[0])
    multiply = MATRIX.get(op.name, mma_sync)

    def run(unit: Unit, mask: np.ndarray) -> None:
        need_all(unit, op, mask)
        unit.values[result] = multiply(op, [unit.values[i] for i in operands])

    return run


def alignment_of(op: ir.Operation, type_: ir.Type) -> int:
    if "alignment" in op.attributes:
        return ir.IntegerAttr(op.attributes["alignment"]).value
    return dtype_of(type_).itemsize
