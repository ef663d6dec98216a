"""Programs whose elements are found by other elements."""

from __future__ import annotations

import numpy as np
from linalg_moves import Case, case, f32
from linalg_named import integers


@case
def embedding() -> Case:
    """aten.embedding with a sum over the words of a row."""
    text = """
#ids = affine_map<(d0, d1, d2) -> (d0, d1)>
#all = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#row = affine_map<(d0, d1, d2) -> (d0, d2)>
func.func @main(%table: tensor<50x32xf32>, %ids: tensor<?x?xi64>) -> (tensor<?x?x32xf32>, tensor<?x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %ids, %c0 : tensor<?x?xi64>
  %n = tensor.dim %ids, %c1 : tensor<?x?xi64>
  %e = tensor.empty(%m, %n) : tensor<?x?x32xf32>
  %0 = linalg.generic {indexing_maps = [#ids, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%ids : tensor<?x?xi64>) outs(%e : tensor<?x?x32xf32>) {
  ^bb0(%in: i64, %out: f32):
    %i = arith.index_cast %in : i64 to index
    %j = linalg.index 2 : index
    %c50 = arith.constant 50 : i64
    %ok = arith.cmpi slt, %in, %c50 : i64
    cf.assert %ok, "index must be smaller than dim size"
    %v = tensor.extract %table[%i, %j] : tensor<50x32xf32>
    linalg.yield %v : f32
  } -> tensor<?x?x32xf32>
  %e1 = tensor.empty(%m) : tensor<?x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<?x32xf32>) -> tensor<?x32xf32>
  %1 = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%0 : tensor<?x?x32xf32>) outs(%f : tensor<?x32xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<?x32xf32>
  return %0, %1 : tensor<?x?x32xf32>, tensor<?x32xf32>
}"""
    table = f32(50, 32)
    ids = np.random.default_rng(0).integers(0, 50, (4, 9))
    return text, [table, ids], [table[ids], table[ids].sum(1)]


@case
def gather() -> Case:
    """aten.gather along dimension 1, with i32 indices beside a mask."""
    text = """
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @main(%x: tensor<6x?xf16>, %at: tensor<6x11xi32>, %mask: tensor<6x11xi1>) -> tensor<6x11xf16> {
  %zero = arith.constant 0.0 : f16
  %e = tensor.empty() : tensor<6x11xf16>
  %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%at, %mask : tensor<6x11xi32>, tensor<6x11xi1>) outs(%e : tensor<6x11xf16>) {
  ^bb0(%in: i32, %b: i1, %out: f16):
    %i = linalg.index 0 : index
    %j = arith.index_cast %in : i32 to index
    %v = tensor.extract %x[%i, %j] : tensor<6x?xf16>
    %w = arith.select %b, %v, %zero : f16
    linalg.yield %w : f16
  } -> tensor<6x11xf16>
  return %0 : tensor<6x11xf16>
}"""
    x, at = integers("f16", (6, 20)), np.random.default_rng(0).integers(0, 20, (6, 11))
    mask = np.random.default_rng(1).random((6, 11)) < 0.5
    taken = np.where(mask, np.take_along_axis(x, at, 1), np.float16(0))
    return text, [x, at.astype(np.int32), mask], [taken]


@case
def scattered_into_rows() -> Case:
    """A one-hot product: what front ends write for index_add where scatters are unknown."""
    text = """
#at = affine_map<(d0, d1, d2) -> (d2)>
#rows = affine_map<(d0, d1, d2) -> (d2, d1)>
#out = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @main(%x: tensor<8x5xf32>, %at: tensor<12xi64>, %rows: tensor<12x5xf32>) -> tensor<8x5xf32> {
  %zero = arith.constant 0.0 : f32
  %0 = linalg.generic {indexing_maps = [#at, #rows, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%at, %rows : tensor<12xi64>, tensor<12x5xf32>) outs(%x : tensor<8x5xf32>) {
  ^bb0(%a: i64, %v: f32, %out: f32):
    %i = linalg.index 0 : index
    %j = arith.index_cast %a : i64 to index
    %here = arith.cmpi eq, %i, %j : index
    %w = arith.select %here, %v, %zero : f32
    %s = arith.addf %out, %w : f32
    linalg.yield %s : f32
  } -> tensor<8x5xf32>
  return %0 : tensor<8x5xf32>
}"""
    x, rows = f32(8, 5), f32(12, 5, seed=1)
    at = np.random.default_rng(0).integers(0, 8, 12)
    expected = x.copy()
    np.add.at(expected, at, rows)
    return text, [x, at, rows], [expected]


@case
def one_element_inserted() -> Case:
    text = """
func.func @main(%x: tensor<4x9xi8>, %at: tensor<i64>, %v: tensor<i8>) -> (tensor<4x9xi8>, tensor<i8>) {
  %c2 = arith.constant 2 : index
  %i = tensor.extract %at[] : tensor<i64>
  %j = arith.index_cast %i : i64 to index
  %s = tensor.extract %v[] : tensor<i8>
  %0 = tensor.insert %s into %x[%c2, %j] : tensor<4x9xi8>
  %e = tensor.extract %x[%c2, %j] : tensor<4x9xi8>
  %t = arith.addi %e, %s : i8
  %1 = tensor.from_elements %t : tensor<i8>
  return %0, %1 : tensor<4x9xi8>, tensor<i8>
}"""
    x = integers("i8", (4, 9))
    expected = x.copy()
    expected[2, 7] = 99
    return (
        text,
        [x, np.array(7), np.array(99, np.int8)],
        [expected, np.array(x[2, 7] + 99, np.int8)],
    )


@case
def nothing_side_by_side() -> Case:
    """No slice of a tensor without elements is written."""
    text = """
func.func @main(%x: tensor<0x?xf32>, %y: tensor<0x?xf32>) -> tensor<0x?xf32> {
  %0 = tensor.concat dim(1) %x, %y : (tensor<0x?xf32>, tensor<0x?xf32>) -> tensor<0x?xf32>
  return %0 : tensor<0x?xf32>
}"""
    x, y = np.zeros((0, 3), np.float32), np.zeros((0, 4), np.float32)
    return text, [x, y], [np.zeros((0, 7), np.float32)]


@case
def a_constant_with_padding() -> Case:
    """A pad of what turns out to be the same everywhere reads nothing: those of a scan here."""
    text = """
#id = affine_map<(d0) -> (d0)>
func.func @main(%x: tensor<?xi32>, %y: tensor<3xi32>) -> (tensor<?xi32>, tensor<?xi32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xi32>
  %e = tensor.empty(%n) : tensor<?xi32>
  %f:2 = linalg.generic {indexing_maps = [#id, #id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<?xi32>, tensor<3xi32>) outs(%e, %e : tensor<?xi32>, tensor<?xi32>) {
  ^bb0(%a: i32, %b: i32, %o: i32, %p: i32):
    %three = arith.constant 3 : i32
    %s = arith.addi %a, %b : i32
    linalg.yield %three, %s : i32, i32
  } -> (tensor<?xi32>, tensor<?xi32>)
  %0 = claw.scan %f#0 {kind = "sum", exclusive = true} : (tensor<?xi32>) -> tensor<?xi32>
  return %0, %f#1 : tensor<?xi32>, tensor<?xi32>
}"""
    x = integers("i32", (3,))
    return text, [x, x], [np.array([0, 3, 6], np.int32), 2 * x]
