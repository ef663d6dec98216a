"""Norms and means of rows whose elements are close to each other and far from zero, written as
torch-mlir's exporter writes them: the variance from a mean in f64, the mean from a sum in f32.

What counts is the rounding of the mean: an error of a unit in its last place is one of the result.
"""

import numpy as np
import pytest
from harness import run

import clawc

CENTER = 10000.3251953125  # whose sums are not those of f32
STEP = 2.0**-10  # of f32 between 8192 and 16384
LAYOUTS = {
    "layer_norm": (
        "tensor<RxNxE>",
        "tensor<RxE>",
        ("(a, b) -> (a, b)", "(a, b) -> (a)"),
        '["parallel", "reduction"]',
    ),
    "batch_norm": (
        "tensor<1xRxNxE>",
        "tensor<1xRx1xE>",
        ("(a, b, c) -> (a, b, c)", "(a, b, c) -> (0, b, 0)"),
        '["reduction", "parallel", "reduction"]',
    ),
}
TEXT = """
#all = affine_map<ALL>
#row = affine_map<ROW>
func.func @main(%x: WHOLE32) -> WHOLE32 {
  %zero = arith.constant 0.0 : f64
  %zero32 = arith.constant 0.0 : f32
  %n = arith.constant COUNT : f64
  %n32 = arith.constant COUNT : f32
  %eps = arith.constant 1.0e-12 : f64
  %0 = tensor.empty() : WHOLE64
  %1 = tensor.empty() : TOTAL64
  %2 = tensor.empty() : TOTAL32
  %3 = tensor.empty() : WHOLE32
  %4 = linalg.fill ins(%zero : f64) outs(%1 : TOTAL64) -> TOTAL64
  %5 = linalg.fill ins(%zero32 : f32) outs(%2 : TOTAL32) -> TOTAL32
  %w = linalg.generic {indexing_maps = [#all, #all], iterator_types = EACH}
      ins(%x : WHOLE32) outs(%0 : WHOLE64) {
  ^bb0(%a: f32, %o: f64):
    %b = arith.extf %a : f32 to f64
    linalg.yield %b : f64
  } -> WHOLE64
  %s = linalg.generic {indexing_maps = [#all, #row], iterator_types = OVER}
      ins(%w : WHOLE64) outs(%4 : TOTAL64) {
  ^bb0(%a: f64, %o: f64):
    %b = arith.addf %a, %o : f64
    linalg.yield %b : f64
  } -> TOTAL64
  %v = linalg.generic {indexing_maps = [#all, #row, #row], iterator_types = OVER}
      ins(%w, %s : WHOLE64, TOTAL64) outs(%4 : TOTAL64) {
  ^bb0(%a: f64, %t: f64, %o: f64):
    %m = arith.divf %t, %n : f64
    %d = arith.subf %a, %m : f64
    %q = arith.mulf %d, %d : f64
    %b = arith.addf %q, %o : f64
    linalg.yield %b : f64
  } -> TOTAL64
  %u = linalg.generic {indexing_maps = [#all, #row], iterator_types = OVER}
      ins(%x : WHOLE32) outs(%5 : TOTAL32) {
  ^bb0(%a: f32, %o: f32):
    %b = arith.addf %a, %o : f32
    linalg.yield %b : f32
  } -> TOTAL32
  %r = linalg.generic {indexing_maps = [#all, #row, #row, #all], iterator_types = EACH}
      ins(%x, %u, %v : WHOLE32, TOTAL32, TOTAL64) outs(%3 : WHOLE32) {
  ^bb0(%a: f32, %t: f32, %q: f64, %o: f32):
    %m = arith.divf %t, %n32 : f32
    %c = arith.divf %q, %n : f64
    %e = arith.addf %c, %eps : f64
    %k = arith.truncf %e : f64 to f32
    %i = math.rsqrt %k : f32
    %d = arith.subf %a, %m : f32
    %b = arith.mulf %d, %i : f32
    linalg.yield %b : f32
  } -> WHOLE32
  return %r : WHOLE32
}"""
MEAN = """
func.func @main(%x: tensor<RxNxf32>) -> tensor<Rxf32> {
  %r = claw.reduce %x {kind = "mean", axes = array<i64: 1>} : (tensor<RxNxf32>) -> tensor<Rxf32>
  return %r : tensor<Rxf32>
}"""


