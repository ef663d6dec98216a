"""Products of matrices in few kernels: what form-kernels makes computes what NumPy computes."""

import numpy as np
import pytest
from form_kernels_cases import Case, check, softmax
from mlir import ir


@pytest.fixture(autouse=True)
def context():
    with ir.Context(), ir.Location.unknown():
        yield


MATMUL_BIAS_RELU = """
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8x5xf32>, %b: tensor<5xf32>) -> tensor<?x5xf32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%m) : tensor<?x5xf32>
  %zero = linalg.fill ins(%z : f32) outs(%e : tensor<?x5xf32>) -> tensor<?x5xf32>
  %p = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x5xf32>)
    outs(%zero : tensor<?x5xf32>) -> tensor<?x5xf32>
  %bias = linalg.broadcast ins(%b : tensor<5xf32>) outs(%e : tensor<?x5xf32>) dimensions = [0]
  %s = arith.addf %p, %bias : tensor<?x5xf32>
  %r = arith.maximumf %s, %zero : tensor<?x5xf32>
  return %r : tensor<?x5xf32>
}
"""

# The bias is where the product starts, as torch-mlir has it; the weights are transposed.
LINEAR = """
func.func @f(%x: tensor<3x8xf32>, %w: tensor<5x8xf32>, %b: tensor<5xf32>) -> tensor<3x5xf32> {
  %e = tensor.empty() : tensor<3x5xf32>
  %et = tensor.empty() : tensor<8x5xf32>
  %bias = linalg.broadcast ins(%b : tensor<5xf32>) outs(%e : tensor<3x5xf32>) dimensions = [0]
  %wt = linalg.transpose ins(%w : tensor<5x8xf32>) outs(%et : tensor<8x5xf32>) permutation = [1, 0]
  %p = linalg.matmul ins(%x, %wt : tensor<3x8xf32>, tensor<8x5xf32>)
    outs(%bias : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %p : tensor<3x5xf32>
}
"""

MLP = """
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8x6xf32>, %v: tensor<6x3xf32>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%m) : tensor<?x6xf32>
  %g = tensor.empty(%m) : tensor<?x3xf32>
  %ez = linalg.fill ins(%z : f32) outs(%e : tensor<?x6xf32>) -> tensor<?x6xf32>
  %gz = linalg.fill ins(%z : f32) outs(%g : tensor<?x3xf32>) -> tensor<?x3xf32>
  %p = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x6xf32>)
    outs(%ez : tensor<?x6xf32>) -> tensor<?x6xf32>
  %t = math.tanh %p : tensor<?x6xf32>
  %q = linalg.matmul ins(%t, %v : tensor<?x6xf32>, tensor<6x3xf32>)
    outs(%gz : tensor<?x3xf32>) -> tensor<?x3xf32>
  %r = math.exp %q : tensor<?x3xf32>
  return %r : tensor<?x3xf32>
}
"""

ATTENTION = """
func.func @f(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>, %v: tensor<2x?x8xf32>)
    -> tensor<2x?x8xf32> {
  %c1 = arith.constant 1 : index
  %z = arith.constant 0.0 : f32
  %scale = arith.constant 0.35 : f32
  %m = tensor.dim %q, %c1 : tensor<2x?x8xf32>
  %n = tensor.dim %k, %c1 : tensor<2x?x8xf32>
  %e = tensor.empty(%m, %n) : tensor<2x?x?xf32>
  %o = tensor.empty(%m) : tensor<2x?x8xf32>
  %kt = tensor.empty(%n) : tensor<2x8x?xf32>
  %t = linalg.transpose ins(%k : tensor<2x?x8xf32>) outs(%kt : tensor<2x8x?xf32>)
    permutation = [0, 2, 1]
  %ez = linalg.fill ins(%z : f32) outs(%e : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %oz = linalg.fill ins(%z : f32) outs(%o : tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %s = linalg.fill ins(%scale : f32) outs(%e : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %p = linalg.batch_matmul ins(%q, %t : tensor<2x?x8xf32>, tensor<2x8x?xf32>)
    outs(%ez : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %ps = arith.mulf %p, %s : tensor<2x?x?xf32>
  %w = linalg.softmax dimension(2) ins(%ps : tensor<2x?x?xf32>)
    outs(%e : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %r = linalg.batch_matmul ins(%w, %v : tensor<2x?x?xf32>, tensor<2x?x8xf32>)
    outs(%oz : tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %r : tensor<2x?x8xf32>
}
"""


