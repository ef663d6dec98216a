"""PTX of another producer, Triton, on the emulator; every result against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ptx_runner import launch

pytest.importorskip("triton", reason="Triton is not installed")
from triton_compile import compiled  # noqa: E402
from triton_kernels import affine  # noqa: E402

from clawc.runtime.emulation.emulator_interface import Options, Schedule  # noqa: E402

CHIPS = ["sm_80", "sm_90"]
RNG = np.random.default_rng(1)


def run(
    function: Any,
    types: str,
    chip: str,
    grid: int,
    arguments: list,
    schedule: Schedule = "lockstep",
    **constants: Any,
) -> None:
    """Compile and run; nothing may be found."""
    kernel = compiled(function, types, chip, **constants)
    text, options = kernel.code.decode(), Options(schedule=schedule)
    scratch = [0, 0]
    shared = kernel.shared
    outcome = launch(
        text,
        kernel.name,
        grid,
        kernel.threads,
        [*arguments, *scratch],
        shared=shared,
        options=options,
    )
    assert not outcome.findings, outcome.findings


@pytest.mark.parametrize("chip", CHIPS)
def test_elementwise(chip):
    x, y = RNG.standard_normal((2, 1001)).astype(np.float32)
    out = np.zeros(1001, np.float32)
    run(affine, "*fp32:16 *fp32:16 *fp32:16 i32", chip, 4, [x, y, out, 1001], BLOCK=256)
    np.testing.assert_array_equal(out, (2 * x.astype(np.float64) + y).astype(np.float32))
