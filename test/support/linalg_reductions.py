"""Reductions and norms in linalg as front ends write them, with results computed in float64."""

from __future__ import annotations

import numpy as np
from linalg_moves import Case
from linalg_networks import case, normal, softmax, wide


@case
def argmax() -> Case:
    """aten.max.dim: the value and where it is, the first of equals."""
    text = """
#in = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d0)>
func.func @main(%x: tensor<?x?xf32>) -> (tensor<?xf32>, tensor<?xi64>) {
  %c0 = arith.constant 0 : index
  %low = arith.constant 0xFF800000 : f32
  %none = arith.constant 0 : i64
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %e0 = tensor.empty(%m) : tensor<?xf32>
  %e1 = tensor.empty(%m) : tensor<?xi64>
  %f0 = linalg.fill ins(%low : f32) outs(%e0 : tensor<?xf32>) -> tensor<?xf32>
  %f1 = linalg.fill ins(%none : i64) outs(%e1 : tensor<?xi64>) -> tensor<?xi64>
  %0:2 = linalg.generic {indexing_maps = [#in, #out, #out], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x?xf32>) outs(%f0, %f1 : tensor<?xf32>, tensor<?xi64>) {
  ^bb0(%a: f32, %best: f32, %at: i64):
    %i = linalg.index 1 : index
    %j = arith.index_cast %i : index to i64
    %max = arith.maximumf %a, %best : f32
    %better = arith.cmpf ogt, %a, %best : f32
    %k = arith.select %better, %j, %at : i64
    linalg.yield %max, %k : f32, i64
  } -> (tensor<?xf32>, tensor<?xi64>)
  return %0#0, %0#1 : tensor<?xf32>, tensor<?xi64>
}"""
    x = np.round(4 * normal(9, 70))
    return text, [x], [x.max(1), x.argmax(1)]


@case
def reduce_with_two_results() -> Case:
    text = """
func.func @main(%x: tensor<5x70xf32>, %y: tensor<5x70xi32>) -> (tensor<5xf32>, tensor<5xi32>, tensor<70xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 0 : i32
  %e0 = tensor.empty() : tensor<5xf32>
  %e1 = tensor.empty() : tensor<5xi32>
  %e2 = tensor.empty() : tensor<70xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<5xf32>) -> tensor<5xf32>
  %f1 = linalg.fill ins(%one : i32) outs(%e1 : tensor<5xi32>) -> tensor<5xi32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<70xf32>) -> tensor<70xf32>
  %0:2 = linalg.reduce ins(%x, %y : tensor<5x70xf32>, tensor<5x70xi32>)
      outs(%f0, %f1 : tensor<5xf32>, tensor<5xi32>) dimensions = [1]
    (%a: f32, %b: i32, %s: f32, %t: i32) {
      %u = arith.addf %a, %s : f32
      %v = arith.maxsi %b, %t : i32
      linalg.yield %u, %v : f32, i32
    }
  %1 = linalg.reduce { arith.maximumf } ins(%x : tensor<5x70xf32>) outs(%f2 : tensor<70xf32>) dimensions = [0]
  return %0#0, %0#1, %1 : tensor<5xf32>, tensor<5xi32>, tensor<70xf32>
}"""
    x, y = normal(5, 70), (9 * normal(5, 70, seed=1)).astype(np.int32)
    return (
        text,
        [x, y],
        [x.astype(np.float64).sum(1), np.maximum(y.max(1), 0), np.maximum(x.max(0), 0)],
    )


