"""Windows and moves in few kernels: what form-kernels makes computes what NumPy computes."""

import l1_runner
import numpy as np
import pytest
from form_kernels_cases import PRELUDE, Case, check
from mlir import ir


@pytest.fixture(autouse=True)
def context():
    with ir.Context(), ir.Location.unknown():
        yield


CONV = """
func.func @f(%x: tensor<1x2x?x?xf32>, %w: tensor<3x2x3x3xf32>) -> tensor<1x3x?x?xf32> {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %z = arith.constant 0.0 : f32
  %h = tensor.dim %x, %c2 : tensor<1x2x?x?xf32>
  %v = tensor.dim %x, %c3 : tensor<1x2x?x?xf32>
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%a: index, %b: index, %c: index, %d: index):
      tensor.yield %z : f32
  } : tensor<1x2x?x?xf32> to tensor<1x2x?x?xf32>
  %e = tensor.empty(%h, %v) : tensor<1x3x?x?xf32>
  %zero = linalg.fill ins(%z : f32) outs(%e : tensor<1x3x?x?xf32>) -> tensor<1x3x?x?xf32>
  %r = linalg.conv_2d_nchw_fchw ins(%p, %w : tensor<1x2x?x?xf32>, tensor<3x2x3x3xf32>)
    outs(%zero : tensor<1x3x?x?xf32>) -> tensor<1x3x?x?xf32>
  %s = math.tanh %r : tensor<1x3x?x?xf32>
  return %s : tensor<1x3x?x?xf32>
}
"""


def conv(x, w):
    _, _, height, width = x.shape
    p = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    out = np.zeros((1, 3, height, width), np.float32)
    for i in range(3):
        for j in range(3):
            part = p[:, :, i : i + height, j : j + width]
            out += np.einsum("nchw,fc->nfhw", part, w[:, :, i, j])
    return np.tanh(out)


POOLING = """
func.func @f(%x: tensor<2x6x6x3xf32>) -> tensor<2x3x3x3xf32> {
  %z = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<2x3x3x3xf32>
  %w = tensor.empty() : tensor<2x2xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  %r = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>}
    ins(%x, %w : tensor<2x6x6x3xf32>, tensor<2x2xf32>)
    outs(%i : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  return %r : tensor<2x3x3x3xf32>
}
"""

MOVES = """
func.func @f(%x: tensor<?x6xf32>, %y: tensor<?x6xf32>) -> (tensor<?x4xf32>, tensor<?x12xf32>,
    tensor<?x6xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x6xf32>
  %s = tensor.extract_slice %x[0, 1] [%m, 4] [1, 1] : tensor<?x6xf32> to tensor<?x4xf32>
  %c = tensor.concat dim(1) %x, %y : (tensor<?x6xf32>, tensor<?x6xf32>) -> tensor<?x12xf32>
  %i = tensor.insert_slice %s into %y[0, 2] [%m, 4] [1, 1]
    : tensor<?x4xf32> into tensor<?x6xf32>
  %r = tensor.extract_slice %x[0, 3] [%m, 1] [1, 1] : tensor<?x6xf32> to tensor<?xf32>
  return %s, %c, %i, %r : tensor<?x4xf32>, tensor<?x12xf32>, tensor<?x6xf32>, tensor<?xf32>
}
"""


def moves(x, y):
    inserted = y.copy()
    inserted[:, 2:] = x[:, 1:5]
    return x[:, 1:5], np.concatenate([x, y], 1), inserted, x[:, 3]


STRIDES = """
func.func @f(%x: tensor<7x9xf32>, %y: tensor<3x2xf32>) -> (tensor<3x3xf32>, tensor<7x9xf32>) {
  %s = tensor.extract_slice %x[1, 2] [3, 3] [2, 3] : tensor<7x9xf32> to tensor<3x3xf32>
  %i = tensor.insert_slice %y into %x[1, 2] [3, 2] [2, 4] : tensor<3x2xf32> into tensor<7x9xf32>
  return %s, %i : tensor<3x3xf32>, tensor<7x9xf32>
}
"""


