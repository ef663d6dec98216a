"""What form-kernels makes computes what NumPy computes, in as few kernels as it should."""

from __future__ import annotations

import l1_runner
import numpy as np
import pytest
from mlir import ir

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


@pytest.fixture(autouse=True)
def context():
    with ir.Context(), ir.Location.unknown():
        yield


def rand(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(4, 8), (3, 7), (1, 1), (5, 1), (0, 4), (2, 100)])
def test_softmax(shape):
    module = l1_runner.form(SOFTMAX)
    assert l1_runner.kernels(module) == [("reduction", 4)]
    x = rand(*shape)
    (y,) = l1_runner.run(module, [x])
    powers = np.exp(x - x.max(axis=1, keepdims=True, initial=-np.inf))
    np.testing.assert_allclose(y, powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)
