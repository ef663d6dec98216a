"""Sizes that are only known when a program runs are checked then, with a message."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CASES = {
    "matmul": (
        "%r = claw.matmul %x, %y : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>",
        "claw.matmul: rhs axis 0 must be lhs axis 1",
    ),
    "binary": (
        '%r = claw.binary %x, %y {kind = "add"} :'
        " (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>",
        "claw.binary: rhs axis 0 must be lhs axis 0",
    ),
    "reshape": (
        "%r = claw.reshape %x : (tensor<?x?xf32>) -> tensor<?x5xf32>",
        "claw.reshape: input's element count must be a multiple of 5",
    ),
    "declared": (
        '%r = claw.unary %x {kind = "exp"} : (tensor<?x?xf32>) -> tensor<?x4xf32>',
        "claw.unary: input axis 1 must be 4",
    ),
}
RUN = """
import sys
import numpy as np
from linalg_jit import run
run(sys.argv[1], np.zeros((2, 3), np.float32), np.zeros((4, 3), np.float32))
"""


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_size_stops_the_program(case: str) -> None:
    operation, message = CASES[case]
    result = operation.rpartition("-> ")[2]
    text = (
        f"func.func @f(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> {result} {{\n"
        f"  {operation}\n  return %r : {result}\n}}\n"
    )
    done = subprocess.run(  # -u: what the program prints before it aborts is not lost in a buffer
        [sys.executable, "-u", "-c", RUN, text],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2] / "support",
    )
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
