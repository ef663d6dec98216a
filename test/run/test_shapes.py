"""Operations that move data, and tensors made from nothing, on every device."""

import numpy as np
import pytest
from harness import DEVICES, check, program, shape_id, single, supports, tensor, values

TYPES = ("f32", "f16", "bf16", "f64", "i8", "i16", "i32", "i64", "i1")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize(
    "shape, order",
    [
        ((64, 64), (1, 0)),
        ((33, 70), (1, 0)),
        ((2, 3, 40), (2, 0, 1)),
        ((2, 3, 4, 5), (0, 2, 1, 3)),
        ((5, 1, 7), (1, 2, 0)),
        ((0, 3), (1, 0)),
    ],
    ids=shape_id,
)
def test_transpose(device, shape, order, dynamic):
    result = tensor("f32", [shape[i] for i in order], dynamic)
    attributes = f"{{permutation = array<i64: {', '.join(map(str, order))}>}}"
    text = single("transpose", [tensor("f32", shape, dynamic)], result, attributes)
    check(text, [values("f32", shape)], device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", TYPES)
def test_transpose_types(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    attributes = "{permutation = array<i64: 1, 0>}"
    text = single("transpose", [tensor(dtype, (17, 40))], tensor(dtype, (40, 17)), attributes)
    check(text, [values(dtype, (17, 40))], device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "source, target, dims",
    [
        ((5,), (4, 5), (1,)),
        ((4,), (4, 5), (0,)),
        ((1, 5), (4, 5), (0, 1)),
        ((4, 1), (4, 70), (0, 1)),
        ((), (3, 300), ()),
        ((3, 5), (2, 3, 4, 5), (1, 3)),
    ],
    ids=shape_id,
)
def test_broadcast(device, source, target, dims):
    attributes = f"{{dims = array<i64{': ' if dims else ''}{', '.join(map(str, dims))}>}}"
    text = single("broadcast", [tensor("f32", source)], tensor("f32", target), attributes)
    check(text, [values("f32", source)], device)


@pytest.mark.parametrize("device", DEVICES)
def test_broadcast_to_a_size_known_at_run_time(device):
    x, y = "tensor<?xf32>", "tensor<?x?xf32>"
    body = f"""  %c0 = arith.constant 0 : index
  %n = tensor.dim %1, %c0 : {y}
  %b = claw.broadcast %0, %n : ({x}, index) -> {y}
  %r0 = claw.binary %b, %1 {{kind = "mul"}} : ({y}, {y}) -> {y}"""
    inputs = [values("f32", (37,)), values("f32", (5, 37))]
    check(program([x, y], body, [y]), inputs, device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ("f32", "i8", "i1"))
def test_reshape(device, dtype):
    text = single("reshape", [tensor(dtype, (4, 6, 5))], tensor(dtype, (12, 10)))
    check(text, [values(dtype, (4, 6, 5))], device)
    text = single("reshape", [f"tensor<?x6x{dtype}>"], f"tensor<?x{dtype}>")
    check(text, [values(dtype, (7, 6))], device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ("f32", "f16", "i8", "i32", "i64"))
def test_iota_and_constant(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    type_ = tensor(dtype, (9, 40))
    three = "3.0" if dtype[0] == "f" else "3"
    rows = ", ".join(f"{n}{'.0' if dtype[0] == 'f' else ''}" for n in range(5))
    body = f"""  %r0 = claw.iota {{axis = 1 : i64}} : () -> {type_}
  %r1 = claw.iota {{axis = 0 : i64}} : () -> {type_}
  %s = claw.constant {{value = dense<{three}> : {type_}}} : () -> {type_}
  %r2 = claw.binary %r0, %s {{kind = "mul"}} : ({type_}, {type_}) -> {type_}
  %r3 = claw.constant {{value = dense<[{rows}]> : tensor<5x{dtype}>}} : () -> tensor<5x{dtype}>"""
    results = [type_] * 3 + [f"tensor<5x{dtype}>"]
    check(program([], body, results), [], device)


@pytest.mark.parametrize("device", DEVICES)
def test_results_that_compute_nothing(device):
    """An argument returned, twice, and beside a view of it: fresh arrays, equal to it."""
    x, flat = "tensor<4x6xf32>", "tensor<24xf32>"
    text = f"""func.func @main(%0: {x}) -> ({x}, {x}, {flat}) {{
  %1 = claw.reshape %0 : ({x}) -> {flat}
  return %0, %0, %1 : {x}, {x}, {flat}
}}"""
    given = values("f32", (4, 6))
    check(text, [given], device)


def test_results_are_not_the_arguments():
    from harness import run

    given = values("f32", (4, 6))
    x = "tensor<4x6xf32>"
    text = f"func.func @main(%0: {x}) -> {x} {{\n  return %0 : {x}\n}}"
    (result,) = run(text, [given], "host")
    assert not np.shares_memory(result, given)
