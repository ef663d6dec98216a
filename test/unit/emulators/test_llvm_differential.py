"""Programs of LLVM IR: emulated GPUs and the host agree in every bit.

`CLAWC_PROGRAMS=2000` compares so many on each chip.
"""

from __future__ import annotations

import pytest
from llvm_comparison import CHIPS, compare, seeds
from llvm_integers import integer_program


@pytest.mark.parametrize("chip", CHIPS)
def test_integers(chip: str) -> None:
    for seed in seeds(6):
        compare(integer_program, seed, chip)
