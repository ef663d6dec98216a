"""Programs of `tensor` operations and of linalg.generic that move data, with their results."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from linalg_named import integers

Case = tuple[str, list[np.ndarray], list[np.ndarray]]  # text, inputs, results
MOVES: dict[str, Callable[[], Case]] = {}


def case(make: Callable[[], Case]) -> Callable[[], Case]:
    MOVES[make.__name__] = make
    return make


def f32(*shape: int, seed: int = 0) -> np.ndarray:
    return integers("f32", shape, seed)


@case
def pad() -> Case:
    text = """
func.func @main(%x: tensor<?x5x?xf32>, %h: tensor<?xi64>) -> (tensor<?x8x?xf32>, tensor<?x5x?xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant -1.0 : f32
  %high = tensor.dim %h, %c0 : tensor<?xi64>
  %0 = tensor.pad %x low[0, 1, 3] high[1, 2, %high] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %zero : f32
  } : tensor<?x5x?xf32> to tensor<?x8x?xf32>
  %1 = tensor.pad %x low[1, 0, 0] high[0, 0, 1] {
  ^bb0(%i: index, %j: index, %k: index):
    %s = arith.addi %i, %k : index
    %t = arith.index_cast %s : index to i32
    %u = arith.sitofp %t : i32 to f32
    tensor.yield %u : f32
  } : tensor<?x5x?xf32> to tensor<?x5x?xf32>
  return %0, %1 : tensor<?x8x?xf32>, tensor<?x5x?xf32>
}"""
    x = f32(3, 5, 7)
    first = np.pad(x, ((0, 1), (1, 2), (3, 2)), constant_values=-1)
    second = np.add.outer(np.arange(4), np.arange(8))[:, None].repeat(5, 1).astype(np.float32)
    second[1:, :, :7] = x
    return text, [x, np.zeros(2, np.int64)], [first, second]


@case
def pad_to_convolve() -> Case:
    text = """
func.func @main(%x: tensor<1x2x6x6xf32>, %w: tensor<3x2x3x3xf32>, %b: tensor<3xf32>)
    -> tensor<1x3x6x6xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x2x6x6xf32> to tensor<1x2x8x8xf32>
  %e = tensor.empty() : tensor<1x3x6x6xf32>
  %i = linalg.broadcast ins(%b : tensor<3xf32>) outs(%e : tensor<1x3x6x6xf32>) dimensions = [0, 2, 3]
  %0 = linalg.conv_2d_nchw_fchw
      {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%p, %w : tensor<1x2x8x8xf32>, tensor<3x2x3x3xf32>)
      outs(%i : tensor<1x3x6x6xf32>) -> tensor<1x3x6x6xf32>
  return %0 : tensor<1x3x6x6xf32>
}"""
    x, w, b = f32(1, 2, 6, 6), f32(3, 2, 3, 3), f32(3)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    return text, [x, w, b], [np.einsum("ncxyij,fcij->nfxy", view, w) + b[:, None, None]]


@case
def concatenate() -> Case:
    text = """
func.func @main(%x: tensor<3x?xf32>, %y: tensor<3x5xf32>, %z: tensor<2x?xf32>)
    -> (tensor<3x?xf32>, tensor<5x?xf32>) {
  %0 = tensor.concat dim(1) %x, %y, %x : (tensor<3x?xf32>, tensor<3x5xf32>, tensor<3x?xf32>) -> tensor<3x?xf32>
  %1 = tensor.concat dim(0) %x, %z : (tensor<3x?xf32>, tensor<2x?xf32>) -> tensor<5x?xf32>
  return %0, %1 : tensor<3x?xf32>, tensor<5x?xf32>
}"""
    x, y, z = f32(3, 7), f32(3, 5, seed=1), f32(2, 7, seed=2)
    return text, [x, y, z], [np.concatenate([x, y, x], 1), np.concatenate([x, z])]


@case
def concatenate_many() -> Case:
    names = [f"%x{i}" for i in range(9)]
    arguments = ", ".join(f"{name}: tensor<2x{i}xi32>" for i, name in enumerate(names))
    types = ", ".join(f"tensor<2x{i}xi32>" for i in range(9))
    text = f"""
func.func @main({arguments}) -> tensor<2x36xi32> {{
  %0 = tensor.concat dim(1) {", ".join(names)} : ({types}) -> tensor<2x36xi32>
  return %0 : tensor<2x36xi32>
}}"""
    inputs = [integers("i32", (2, i)) for i in range(9)]
    return text, inputs, [np.concatenate(inputs, 1)]


@case
def slices() -> Case:
    text = """
