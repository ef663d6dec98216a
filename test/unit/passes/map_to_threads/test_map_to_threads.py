"""The generic lane against NumPy: its kernels interpreted at L4, for a GPU and for the host."""

import numpy as np
import pytest
from map_to_threads_runner import CHIPS, empty, kernel, run, values
from mlir import ir

from clawc.chips.known import find
from clawc.compiler.compilation import Compilation
from clawc.compiler.source import Source
from clawc.dialects import reference
from clawc.emulators.simt.interpreter import interpret


def test_two_results_with_indices():
    text = kernel(
        ["?x8xf32"],
        ["?xf32", "?xi64"],
        """
      %low = arith.constant 0xFF800000 : f32
      %i0 = arith.constant 0 : i64
      %d = memref.dim %b0, %c0 : memref<?x8xf32>
      %e = tensor.empty(%d) : tensor<?xf32>
      %ei = tensor.empty(%d) : tensor<?xi64>
      %f = linalg.fill ins(%low : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      %fi = linalg.fill ins(%i0 : i64) outs(%ei : tensor<?xi64>) -> tensor<?xi64>
      %r0, %r1 = linalg.generic {
          indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
                           affine_map<(i, j) -> (i)>],
          iterator_types = ["parallel", "reduction"]}
          ins(%t0 : tensor<?x8xf32>) outs(%f, %fi : tensor<?xf32>, tensor<?xi64>) {
      ^bb0(%a: f32, %m: f32, %mi: i64):
        %j = linalg.index 1 : index
        %ji = arith.index_cast %j : index to i64
        %more = arith.cmpf ogt, %a, %m : f32
        %v:2 = scf.if %more -> (f32, i64) {
          scf.yield %a, %ji : f32, i64
        } else {
          scf.yield %m, %mi : f32, i64
        }
        linalg.yield %v#0, %v#1 : f32, i64
      } -> (tensor<?xf32>, tensor<?xi64>)""",
    )
    x = values(300, 8)
    best, where = run(text, [x], [empty(300), empty(300, dtype=np.int64)])
    np.testing.assert_array_equal(best, x.max(1))
    np.testing.assert_array_equal(where, x.argmax(1))


def test_strided_window():
    text = kernel(
        ["2x11xf32", "3xf32"],
        ["2x5xf32"],
        """
      %e = tensor.empty() : tensor<2x5xf32>
      %f = linalg.fill ins(%f0 : f32) outs(%e : tensor<2x5xf32>) -> tensor<2x5xf32>
      %r0 = linalg.generic {
          indexing_maps = [affine_map<(n, o, k) -> (n, o * 2 + k)>, affine_map<(n, o, k) -> (k)>,
                           affine_map<(n, o, k) -> (n, o)>],
          iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%t0, %t1 : tensor<2x11xf32>, tensor<3xf32>) outs(%f : tensor<2x5xf32>) {
      ^bb0(%a: f32, %b: f32, %s: f32):
        %m = arith.mulf %a, %b : f32
        %n = arith.addf %s, %m : f32
        linalg.yield %n : f32
      } -> tensor<2x5xf32>""",
    )
    x, w = values(2, 11), values(3)
    (got,) = run(text, [x, w], [empty(2, 5)])
    windows = np.lib.stride_tricks.sliding_window_view(x, 3, axis=1)[:, ::2]
    np.testing.assert_allclose(got, windows @ w, rtol=1e-6, atol=1e-6)


def test_gather_and_bits_stored_as_bytes():
    text = kernel(
        ["?x4xf32", "?xi32", "?xi8"],
        ["?x4xf32"],
        """
      %d = memref.dim %b1, %c0 : memref<?xi32>
      %r = tensor.empty(%d) : tensor<?x4xf32>
      %r0 = linalg.generic {
          indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>,
                           affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%t1, %t2 : tensor<?xi32>, tensor<?xi8>) outs(%r : tensor<?x4xf32>) {
      ^bb0(%at: i32, %bit: i8, %o: f32):
        %row = arith.index_cast %at : i32 to index
        %j = linalg.index 1 : index
        %v = tensor.extract %t0[%row, %j] : tensor<?x4xf32>
        %use = arith.trunci %bit : i8 to i1
        %s = arith.select %use, %v, %f0 : f32
        linalg.yield %s : f32
      } -> tensor<?x4xf32>""",
    )
    x, at = values(10, 4), np.array([3, 0, 9, 9, 1], np.int32)
    use = np.array([True, True, False, True, False])
    (got,) = run(text, [x, at, use], [empty(5, 4)])
    np.testing.assert_array_equal(got, np.where(use[:, None], x[at], 0))


def test_transposed_result_of_a_chain_of_reshapes():
    text = kernel(
        ["?x6xf32"],
        ["3x?x2xf32"],
        """
      %d = memref.dim %b0, %c0 : memref<?x6xf32>
      %x = tensor.expand_shape %t0 [[0], [1, 2]] output_shape [%d, 3, 2]
          : tensor<?x6xf32> into tensor<?x3x2xf32>
      %e = tensor.empty(%d) : tensor<3x?x2xf32>
      %r0 = linalg.generic {
          indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (j, i, k)>],
          iterator_types = ["parallel", "parallel", "parallel"]}
          ins(%x : tensor<?x3x2xf32>) outs(%e : tensor<3x?x2xf32>) {
      ^bb0(%a: f32, %o: f32):
        linalg.yield %a : f32
      } -> tensor<3x?x2xf32>""",
    )
    x = values(7, 6)
    (got,) = run(text, [x], [empty(3, 7, 2)])
    np.testing.assert_array_equal(got, x.reshape(7, 3, 2).transpose(1, 0, 2))


