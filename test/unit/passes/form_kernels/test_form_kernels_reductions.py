"""Reductions in few kernels: what form-kernels makes computes what NumPy computes."""

import l1_runner
import numpy as np
import pytest
from form_kernels_cases import PRELUDE, Case, check, softmax
from mlir import ir


@pytest.fixture(autouse=True)
def context():
    with ir.Context(), ir.Location.unknown():
        yield


SOFTMAX = """
func.func @f(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%m, %n) : tensor<?x?xf32>
  %r = linalg.softmax dimension(1) ins(%x : tensor<?x?xf32>)
    outs(%e : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}
"""

# keepdim reductions over maps with a constant 0, as torch-mlir writes them
LAYER_NORM = """
func.func @f(%x: tensor<4x?xf32>, %g: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<4x?xf32> {
  %c1 = arith.constant 1 : index
  %z = arith.constant 0.0 : f32
  %eps = arith.constant 1.0e-5 : f32
  %n = tensor.dim %x, %c1 : tensor<4x?xf32>
  %ni = arith.index_cast %n : index to i64
  %nf = arith.sitofp %ni : i64 to f32
  %e = tensor.empty(%n) : tensor<4x?xf32>
  %k = tensor.empty() : tensor<4x1xf32>
  %kz = linalg.fill ins(%z : f32) outs(%k : tensor<4x1xf32>) -> tensor<4x1xf32>
  %sum = linalg.generic {indexing_maps = [#id, #keep], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x?xf32>) outs(%kz : tensor<4x1xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.addf %a, %o : f32
      linalg.yield %0 : f32
  } -> tensor<4x1xf32>
  %mean = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%sum : tensor<4x1xf32>) outs(%k : tensor<4x1xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.divf %a, %nf : f32
      linalg.yield %0 : f32
  } -> tensor<4x1xf32>
  %d = linalg.generic {indexing_maps = [#id, #keep, #id],
      iterator_types = ["parallel", "parallel"]}
    ins(%x, %mean : tensor<4x?xf32>, tensor<4x1xf32>) outs(%e : tensor<4x?xf32>) {
    ^bb0(%a: f32, %m: f32, %o: f32):
      %0 = arith.subf %a, %m : f32
      linalg.yield %0 : f32
  } -> tensor<4x?xf32>
  %sq = arith.mulf %d, %d : tensor<4x?xf32>
  %var = linalg.generic {indexing_maps = [#id, #keep], iterator_types = ["parallel", "reduction"]}
    ins(%sq : tensor<4x?xf32>) outs(%kz : tensor<4x1xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.addf %a, %o : f32
      linalg.yield %0 : f32
  } -> tensor<4x1xf32>
  %rs = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%var : tensor<4x1xf32>) outs(%k : tensor<4x1xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.divf %a, %nf : f32
      %1 = arith.addf %0, %eps : f32
      %2 = math.rsqrt %1 : f32
      linalg.yield %2 : f32
  } -> tensor<4x1xf32>
  %y = linalg.generic {indexing_maps = [#id, #keep, #col, #col, #id],
      iterator_types = ["parallel", "parallel"]}
    ins(%d, %rs, %g, %b : tensor<4x?xf32>, tensor<4x1xf32>, tensor<?xf32>, tensor<?xf32>)
    outs(%e : tensor<4x?xf32>) {
    ^bb0(%a: f32, %r: f32, %s: f32, %t: f32, %o: f32):
      %0 = arith.mulf %a, %r : f32
      %1 = arith.mulf %0, %s : f32
      %2 = arith.addf %1, %t : f32
      linalg.yield %2 : f32
  } -> tensor<4x?xf32>
  return %y : tensor<4x?xf32>
}
"""


def layer_norm(x, g, b):
    d = x - x.mean(axis=1, keepdims=True)
    return d / np.sqrt((d * d).mean(axis=1, keepdims=True) + 1e-5) * g + b