func.func @main(%x: tensor<?x40xf32>, %y: tensor<4x?xf32>) -> (tensor<?x13xf32>, tensor<40xf32>, tensor<?x40xf32>, tensor<?x40xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %m = tensor.dim %x, %c0 : tensor<?x40xf32>
  %half = arith.divui %m, %c2 : index
  %n = tensor.dim %y, %c1 : tensor<4x?xf32>
  %0 = tensor.extract_slice %x[%half, 1] [%half, 13] [1, 3] : tensor<?x40xf32> to tensor<?x13xf32>
  %1 = tensor.extract_slice %x[%c1, 0] [1, 40] [1, 1] : tensor<?x40xf32> to tensor<40xf32>
  %2 = tensor.insert_slice %y into %x[1, %c2] [4, %n] [1, 2] : tensor<4x?xf32> into tensor<?x40xf32>
  %3 = tensor.insert_slice %1 into %x[%half, 0] [1, 40] [1, 1] : tensor<40xf32> into tensor<?x40xf32>
  return %0, %1, %2, %3 : tensor<?x13xf32>, tensor<40xf32>, tensor<?x40xf32>, tensor<?x40xf32>
}"""
    x, y = f32(10, 40), f32(4, 17, seed=1) + 20
    inserted, copied = x.copy(), x.copy()
    inserted[1:5, 2:36:2] = y
    copied[5] = x[1]
    return text, [x, y], [x[5:, 1:40:3], x[1], inserted, copied]


@case
def reversed_rows() -> Case:
    """aten.flip, as torch-mlir writes it."""
    text = """
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @main(%x: tensor<?x37xf32>) -> tensor<?x37xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x37xf32>
  %e = tensor.empty(%m) : tensor<?x37xf32>
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]}
      outs(%e : tensor<?x37xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %c36 = arith.constant 36 : index
    %r = arith.subi %c36, %j : index
    %v = tensor.extract %x[%i, %r] : tensor<?x37xf32>
    linalg.yield %v : f32
  } -> tensor<?x37xf32>
  return %0 : tensor<?x37xf32>
}"""
    x = f32(5, 37)
    return text, [x], [x[:, ::-1]]


@case
def reshapes() -> Case:
    text = """
func.func @main(%x: tensor<?x6x4xf32>) -> (tensor<?x24xf32>, tensor<?x2x3x4xf32>, tensor<?x?xf32>, tensor<4x1x?xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x6x4xf32>
  %0 = tensor.collapse_shape %x [[0], [1, 2]] : tensor<?x6x4xf32> into tensor<?x24xf32>
  %1 = tensor.expand_shape %x [[0], [1, 2], [3]] output_shape [%n, 2, 3, 4] : tensor<?x6x4xf32> into tensor<?x2x3x4xf32>
  %c12 = arith.constant 12 : index
  %c2 = arith.constant 2 : index
  %n2 = arith.muli %n, %c2 : index
  %shape = tensor.from_elements %n2, %c12 : tensor<2xindex>
  %2 = tensor.reshape %x(%shape) : (tensor<?x6x4xf32>, tensor<2xindex>) -> tensor<?x?xf32>
  %flat = tensor.collapse_shape %x [[0, 1, 2]] : tensor<?x6x4xf32> into tensor<?xf32>
  %total = tensor.dim %flat, %c0 : tensor<?xf32>
  %quarter = arith.divui %total, %c4 : index
  %3 = tensor.expand_shape %flat [[0, 1, 2]] output_shape [4, 1, %quarter] : tensor<?xf32> into tensor<4x1x?xf32>
  return %0, %1, %2, %3 : tensor<?x24xf32>, tensor<?x2x3x4xf32>, tensor<?x?xf32>, tensor<4x1x?xf32>
}"""
    x = f32(5, 6, 4)
    shapes = [(5, 24), (5, 2, 3, 4), (10, 12), (4, 1, 30)]
    return text, [x], [x.reshape(shape) for shape in shapes]


@case
def made_from_nothing() -> Case:
    text = """
