"""Matrix products on every device, in every type, against the reference."""

import numpy as np
import pytest
from claw_programs import matmul
from harness import (
    DEVICES,
    check,
    magnitudes,
    program,
    run,
    shape_id,
    single,
    supports,
    tensor,
    values,
)

SIZES = [(1, 1, 1), (16, 16, 16), (33, 17, 65), (64, 128, 32), (5, 200, 3), (0, 4, 4), (4, 4, 0)]
TYPES = [
    ("f32", "f32"),
    ("f16", "f32"),
    ("f16", "f16"),
    ("bf16", "f32"),
    ("bf16", "bf16"),
    ("f64", "f64"),
    ("i8", "i32"),
    ("i32", "i32"),
    ("i64", "i64"),
]


def check_matmul(device, k, text, inputs):
    check(text, inputs, device, terms=k + 2, scales=magnitudes(text, inputs))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("size", SIZES, ids=shape_id)
def test_matmul(device, size, dynamic):
    check_matmul(device, size[2], *matmul(*size, "f32", "f32", dynamic=dynamic))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("operand, result", TYPES)
def test_matmul_types(device, operand, result):
    if not supports(device, operand):
        pytest.skip(f"{device} has no {operand}")
    check_matmul(device, 31, *matmul(33, 65, 31, operand, result))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "flags", ["{transpose_lhs}", "{transpose_rhs}", "{transpose_lhs, transpose_rhs}"]
)
@pytest.mark.parametrize("batch", [(), (3,)], ids=["single", "batch"])
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
def test_transposed(device, flags, batch, dynamic):
    case = matmul(34, 19, 23, "f32", "f32", flags, dynamic, batch)
    check_matmul(device, 23, *case)


# Columns in whole panels: on a processor, B is packed.
PANELS = [(64, 64, 32), (33, 96, 17), (100, 128, 1), (40, 64, 0), (32, 1024, 4)]


@pytest.mark.parametrize("rows", ["static", "dynamic"])
@pytest.mark.parametrize("flags", ["", "{transpose_rhs}", "{transpose_lhs}"])
@pytest.mark.parametrize("size", PANELS, ids=shape_id)
def test_packed(size, flags, rows):
    m, n, k = size
    some = "?" if rows == "dynamic" else m
    lhs = f"{k}x{some}" if "transpose_lhs" in flags else f"{some}x{k}"
    rhs = f"{n}x{k}" if "transpose_rhs" in flags else f"{k}x{n}"
    types = [f"tensor<{t}xf32>" for t in (lhs, rhs, f"{some}x{n}")]
    _, inputs = matmul(m, n, k, "f32", "f32", flags)
    check_matmul("host", k, single("matmul", types[:2], types[2], flags), inputs)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("batch", [(1,), (0,), (4,)], ids=shape_id)
def test_batch(device, batch):
    check_matmul(device, 16, *matmul(17, 33, 16, "f32", "f32", batch=batch))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
def test_operands_of_one_number(device, dynamic):
    """Nothing is loaded then that would say how long the sum is."""
    type_ = tensor("f32", (5, 5), dynamic)
    source = "%two, %n, %n : (tensor<1xf32>, index, index)" if dynamic else "%two : (tensor<1xf32>)"
    body = f"""  %c0 = arith.constant 0 : index
  %n = tensor.dim %0, %c0 : {type_}
  %two = claw.constant {{value = dense<2.0> : tensor<1xf32>}} : () -> tensor<1xf32>
  %x = claw.broadcast {source} -> {type_}
  %r0 = claw.matmul %x, %x : ({type_}, {type_}) -> {type_}"""
    check(program([type_], body, [type_]), [values("f32", (5, 5))], device)


# Of x with itself: the dimensions of its two readings merge in different ways, or do not.
ITSELF = ["abk,ckd->abcd", "abk,kcd->abcd", "bik,bkj->bij", "kab,akc->abc", "abk,cdk->acbd"]


@pytest.mark.parametrize("device", ["host", "vulkan", "emulator:sm_80", "emulator:gfx942"])
@pytest.mark.parametrize("spec", ITSELF)
def test_with_itself(device, spec):
    dynamic = ITSELF.index(spec) % 2 == 0
    (left, right), out = spec.split("->")[0].split(","), spec.split("->")[1]
    loops = sorted({*left, *right})
    maps = ", ".join(
        f"affine_map<({', '.join(loops)}) -> ({', '.join(indices)})>"
        for indices in (left, right, out)
    )
    kinds = ", ".join(f'"{"parallel" if loop in out else "reduction"}"' for loop in loops)
    type_, result = tensor("f32", (6,) * 3, dynamic), tensor("f32", (6,) * len(out), dynamic)
    body = f"""  %c0 = arith.constant 0 : index
  %n = tensor.dim %0, %c0 : {type_}
  %z = arith.constant 0.0 : f32
  %e = tensor.empty({", ".join(["%n"] * len(out) * dynamic)}) : {result}
  %f = linalg.fill ins(%z : f32) outs(%e : {result}) -> {result}
  %r0 = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}
      ins(%0, %0 : {type_}, {type_}) outs(%f : {result}) {{
  ^bb0(%l: f32, %r: f32, %o: f32):
    %p = arith.mulf %l, %r : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  }} -> {result}"""
    x = np.random.default_rng(0).integers(-3, 4, (6, 6, 6)).astype(np.float32)
    (got,) = run(program([type_], body, [result]), [x], device)
    np.testing.assert_array_equal(got, np.einsum(spec, x, x))
