"""Elements of tensors that the host needs, reshapes by them, and results that no kernel makes.

Expected values are NumPy's, written down beside each program.
"""

from __future__ import annotations

import numpy as np
import pytest
from host_programs import DEVICES, loaded, summed

from clawc.runtime.errors import CheckFailed

COUNTED = f"""
func.func @main(%x: tensor<?xi64>, %y: tensor<4xf32>, %k: index) -> (tensor<?xf32>, i64, f32) {{
  {summed("s", "x")}
  %n = tensor.extract %s[] : tensor<i64>
  %i = arith.index_cast %n : i64 to index
  %f = arith.sitofp %n : i64 to f32
  %c = tensor.extract %y[%k] : tensor<4xf32>
  %p = arith.mulf %c, %f : f32
  %e = tensor.empty(%i) : tensor<?xf32>
  %r = linalg.fill ins(%p : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %r, %n, %c : tensor<?xf32>, i64, f32
}}"""


@pytest.mark.parametrize("name", DEVICES)
def test_sizes_and_results_that_are_read(name):
    run = loaded(COUNTED, name)
    y = np.array([0.5, 1.5, 2.5, 3.5], np.float32)
    for x in ([3, 4, -2], [0], []):
        n = sum(x)
        filled, count, element = run(np.array(x, np.int64), y, 2)
        np.testing.assert_array_equal(filled, np.full(n, 2.5 * n, np.float32))
        assert (count, element) == (n, 2.5)
    with pytest.raises(CheckFailed, match="a tensor's size is -3"):
        run(np.array([-3], np.int64), y, 2)
    assert [run(np.array([1], np.int64), y, k)[2] for k in (4, -1)] == [3.5, 0.5]  # the nearest


@pytest.mark.parametrize("dtype", ["i32", "i64", "index"])
def test_reshapes_by_a_tensor_of_sizes(dtype):
    text = """
func.func @main(%x: tensor<?xf32>, %s: tensor<2xT>) -> (tensor<?x?xf32>, tensor<2x?xf32>) {
  %r = tensor.reshape %x(%s) : (tensor<?xf32>, tensor<2xT>) -> tensor<?x?xf32>
  %t = tensor.reshape %x(%s) : (tensor<?xf32>, tensor<2xT>) -> tensor<2x?xf32>
  return %r, %t : tensor<?x?xf32>, tensor<2x?xf32>
}"""
    if dtype == "index":  # no argument's type
        made = "%m = arith.constant 2 : index %s = tensor.from_elements %m, %n : tensor<2xindex>"
        text = text.replace("%s: tensor<2xT>", "%n: index").replace("{\n", f"{{\n  {made}\n", 1)
    run = loaded(text.replace("T", dtype))
    x = np.arange(6, dtype=np.float32)

    def sizes(*given: int):
        return given[1] if dtype == "index" else np.array(given, f"int{dtype[1:]}")

    for found in run(x, sizes(2, 3)):
        np.testing.assert_array_equal(found, x.reshape(2, 3))
    for wrong in ((2, 4), (-2, -3)):
        with pytest.raises(CheckFailed, match="reshaped to another number of elements"):
            run(x, sizes(*wrong))


def test_reshapes_by_constants():
    run = loaded("""
func.func @main(%x: tensor<?xf32>) -> (tensor<3x2xf32>, tensor<?x1xf32>) {
  %s = arith.constant dense<[3, 2]> : tensor<2xi32>
  %t = arith.constant dense<[6, 1]> : tensor<2xi64>
  %r = tensor.reshape %x(%s) : (tensor<?xf32>, tensor<2xi32>) -> tensor<3x2xf32>
  %u = tensor.reshape %x(%t) : (tensor<?xf32>, tensor<2xi64>) -> tensor<?x1xf32>
  return %r, %u : tensor<3x2xf32>, tensor<?x1xf32>
}""")
    x = np.arange(6, dtype=np.float32)
    for found, shape in zip(run(x), ((3, 2), (6, 1)), strict=True):
        np.testing.assert_array_equal(found, x.reshape(shape))


@pytest.mark.parametrize("name", ("host", "opencl", "vulkan", "emulator:sm_80"))
def test_results_that_are_constants_or_arguments(name):
    run = loaded(
        """
func.func @main(%x: tensor<2x3xf32>, %k: i64)
    -> (tensor<2xf32>, tensor<2xf32>, tensor<6xf32>, tensor<i64>, tensor<3xi1>, tensor<2x3xf32>) {
  %c = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %s = tensor.extract_slice %c[1] [2] [1] : tensor<3xf32> to tensor<2xf32>
  %p = arith.constant dense<[4.0, 5.0]> : tensor<2xf32>
  %v = tensor.collapse_shape %x [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  %t = tensor.from_elements %k : tensor<i64>
  %b = arith.constant dense<true> : tensor<3xi1>
  %d = arith.addf %x, %x : tensor<2x3xf32>
  return %s, %p, %v, %t, %b, %d : tensor<2xf32>, tensor<2xf32>, tensor<6xf32>, tensor<i64>,
    tensor<3xi1>, tensor<2x3xf32>
}""",
        name,
    )
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    expected = ([2, 3], [4, 5], x.reshape(6), 1 << 40, [True] * 3, 2 * x)
    for _ in range(2):
        for found, want in zip(run(x, 1 << 40), expected, strict=True):
            np.testing.assert_array_equal(found, want)
            found[...] = 0  # the caller's own
    np.testing.assert_array_equal(x.ravel(), range(6))