func.func @main(%x: tensor<?xf32>, %v: tensor<f32>) -> (tensor<?x7xi32>, tensor<?x3xf32>, tensor<2x3xf32>, tensor<4xi64>, tensor<3xf16>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %0 = tensor.generate %n {
  ^bb0(%i: index, %j: index):
    %p = arith.muli %i, %j : index
    %q = arith.index_cast %p : index to i32
    tensor.yield %q : i32
  } : tensor<?x7xi32>
  %s = tensor.extract %v[] : tensor<f32>
  %1 = tensor.splat %s[%n] : tensor<?x3xf32>
  %t = arith.addf %s, %s : f32
  %c1 = arith.constant 1.0 : f32
  %2 = tensor.from_elements %s, %t, %c1, %c1, %s, %t : tensor<2x3xf32>
  %3 = arith.constant dense<[1, -2, 3, 9223372036854775807]> : tensor<4xi64>
  %4 = arith.constant dense<1.5> : tensor<3xf16>
  return %0, %1, %2, %3, %4 : tensor<?x7xi32>, tensor<?x3xf32>, tensor<2x3xf32>, tensor<4xi64>, tensor<3xf16>
}"""
    generated = np.multiply.outer(np.arange(9), np.arange(7)).astype(np.int32)
    results = [
        generated,
        np.full((9, 3), 3, np.float32),
        np.array([[3, 6, 1], [1, 3, 6]], np.float32),
        np.array([1, -2, 3, 2**63 - 1]),
        np.full(3, 1.5, np.float16),
    ]
    return text, [f32(9), np.array(3, np.float32)], results


@case
def transposes_and_broadcasts() -> Case:
    text = """
func.func @main(%x: tensor<3x?x40xf32>, %b: tensor<?xf32>) -> (tensor<40x3x?xf32>, tensor<?x3x40xf32>, tensor<3x?x40xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c1 : tensor<3x?x40xf32>
  %e0 = tensor.empty(%n) : tensor<40x3x?xf32>
  %0 = linalg.transpose ins(%x : tensor<3x?x40xf32>) outs(%e0 : tensor<40x3x?xf32>) permutation = [2, 0, 1]
  %e1 = tensor.empty(%n) : tensor<?x3x40xf32>
  %1 = linalg.transpose ins(%x : tensor<3x?x40xf32>) outs(%e1 : tensor<?x3x40xf32>) permutation = [1, 0, 2]
  %e2 = tensor.empty(%n) : tensor<3x?x40xf32>
  %2 = linalg.broadcast ins(%b : tensor<?xf32>) outs(%e2 : tensor<3x?x40xf32>) dimensions = [0, 2]
  %3 = linalg.map { arith.mulf } ins(%x, %2 : tensor<3x?x40xf32>, tensor<3x?x40xf32>) outs(%e2 : tensor<3x?x40xf32>)
  return %0, %1, %3 : tensor<40x3x?xf32>, tensor<?x3x40xf32>, tensor<3x?x40xf32>
}"""
    x, b = f32(3, 19, 40), f32(19)
    return text, [x, b], [x.transpose(2, 0, 1), x.transpose(1, 0, 2), x * b[:, None]]


@case
def sizes_checked_at_run_time() -> Case:
    """Broadcasting as torch-mlir writes it, with the checks of sizes it cannot know."""
    text = """
#id = affine_map<(d0, d1) -> (d0, d1)>
#one = affine_map<(d0, d1) -> (0, d1)>
func.func @main(%x: tensor<?x?xf32>, %y: tensor<1x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?xf32>
  %k = tensor.dim %y, %c1 : tensor<1x?xf32>
  %same = arith.cmpi eq, %n, %k : index
  cf.assert %same, "mismatched size for broadcast"
  %e = tensor.empty(%m, %n) : tensor<?x?xf32>
  %0 = linalg.generic {indexing_maps = [#id, #one, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<?x?xf32>, tensor<1x?xf32>) outs(%e : tensor<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x?xf32>
  %c = tensor.cast %0 : tensor<?x?xf32> to tensor<?x33xf32>
  %d = tensor.cast %c : tensor<?x33xf32> to tensor<?x?xf32>
  return %d : tensor<?x?xf32>
}"""
    x, y = f32(7, 33), f32(1, 33, seed=1)
    return text, [x, y], [x + y]


@case
def functions_that_call() -> Case:
    text = """
func.func private @twice(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %0 = linalg.map { arith.addf } ins(%x, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>)
  return %0 : tensor<?xf32>
}
func.func @main(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %0 = call @twice(%x) : (tensor<?xf32>) -> tensor<?xf32>
  %1 = call @twice(%0) : (tensor<?xf32>) -> tensor<?xf32>
  return %1, %0 : tensor<?xf32>, tensor<?xf32>
}
func.func @other(%x: tensor<2xf32>) -> tensor<2xf32> {
  %d = tensor.cast %x : tensor<2xf32> to tensor<?xf32>
  %0 = call @twice(%d) : (tensor<?xf32>) -> tensor<?xf32>
  %1 = tensor.cast %0 : tensor<?xf32> to tensor<2xf32>
  return %1 : tensor<2xf32>
}"""
    x = f32(70)
    return text, [x], [4 * x, 2 * x]
