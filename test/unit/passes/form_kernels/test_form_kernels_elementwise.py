"""Elementwise operations in few kernels: what form-kernels makes computes what NumPy computes."""

import l1_runner
import numpy as np
import pytest
from form_kernels_cases import Case, check
from mlir import ir


@pytest.fixture(autouse=True)
def context():
    with ir.Context(), ir.Location.unknown():
        yield


TRANSPOSED = """
func.func @f(%x: tensor<?x5xf32>, %y: tensor<5x?xf32>) -> (tensor<5x?xf32>, tensor<?x5xf32>) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x5xf32>
  %e = tensor.empty(%m) : tensor<5x?xf32>
  %g = tensor.empty(%m) : tensor<?x5xf32>
  %t = linalg.transpose ins(%x : tensor<?x5xf32>) outs(%e : tensor<5x?xf32>) permutation = [1, 0]
  %s = arith.addf %t, %y : tensor<5x?xf32>
  %u = linalg.transpose ins(%s : tensor<5x?xf32>) outs(%g : tensor<?x5xf32>) permutation = [1, 0]
  return %s, %u : tensor<5x?xf32>, tensor<?x5xf32>
}
"""

# x + exp(x)^T reads a value in two ways: two kernels
CROSSED = """
func.func @f(%x: tensor<6x6xf32>) -> tensor<6x6xf32> {
  %e = tensor.empty() : tensor<6x6xf32>
  %p = math.exp %x : tensor<6x6xf32>
  %s = linalg.generic {indexing_maps = [#id, #t, #id], iterator_types = ["parallel", "parallel"]}
    ins(%p, %p : tensor<6x6xf32>, tensor<6x6xf32>) outs(%e : tensor<6x6xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %0 = arith.addf %a, %b : f32
      linalg.yield %0 : f32
  } -> tensor<6x6xf32>
  return %s : tensor<6x6xf32>
}
"""

MASKS = """
func.func @f(%x: tensor<?xf32>, %m: tensor<?xi1>) -> (tensor<?xf32>, tensor<?xi1>) {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %zero = linalg.fill ins(%z : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %p = arith.cmpf ogt, %x, %zero : tensor<?xf32>
  %b = arith.andi %p, %m : tensor<?xi1>
  %r = arith.select %b, %x, %zero : tensor<?xi1>, tensor<?xf32>
  return %r, %b : tensor<?xf32>, tensor<?xi1>
}
"""

CONSTANTS = """
func.func @f(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x3xf32>
  %e = tensor.empty(%m) : tensor<?x3xf32>
  %c = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %two = arith.constant dense<2.0> : tensor<3xf32>
  %d = arith.mulf %c, %two : tensor<3xf32>
  %b = linalg.broadcast ins(%d : tensor<3xf32>) outs(%e : tensor<?x3xf32>) dimensions = [0]
  %r = arith.addf %x, %b : tensor<?x3xf32>
  return %r : tensor<?x3xf32>
}
"""

SCALARS = """
func.func @f(%x: tensor<?xf32>, %s: tensor<f32>) -> (tensor<?xf32>, tensor<f32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %p = math.exp %s : tensor<f32>
  %q = arith.addf %p, %s : tensor<f32>
  %v = tensor.extract %s[] : tensor<f32>
  %w = arith.mulf %v, %v : f32
  %b = tensor.splat %w[%n] : tensor<?xf32>
  %r = arith.addf %x, %b : tensor<?xf32>
  return %r, %q : tensor<?xf32>, tensor<f32>
}
"""

CASES = [
    Case(
        "transposed",
        TRANSPOSED,
        [("elementwise", 2)],
        [[(m, 5), (5, m)] for m in (0, 1, 9)],
        lambda x, y: (x.T + y, x + y.T),
    ),
    Case(
        "crossed",
        CROSSED,
        [("elementwise", 1), ("elementwise", 1)],
        [[(6, 6)]],
        lambda x: np.exp(x) + np.exp(x).T,
    ),
    Case(
        "constants",
        CONSTANTS,
        [("elementwise", 1)],
        [[(m, 3)] for m in (0, 1, 4)],
        lambda x: x + np.array([2, 4, 6], np.float32),
    ),
    Case(
        "scalars",
        SCALARS,
        [("elementwise", 2), ("elementwise", 2)],
        [[(4,), ()], [(0,), ()]],
        lambda x, s: (x + s * s, np.exp(s) + s),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_matches_numpy(case):
    check(case)


def test_bits_are_bytes_in_memory():
    module = l1_runner.form(MASKS)
    assert l1_runner.kernels(module) == [("elementwise", 4)]
    x = np.array([1.0, -2.0, 3.0, 0.0], np.float32)
    mask = np.array([1, 1, 0, 1], np.int8)
    found, bits = l1_runner.run(module, [x, mask])
    np.testing.assert_array_equal(bits, (x > 0) & (mask == 1))
    np.testing.assert_array_equal(found, np.where(bits, x, 0))