def strides(x, y):
    inserted = x.copy()
    inserted[1:7:2, 2:9:4] = y
    return x[1:7:2, 2::3][:3, :3], inserted


VIEWS = """
func.func @f(%x: tensor<?x4x6xf32>) -> (tensor<?x6xf32>, tensor<?x24xf32>) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x4x6xf32>
  %a = math.exp %x : tensor<?x4x6xf32>
  %v = tensor.collapse_shape %a [[0, 1], [2]] : tensor<?x4x6xf32> into tensor<?x6xf32>
  %b = math.tanh %v : tensor<?x6xf32>
  %e = tensor.expand_shape %b [[0, 1], [2]] output_shape [%m, 4, 6]
    : tensor<?x6xf32> into tensor<?x4x6xf32>
  %w = tensor.collapse_shape %e [[0], [1, 2]] : tensor<?x4x6xf32> into tensor<?x24xf32>
  return %v, %w : tensor<?x6xf32>, tensor<?x24xf32>
}
"""

RETURNED = """
func.func @f(%x: tensor<?x4xf32>, %m: tensor<3xi1>)
    -> (tensor<?x4xf32>, tensor<3xi1>, tensor<2xf32>, tensor<2x2xi32>, tensor<?xf32>) {
  %c = arith.constant dense<[1.5, 2.5]> : tensor<2xf32>
  %s = arith.constant dense<7> : tensor<2x2xi32>
  %v = tensor.collapse_shape %x [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  return %x, %m, %c, %s, %v
    : tensor<?x4xf32>, tensor<3xi1>, tensor<2xf32>, tensor<2x2xi32>, tensor<?xf32>
}
"""

GATHER = """
func.func @f(%x: tensor<?x4xf32>, %i: tensor<?xi64>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %i, %c0 : tensor<?xi64>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %r = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%i : tensor<?xi64>) outs(%e : tensor<?x4xf32>) {
    ^bb0(%a: i64, %o: f32):
      %0 = arith.index_cast %a : i64 to index
      %1 = linalg.index 1 : index
      %2 = tensor.extract %x[%0, %1] : tensor<?x4xf32>
      linalg.yield %2 : f32
  } -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}
"""

CASES = [
    Case(
        "conv",
        CONV,
        [("contraction", 2)],
        [[(1, 2, h, w), (3, 2, 3, 3)] for h, w in ((4, 4), (1, 5), (3, 1))],
        conv,
    ),
    Case(
        "pooling",
        POOLING,
        [("reduction", 1)],
        [[(2, 6, 6, 3)]],
        lambda x: x.reshape(2, 3, 2, 3, 2, 3).max(axis=(2, 4)),
    ),
    Case(
        "moves",
        MOVES,
        [("elementwise", 1)] * 4,
        [[(m, 6), (m, 6)] for m in (0, 1, 3)],
        moves,
    ),
    Case("strides", STRIDES, [("elementwise", 1), ("generic", 1)], [[(7, 9), (3, 2)]], strides),
    Case(
        "views",
        VIEWS,
        [("elementwise", 2)],
        [[(m, 4, 6)] for m in (0, 1, 3)],
        lambda x: (np.exp(x).reshape(-1, 6), np.tanh(np.exp(x)).reshape(-1, 24)),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_matches_numpy(case):
    check(case)


def test_gather():
    module = l1_runner.form(PRELUDE + GATHER)
    assert l1_runner.kernels(module) == [("elementwise", 1)]
    x = np.arange(20, dtype=np.float32).reshape(5, 4)
    places = np.array([4, 0, 0, 2], np.int64)
    np.testing.assert_array_equal(l1_runner.run(module, [x, places])[0], x[places])


def test_what_nothing_computes_is_returned():
    module = l1_runner.form(RETURNED)
    assert l1_runner.kernels(module) == [("elementwise", 1)]  # of the splat, which is in no memory
    x = np.arange(8, dtype=np.float32).reshape(2, 4)
    mask = np.array([1, 0, 1], np.int8)
    results = l1_runner.run(module, [x, mask])
    expected = [x, mask, [1.5, 2.5], [[7, 7], [7, 7]], x.ravel()]
    for found, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