def test_everything_reduced_to_a_scalar_by_floordiv_and_mod():
    text = kernel(
        ["4x3xf32"],
        ["f32"],
        """
      %size = tensor.empty() : tensor<12xf32>
      %e = tensor.empty() : tensor<f32>
      %f = linalg.fill ins(%f0 : f32) outs(%e : tensor<f32>) -> tensor<f32>
      %r0 = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i floordiv 3, i mod 3)>, affine_map<(i) -> (i)>,
                           affine_map<(i) -> ()>],
          iterator_types = ["reduction"]}
          ins(%t0, %size : tensor<4x3xf32>, tensor<12xf32>) outs(%f : tensor<f32>) {
      ^bb0(%a: f32, %unused: f32, %s: f32):
        %n = arith.addf %s, %a : f32
        linalg.yield %n : f32
      } -> tensor<f32>""",
    )
    x = values(4, 3)
    (got,) = run(text, [x], [empty()])
    np.testing.assert_allclose(got, x.sum(), rtol=1e-6)


def test_results_placed_where_no_inverse_tells():
    """A transposed convolution: elements of the output that nothing reaches keep their start."""
    text = kernel(
        ["5xf32", "2xf32"],
        ["15xf32"],
        """
      %one = arith.constant 1.0 : f32
      %e = tensor.empty() : tensor<15xf32>
      %f = linalg.fill ins(%one : f32) outs(%e : tensor<15xf32>) -> tensor<15xf32>
      %r0 = linalg.generic {
          indexing_maps = [affine_map<(i, k) -> (i)>, affine_map<(i, k) -> (k)>,
                           affine_map<(i, k) -> (i * 3 + k)>],
          iterator_types = ["parallel", "reduction"]}
          ins(%t0, %t1 : tensor<5xf32>, tensor<2xf32>) outs(%f : tensor<15xf32>) {
      ^bb0(%a: f32, %b: f32, %s: f32):
        %m = arith.mulf %a, %b : f32
        %n = arith.addf %s, %m : f32
        linalg.yield %n : f32
      } -> tensor<15xf32>""",
    )
    x, w = values(5), values(2)
    expected = np.ones((5, 3), np.float32)
    expected[:, :2] += x[:, None] * w
    (got,) = run(text, [x, w], [empty(15)])
    np.testing.assert_allclose(got, expected.ravel(), rtol=1e-6)


def test_results_of_different_sizes():
    text = kernel(
        ["3x5xf32"],
        ["3xf32", "3x5xf32"],
        """
      %e = tensor.empty() : tensor<3xf32>
      %r1 = tensor.cast %t0 : tensor<3x5xf32> to tensor<3x5xf32>
      %f = linalg.fill ins(%f0 : f32) outs(%e : tensor<3xf32>) -> tensor<3xf32>
      %r0 = linalg.generic {
          indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
          iterator_types = ["parallel", "reduction"]}
          ins(%t0 : tensor<3x5xf32>) outs(%f : tensor<3xf32>) {
      ^bb0(%a: f32, %s: f32):
        %n = arith.addf %s, %a : f32
        linalg.yield %n : f32
      } -> tensor<3xf32>""",
    )
    x = values(3, 5)
    total, same = run(text, [x], [empty(3), empty(3, 5)])
    np.testing.assert_allclose(total, x.sum(1), rtol=1e-5)
    np.testing.assert_array_equal(same, x)


@pytest.mark.parametrize("rows", [0, 1, 255, 256, 257, 2049])
def test_any_number_of_elements(rows):
    text = kernel(
        ["?xf32"],
        ["?xf32"],
        """
      %d = memref.dim %b0, %c0 : memref<?xf32>
      %e = tensor.empty(%d) : tensor<?xf32>
      %r0 = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]}
          ins(%t0 : tensor<?xf32>) outs(%e : tensor<?xf32>) {
      ^bb0(%a: f32, %o: f32):
        %n = arith.negf %a : f32
        linalg.yield %n : f32
      } -> tensor<?xf32>""",
    )
    x = values(rows)
    (got,) = run(text, [x], [empty(rows)])
    np.testing.assert_array_equal(got, -x)


ATTENTION = """
func.func @main(%q: tensor<1x4x6x4xf32>, %k: tensor<1x2x6x4xf32>, %v: tensor<1x2x6x4xf32>)
    -> tensor<1x4x6x4xf32> {
  %0 = claw.attention %q, %k, %v {causal}
      : (tensor<1x4x6x4xf32>, tensor<1x2x6x4xf32>, tensor<1x2x6x4xf32>) -> tensor<1x4x6x4xf32>
  return %0 : tensor<1x4x6x4xf32>
}
"""


@pytest.mark.parametrize("chip", CHIPS)
def test_kernels_of_the_vector_lane_are_taken_too(chip):
    """Chains of reductions and elementwise operations: each element asks for what it needs."""
    job = Compilation(Source(ATTENTION))
    module = job.shared()
    for op in module.body.operations:
        if "claw.lane" in op.attributes:
            op.attributes["claw.lane"] = ir.StringAttr.get("generic", module.context)
    module = job.for_chip(module, find(chip))
    inputs = [values(1, heads, 6, 4) for heads in (4, 2, 2)]
    result = interpret(module, inputs)
    assert result.findings == []
    (expected,) = reference.evaluate(ATTENTION, inputs)
    np.testing.assert_allclose(result.outputs[0], expected, rtol=1e-5, atol=1e-6)
