"""Choices among cases in the host's program, and tensors of indices: numbers on several devices."""

from __future__ import annotations

import numpy as np
import pytest
from harness import run, values

PLACES = ("host", "opencl", "vulkan", "emulator:sm_80")

SWITCH = """
!t = tensor<?xf32>
func.func @main(%x: !t, %k: index) -> (!t, f32) {
  %two = arith.constant 2.0 : f32
  %r, %s = scf.index_switch %k -> !t, f32
  case 2 {
    %a = scf.execute_region -> !t {
      %e = math.exp %x : !t
      scf.yield %e : !t
    }
    scf.yield %a, %two : !t, f32
  }
  case 5 {
    %c = arith.constant 1 : index
    %v = tensor.extract %x[%c] : !t
    scf.yield %x, %v : !t, f32
  }
  default {
    %a = math.tanh %x : !t
    scf.yield %a, %two : !t, f32
  }
  return %r, %s : !t, f32
}
"""


@pytest.mark.parametrize("device", PLACES)
def test_cases(device: str) -> None:
    x = values("f32", [7])
    for number, wanted in ((2, (np.exp(x), 2)), (5, (x, x[1])), (0, (np.tanh(x), 2))):
        for found, expected in zip(run(SWITCH, [x, number], device), wanted, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5)


INDICES = """
#i = affine_map<(i) -> (i)>
!t = tensor<?xindex>
func.func @main(%x: !t, %k: index) -> (!t, tensor<3xindex>, index) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : !t
  %e = tensor.empty(%n) : !t
  %r = linalg.generic {indexing_maps = [#i, #i], iterator_types = ["parallel"]}
      ins(%x : !t) outs(%e : !t) {
  ^bb0(%a: index, %o: index):
    %i = linalg.index 0 : index
    %s = arith.addi %a, %i : index
    %m = arith.muli %s, %k : index
    linalg.yield %m : index
  } -> !t
  %c = arith.constant dense<[3, -4, 5]> : tensor<3xindex>
  %f = tensor.from_elements %k, %n, %k : tensor<3xindex>
  %g = arith.addi %c, %f : tensor<3xindex>
  %v = tensor.extract %r[%c0] : !t
  return %r, %g, %v : !t, tensor<3xindex>, index
}
"""


@pytest.mark.parametrize("device", PLACES)
def test_tensors_of_indices(device: str) -> None:
    """Callers see int64."""
    x = np.array([1 << 20, 5, -7], np.int64)
    found = run(INDICES, [x, 3], device)
    r = (x + np.arange(3)) * 3
    for got, wanted in zip(found, (r, np.array([6, -1, 8]), r[0]), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert found[0].dtype == np.int64