@case
def variance() -> Case:
    """aten.var with correction, in f64 between, as torch-mlir decomposes it."""
    text = """
#in = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d0, 0)>
func.func @main(%x: tensor<?x?xf32>) -> tensor<?x1xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %zero = arith.constant 0.0 : f64
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?xf32>
  %ni = arith.index_cast %n : index to i64
  %nf = arith.sitofp %ni : i64 to f64
  %nf1 = arith.subf %nf, %one : f64
  %e = tensor.empty(%m, %n) : tensor<?x?xf64>
  %w = linalg.generic {indexing_maps = [#in, #in], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<?x?xf32>) outs(%e : tensor<?x?xf64>) {
  ^bb0(%a: f32, %o: f64):
    %b = arith.extf %a : f32 to f64
    linalg.yield %b : f64
  } -> tensor<?x?xf64>
  %e1 = tensor.empty(%m) : tensor<?x1xf64>
  %f1 = linalg.fill ins(%zero : f64) outs(%e1 : tensor<?x1xf64>) -> tensor<?x1xf64>
  %sum = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
      ins(%w : tensor<?x?xf64>) outs(%f1 : tensor<?x1xf64>) {
  ^bb0(%a: f64, %s: f64):
    %b = arith.addf %a, %s : f64
    linalg.yield %b : f64
  } -> tensor<?x1xf64>
  %square = linalg.generic {indexing_maps = [#in, #out, #in], iterator_types = ["parallel", "parallel"]}
      ins(%w, %sum : tensor<?x?xf64>, tensor<?x1xf64>) outs(%e : tensor<?x?xf64>) {
  ^bb0(%a: f64, %s: f64, %o: f64):
    %mean = arith.divf %s, %nf : f64
    %d = arith.subf %a, %mean : f64
    %q = arith.mulf %d, %d : f64
    linalg.yield %q : f64
  } -> tensor<?x?xf64>
  %total = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
      ins(%square : tensor<?x?xf64>) outs(%f1 : tensor<?x1xf64>) {
  ^bb0(%a: f64, %s: f64):
    %b = arith.addf %a, %s : f64
    linalg.yield %b : f64
  } -> tensor<?x1xf64>
  %e2 = tensor.empty(%m) : tensor<?x1xf32>
  %r = linalg.generic {indexing_maps = [#in, #in], iterator_types = ["parallel", "parallel"]}
      ins(%total : tensor<?x1xf64>) outs(%e2 : tensor<?x1xf32>) {
  ^bb0(%a: f64, %o: f32):
    %v = arith.divf %a, %nf1 : f64
    %t = arith.truncf %v : f64 to f32
    linalg.yield %t : f32
  } -> tensor<?x1xf32>
  return %r : tensor<?x1xf32>
}"""
    x = normal(6, 50)
    return text, [x], [x.astype(np.float64).var(1, ddof=1, keepdims=True)]


@case
def cumulative_sum() -> Case:
    """As a product with a triangle, which linalg.index makes."""
    text = """
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#out = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @main(%x: tensor<4x50xf32>) -> tensor<4x50xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x50xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x50xf32>) -> tensor<4x50xf32>
  %0 = linalg.generic {indexing_maps = [#x, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<4x50xf32>) outs(%f : tensor<4x50xf32>) {
  ^bb0(%a: f32, %s: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %seen = arith.cmpi ule, %j, %i : index
    %b = arith.select %seen, %a, %zero : f32
    %t = arith.addf %s, %b : f32
    linalg.yield %t : f32
  } -> tensor<4x50xf32>
  return %0 : tensor<4x50xf32>
}"""
    x = normal(4, 50)
    return text, [x], [x.astype(np.float64).cumsum(1)]


@case
def softmax_named() -> Case:
    text = """
func.func @main(%x: tensor<3x?x33xf32>) -> (tensor<3x?x33xf32>, tensor<3x?x33xf32>) {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c1 : tensor<3x?x33xf32>
  %e = tensor.empty(%n) : tensor<3x?x33xf32>
  %0 = linalg.softmax dimension(2) ins(%x : tensor<3x?x33xf32>) outs(%e : tensor<3x?x33xf32>) -> tensor<3x?x33xf32>
  %1 = linalg.softmax dimension(1) ins(%x : tensor<3x?x33xf32>) outs(%e : tensor<3x?x33xf32>) -> tensor<3x?x33xf32>
  return %0, %1 : tensor<3x?x33xf32>, tensor<3x?x33xf32>
}"""
    x = normal(3, 18, 33)
    (w,) = wide(x)
    return text, [x], [softmax(w), softmax(w.swapaxes(1, 2)).swapaxes(1, 2)]


@case
def batch_norm() -> Case:
    text = """
#x = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#c = affine_map<(d0, d1, d2, d3) -> (d1)>
func.func @main(%x: tensor<?x6x?x?xf32>, %scale: tensor<6xf32>, %shift: tensor<6xf32>, %mean: tensor<6xf32>, %var: tensor<6xf32>)
    -> tensor<?x6x?x?xf32> {
  %eps = arith.constant 1.000000e-05 : f64
  %0 = linalg.generic {indexing_maps = [#x, #c, #c, #c, #c, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %scale, %shift, %mean, %var : tensor<?x6x?x?xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>)
      outs(%x : tensor<?x6x?x?xf32>) {
  ^bb0(%a: f32, %s: f32, %b: f32, %m: f32, %v: f32, %o: f32):
    %e = arith.truncf %eps : f64 to f32
    %1 = arith.addf %v, %e : f32
    %2 = math.rsqrt %1 : f32
    %3 = arith.subf %a, %m : f32
    %4 = arith.mulf %3, %2 : f32
    %5 = arith.mulf %4, %s : f32
    %6 = arith.addf %5, %b : f32
    linalg.yield %6 : f32
  } -> tensor<?x6x?x?xf32>
  return %0 : tensor<?x6x?x?xf32>
}"""
    inputs = [
        normal(2, 6, 5, 7),
        *(normal(6, seed=i) for i in range(3)),
        normal(6, seed=4) ** 2 + 1,
    ]
    x, s, b, m, v = wide(*inputs)
    channel = (slice(None), None, None)
    return text, inputs, [(x - m[channel]) / np.sqrt(v + 1e-5)[channel] * s[channel] + b[channel]]
