"""Programs of LLVM IR that use memory: emulated GPUs and the host agree in every bit.

`CLAWC_PROGRAMS=2000` compares so many on each chip.
"""

from __future__ import annotations

import pytest
from llvm_comparison import CHIPS, compare, seeds
from llvm_memory import memory_program


@pytest.mark.parametrize("chip", CHIPS)
def test_memory(chip: str) -> None:
    for seed in seeds(5):
        compare(memory_program, seed, chip)