def attention(q, k, v):
    return softmax(q @ k.transpose(0, 2, 1) * np.float32(0.35)) @ v


DIAMOND = """
func.func @f(%x: tensor<7x3xf32>, %w: tensor<3x3xf32>) -> (tensor<7x3xf32>, tensor<7x3xf32>) {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<7x3xf32>
  %zero = linalg.fill ins(%z : f32) outs(%e : tensor<7x3xf32>) -> tensor<7x3xf32>
  %a = math.exp %x : tensor<7x3xf32>
  %p = linalg.matmul ins(%a, %w : tensor<7x3xf32>, tensor<3x3xf32>)
    outs(%zero : tensor<7x3xf32>) -> tensor<7x3xf32>
  %b = math.tanh %a : tensor<7x3xf32>
  %c = arith.addf %p, %b : tensor<7x3xf32>
  %d = arith.mulf %c, %a : tensor<7x3xf32>
  return %c, %d : tensor<7x3xf32>, tensor<7x3xf32>
}
"""


def diamond(x, w):
    a = np.exp(x)
    c = a @ w + np.tanh(a)
    return c, c * a


CASTS = """
func.func @f(%x: tensor<?x8xf16>, %w: tensor<8x4xf16>) -> tensor<?x4xf16> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x8xf16>
  %e = tensor.empty(%m) : tensor<?x4xf32>
  %zero = linalg.fill ins(%z : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %xw = arith.extf %x : tensor<?x8xf16> to tensor<?x8xf32>
  %ww = arith.extf %w : tensor<8x4xf16> to tensor<8x4xf32>
  %p = linalg.matmul ins(%xw, %ww : tensor<?x8xf32>, tensor<8x4xf32>)
    outs(%zero : tensor<?x4xf32>) -> tensor<?x4xf32>
  %r = arith.truncf %p : tensor<?x4xf32> to tensor<?x4xf16>
  return %r : tensor<?x4xf16>
}
"""

INT8 = """
func.func @f(%x: tensor<?x8xi8>, %w: tensor<8x4xi8>) -> tensor<?x4xi32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0 : i32
  %m = tensor.dim %x, %c0 : tensor<?x8xi8>
  %e = tensor.empty(%m) : tensor<?x4xi32>
  %zero = linalg.fill ins(%z : i32) outs(%e : tensor<?x4xi32>) -> tensor<?x4xi32>
  %p = linalg.matmul ins(%x, %w : tensor<?x8xi8>, tensor<8x4xi8>)
    outs(%zero : tensor<?x4xi32>) -> tensor<?x4xi32>
  return %p : tensor<?x4xi32>
}
"""

MATVEC = """
func.func @f(%a: tensor<?x7xf32>, %x: tensor<7xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c0 : tensor<?x7xf32>
  %e = tensor.empty(%m) : tensor<?xf32>
  %zero = linalg.fill ins(%z : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r = linalg.matvec ins(%a, %x : tensor<?x7xf32>, tensor<7xf32>)
    outs(%zero : tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}
"""