ARGMAX = """
func.func @f(%x: tensor<4x9xf32>) -> (tensor<4xf32>, tensor<4xi64>) {
  %lowest = arith.constant 0xFF800000 : f32
  %none = arith.constant 0 : i64
  %e = tensor.empty() : tensor<4xf32>
  %g = tensor.empty() : tensor<4xi64>
  %ei = linalg.fill ins(%lowest : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %gi = linalg.fill ins(%none : i64) outs(%g : tensor<4xi64>) -> tensor<4xi64>
  %r:2 = linalg.generic {indexing_maps = [#id, #row, #row],
      iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x9xf32>) outs(%ei, %gi : tensor<4xf32>, tensor<4xi64>) {
    ^bb0(%a: f32, %o: f32, %p: i64):
      %i = linalg.index 1 : index
      %j = arith.index_cast %i : index to i64
      %c = arith.cmpf ogt, %a, %o : f32
      %0 = arith.select %c, %a, %o : f32
      %1 = arith.select %c, %j, %p : i64
      linalg.yield %0, %1 : f32, i64
  } -> (tensor<4xf32>, tensor<4xi64>)
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xi64>
}
"""

# the sum of all, and each element's share in it
SHARES = """
func.func @f(%x: tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<f32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%m, %n) : tensor<?x?xf32>
  %s = tensor.empty() : tensor<f32>
  %zero = linalg.fill ins(%z : f32) outs(%s : tensor<f32>) -> tensor<f32>
  %sum = linalg.reduce ins(%x : tensor<?x?xf32>) outs(%zero : tensor<f32>) dimensions = [0, 1]
    (%a: f32, %o: f32) {
      %0 = arith.addf %a, %o : f32
      linalg.yield %0 : f32
    }
  %b = linalg.broadcast ins(%sum : tensor<f32>) outs(%e : tensor<?x?xf32>) dimensions = [0, 1]
  %r = arith.divf %x, %b : tensor<?x?xf32>
  return %r, %sum : tensor<?x?xf32>, tensor<f32>
}
"""

COLUMN_MEANS = """
func.func @f(%x: tensor<6x?xf32>) -> tensor<6x?xf32> {
  %c1 = arith.constant 1 : index
  %z = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %n = tensor.dim %x, %c1 : tensor<6x?xf32>
  %e = tensor.empty(%n) : tensor<6x?xf32>
  %s = tensor.empty(%n) : tensor<?xf32>
  %zero = linalg.fill ins(%z : f32) outs(%s : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.reduce ins(%x : tensor<6x?xf32>) outs(%zero : tensor<?xf32>) dimensions = [0]
    (%a: f32, %o: f32) {
      %0 = arith.addf %a, %o : f32
      linalg.yield %0 : f32
    }
  %count = tensor.splat %six[%n] : tensor<?xf32>
  %mean = arith.divf %sum, %count : tensor<?xf32>
  %b = linalg.broadcast ins(%mean : tensor<?xf32>) outs(%e : tensor<6x?xf32>) dimensions = [0]
  %r = arith.subf %x, %b : tensor<6x?xf32>
  return %r : tensor<6x?xf32>
}
"""

ANY = """
func.func @f(%x: tensor<?x5xi1>) -> tensor<?xi1> {
  %c0 = arith.constant 0 : index
  %no = arith.constant false
  %m = tensor.dim %x, %c0 : tensor<?x5xi1>
  %e = tensor.empty(%m) : tensor<?xi1>
  %zero = linalg.fill ins(%no : i1) outs(%e : tensor<?xi1>) -> tensor<?xi1>
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<?x5xi1>) outs(%zero : tensor<?xi1>) {
    ^bb0(%a: i1, %o: i1):
      %0 = arith.ori %a, %o : i1
      linalg.yield %0 : i1
  } -> tensor<?xi1>
  return %r : tensor<?xi1>
}
"""

