"""What form-kernels makes computes what NumPy computes, in as few kernels as it should."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import l1_runner
import numpy as np
import pytest
from mlir import ir

PRELUDE = """
#id = affine_map<(i, j) -> (i, j)>
#t = affine_map<(i, j) -> (j, i)>
#row = affine_map<(i, j) -> (i)>
#col = affine_map<(i, j) -> (j)>
#keep = affine_map<(i, j) -> (i, 0)>
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
"""


class Case(NamedTuple):
    name: str
    text: str
    kernels: list[tuple[str, int]]  # kind, generics
    shapes: list[list[tuple[int, ...]]]
    expected: Callable[..., object]
    dtype: type = np.float32


@pytest.fixture(autouse=True)
def context():
    with ir.Context(), ir.Location.unknown():
        yield


def rand(rng: np.random.Generator, shape: tuple[int, ...], dtype: type) -> np.ndarray:
    if np.issubdtype(dtype, np.integer):
        return rng.integers(-5, 6, shape).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=-1, keepdims=True)


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
        "layer-norm",
        LAYER_NORM,
        [("reduction", 7)],
        [[(4, n), (n,), (n,)] for n in (1, 5, 64)],
        layer_norm,
    ),
    Case(
        "attention",
        ATTENTION,
        [("contraction", 2), ("reduction", 4), ("contraction", 1)],
        [[(2, m, 8), (2, n, 8), (2, n, 8)] for m, n in ((4, 4), (1, 7), (5, 3), (0, 2))],
        attention,
    ),
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
    Case("diamond", DIAMOND, [("elementwise", 2), ("contraction", 3)], [[(7, 3), (3, 3)]], diamond),
    Case(
        "conv",
        CONV,
        [("generic", 1), ("generic", 1), ("elementwise", 1)],
        [[(1, 2, h, w), (3, 2, 3, 3)] for h, w in ((4, 4), (1, 5), (3, 1))],
        conv,
    ),
    Case(
        "pooling",
        POOLING,
        [("generic", 1)],
        [[(2, 6, 6, 3)]],
        lambda x: x.reshape(2, 3, 2, 3, 2, 3).max(axis=(2, 4)),
    ),
    Case(
        "argmax",
        ARGMAX,
        [("generic", 1)],
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
        "moves",
        MOVES,
        [("generic", 1)] * 4,
        [[(m, 6), (m, 6)] for m in (0, 1, 3)],
        moves,
    ),
    Case(
        "heads",
        HEADS,
        [("contraction", 2), ("contraction", 1)],
        [[(2, s, 8), (8, 8), (8,)] for s in (1, 3, 0)],
        heads,
    ),
    Case(
        "max-of-two",
        MAX_OF_TWO,
        [("reduction", 2)],
        [[(4, 9)]],
        lambda x: x - x.max(axis=1, keepdims=True),
    ),
    Case("strides", STRIDES, [("generic", 1)] * 2, [[(7, 9), (3, 2)]], strides),
    Case(
        "views",
        VIEWS,
        [("elementwise", 2)],
        [[(m, 4, 6)] for m in (0, 1, 3)],
        lambda x: (np.exp(x).reshape(-1, 6), np.tanh(np.exp(x)).reshape(-1, 24)),
    ),
    Case(
        "constants",
        CONSTANTS,
        [("elementwise", 1)],
        [[(m, 3)] for m in (0, 1, 4)],
        lambda x: x + np.array([2, 4, 6], np.float32),
    ),
    Case(
        "triangle",
        TRIANGLE,
        [("reduction", 2)],
        [[(m,), (n,)] for m, n in ((3, 4), (1, 0), (5, 1))],
        lambda x, y: x * len(y) + len(y) * (len(y) - 1) / 2,
    ),
    Case(
        "scalars",
        SCALARS,
        [("elementwise", 2), ("generic", 1), ("elementwise", 1)],
        [[(4,), ()], [(0,), ()]],
        lambda x, s: (x + s * s, np.exp(s) + s),
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
    module = l1_runner.form(PRELUDE + case.text)
    assert l1_runner.kernels(module) == case.kernels
    rng = np.random.default_rng(0)
    for shapes in case.shapes:
        arguments = [rand(rng, shape, case.dtype) for shape in shapes]
        expected = case.expected(*arguments)
        expected = expected if isinstance(expected, tuple) else (expected,)
        results = l1_runner.run(module, arguments)
        for found, wanted in zip(results, expected, strict=True):
            tolerance = 1e-2 if case.dtype == np.float16 else 1e-4
            np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=1e-5)


def test_bits_are_bytes_in_memory():
    module = l1_runner.form(MASKS)
    assert l1_runner.kernels(module) == [("elementwise", 4)]
    x = np.array([1.0, -2.0, 3.0, 0.0], np.float32)
    mask = np.array([1, 1, 0, 1], np.int8)
    found, bits = l1_runner.run(module, [x, mask])
    np.testing.assert_array_equal(bits, (x > 0) & (mask == 1))
    np.testing.assert_array_equal(found, np.where(bits, x, 0))


def test_any_of_bits():
    module = l1_runner.form(PRELUDE + ANY)
    assert l1_runner.kernels(module) == [("reduction", 2)]
    x = np.array([[0, 0, 1, 0, 0], [0, 0, 0, 0, 0]], np.int8)
    np.testing.assert_array_equal(l1_runner.run(module, [x])[0], [1, 0])


def test_gather():
    module = l1_runner.form(PRELUDE + GATHER)
    assert l1_runner.kernels(module) == [("generic", 1)]
    x = np.arange(20, dtype=np.float32).reshape(5, 4)
    places = np.array([4, 0, 0, 2], np.int64)
    np.testing.assert_array_equal(l1_runner.run(module, [x, places])[0], x[places])


def test_what_nothing_computes_is_copied():
    module = l1_runner.form(RETURNED)
    assert [kind for kind, _ in l1_runner.kernels(module)] == [
        "elementwise"
    ] * 4  # x and its view share one
    x = np.arange(8, dtype=np.float32).reshape(2, 4)
    mask = np.array([1, 0, 1], np.int8)
    results = l1_runner.run(module, [x, mask])
    expected = [x, mask, [1.5, 2.5], [[7, 7], [7, 7]], x.ravel()]
    for found, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
