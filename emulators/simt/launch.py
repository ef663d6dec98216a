"""A launch: workgroups in batches, their threads in an order of warps, from barrier to barrier."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from mlir import ir

from clawc.emulators.interface import WarpOrder
from clawc.emulators.simt.code import Code, Compiler
from clawc.emulators.simt.memory import Buffer, Finding
from clawc.emulators.simt.unit import Barrier, Running, Unit
from clawc.emulators.simt.values import InterpreterError, dtype_of

_BATCH = 1 << 15  # lanes that run together
_POISON = 0xFF  # shared memory before it is written: NaN as a real


@dataclass
class Kernel:
    """A gpu.func, ready to run."""

    name: str
    threads: int
    code: Code
    slots: int
    shared: list[ir.Operation]  # the memref.globals of its module

    @classmethod
    def of(cls, op: ir.Operation, shared: list[ir.Operation]) -> Kernel:
        threads = math.prod(ir.DenseI32ArrayAttr(op.attributes["known_block_size"]))
        compiler = Compiler()
        code = compiler.block(op.regions[0].blocks[0])
        name = ir.StringAttr(op.attributes["sym_name"]).value
        return cls(name, threads, code, len(compiler.slots), shared)


@dataclass
class Launcher:
    """Runs kernels in one order of warps and collects what they do wrong."""

    order: WarpOrder
    lanes: int
    check: bool
    findings: dict[tuple[str, str, str], Finding]

    def launch(self, kernel: Kernel, grid: int, arguments: Sequence[Buffer | int]) -> None:
        for argument in arguments:
            if isinstance(argument, Buffer):
                argument.forget_accesses()
        batch = max(1, _BATCH // kernel.threads)
        clock = [0]
        for start in range(0, grid, batch):
            groups = np.arange(start, min(start + batch, grid))
            self._batch(kernel, groups, arguments, clock)
            clock[0] += 1

    def _batch(
        self,
        kernel: Kernel,
        groups: np.ndarray,
        arguments: Sequence[Buffer | int],
        clock: list[int],
    ) -> None:
        shared = _shared_memory(kernel.shared, len(groups))
        size = kernel.threads if self.order == "lockstep" else min(self.lanes, kernel.threads)
        units = []
        for first in range(0, kernel.threads, size):
            thread = np.arange(first, min(first + size, kernel.threads))
            unit = Unit(
                kernel.name,
                np.tile(thread, len(groups)),
                np.repeat(groups, len(thread)),
                np.repeat(np.arange(len(groups)), len(thread)),
                len(thread),
                kernel.threads,
                self.lanes,
                [None] * kernel.slots,
                shared,
                self.findings if self.check else None,
                clock,
            )
            for slot, argument in zip(kernel.code.arguments, arguments, strict=True):
                whole = isinstance(argument, Buffer)
                unit.values[slot] = argument if whole else np.full(len(unit.thread), argument)
            units.append(unit)
        if self.order == "reversed":
            units.reverse()
        self._run(kernel.code, units, clock)

    def _run(self, code: Code, units: list[Unit], clock: list[int]) -> None:
        """All units to their next barrier, again and again."""
        running: list[tuple[Unit, Running]] = [
            (unit, code.run(unit, np.ones(len(unit.thread), bool))) for unit in units
        ]
        with np.errstate(all="ignore"):
            while running:
                waiting, done = [], []
                for unit, run in running:
                    at = next(run, None)
                    (done if at is None else waiting).append((unit, run, at))
                clock[0] += 1
                _compare(waiting, [unit for unit, _, _ in done])
                running = [(unit, run) for unit, run, _ in waiting]


def _compare(waiting: list[tuple[Unit, Running, Barrier]], done: list[Unit]) -> None:
    """Report units that wait at different barriers, or where others have ended."""
    if not waiting:
        return
    unit, _, (op, mask) = waiting[0]
    groups = set(unit.group[mask].tolist())
    for other, _, (at, lanes) in waiting[1:]:
        if at != op or set(other.group[lanes].tolist()) != groups:
            other.report(at, "divergence", f"waits while others wait at {op.location}", lanes)
    if done:
        unit.report(op, "divergence", "waits while other threads have ended", mask)


def _shared_memory(globals_: list[ir.Operation], copies: int) -> dict[str, Buffer]:
    buffers: dict[str, Buffer] = {}
    address = 0
    for op in globals_:
        type_ = ir.MemRefType(ir.TypeAttr(op.attributes["type"]).value)
        if not type_.has_static_shape or type_.rank != 1:
            raise InterpreterError(f"shared memory of type {type_}; expected 1-D of known size")
        dtype, size = dtype_of(type_), type_.shape[0]
        align = dtype.itemsize
        if "alignment" in op.attributes:
            align = ir.IntegerAttr(op.attributes["alignment"]).value
        name = ir.StringAttr(op.attributes["sym_name"]).value
        address = -(-address // align) * align
        data = np.full(copies * size * dtype.itemsize, _POISON, np.uint8).view(dtype)
        written = np.zeros(copies * size, bool)
        buffers[name] = Buffer(name, data, align, address, copies, True, written)
        address += size * dtype.itemsize
    return buffers