# iota summed up: no buffer has the size of what is summed
TRIANGLE = """
func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?xf32>
  %n = tensor.dim %y, %c0 : tensor<?xf32>
  %e = tensor.empty(%m, %n) : tensor<?x?xf32>
  %g = tensor.empty(%m) : tensor<?xf32>
  %zero = linalg.fill ins(%z : f32) outs(%g : tensor<?xf32>) -> tensor<?xf32>
  %i = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x : tensor<?xf32>) outs(%e : tensor<?x?xf32>) {
    ^bb0(%a: f32, %o: f32):
      %j = linalg.index 1 : index
      %k = arith.index_cast %j : index to i32
      %0 = arith.sitofp %k : i32 to f32
      %1 = arith.addf %0, %a : f32
      linalg.yield %1 : f32
  } -> tensor<?x?xf32>
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%i : tensor<?x?xf32>) outs(%zero : tensor<?xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.addf %a, %o : f32
      linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}
"""

# torch-mlir's max also finds the place, which softmax does not read
MAX_OF_TWO = """
func.func @f(%x: tensor<4x9xf32>) -> tensor<4x9xf32> {
  %lowest = arith.constant 0xFF800000 : f32
  %none = arith.constant 0 : i64
  %e = tensor.empty() : tensor<4xf32>
  %g = tensor.empty() : tensor<4xi64>
  %full = tensor.empty() : tensor<4x9xf32>
  %ei = linalg.fill ins(%lowest : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %gi = linalg.fill ins(%none : i64) outs(%g : tensor<4xi64>) -> tensor<4xi64>
  %r:2 = linalg.generic {indexing_maps = [#id, #row, #row],
      iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x9xf32>) outs(%ei, %gi : tensor<4xf32>, tensor<4xi64>) {
    ^bb0(%a: f32, %o: f32, %p: i64):
      %i = linalg.index 1 : index
      %j = arith.index_cast %i : index to i64
      %0 = arith.maximumf %a, %o : f32
      %c = arith.cmpf ogt, %a, %o : f32
      %1 = arith.select %c, %j, %p : i64
      linalg.yield %0, %1 : f32, i64
  } -> (tensor<4xf32>, tensor<4xi64>)
  %b = linalg.broadcast ins(%r#0 : tensor<4xf32>) outs(%full : tensor<4x9xf32>) dimensions = [1]
  %s = arith.subf %x, %b : tensor<4x9xf32>
  return %s : tensor<4x9xf32>
}
"""

CASES = [
    Case(
        "softmax",
        SOFTMAX,
        [("reduction", 4)],
        [[(4, 8)], [(3, 7)], [(1, 1)], [(5, 1)], [(0, 4)], [(2, 100)]],
        softmax,
    ),
    Case(
        "layer-norm",
        LAYER_NORM,
        [("reduction", 7)],
        [[(4, n), (n,), (n,)] for n in (1, 5, 64)],
        layer_norm,
    ),
    Case(
        "argmax",
        ARGMAX,
        [("reduction", 1)],
        [[(4, 9)]],
        lambda x: (x.max(axis=1), x.argmax(axis=1)),
    ),
    Case(
        "shares",
        SHARES,
        [("reduction", 2)],
        [[(3, 4)], [(1, 1)], [(5, 7)]],
        lambda x: (x / x.sum(), x.sum()),
    ),
    Case(
        "column-means",
        COLUMN_MEANS,
        [("reduction", 3)],
        [[(6, n)] for n in (0, 1, 5)],
        lambda x: x - x.mean(axis=0),
    ),
    Case(
        "max-of-two",
        MAX_OF_TWO,
        [("reduction", 2)],
        [[(4, 9)]],
        lambda x: x - x.max(axis=1, keepdims=True),
    ),
    Case(
        "triangle",
        TRIANGLE,
        [("reduction", 2)],
        [[(m,), (n,)] for m, n in ((3, 4), (1, 0), (5, 1))],
        lambda x, y: x * len(y) + len(y) * (len(y) - 1) / 2,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_matches_numpy(case):
    check(case)


def test_any_of_bits():
    module = l1_runner.form(PRELUDE + ANY)
    assert l1_runner.kernels(module) == [("reduction", 2)]
    x = np.array([[0, 0, 1, 0, 0], [0, 0, 0, 0, 0]], np.int8)
    np.testing.assert_array_equal(l1_runner.run(module, [x])[0], [1, 0])
