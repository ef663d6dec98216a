"""Generics whose results no single loop a dimension tells: several maps, maps that leave elements
out, diagonals, windows that leave a rest; with their results."""

from __future__ import annotations

import numpy as np
from linalg_moves import Case, case, f32


@case
def sums_terms_and_total() -> Case:
    """Results of one operation, each indexed by other loops."""
    text = """
#all = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
#turned = affine_map<(i, j) -> (j, i)>
#none = affine_map<(i, j) -> ()>
func.func @main(%x: tensor<7x33xf32>, %r: tensor<7xf32>, %c: tensor<33xf32>, %t: tensor<f32>)
    -> (tensor<7xf32>, tensor<33xf32>, tensor<f32>, tensor<7x33xf32>, tensor<33x7xf32>) {
  %e = tensor.empty() : tensor<7x33xf32>
  %u = tensor.empty() : tensor<33x7xf32>
  %0:5 = linalg.generic {indexing_maps = [#all, #row, #column, #none, #all, #turned],
                         iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<7x33xf32>)
      outs(%r, %c, %t, %e, %u : tensor<7xf32>, tensor<33xf32>, tensor<f32>, tensor<7x33xf32>, tensor<33x7xf32>) {
  ^bb0(%a: f32, %b: f32, %d: f32, %f: f32, %g: f32, %h: f32):
    %y = arith.addf %a, %a : f32
    %1 = arith.addf %b, %y : f32
    %2 = arith.maximumf %d, %y : f32
    %3 = arith.addf %f, %y : f32
    %4 = arith.negf %y : f32
    linalg.yield %1, %2, %3, %y, %4 : f32, f32, f32, f32, f32
  } -> (tensor<7xf32>, tensor<33xf32>, tensor<f32>, tensor<7x33xf32>, tensor<33x7xf32>)
  return %0#0, %0#1, %0#2, %0#3, %0#4
      : tensor<7xf32>, tensor<33xf32>, tensor<f32>, tensor<7x33xf32>, tensor<33x7xf32>
}"""
    x, r, c, t = f32(7, 33), f32(7), f32(33), f32()
    y = 2 * x
    return text, [x, r, c, t], [r + y.sum(1), np.maximum(c, y.max(0)), t + y.sum(), y, -y.T]


@case
def running_sum() -> Case:
    """The steps take the total on the way; the total itself nobody reads."""
    text = """
#all = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
func.func @main(%x: tensor<?x33xf32>) -> tensor<?x33xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x33xf32>
  %s = tensor.empty(%n) : tensor<?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%s : tensor<?xf32>) -> tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?x33xf32>
  %0:2 = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x33xf32>) outs(%z, %e : tensor<?xf32>, tensor<?x33xf32>) {
  ^bb0(%a: f32, %b: f32, %d: f32):
    %1 = arith.addf %b, %a : f32
    linalg.yield %1, %1 : f32, f32
  } -> (tensor<?xf32>, tensor<?x33xf32>)
  return %0#1 : tensor<?x33xf32>
}"""
    x = f32(7, 33)
    return text, [x], [np.cumsum(x, 1)]


@case
def elements_that_no_loop_writes() -> Case:
    """They keep their values: of strides, shifts, a diagonal, a row."""
    maps = {"i * 2": 9, "i + 1": 6, "i, i": (5, 5), "1, i": (3, 5), "i, 0": (5, 3)}
    lines, arguments, results, names = [], [], [], []
    x = f32(5)
    old = [np.asarray(f32(*np.atleast_1d(shape), seed=1)) for shape in maps.values()]
    for number, (map_, before) in enumerate(zip(maps, old, strict=True)):
        type_ = f"tensor<{'x'.join(map(str, before.shape))}xf32>"
        names.append(type_)
        arguments.append(f"%y{number}: {type_}")
        lines.append(f"""
  %r{number} = linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ({map_})>],
      iterator_types = ["parallel"]}} ins(%x : tensor<5xf32>) outs(%y{number} : {type_}) {{
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }} -> {type_}""")
        after = before.copy()
        where = {0: np.s_[::2], 1: np.s_[1:], 2: np.diag_indices(5), 3: np.s_[1], 4: np.s_[:, 0]}
        after[where[number]] = x
        results.append(after)
    returned = ", ".join(f"%r{i}" for i in range(len(names)))
    text = f"""
func.func @main(%x: tensor<5xf32>, {", ".join(arguments)}) -> ({", ".join(names)}) {{
{"".join(lines)}
  return {returned} : {", ".join(names)}
}}"""
    return text, [x, *old], results