def norm(kind, rows, length):
    whole, total, (all_, row), over = LAYOUTS[kind]
    text = TEXT.replace("ALL", all_).replace("ROW", row)
    text = text.replace("OVER", over).replace("EACH", over.replace("reduction", "parallel"))
    for name, type_ in (("WHOLE", whole), ("TOTAL", total)):
        type_ = type_.replace("R", str(rows)).replace("N", str(length))
        text = text.replace(f"{name}32", type_.replace("E", "f32"))
        text = text.replace(f"{name}64", type_.replace("E", "f64"))
    return text.replace("COUNT", f"{float(length)}")


def close_rows(rows, length):
    """Elements in steps of one unit in the last place."""
    steps = np.random.default_rng(length).integers(-3, 4, (rows, length))
    return (CENTER + STEP * steps).astype(np.float32)


@pytest.mark.parametrize("kind", list(LAYOUTS))
@pytest.mark.parametrize(
    "device, length",
    [("host", 299_993), ("opencl", 299_993), ("vulkan", 299_993), ("emulator:sm_80", 1500)],
)
def test_the_mean_of_a_norm_is_rounded_once(device, length, kind):
    x = close_rows(2, length)
    shape = (1, *x.shape) if kind == "batch_norm" else x.shape
    wide = x.astype(np.float64)
    deviation = wide.std(1, keepdims=True)
    expected = (wide - wide.mean(1, keepdims=True)) / deviation
    (result,) = run(norm(kind, *x.shape), [x.reshape(shape)], device)
    # The mean of these rows is near a number of f32, which is therefore what it has to be.
    mean = wide.mean(1, keepdims=True)
    rounding = np.abs(mean.astype(np.float32) - mean) / deviation
    error = np.abs(result.reshape(x.shape) - expected)
    assert (error <= rounding + 1e-6).all(), error.max()


@pytest.mark.parametrize("device", ["host", "opencl", "vulkan", "emulator:sm_80"])
def test_a_mean_in_parts_is_off_by_a_unit(device):
    """Long rows are added up by several workgroups."""
    length = 20_000 if device.startswith("emulator") else 1_000_000
    x = close_rows(1, length)
    text = MEAN.replace("R", "1").replace("N", str(length))
    artifact = clawc.compile(text, target="host")
    assert any("_parts_" in name for name in artifact.images[0].kernels) or length < 100_000
    (result,) = run(text, [x], device)
    assert np.abs(result - x.mean(1, dtype=np.float64)) <= STEP


@pytest.mark.parametrize("device", ["host", "vulkan", "emulator:sm_80"])
def test_sums_that_f16_does_not_hold_have_means(device):
    text = """
func.func @main(%x: tensor<3x700xf16>) -> tensor<3xf16> {
  %zero = arith.constant 0.0 : f16
  %n = arith.constant 700.0 : f16
  %e = tensor.empty() : tensor<3xf16>
  %f = linalg.fill ins(%zero : f16) outs(%e : tensor<3xf16>) -> tensor<3xf16>
  %s = linalg.reduce { arith.addf }
      ins(%x : tensor<3x700xf16>) outs(%f : tensor<3xf16>) dimensions = [1]
  %r = linalg.map ins(%s : tensor<3xf16>) outs(%e : tensor<3xf16>)
      (%a: f16, %o: f16) {
        %q = arith.divf %a, %n : f16
        linalg.yield %q : f16
      }
  return %r : tensor<3xf16>
}"""
    x = np.random.default_rng(0).uniform(900, 1000, (3, 700)).astype(np.float16)
    (result,) = run(text, [x], device)
    np.testing.assert_allclose(result, x.mean(1, dtype=np.float64), rtol=2.0**-11)
