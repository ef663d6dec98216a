"""Sizes that have to agree are compared before a kernel runs: none reads past a smaller operand."""

from __future__ import annotations

import harness
import numpy as np
import pytest

from clawc.runtime.errors import CheckFailed

ELEMENTWISE = """func.func @main(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = arith.addf %x, %y : tensor<?x3xf32>
  %1 = arith.mulf %0, %y : tensor<?x3xf32>
  return %1 : tensor<?x3xf32>
}
"""
ROWS = """func.func @main(%x: tensor<?x?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x?xf32>
  %empty = tensor.empty(%n) : tensor<?xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?xf32>) -> tensor<?xf32>
  %0 = linalg.matvec ins(%x, %y : tensor<?x?xf32>, tensor<?xf32>) outs(%init : tensor<?xf32>)
    -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
"""
ANOTHER_KNOWS = """#x = affine_map<(d0, d1, d2, d3) -> (0, d0, d3)>
#y = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#out = affine_map<(d0, d1, d2, d3) -> (d1, d2)>
func.func @main(%x: tensor<1x1x2xf32>, %y: tensor<?x4x1x2xf32>) -> tensor<4x1xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x1xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x1xf32>) -> tensor<4x1xf32>
  %0 = linalg.generic {indexing_maps = [#x, #y, #out],
      iterator_types = ["reduction", "parallel", "parallel", "reduction"]}
      ins(%x, %y : tensor<1x1x2xf32>, tensor<?x4x1x2xf32>) outs(%init : tensor<4x1xf32>) {
  ^bb0(%a: f32, %b: f32, %old: f32):
    %term = arith.mulf %a, %b : f32
    %sum = arith.addf %old, %term : f32
    linalg.yield %sum : f32
  } -> tensor<4x1xf32>
  return %0 : tensor<4x1xf32>
}
"""
A_READER_KNOWS = """#id = affine_map<(i, j) -> (i, j)>
#column = affine_map<(i, j) -> (i, 0)>
#turned = affine_map<(i, j) -> (j, i)>
func.func @main(%x: tensor<?x3xf32>, %y: tensor<?x1xf32>, %w: tensor<?x8xf32>,
    %o: tensor<?x8xf32>, %z: tensor<1x3xf32>) -> (tensor<?x?xf32>, tensor<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x3xf32>
  %e = tensor.empty(%n) : tensor<3x?xf32>
  %g = linalg.generic {indexing_maps = [#id, #column, #turned],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<?x3xf32>, tensor<?x1xf32>) outs(%e : tensor<3x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<3x?xf32>
  %k = tensor.cast %g : tensor<3x?xf32> to tensor<?x?xf32>
  %p = linalg.matmul ins(%k, %w : tensor<?x?xf32>, tensor<?x8xf32>)
      outs(%o : tensor<?x8xf32>) -> tensor<?x8xf32>
  %d0 = tensor.dim %k, %c0 : tensor<?x?xf32>
  %d1 = tensor.dim %k, %c1 : tensor<?x?xf32>
  %f = tensor.empty(%d0, %d1) : tensor<?x?xf32>
  %h = linalg.generic {indexing_maps = [#id, #turned, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%k, %z : tensor<?x?xf32>, tensor<1x3xf32>) outs(%f : tensor<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %s = arith.mulf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x?xf32>
  return %h, %p : tensor<?x?xf32>, tensor<?x8xf32>
}
"""
CASES = {
    "elementwise": (
        ELEMENTWISE,
        lambda x, y: (x + y) * y,
        (5, 3),
        [(5, 3)],
        [(4, 3), (6, 3), (0, 3)],
    ),
    "a size that another operand knows": (
        ANOTHER_KNOWS,
        lambda x, y: (x[0, :, None, None] * y).sum((0, 3)),
        (1, 1, 2),
        [(1, 4, 1, 2)],
        [(2, 4, 1, 2), (0, 4, 1, 2)],
    ),
    "contraction": (ROWS, lambda x, y: x @ y, (5, 4), [(4,)], [(5,), (3,), (0,)]),
}


@pytest.mark.parametrize("device", ["host", "vulkan", "emulator:sm_80"])
@pytest.mark.parametrize("name", CASES)
def test_sizes(name, device):
    text, expected, first, right, wrong = CASES[name]
    x = np.ones(first, np.float32)
    for shape in right:
        y = np.full(shape, 2, np.float32)
        (result,) = harness.run(text, [x, y], device)
        np.testing.assert_array_equal(result, expected(x, y))
    for shape in wrong:
        with pytest.raises(CheckFailed, match="dimension 0 of operand 1 must be"):
            harness.run(text, [x, np.ones(shape, np.float32)], device)


def test_a_check_is_made_once():
    artifact = harness.clawc.compile(ELEMENTWISE)
    steps = artifact.images[0].plan.entries["main"].steps
    assert [type(step).__name__ for step in steps].count("Assert") == 1


@pytest.mark.parametrize("device", ["host", "vulkan", "emulator:sm_80"])
def test_one_element_as_a_reader_of_the_result_knows(device):
    """%y has one element, which its own type does not say: it is seen as a tensor of rank 0."""
    x, y, w, o, z = (np.arange(n, dtype=np.float32) for n in (3, 1, 8, 24, 3))
    given = [a.reshape(-1, n) for a, n in zip((x, y + 2, w, o, z), (3, 1, 8, 8, 3), strict=True)]
    product, sums = harness.run(A_READER_KNOWS, given, device)
    np.testing.assert_array_equal(product, ((x + 2) * z)[:, None])
    np.testing.assert_array_equal(sums, (x + 2)[:, None] * w + given[3])
