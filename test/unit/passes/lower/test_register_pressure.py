"""What the program of one thread holds at once: counted by hand, and against what ptxas needs."""

from __future__ import annotations

import json

import pytest
from mlir import ir

from clawc.chips.known import find
from clawc.compiler.compilation import Compilation, Options
from clawc.compiler.source import Source
from clawc.passes.lower.register_pressure import pressure
from clawc.targets.ptxas import assemble, find_ptxas

COUNTED = {
    # two loaded, then their sum; addresses and conditions are free
    "two": """
      %x = vector.load %a[%i] : memref<?xf32>, vector<4xf32>
      %y = vector.load %a[%j] : memref<?xf32>, vector<4xf32>
      %s = arith.addf %x, %y : vector<4xf32>
      vector.store %s, %a[%i] : memref<?xf32>, vector<4xf32>""",
    # halves lie two in a register
    "two halves": """
      %x = vector.load %a[%i] : memref<?xf32>, vector<4xf32>
      %h = arith.truncf %x : vector<4xf32> to vector<4xf16>
      %k = arith.truncf %x : vector<4xf32> to vector<4xf16>
      %s = arith.addf %h, %k : vector<4xf16>
      %e = arith.extf %s : vector<4xf16> to vector<4xf32>
      vector.store %e, %a[%i] : memref<?xf32>, vector<4xf32>""",
    # what a loop carries, what it makes, and what it takes from outside
    "loop": """
      %x = vector.load %a[%i] : memref<?xf32>, vector<8xf32>
      %y = vector.load %a[%j] : memref<?xf32>, vector<2xf32>
      %r = scf.for %k = %i to %j step %j iter_args(%s = %x) -> (vector<8xf32>) {
        %z = vector.load %a[%k] : memref<?xf32>, vector<8xf32>
        vector.store %y, %a[%k] : memref<?xf32>, vector<2xf32>
        %t = arith.addf %s, %z : vector<8xf32>
        scf.yield %t : vector<8xf32>
      }
      vector.store %r, %a[%i] : memref<?xf32>, vector<8xf32>""",
}
EXPECTED = {"two": 8, "two halves": 4 + 2, "loop": 8 + 2 + 8}


@pytest.mark.parametrize("name", COUNTED)
def test_counted_by_hand(name: str) -> None:
    text = f"""gpu.module @m {{
      gpu.func @k(%a: memref<?xf32>, %i: index, %j: index) kernel {{{COUNTED[name]}
        gpu.return
      }}
    }}"""
    with ir.Context(), ir.Location.unknown():
        module = ir.Module.parse(text)
        kernel = module.body.operations[0].regions[0].blocks[0].operations[0]
        assert pressure(kernel.regions[0].blocks[0]) == EXPECTED[name]


GELU = """!x = tensor<256x256xf16>
!y = tensor<256x256xf32>
func.func @main(%a: !x, %b: !x) -> !y {
  %0 = claw.matmul %a, %b : (!x, !x) -> !y
  %1 = claw.unary %0 {kind = "gelu"} : (!y) -> !y
  return %1 : !y
}"""
# Tile and warps: 32 to 128 accumulators, and what copies of a step take beside them; the registers
# that keep as many workgroups on a unit as the accumulators alone allow.
SWEEP = {
    (64, 64, 32, 4): 128,
    (128, 128, 32, 8): 128,
    (128, 128, 32, 4): 255,
    (64, 256, 64, 4): 255,
}


@pytest.mark.skipif(find_ptxas() is None, reason="needs ptxas")
@pytest.mark.parametrize("schedule", SWEEP, ids=str)
def test_what_is_granted_suffices(schedule: tuple[int, int, int, int]) -> None:
    *tile, warps = schedule
    chip = find("nvptx:sm_80")
    options = Options(schedules=json.dumps({"*": {"tile": tile, "warps": warps}}))
    image = Compilation(Source(GELU), options).images([chip])[0]
    _, resources = assemble(image.data.decode(), chip.name)
    (facts,) = resources.values()
    assert facts["spills"] == 0 and facts["registers"] <= SWEEP[schedule]
