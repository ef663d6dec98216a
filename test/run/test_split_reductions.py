"""Reductions shared out among workgroups (`split` of a schedule), in stages, on every device."""

import json

import numpy as np
import pytest
from claw_programs import reduce
from harness import DEVICES, check, program, run, single, tensor, values

import clawc

LENGTHS = (0, 1, 255, 256, 1000)


def schedule(*tile):
    return json.dumps({"*": {"tile": tile, "warps": 1, "split": 128}})


def parts(text, schedules):
    """How many kernels reduce parts."""
    image = clawc.compile(text, target="host", schedules=schedules).images[0]
    return sum("_parts_" in name for name in image.kernels)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("kind", ["mean", "max"])
def test_whole_tensors(device, dynamic, kind):
    """With what comes before the sum, and after it."""
    for n in LENGTHS[:1] + LENGTHS[2:] if kind == "mean" else LENGTHS[2:]:
        type_ = tensor("f16", (n,), dynamic)
        text = program(
            [type_],
            f'  %a = claw.unary %0 {{kind = "abs"}} : ({type_}) -> {type_}\n'
            f'  %r0 = claw.reduce %a {{kind = "{kind}", axes = array<i64: 0>}} '
            f": ({type_}) -> tensor<f16>",
            ["tensor<f16>"],
        )
        assert parts(text, schedule(64)) == 1
        check(text, [values("f16", (n,))], device, terms=n + 4, schedules=schedule(64))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("axis", [0, 1])
def test_rows_and_columns(device, dynamic, axis):
    shape = (3, 700) if axis else (700, 3)
    text = reduce("i32", ["sum", "max"], shape, (axis,), dynamic)
    assert parts(text, schedule(64)) == 2
    check(text, [values("i32", shape)], device, schedules=schedule(64))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("op, levels", [("softmax", 2), ("layer_norm", 3)])
def test_reductions_of_reductions(device, dynamic, op, levels):
    shape = (3, 700)
    type_ = tensor("f32", shape, dynamic)
    text = single(op, [type_], type_)
    assert parts(text, schedule(64)) == levels
    x = values("f32", shape)
    check(text, [x], device, ulps=8, terms=64, scales=[8.0], schedules=schedule(64))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ["f32", "f16"])
def test_products(device, dtype):
    """Split along k; products are rounded to f16 once, at the end."""
    m, n, k = 20, 36, 500
    types = [tensor(dtype, (m, k)), tensor(dtype, (k, n)), tensor(dtype, (m, n))]
    text = single("matmul", types[:2], types[2])
    given = json.dumps({"*_matmul_*": {"tile": [16, 16, 16], "warps": 1, "split": 128}})
    assert parts(text, given) == 1
    a, b = values(dtype, (m, k)), values(dtype, (k, n), seed=1)
    scale = np.abs(a.astype(np.float64)) @ np.abs(b.astype(np.float64))
    check(text, [a, b], device, terms=k, scales=[scale], schedules=given)


@pytest.mark.parametrize("device", ["host", "opencl", "vulkan"])
def test_chosen(device):
    """The whole of a large tensor is split without being told to, and is the same at every run."""
    x = values("f32", (1 << 20,))
    text = reduce("f32", ["sum"], x.shape, (0,))
    assert parts(text, "") == 1
    first = run(text, [x], device)[0]
    np.testing.assert_allclose(first, x.astype(np.float64).sum(), atol=1e-2)
    assert all(run(text, [x], device)[0] == first for _ in range(3))


@pytest.mark.parametrize("device", ["host", "opencl"])
def test_reductions_of_dimensions_apart(device):
    """What a reduction along one dimension is added to is along another: the longest is not split,
    as each part would have all of the other's sum."""
    n = 1 << 18
    text = f"""
#all = affine_map<(i, j, k) -> (i, j, k)>
#row = affine_map<(i, j, k) -> (0, j, 0)>
func.func @main(%x: tensor<2x{n}xf32>) -> tensor<1x2x1xf64> {{
  %zero = arith.constant 0.0 : f64
  %zero32 = arith.constant 0.0 : f32
  %v = tensor.expand_shape %x [[0, 1], [2]] output_shape [1, 2, {n}]
      : tensor<2x{n}xf32> into tensor<1x2x{n}xf32>
  %e = tensor.empty() : tensor<1x2x{n}xf64>
  %w = linalg.generic {{indexing_maps = [#all, #all],
                        iterator_types = ["parallel", "parallel", "parallel"]}}
      ins(%v : tensor<1x2x{n}xf32>) outs(%e : tensor<1x2x{n}xf64>) {{
  ^bb0(%a: f32, %o: f64):
    %b = arith.extf %a : f32 to f64
    linalg.yield %b : f64
  }} -> tensor<1x2x{n}xf64>
  %1 = tensor.empty() : tensor<1x2x1xf64>
  %2 = linalg.fill ins(%zero : f64) outs(%1 : tensor<1x2x1xf64>) -> tensor<1x2x1xf64>
  %s = linalg.generic {{indexing_maps = [#all, #all, #row],
                        iterator_types = ["reduction", "parallel", "reduction"]}}
      ins(%w, %w : tensor<1x2x{n}xf64>, tensor<1x2x{n}xf64>) outs(%2 : tensor<1x2x1xf64>) {{
  ^bb0(%a: f64, %c: f64, %o: f64):
    %q = arith.mulf %a, %c : f64
    %b = arith.addf %q, %o : f64
    linalg.yield %b : f64
  }} -> tensor<1x2x1xf64>
  %3 = tensor.empty() : tensor<1x2x1xf32>
  %4 = linalg.fill ins(%zero32 : f32) outs(%3 : tensor<1x2x1xf32>) -> tensor<1x2x1xf32>
  %t = linalg.generic {{indexing_maps = [#all, #row],
                        iterator_types = ["reduction", "parallel", "reduction"]}}
      ins(%v : tensor<1x2x{n}xf32>) outs(%4 : tensor<1x2x1xf32>) {{
  ^bb0(%a: f32, %o: f32):
    %b = arith.maximumf %a, %o : f32
    linalg.yield %b : f32
  }} -> tensor<1x2x1xf32>
  %r = linalg.map ins(%s, %t : tensor<1x2x1xf64>, tensor<1x2x1xf32>) outs(%1 : tensor<1x2x1xf64>)
      (%a: f64, %c: f32, %o: f64) {{
        %b = arith.extf %c : f32 to f64
        %d = arith.addf %a, %b : f64
        linalg.yield %d : f64
      }}
  return %r : tensor<1x2x1xf64>
}}"""
    x = values("f32", (2, n))
    wide = x.astype(np.float64)
    expected = (wide**2).sum(1) + np.maximum(wide.max(1), 0)
    np.testing.assert_allclose(run(text, [x], device)[0].ravel(), expected, rtol=1e-12)
