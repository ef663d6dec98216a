"""Kernels that fusion makes rarely, from L1 to L3 against NumPy; and what has no vector form."""

import numpy as np
import pytest
from l3_run import CHIPS, lower, run
from mlir import ir

chips = pytest.mark.parametrize("chip", CHIPS)


def kernel(arguments: str, body: str, maps: str = "", kind: str = "reduction") -> str:
    """A host function @main that launches one kernel on its arguments."""
    names = ", ".join(a.split(":")[0] for a in arguments.split(", "))
    types = ", ".join(a.split(": ")[1] for a in arguments.split(", "))
    return f"""{maps}
func.func @main({arguments}) {{
  call @k({names}) : ({types}) -> ()
  return
}}
func.func private @k({arguments})
    attributes {{claw.kernel, claw.lane = "vector", claw.kind = "{kind}"}} {{
{body}
  return
}}"""


NARROW_SUM = kernel(
    "%a: memref<33x50xf16>, %b: memref<50x20xf16>, %o: memref<33x20xf16>",
    """  %ta = bufferization.to_tensor %a restrict : memref<33x50xf16> to tensor<33x50xf16>
  %tb = bufferization.to_tensor %b restrict : memref<50x20xf16> to tensor<50x20xf16>
  %z = arith.constant 0.0 : f16
  %e = tensor.empty() : tensor<33x20xf16>
  %f = linalg.fill ins(%z : f16) outs(%e : tensor<33x20xf16>) -> tensor<33x20xf16>
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%ta, %tb : tensor<33x50xf16>, tensor<50x20xf16>) outs(%f : tensor<33x20xf16>) {
  ^bb0(%l: f16, %r: f16, %acc: f16):
    %l32 = arith.extf %l : f16 to f32
    %r32 = arith.extf %r : f16 to f32
    %m = arith.mulf %l32, %r32 : f32
    %acc32 = arith.extf %acc : f16 to f32
    %s32 = arith.addf %acc32, %m : f32
    %s = arith.truncf %s32 : f32 to f16
    linalg.yield %s : f16
  } -> tensor<33x20xf16>
  bufferization.materialize_in_destination %r in restrict writable %o
      : (tensor<33x20xf16>, memref<33x20xf16>) -> ()""",
    """#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>""",
    "contraction",
)


@chips
def test_narrow_sum_accumulates_wide(chip):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((33, 50)).astype("f2"), rng.standard_normal((50, 20)).astype("f2")
    out = np.zeros((33, 20), np.float16)
    run(NARROW_SUM, chip, a, b, out, kernels=True)
    left, right = a.astype("f8"), b.astype("f8")
    exact = left @ right
    # One rounding of f32 a term, whatever their order (Higham, 2002, section 3.1), one of f16.
    bound = 50 * np.finfo("f4").eps * (np.abs(left) @ np.abs(right))
    bound += (
        np.finfo("f2").eps / 2 * (np.abs(exact) + bound) + np.finfo("f2").smallest_subnormal / 2
    )
    assert (np.abs(out - exact) <= bound).all()
    narrow = np.zeros_like(out)
    for k in range(50):
        narrow += a[:, k : k + 1] * b[k]
    assert not (np.abs(narrow - exact) <= bound).all(), "the test sees a narrow sum"


MOMENTS = kernel(
    "%x: memref<?x?xf32>, %s: memref<?xf32>, %q: memref<?xf32>",
    """  %c0 = arith.constant 0 : index
  %d = memref.dim %x, %c0 : memref<?x?xf32>
  %t = bufferization.to_tensor %x restrict : memref<?x?xf32> to tensor<?x?xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty(%d) : tensor<?xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>,
      affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%t : tensor<?x?xf32>)
      outs(%f, %f : tensor<?xf32>, tensor<?xf32>) {
  ^bb0(%a: f32, %u: f32, %v: f32):
    %m = arith.mulf %a, %a : f32
    %su = arith.addf %u, %a : f32
    %sv = arith.addf %v, %m : f32
    linalg.yield %su, %sv : f32, f32
  } -> (tensor<?xf32>, tensor<?xf32>)
  bufferization.materialize_in_destination %r#0 in restrict writable %s
      : (tensor<?xf32>, memref<?xf32>) -> ()
  bufferization.materialize_in_destination %r#1 in restrict writable %q
      : (tensor<?xf32>, memref<?xf32>) -> ()""",
)


