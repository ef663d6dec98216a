"""Programs through the compiler and its tools: their figures are those of the compiler's report.

Covers the command's way; what is read of the code is in `test_sass.py` and `test_gcn.py`."""

from __future__ import annotations

import pytest

from benchmarks.static import gcn, ours, sass
from benchmarks.static.measure import Measured, measure
from benchmarks.static.programs import PROGRAMS, Program
from benchmarks.static.table import comparison, table
from clawc.chips.known import find
from clawc.targets.ptxas import find_ptxas

NVIDIA = pytest.mark.skipif(not (find_ptxas() and sass.disassembler()), reason="needs NVIDIA tools")
AMD = pytest.mark.skipif(gcn.disassembler() is None, reason="needs llvm-objdump")
SMALL = """!a = tensor<256x256xf16>
!c = tensor<256x256xf32>
func.func @main(%a: !a, %b: !a) -> !c {
  %0 = claw.matmul %a, %b : (!a, !a) -> !c
  return %0 : !c
}"""


def measured(chip: str) -> Measured:
    (code,) = ours.kernels(Program("small", SMALL), find(chip))
    return measure("small", ours.NAME, find(chip), code)


@pytest.mark.parametrize(
    "chip", [pytest.param("nvptx:sm_80", marks=NVIDIA), pytest.param("amdgpu:gfx942", marks=AMD)]
)
def test_a_product(chip: str) -> None:
    found = measured(chip)
    tile, threads = found.facts["schedule"]["tile"], found.threads
    warps = threads // find(chip).lanes
    rounds = 256 // tile[2]
    whole = 2 * tile[0] * tile[1] * 256
    # the main loop has all products, in as many rounds as the tile is deep, or in fewer if unrolled
    assert found.mix["matrix"] and whole % (warps * found.flop) == 0
    assert 1 <= whole // (warps * found.flop) <= rounds
    assert found.registers > tile[0] * tile[1] // threads and not found.spills
    assert found.resident >= 1 and 0 < found.occupancy <= 1
    record = found.record()
    assert "small" in table([record]) and f"{found.mix['matrix']} matrix" in table([record])
    assert comparison([record], [record]) == "no figure differs"
    worse = {**record, "registers": record["registers"] + 1}
    assert "registers" in comparison([record], [worse]) and "worse" in comparison([record], [worse])
    assert comparison([record], []).endswith("only before")


def test_names_of_programs_differ() -> None:
    assert len({program.name for program in PROGRAMS}) == len(PROGRAMS)
