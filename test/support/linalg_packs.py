"""linalg.pack, unpack and mmt4d: tiles that divide and that leave a rest, of any order, with their
results."""

from __future__ import annotations

import numpy as np
from linalg_moves import Case, case, f32


@case
def packed_tiles() -> Case:
    text = """
func.func @main(%x: tensor<5x20xf32>, %y: tensor<?x?xf32>, %like: tensor<?x?x16x2xf32>)
    -> (tensor<5x3x8xf32>, tensor<4x5x1x5xf32>, tensor<?x?x16x2xf32>) {
  %nine = arith.constant 9.0 : f32
  %e0 = tensor.empty() : tensor<5x3x8xf32>
  %0 = linalg.pack %x padding_value(%nine : f32) inner_dims_pos = [1] inner_tiles = [8]
      into %e0 : tensor<5x20xf32> -> tensor<5x3x8xf32>
  %e1 = tensor.empty() : tensor<4x5x1x5xf32>
  %1 = linalg.pack %x outer_dims_perm = [1, 0] inner_dims_pos = [0, 1] inner_tiles = [1, 5]
      into %e1 : tensor<5x20xf32> -> tensor<4x5x1x5xf32>
  %2 = linalg.pack %y padding_value(%nine : f32) outer_dims_perm = [1, 0] inner_dims_pos = [0, 1]
      inner_tiles = [16, 2] into %like : tensor<?x?xf32> -> tensor<?x?x16x2xf32>
  return %0, %1, %2 : tensor<5x3x8xf32>, tensor<4x5x1x5xf32>, tensor<?x?x16x2xf32>
}"""
    x, y = f32(5, 20), f32(17, 3)
    ragged = np.pad(x, ((0, 0), (0, 4)), constant_values=9).reshape(5, 3, 8)
    turned = x.reshape(5, 1, 4, 5).transpose(2, 0, 1, 3)
    unknown = np.pad(y, ((0, 15), (0, 1)), constant_values=9).reshape(2, 16, 2, 2)
    return (
        text,
        [x, y, np.zeros((2, 2, 16, 2), np.float32)],
        [
            ragged,
            turned,
            unknown.transpose(2, 0, 1, 3),
        ],
    )


@case
def unpacked_tiles() -> Case:
    text = """
func.func @main(%p: tensor<3x4x2x8xf32>, %q: tensor<?x?x?x?xf32>, %like: tensor<?x?xf32>)
    -> (tensor<6x30xf32>, tensor<8x24xf32>, tensor<?x?xf32>) {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %e0 = tensor.empty() : tensor<6x30xf32>
  %0 = linalg.unpack %p inner_dims_pos = [0, 1] inner_tiles = [2, 8]
      into %e0 : tensor<3x4x2x8xf32> -> tensor<6x30xf32>
  %e1 = tensor.empty() : tensor<8x24xf32>
  %1 = linalg.unpack %p outer_dims_perm = [1, 0] inner_dims_pos = [0, 1] inner_tiles = [2, 8]
      into %e1 : tensor<3x4x2x8xf32> -> tensor<8x24xf32>
  %s = tensor.dim %q, %c2 : tensor<?x?x?x?xf32>
  %t = tensor.dim %q, %c3 : tensor<?x?x?x?xf32>
  %2 = linalg.unpack %q outer_dims_perm = [1, 0] inner_dims_pos = [1, 0] inner_tiles = [%s, %t]
      into %like : tensor<?x?x?x?xf32> -> tensor<?x?xf32>
  return %0, %1, %2 : tensor<6x30xf32>, tensor<8x24xf32>, tensor<?x?xf32>
}"""
    p, q = f32(3, 4, 2, 8), f32(2, 3, 5, 4)
    rows = p.transpose(0, 2, 1, 3).reshape(6, 32)[:, :30]
    turned = p.transpose(1, 2, 0, 3).reshape(8, 24)
    unknown = q.transpose(1, 3, 0, 2).reshape(12, 10)[:11]
    return text, [p, q, np.zeros((11, 10), np.float32)], [rows, turned, unknown]


@case
def product_of_packed_tiles() -> Case:
    """As a compiler before ours lays a product out."""
    text = """
func.func @main(%x: tensor<16x12xf32>, %w: tensor<12x30xf32>) -> tensor<16x30xf32> {
  %zero = arith.constant 0.0 : f32
  %ex = tensor.empty() : tensor<2x3x8x4xf32>
  %px = linalg.pack %x inner_dims_pos = [0, 1] inner_tiles = [8, 4]
      into %ex : tensor<16x12xf32> -> tensor<2x3x8x4xf32>
  %ew = tensor.empty() : tensor<5x3x6x4xf32>
  %pw = linalg.pack %w outer_dims_perm = [1, 0] inner_dims_pos = [1, 0] inner_tiles = [6, 4]
      into %ew : tensor<12x30xf32> -> tensor<5x3x6x4xf32>
  %e = tensor.empty() : tensor<2x5x8x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x5x8x6xf32>) -> tensor<2x5x8x6xf32>
  %m = linalg.mmt4d ins(%px, %pw : tensor<2x3x8x4xf32>, tensor<5x3x6x4xf32>)
      outs(%f : tensor<2x5x8x6xf32>) -> tensor<2x5x8x6xf32>
  %o = tensor.empty() : tensor<16x30xf32>
  %r = linalg.unpack %m inner_dims_pos = [0, 1] inner_tiles = [8, 6]
      into %o : tensor<2x5x8x6xf32> -> tensor<16x30xf32>
  return %r : tensor<16x30xf32>
}"""
    x, w = f32(16, 12), f32(12, 30)
    return text, [x, w], [x @ w]
