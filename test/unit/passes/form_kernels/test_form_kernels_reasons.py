"""Every kernel of the generic lane says why it is there, for who wrote the program."""

from __future__ import annotations

import json
from pathlib import Path

import l1_runner
import linalg_fills  # noqa: F401 (adds to MOVES)
import linalg_gathers  # noqa: F401 (adds to MOVES)
import linalg_packs  # noqa: F401 (adds to MOVES)
import linalg_reductions  # noqa: F401 (adds to MODELS)
import linalg_results  # noqa: F401 (adds to MOVES)
import pytest
from form_kernels_cases import PRELUDE
from linalg_moves import MOVES
from linalg_named import NAMED
from linalg_networks import MODELS
from mlir import ir

import clawc
from clawc.chips.known import find
from clawc.compiler.compilation import Compilation
from clawc.compiler.report import report
from clawc.compiler.source import Source
from clawc.passes.kernel.kernel import kernels_of
from clawc.runtime.artifact import Artifact

EXAMPLES = Path(__file__).parents[4] / "examples"

SUM_OF_ELEMENTS = """
func.func @f(%t: tensor<100xf32>, %k: tensor<32x64xi32>) -> tensor<32xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<32xf32>
  %o = linalg.fill ins(%z : f32) outs(%e : tensor<32xf32>) -> tensor<32xf32>
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%k : tensor<32x64xi32>) outs(%o : tensor<32xf32>) {
  ^bb0(%a: i32, %b: f32):
    %i = arith.index_cast %a : i32 to index
    %v = tensor.extract %t[%i] : tensor<100xf32>
    %s = arith.addf %b, %v : f32
    linalg.yield %s : f32
  } -> tensor<32xf32>
  return %r : tensor<32xf32>
}"""
WITH_ITSELF = """
func.func @f(%x: tensor<8x4xf32>) -> tensor<5x8xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x8xf32>
  %o = linalg.fill ins(%z : f32) outs(%e : tensor<5x8xf32>) -> tensor<5x8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i + k, k)>,
                                        affine_map<(i, j, k) -> (j, k)>,
                                        affine_map<(i, j, k) -> (i, j)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %x : tensor<8x4xf32>, tensor<8x4xf32>) outs(%o : tensor<5x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}"""
ARGMAX = """
func.func @f(%x: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4xi32>) {
  %z = arith.constant -1.0 : f32
  %n = arith.constant 0 : i32
  %e = tensor.empty() : tensor<4xf32>
  %g = tensor.empty() : tensor<4xi32>
  %o = linalg.fill ins(%z : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %p = linalg.fill ins(%n : i32) outs(%g : tensor<4xi32>) -> tensor<4xi32>
  %r:2 = linalg.generic {indexing_maps = [#id, #row, #row],
                         iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%o, %p : tensor<4xf32>, tensor<4xi32>) {
  ^bb0(%a: f32, %m: f32, %k: i32):
    %j = linalg.index 1 : index
    %i = arith.index_cast %j : index to i32
    %c = arith.cmpf ugt, %a, %m : f32
    %v = arith.select %c, %a, %m : f32
    %w = arith.select %c, %i, %k : i32
    linalg.yield %v, %w : f32, i32
  } -> (tensor<4xf32>, tensor<4xi32>)
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xi32>
}"""
IN_TURN = """
func.func @f(%x: tensor<4xf32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i mod 4)>, affine_map<(i) -> (i)>],
                       iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}"""
LOOP = """
func.func @f(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %e = tensor.empty() : tensor<4x8xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %i = linalg.index 0 : index
    %v = scf.for %k = %c0 to %i step %c1 iter_args(%s = %a) -> f32 {
      %t = arith.mulf %s, %a : f32
      scf.yield %t : f32
    }
    linalg.yield %v : f32
  } -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SUM_OF_ELEMENTS, "reduces what its body reads by computed indices"),
        (WITH_ITSELF, "through windows, and otherwise too"),
        (ARGMAX, "reduces by a rule of its own"),
        (IN_TURN, "indexes an operand by d0 mod 4"),
        (LOOP, "its body branches or loops ('scf.for')"),
    ],
    ids=["sum of elements", "with itself", "argmax", "in turn", "loop"],
)
def test_why_a_kernel_is_generic(text: str, reason: str) -> None:
    with ir.Context(), ir.Location.unknown():
        module = l1_runner.form(PRELUDE + text)
        reasons = [kernel.reason or "" for kernel in kernels_of(module, "generic")]
    assert reasons and all(reason in found for found in reasons)


def test_the_reason_reaches_the_bundle_and_the_report() -> None:
    artifact = Artifact.from_bytes(clawc.compile(PRELUDE + LOOP, target="nvptx").to_bytes())
    (facts,) = artifact.kernels.values()
    assert facts["reason"].startswith("its body branches or loops")
    assert "lane: generic (its body branches or loops" in report(artifact)
    assert json.dumps(facts)


PROGRAMS = {
    **{name: make()[0] for name, make in {**MOVES, **MODELS}.items()},
    **{case.id or f"{case.op}_{case.dtype}": case.program(False)[0] for case in NAMED},
    **{path.stem: path.read_text() for path in EXAMPLES.glob("*.mlir")},
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_generic_kernel_says_why(name: str) -> None:
    compilation = Compilation(Source(PROGRAMS[name]))
    module = compilation.shared("kernels")
    compilation.for_chip(module, find("nvptx:sm_80"), "tiled")
    for kernel in kernels_of(module):
        assert (kernel.lane == "generic") == bool(kernel.reason), kernel.name