# a projection on flattened rows, its heads apart, scores of the heads: as torch-mlir writes it
HEADS = """
func.func @f(%x: tensor<2x?x8xf32>, %w: tensor<8x8xf32>, %b: tensor<8xf32>)
    -> tensor<2x4x?x?xf32> {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %z = arith.constant 0.0 : f32
  %s = tensor.dim %x, %c1 : tensor<2x?x8xf32>
  %rows = arith.muli %s, %c2 : index
  %flat = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x?x8xf32> into tensor<?x8xf32>
  %e = tensor.empty(%rows) : tensor<?x8xf32>
  %zero = linalg.fill ins(%z : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %p = linalg.matmul ins(%flat, %w : tensor<?x8xf32>, tensor<8x8xf32>)
    outs(%zero : tensor<?x8xf32>) -> tensor<?x8xf32>
  %pe = tensor.expand_shape %p [[0, 1], [2]] output_shape [2, %s, 8]
    : tensor<?x8xf32> into tensor<2x?x8xf32>
  %g = tensor.empty(%s) : tensor<2x?x8xf32>
  %bb = linalg.broadcast ins(%b : tensor<8xf32>) outs(%g : tensor<2x?x8xf32>) dimensions = [0, 1]
  %q = arith.addf %pe, %bb : tensor<2x?x8xf32>
  %h = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [2, %s, 4, 2]
    : tensor<2x?x8xf32> into tensor<2x?x4x2xf32>
  %te = tensor.empty(%s) : tensor<2x4x?x2xf32>
  %t = linalg.transpose ins(%h : tensor<2x?x4x2xf32>) outs(%te : tensor<2x4x?x2xf32>)
    permutation = [0, 2, 1, 3]
  %l = tensor.collapse_shape %t [[0, 1], [2], [3]]
    : tensor<2x4x?x2xf32> into tensor<8x?x2xf32>
  %ke = tensor.empty(%s) : tensor<8x2x?xf32>
  %k = linalg.transpose ins(%l : tensor<8x?x2xf32>) outs(%ke : tensor<8x2x?xf32>)
    permutation = [0, 2, 1]
  %se = tensor.empty(%s, %s) : tensor<8x?x?xf32>
  %sz = linalg.fill ins(%z : f32) outs(%se : tensor<8x?x?xf32>) -> tensor<8x?x?xf32>
  %r = linalg.batch_matmul ins(%l, %k : tensor<8x?x2xf32>, tensor<8x2x?xf32>)
    outs(%sz : tensor<8x?x?xf32>) -> tensor<8x?x?xf32>
  %o = tensor.expand_shape %r [[0, 1], [2], [3]] output_shape [2, 4, %s, %s]
    : tensor<8x?x?xf32> into tensor<2x4x?x?xf32>
  return %o : tensor<2x4x?x?xf32>
}
"""


def heads(x, w, b):
    q = (x @ w + b).reshape(2, x.shape[1], 4, 2).transpose(0, 2, 1, 3)
    return q @ q.transpose(0, 1, 3, 2)


CASES = [
    Case(
        "matmul-bias-relu",
        MATMUL_BIAS_RELU,
        [("contraction", 3)],
        [[(m, 8), (8, 5), (5,)] for m in (0, 1, 4, 13)],
        lambda x, w, b: np.maximum(x @ w + b, 0),
    ),
    Case(
        "linear",
        LINEAR,
        [("contraction", 2)],
        [[(3, 8), (5, 8), (5,)]],
        lambda x, w, b: x @ w.T + b,
    ),
    Case(
        "mlp",
        MLP,
        [("contraction", 2), ("contraction", 2)],
        [[(m, 8), (8, 6), (6, 3)] for m in (0, 1, 5)],
        lambda x, w, v: np.exp(np.tanh(x @ w) @ v),
    ),
    Case(
        "attention",
        ATTENTION,
        [("contraction", 2), ("reduction", 4), ("contraction", 1)],
        [[(2, m, 8), (2, n, 8), (2, n, 8)] for m, n in ((4, 4), (1, 7), (5, 3), (0, 2))],
        attention,
    ),
    Case("diamond", DIAMOND, [("elementwise", 2), ("contraction", 3)], [[(7, 3), (3, 3)]], diamond),
    Case(
        "heads",
        HEADS,
        [("contraction", 2), ("contraction", 1)],
        [[(2, s, 8), (8, 8), (8,)] for s in (1, 3, 0)],
        heads,
    ),
    Case(
        "matvec",
        MATVEC,
        [("reduction", 1)],
        [[(m, 7), (7,)] for m in (0, 1, 4)],
        lambda a, x: a @ x,
    ),
    Case(
        "f16",
        CASTS,
        [("contraction", 2)],
        [[(m, 8), (8, 4)] for m in (0, 3)],
        lambda x, w: (x.astype(np.float32) @ w.astype(np.float32)).astype(np.float16),
        np.float16,
    ),
    Case(
        "i8",
        INT8,
        [("contraction", 1)],
        [[(m, 8), (8, 4)] for m in (0, 3)],
        lambda x, w: x.astype(np.int32) @ w.astype(np.int32),
        np.int8,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_matches_numpy(case):
    check(case)
