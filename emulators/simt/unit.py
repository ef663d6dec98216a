"""A unit: the threads of a kernel that go in step, and what the code of the kernel runs on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from mlir import ir

from clawc.emulators.simt.memory import Access, Buffer, Finding, named_threads

Barrier = tuple[ir.Operation, np.ndarray]  # where, and which lanes
Running = Generator[Barrier, None, None]
Step = Callable[["Unit", np.ndarray], "Running | None"]


class Slots(Protocol):
    """Numbers the values of a kernel."""

    def slot(self, value: ir.Value) -> int: ...


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


def need_all(unit: Unit, op: ir.Operation, mask: np.ndarray) -> None:
    """Report where some threads of a workgroup's unit are here and others are not."""
    here = mask.reshape(-1, unit.unit_size)
    some = np.logical_and(here.any(axis=1), ~here.all(axis=1))
    if some.any():
        missing = (~here & some[:, None]).reshape(-1)
        unit.report(op, "divergence", "is not reached by all threads; missing are", missing)