@chips
@pytest.mark.parametrize("shape", [(3, 2000), (40, 7), (2, 0)])
def test_two_sums_in_one_pass(chip, shape):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    s, q = np.zeros(shape[0], np.float32), np.zeros(shape[0], np.float32)
    run(MOMENTS, chip, x, s, q, kernels=True)
    np.testing.assert_allclose(s, x.sum(1), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(q, (x * x).sum(1), rtol=1e-4, atol=1e-4)


UNITS = kernel(
    "%x: memref<1x1xf32>, %y: memref<f32>, %o: memref<1x1xf32>, %p: memref<f32>",
    """  %tx = bufferization.to_tensor %x restrict : memref<1x1xf32> to tensor<1x1xf32>
  %ty = bufferization.to_tensor %y restrict : memref<f32> to tensor<f32>
  %e = tensor.empty() : tensor<1x1xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, 0)>,
      affine_map<(i, j) -> ()>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%tx, %ty : tensor<1x1xf32>, tensor<f32>)
      outs(%e : tensor<1x1xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x1xf32>
  %f = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>],
      iterator_types = ["reduction", "reduction"]} ins(%r : tensor<1x1xf32>)
      outs(%ty : tensor<f32>) {
  ^bb0(%a: f32, %c: f32):
    %s = arith.mulf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  bufferization.materialize_in_destination %r in restrict writable %o
      : (tensor<1x1xf32>, memref<1x1xf32>) -> ()
  bufferization.materialize_in_destination %f in restrict writable %p
      : (tensor<f32>, memref<f32>) -> ()""",
)


@chips
def test_one_element(chip):
    o, p = np.zeros((1, 1), np.float32), np.zeros((), np.float32)
    run(UNITS, chip, np.full((1, 1), 3, np.float32), np.array(4, np.float32), o, p, kernels=True)
    assert o == 7 and p == 28


SIBLINGS = kernel(
    "%x: memref<?x10xf32>, %o: memref<?x10xf32>, %p: memref<?x10xf32>",
    """  %c0 = arith.constant 0 : index
  %d = memref.dim %x, %c0 : memref<?x10xf32>
  %t = bufferization.to_tensor %x restrict : memref<?x10xf32> to tensor<?x10xf32>
  %e = tensor.empty(%d) : tensor<?x10xf32>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%t : tensor<?x10xf32>) outs(%e : tensor<?x10xf32>) {
  ^bb0(%u: f32, %v: f32):
    %s = arith.addf %u, %u : f32
    linalg.yield %s : f32
  } -> tensor<?x10xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%t : tensor<?x10xf32>) outs(%e : tensor<?x10xf32>) {
  ^bb0(%u: f32, %v: f32):
    %s = arith.mulf %u, %u : f32
    linalg.yield %s : f32
  } -> tensor<?x10xf32>
  bufferization.materialize_in_destination %a in restrict writable %o
      : (tensor<?x10xf32>, memref<?x10xf32>) -> ()
  bufferization.materialize_in_destination %b in restrict writable %p
      : (tensor<?x10xf32>, memref<?x10xf32>) -> ()""",
    "#id = affine_map<(i, j) -> (i, j)>",
    "elementwise",
)


@chips
def test_siblings_share_a_domain(chip):
    x = np.random.default_rng(0).standard_normal((77, 10)).astype(np.float32)
    o, p = np.zeros_like(x), np.zeros_like(x)
    run(SIBLINGS, chip, x, o, p, kernels=True)
    np.testing.assert_array_equal(o, x + x)
    np.testing.assert_array_equal(p, x * x)
    with ir.Context(), ir.Location.unknown():
        text = str(lower(SIBLINGS, chip, kernels=True))
    assert text.count("vector.transfer_read") == 1, "one read serves both"


IN_TURN = kernel(
    "%x: memref<4xf32>, %o: memref<8xf32>",
    """  %t = bufferization.to_tensor %x restrict : memref<4xf32> to tensor<4xf32>
  %e = tensor.empty() : tensor<8xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(i) -> (i mod 4)>,
      affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%t : tensor<4xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%u: f32, %v: f32):
    linalg.yield %u : f32
  } -> tensor<8xf32>
  bufferization.materialize_in_destination %a in restrict writable %o
      : (tensor<8xf32>, memref<8xf32>) -> ()""",
    kind="elementwise",
)


def test_what_has_no_vector_form_changes_lane():
    with ir.Context(), ir.Location.unknown():
        module = lower(IN_TURN, "host", kernels=True)
        kernel = module.body.operations[1].operation
        assert str(kernel.attributes["claw.lane"]) == '"generic"'
        assert "sums of loops" in str(kernel.attributes["claw.reason"])
        assert "linalg.generic" in str(kernel)
