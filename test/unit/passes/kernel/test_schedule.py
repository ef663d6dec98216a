"""Schedules: as attributes, from files, refused with a reason, chosen by rules of thumb."""

import json

import numpy as np
import pytest
from l3_programs import softmax
from l3_run import lower, run
from mlir import ir

from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.schedule import Schedule


def matmul(m="?", n="?", k="?", element="f32", attribute="") -> str:
    ext = (
        ""
        if element == "f32"
        else f"""
    %u = arith.extf %l : {element} to f32
    %v = arith.extf %r : {element} to f32"""
    )
    u, v = ("%l", "%r") if element == "f32" else ("%u", "%v")
    a, b, c = f"tensor<{m}x{k}x{element}>", f"tensor<{k}x{n}x{element}>", f"tensor<{m}x{n}xf32>"
    dims = [d for d, size in (("%dm", m), ("%dn", n)) if size == "?"]
    return f"""
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func @main(%a: {a}, %b: {b}) -> {c} {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %dm = tensor.dim %a, %c0 : {a}
  %dn = tensor.dim %b, %c1 : {b}
  %z = arith.constant 0.0 : f32
  %e = tensor.empty({", ".join(dims)}) : {c}
  %f = linalg.fill ins(%z : f32) outs(%e : {c}) -> {c}
  %p = linalg.generic {{indexing_maps = [#mk, #kn, #mn],
      iterator_types = ["parallel", "parallel", "reduction"]}}
      ins(%a, %b : {a}, {b}) outs(%f : {c}) attrs = {{{attribute}}} {{
  ^bb0(%l: {element}, %r: {element}, %acc: f32):{ext}
    %x = arith.mulf {u}, {v} : f32
    %s = arith.addf %acc, %x : f32
    linalg.yield %s : f32
  }} -> {c}
  return %p : {c}
}}"""


def schedule_of(source: str, chip: str, file: str = "") -> Schedule:
    with ir.Context(), ir.Location.unknown():
        module = lower(source, chip, schedule=file)
        kernel = next(
            op for op in module.body.operations if "claw.kernel" in op.operation.attributes
        )
        return Schedule.from_attribute(kernel.operation.attributes["claw.schedule"])


@pytest.mark.parametrize("chip, arguments, tile, warps, thread", [
    ("nvptx:sm_80", (1024, 1024, 1024), (128, 128, 16), 8, (8, 8)),
    ("nvptx:sm_80", (1024, 1024, 1024, "f16"), (128, 128, 32), 8, (8, 8)),
    ("nvptx:sm_80", (64, 64, 64), (64, 64, 16), 4, (4, 8)),
    ("nvptx:sm_80", (20, 24, 9), (32, 32, 16), 1, (4, 8)),
    ("nvptx:sm_80", (3, 24, 64, "f16"), (16, 32, 32), 1, (4, 4)),
    ("spirv:opencl", (512, 512, 512), (64, 64, 16), 128, (4, 8)),
    ("host", (512, 512, 512), (8, 32, 4), 1, (8, 32)),
    ("host", (512, 512, 511), (8, 32, 1), 1, (8, 32)),
])  # fmt: skip
def test_choice(chip, arguments, tile, warps, thread):
    assert schedule_of(matmul(*arguments), chip) == Schedule(tile, warps, thread)


def test_attribute_of_an_op_counts():
    source = matmul(
        attribute="claw.schedule = {tile = [32, 64, 8], warps = 2, thread = [4, 8], order = [1, 0]}"
    )
    assert schedule_of(source, "nvptx:sm_80") == Schedule((32, 64, 8), 2, (4, 8), (1, 0))


def test_file_counts_more_and_matches_patterns():
    source = matmul(attribute="claw.schedule = {tile = [32, 64, 8]}")
    file = '{"*_matmul_*": {"tile": [64, 32, 8], "warps": 4}}'
    assert schedule_of(source, "nvptx:sm_80", file) == Schedule((64, 32, 8), 4)


@pytest.mark.parametrize("attribute, reason", [
    ("tile = [64, 64, 16], warps = 64", "2048 threads; sm_80 has at most 1024"),
    ("tile = [256, 256, 256], warps = 8", "524288 bytes of shared memory; sm_80 has 166912"),
    ("tile = [48, 64, 16]", "powers of two, not 48"),
    ("tile = [64, 64, 16], wraps = 2", "no 'wraps'; known: tile, warps, thread, order"),
    ("warps = 2", "needs `tile`"),
    ("tile = 64", "`tile` must be a list of numbers"),
    ("tile = [1, 1, 64, 64, 16]", "5 entries, but the kernel has 3 dimensions"),
    ("tile = [512, 512, 1], warps = 4", "2048 to each of 128 threads"),
    ("tile = [16, 16, 16], warps = 4, thread = [4, 4]", "exceed the tile 16 x 16"),
    ("tile = [64, 64, 16], order = [0, 0]", "each of 0..1 once"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(attribute, reason):
    with pytest.raises(PassFailure) as failure:
        schedule_of(matmul(attribute=f"claw.schedule = {{{attribute}}}"), "nvptx:sm_80")
    assert reason in str(failure.value)


SCHEDULES = [
    {"tile": [16, 32, 8], "order": [1, 0]},
    {"tile": [1, 16, 4]},
    {"tile": [16, 1, 4]},
    {"tile": [8, 8, 1]},
    {"tile": [1, 1, 16]},
    {"tile": [1, 1, 1]},
    {"tile": [128, 64, 128]},
    {"tile": [32]},
]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("static", [True, False])
def test_any_schedule_is_right_for_a_contraction(schedule, static):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((20, 37)).astype("f4"), rng.standard_normal((37, 18)).astype("f4")
    source = matmul(20, 18, 37) if static else matmul()
    file = json.dumps({"*": {"warps": 4} | schedule})
    (got,) = run(source, "nvptx:sm_80", a, b, schedule=file)
    np.testing.assert_allclose(got, a @ b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("tile", [[1, 128], [4, 16], [16, 1], [1, 1], [2, 64], [128]])
@pytest.mark.parametrize("static", [True, False])
@pytest.mark.parametrize("axis", [0, 1])
def test_any_schedule_is_right_for_softmax(tile, static, axis):
    x = np.random.default_rng(0).standard_normal((23, 100)).astype(np.float32)
    source = softmax([23, 100] if static else [None, None], axis)
    file = json.dumps({"*": {"tile": tile}})
    (got,) = run(source, "nvptx:sm_80", x, schedule=file)
    e = np.exp(x - x.max(axis, keepdims=True))
    np.testing.assert_allclose(got, e / e.sum(axis, keepdims=True), rtol=1e-4, atol=1e-6)
