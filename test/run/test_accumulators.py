"""Sums and products of half-precision numbers are rounded once, whatever they pass on the way."""

import re

import numpy as np
import pytest
from harness import DEVICES, run, supports, values

TEXT = """
#all = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
func.func @main(%x: tensor<4x200xT>, %w: tensor<200x8xT>, %c: tensor<4x8xT>, %s: tensor<4xT>)
    -> (tensor<4x8xT>, tensor<4x8xT>, tensor<4xT>, tensor<4xT>, tensor<4x200xT>) {
  %zero = arith.constant 0.0 : T
  %e = tensor.empty() : tensor<4x8xT>
  %f = linalg.fill ins(%zero : T) outs(%e : tensor<4x8xT>) -> tensor<4x8xT>
  %0 = linalg.matmul ins(%x, %w : tensor<4x200xT>, tensor<200x8xT>)
      outs(%f : tensor<4x8xT>) -> tensor<4x8xT>
  %1 = linalg.matmul ins(%x, %w : tensor<4x200xT>, tensor<200x8xT>)
      outs(%c : tensor<4x8xT>) -> tensor<4x8xT>
  %2 = linalg.reduce { arith.addf }
      ins(%x : tensor<4x200xT>) outs(%s : tensor<4xT>) dimensions = [1]
  %steps = tensor.empty() : tensor<4x200xT>
  %3:2 = linalg.generic {indexing_maps = [#all, #row, #all],
                         iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x200xT>) outs(%s, %steps : tensor<4xT>, tensor<4x200xT>) {
  ^bb0(%a: T, %b: T, %o: T):
    %v = arith.addf %b, %a : T
    linalg.yield %v, %v : T, T
  } -> (tensor<4xT>, tensor<4x200xT>)
  return %0, %1, %2, %3#0, %3#1
      : tensor<4x8xT>, tensor<4x8xT>, tensor<4xT>, tensor<4xT>, tensor<4x200xT>
}"""


@pytest.mark.parametrize("dtype", ["f16", "bf16"])
@pytest.mark.parametrize("device", DEVICES)
def test_sums_are_rounded_once(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    type_ = values(dtype, ()).dtype
    rng = np.random.default_rng(0)
    x, w, c, s = (rng.integers(-4, 5, shape) for shape in ((4, 200), (200, 8), (4, 8), (4,)))
    x[0, :100], x[0, 100:], w[:, 0], x[1, 0] = 1000, -1000, 100, 2048
    inputs = [v.astype(type_) for v in (x, w, c, s)]
    product = x @ w
    exact = [product, c + product, s + x.sum(1), s + x.sum(1), s[:, None] + np.cumsum(x, 1)]
    with np.errstate(over="ignore"):
        wanted = [v.astype(type_) for v in exact]
    results = run(re.sub(r"\bT\b|(?<=x)T\b", dtype, TEXT), inputs, device)
    for number, (have, want) in enumerate(zip(results, wanted, strict=True)):
        np.testing.assert_array_equal(have, want, err_msg=f"result {number}")
