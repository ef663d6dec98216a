"""An interpreter of L4: kernels and their host function on NumPy arrays, looking for mistakes.

    result = interpret(module, [x, w], order="reversed")
    result.outputs       # what the host function returns
    result.findings      # races, accesses out of bounds or misaligned, divergent barriers, ...

The threads of a workgroup run vectorised over lanes, from barrier to barrier: all together
("lockstep"), or a warp at a time, forward ("warp") or backward ("reversed").  A program without
findings has the same outputs in all orders of warps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from mlir import ir

from clawc.emulators.interface import WARP_ORDERS, WarpOrder
from clawc.emulators.simt.host import Host, View
from clawc.emulators.simt.launch import Kernel, Launcher
from clawc.emulators.simt.memory import Buffer, Finding
from clawc.emulators.simt.values import InterpreterError

__all__ = ["Finding", "InterpreterError", "Result", "WARP_ORDERS", "interpret", "run_kernel"]
_ALIGNMENT = 256  # of a buffer on a device


@dataclass(frozen=True)
class Result:
    """The arrays that came out, and what was found to be wrong."""

    outputs: list[np.ndarray]
    findings: list[Finding]


def interpret(
    module: ir.Module,
    inputs: Sequence[np.ndarray | np.generic],
    *,
    entry: str = "main",
    order: WarpOrder = "lockstep",
    check: bool = True,
    lanes: int = 32,
) -> Result:
    """Run the host function `entry` of a module at L4; a NumPy scalar is one of the program.

    The outputs are its results; of a function without any, its arguments as they are afterwards.
    """
    launcher = Launcher(order, lanes, check, {})
    with module.context:
        host = Host(module, entry, kernels_of(module), launcher)
        arguments = [
            View.copied(f"argument {i}", x, _ALIGNMENT) if isinstance(x, np.ndarray) else x
            for i, x in enumerate(inputs)
        ]
        found = host.run(arguments) or arguments
    outputs = [v.array() if isinstance(v, View) else np.asarray(v) for v in found]
    return Result(outputs, list(launcher.findings.values()))


def run_kernel(
    module: ir.Module,
    name: str,
    buffers: Sequence[np.ndarray],
    scalars: Sequence[int] = (),
    *,
    grid: int = 1,
    order: WarpOrder = "lockstep",
    check: bool = True,
    lanes: int = 32,
) -> Result:
    """Run one kernel on flat buffers; the outputs are all of them afterwards."""
    launcher = Launcher(order, lanes, check, {})
    with module.context:
        kernels = kernels_of(module)
        if name not in kernels:
            raise InterpreterError(f"no kernel {name!r}; known: {', '.join(kernels)}")
        views = [View.copied(f"buffer {i}", x, _ALIGNMENT) for i, x in enumerate(buffers)]
        arguments: list[Buffer | int] = [*(v.buffer for v in views), *scalars]
        launcher.launch(kernels[name], grid, arguments)
    return Result([v.array() for v in views], list(launcher.findings.values()))


def kernels_of(module: ir.Module) -> dict[str, Kernel]:
    """The kernels of all gpu.modules, by name."""
    kernels: dict[str, Kernel] = {}
    for outer in module.body.operations:
        if outer.operation.name != "gpu.module":
            continue
        inner = [op.operation for op in outer.operation.regions[0].blocks[0].operations]
        shared = [op for op in inner if op.name == "memref.global"]
        for op in inner:
            if op.name == "gpu.func":
                used = _globals_of(op, shared)
                kernel = Kernel.of(op, used)
                kernels[kernel.name] = kernel
    return kernels


def _globals_of(kernel: ir.Operation, shared: list[ir.Operation]) -> list[ir.Operation]:
    names: set[str] = set()

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "memref.get_global":
            names.add(ir.FlatSymbolRefAttr(op.attributes["name"]).value)
        return ir.WalkResult.ADVANCE

    kernel.walk(visit, ir.WalkOrder.PRE_ORDER)
    return [op for op in shared if ir.StringAttr(op.attributes["sym_name"]).value in names]
