"""Programs that move what is a fill, a splat or has no contents, with their results."""

from __future__ import annotations

import numpy as np
from linalg_moves import Case, case, f32


@case
def inserts_into_fills() -> Case:
    """As transposed convolutions and paddings arrive: with steps, with sizes known at run time."""
    text = """
func.func @main(%x: tensor<2x3xf32>, %n: tensor<?xf32>)
    -> (tensor<4x7xf32>, tensor<2x3xf32>, tensor<?xf32>, tensor<12xf32>, tensor<4x3xf32>) {
  %z = arith.constant 1.5 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %e = tensor.empty() : tensor<4x7xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<4x7xf32>) -> tensor<4x7xf32>
  %0 = tensor.insert_slice %x into %f[1, 1] [2, 3] [2, 2] : tensor<2x3xf32> into tensor<4x7xf32>
  %y = tensor.extract %x[%c0, %c1] : tensor<2x3xf32>
  %s = tensor.splat %z : tensor<2x3xf32>
  %1 = tensor.insert %y into %s[%c1, %c1] : tensor<2x3xf32>
  %n0 = tensor.dim %n, %c0 : tensor<?xf32>
  %en = tensor.empty(%n0) : tensor<?xf32>
  %fn = linalg.fill ins(%z : f32) outs(%en : tensor<?xf32>) -> tensor<?xf32>
  %row = tensor.extract_slice %x[1, 0] [1, 3] [1, 1] : tensor<2x3xf32> to tensor<3xf32>
  %2 = tensor.insert_slice %row into %fn[2] [3] [1] : tensor<3xf32> into tensor<?xf32>
  %e12 = tensor.empty() : tensor<12xf32>
  %flat = tensor.collapse_shape %x [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  %half = tensor.insert_slice %flat into %e12[0] [6] [1] : tensor<6xf32> into tensor<12xf32>
  %3 = tensor.insert_slice %flat into %half[6] [6] [1] : tensor<6xf32> into tensor<12xf32>
  %view = tensor.expand_shape %e12 [[0, 1]] output_shape [4, 3] : tensor<12xf32> into tensor<4x3xf32>
  %upper = tensor.insert_slice %x into %view[0, 0] [2, 3] [1, 1] : tensor<2x3xf32> into tensor<4x3xf32>
  %4 = tensor.insert_slice %x into %upper[2, 0] [2, 3] [1, 1] : tensor<2x3xf32> into tensor<4x3xf32>
  return %0, %1, %2, %3, %4
      : tensor<4x7xf32>, tensor<2x3xf32>, tensor<?xf32>, tensor<12xf32>, tensor<4x3xf32>
}"""
    x = f32(2, 3)
    spread, one, line = (np.full(s, 1.5, np.float32) for s in ((4, 7), (2, 3), (7,)))
    spread[1:4:2, 1:6:2], one[1, 1], line[2:5] = x, x[0, 1], x[1]
    twice = np.concatenate([x, x])
    return text, [x, np.zeros(7, np.float32)], [spread, one, line, twice.ravel(), twice]


@case
def slices_of_fills() -> Case:
    """They are fills, and so is what is joined of them."""
    text = """
func.func @main(%x: tensor<2x3xf32>)
    -> (tensor<4x6xf32>, tensor<2x2xf32>, tensor<5x3xf32>, tensor<2x3x2xf32>, tensor<f32>) {
  %z = arith.constant 1.5 : f32
  %c0 = arith.constant 0 : index
  %e = tensor.empty() : tensor<2x3xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %c = tensor.concat dim(0) %x, %f : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  %0 = tensor.concat dim(1) %c, %c : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  %1 = tensor.extract_slice %f[0, 1] [2, 2] [1, 1] : tensor<2x3xf32> to tensor<2x2xf32>
  %y = tensor.extract %x[%c0, %c0] : tensor<2x3xf32>
  %2 = tensor.pad %f low[1, 0] high[2, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %y : f32
  } : tensor<2x3xf32> to tensor<5x3xf32>
  %flat = tensor.collapse_shape %f [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  %deep = tensor.expand_shape %flat [[0, 1, 2]] output_shape [2, 3, 1] : tensor<6xf32> into tensor<2x3x1xf32>
  %3 = tensor.concat dim(2) %deep, %deep : (tensor<2x3x1xf32>, tensor<2x3x1xf32>) -> tensor<2x3x2xf32>
  %row = tensor.extract_slice %f[1, 0] [1, 1] [1, 1] : tensor<2x3xf32> to tensor<f32>
  return %0, %1, %2, %3, %row
      : tensor<4x6xf32>, tensor<2x2xf32>, tensor<5x3xf32>, tensor<2x3x2xf32>, tensor<f32>
}"""
    x = f32(2, 3)
    fill = np.full((2, 3), 1.5, np.float32)
    joined = np.concatenate([x, fill])
    padded = np.full((5, 3), x[0, 0])
    padded[1:3] = 1.5
    results = [
        np.concatenate([joined, joined], 1),
        fill[:, 1:],
        padded,
        fill[..., None].repeat(2, 2),
    ]
    return text, [x], [*results, np.full((), 1.5, np.float32)]
