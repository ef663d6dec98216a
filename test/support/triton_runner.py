"""Compiles Triton's kernels and runs them on the emulators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gcn_runner
import numpy as np
import ptx_runner
from triton_compile import TritonKernel, compiled

from clawc.emulators.interface import Options, Outcome, WarpOrder


def execute(
    kernel: TritonKernel,
    grid: int,
    arguments: list,
    options: Options | None = None,
    *,
    indirect: Sequence[np.ndarray] = (),
) -> Outcome:
    """Launch a compiled kernel: arrays, which it changes, and then integers and, for NVIDIA's
    chips, structures (see `ptx_runner.launch`)."""
    target = kernel.metadata.target
    if target.backend == "hip":
        given = [*arguments, 0, 0]  # no kernel here asks for scratch memory
        return gcn_runner.launch(
            kernel.code, target.arch, given, name=kernel.name, threads=kernel.threads, grid=grid,
            shared=kernel.shared, options=options,
        )  # fmt: skip
    scratch = np.zeros(kernel.scratch * grid, np.uint8)
    given = [*arguments, address_of_last, 0]
    return ptx_runner.launch(
        kernel.code.decode(), kernel.name, grid, kernel.threads, given, shared=kernel.shared,
        options=options, indirect=[*indirect, scratch],
    )  # fmt: skip


def address_of_last(addresses: list[int]) -> bytes:
    return addresses[-1].to_bytes(8, "little")


def run(
    function: Any,
    types: str,
    chip: str,
    grid: int,
    arguments: list,
    order: WarpOrder = "lockstep",
    **constants: Any,
) -> TritonKernel:
    """Compile and run; nothing may be found."""
    kernel = compiled(function, types, chip, **constants)
    outcome = execute(kernel, grid, arguments, Options(order=order))
    assert not outcome.findings, outcome.findings
    return kernel


def bits(value: float) -> int:
    """An f32 as a launch passes it."""
    return int(np.float32(value).view(np.uint32))
