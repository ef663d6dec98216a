"""Programs of LLVM IR in floating point: emulated GPUs and the host agree, but for the bits of NaN.

`CLAWC_PROGRAMS=2000` compares so many on each chip.
"""

from __future__ import annotations

import pytest
from llvm_comparison import CHIPS, compare, seeds
from llvm_floats import float_program


@pytest.mark.parametrize("chip", CHIPS)
def test_floats(chip: str) -> None:
    for seed in seeds(5):
        compare(float_program, seed, chip)