@case
def several_iterations_for_an_element() -> Case:
    """The last one wins, or all are added up; none leaves what was there."""
    text = """
func.func @main(%x: tensor<4x6xf32>, %y: tensor<9xf32>, %n: tensor<4x0xf32>, %z: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<9xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x6xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i + j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x6xf32>) outs(%y : tensor<9xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<9xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%n : tensor<4x0xf32>) outs(%z : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<9xf32>, tensor<4xf32>
}"""
    x, y, z = f32(4, 6), f32(9), f32(4)
    summed = y.copy()
    for i in range(4):
        summed[i : i + 6] += x[i]
    return text, [x, y, f32(4, 0), z], [x[:, -1], summed, z]


@case
def windows_with_a_rest() -> Case:
    """One window, which does not take all of its input; the sizes of one are not known before."""
    text = """
func.func @main(%x: tensor<1x1x4x4xf32>, %y: tensor<?x?xf32>, %w: tensor<?xf32>)
    -> (tensor<1x1x1x1xf32>, tensor<?x1xf32>) {
  %c0 = arith.constant 0 : index
  %low = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1x1x1xf32>
  %f = linalg.fill ins(%low : f32) outs(%e : tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %size = tensor.empty() : tensor<3x3xf32>
  %0 = linalg.pooling_nchw_max {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>}
      ins(%x, %size : tensor<1x1x4x4xf32>, tensor<3x3xf32>) outs(%f : tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %n = tensor.dim %y, %c0 : tensor<?x?xf32>
  %g = tensor.empty(%n) : tensor<?x1xf32>
  %h = linalg.fill ins(%zero : f32) outs(%g : tensor<?x1xf32>) -> tensor<?x1xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(n, o, k) -> (n, o + k)>, affine_map<(n, o, k) -> (k)>,
                                        affine_map<(n, o, k) -> (n, o)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%y, %w : tensor<?x?xf32>, tensor<?xf32>) outs(%h : tensor<?x1xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x1xf32>
  return %0, %1 : tensor<1x1x1x1xf32>, tensor<?x1xf32>
}"""
    x, y, w = f32(1, 1, 4, 4), f32(5, 9), f32(4)
    return text, [x, y, w], [x[:, :, :3, :3].max((2, 3), keepdims=True), y[:, :4] @ w[:, None]]


@case
def one_element_of_a_row() -> Case:
    """A kernel of no loop at all, which reads at a constant place; and what a diagonal leaves."""
    text = """
func.func @main(%x: tensor<5xf32>, %y: tensor<3x3xf32>) -> (tensor<f32>, tensor<1x1xf32>, tensor<3x3xf32>) {
  %seven = arith.constant 7.0 : f32
  %e = tensor.empty() : tensor<f32>
  %0 = linalg.generic {indexing_maps = [affine_map<() -> (2)>, affine_map<() -> ()>], iterator_types = []}
      ins(%x : tensor<5xf32>) outs(%e : tensor<f32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  } -> tensor<f32>
  %u = tensor.empty() : tensor<1x1xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i + 3)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<5xf32>) outs(%u : tensor<1x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<1x1xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i, i)>], iterator_types = ["parallel"]}
      outs(%y : tensor<3x3xf32>) {
  ^bb0(%o: f32):
    linalg.yield %seven : f32
  } -> tensor<3x3xf32>
  return %0, %1, %2 : tensor<f32>, tensor<1x1xf32>, tensor<3x3xf32>
}"""
    x, y = f32(5), f32(3, 3)
    diagonal = y.copy()
    np.fill_diagonal(diagonal, 7)
    return text, [x, y], [-x[2], x[3:4, None], diagonal]
