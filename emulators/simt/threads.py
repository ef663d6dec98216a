"""Steps of a kernel that concern its threads: who they are, shuffles, barriers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from mlir import ir

from clawc.emulators.simt.unit import Running, Slots, Step, Unit, need_all
from clawc.emulators.simt.values import InterpreterError


def thread_id(slots: Slots, op: ir.Operation) -> Step:
    return _number(slots, op, lambda unit: unit.thread)


def block_id(slots: Slots, op: ir.Operation) -> Step:
    return _number(slots, op, lambda unit: unit.group)


def _number(slots: Slots, op: ir.Operation, number: Callable[[Unit], np.ndarray]) -> Step:
    result = slots.slot(op.results[0])
    along_x = "x" in str(op.attributes["dimension"]).removeprefix("#gpu")

    def run(unit: Unit, mask: np.ndarray) -> None:
        which = number(unit)
        unit.values[result] = which if along_x else np.zeros_like(which)

    return run


def shuffle(slots: Slots, op: ir.Operation) -> Step:
    if "xor" not in str(op.attributes["mode"]):
        raise InterpreterError(f"'gpu.shuffle' {op.attributes['mode']}; only xor is of L4")
    value, offset, width = (slots.slot(v) for v in op.operands)
    result, valid = (slots.slot(v) for v in op.results)

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


def barrier(slots: Slots, op: ir.Operation) -> Step:
    def run(unit: Unit, mask: np.ndarray) -> Running:
        need_all(unit, op, mask)
        yield op, mask

    return run
