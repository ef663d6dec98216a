"""Matrix instructions of AMD: the program of one thread against NumPy, and the code it becomes."""

import re

import ml_dtypes
import numpy as np
import pytest
from l4_programs import operations, program_at_l4
from mlir import ir

from clawc.chips.known import find
from clawc.dialects import reference
from clawc.emulators.simt.interpreter import WARP_ORDERS, interpret
from clawc.emulators.simt.matrix_amd import wmma
from clawc.passes.framework.pipeline import Pipeline
from clawc.targets import amdgpu

TYPES = {"f16": np.float16, "bf16": ml_dtypes.bfloat16}
CHIPS = ["gfx90a", "gfx942", "gfx1100", "gfx1200"]
INSTRUCTIONS = [  # of a tile that is 32 or 16 wide, in assembly
    ("gfx90a", "f16", "v_mfma_f32_32x32x8f16", "v_mfma_f32_16x16x16f16"),
    ("gfx90a", "bf16", "v_mfma_f32_32x32x8bf16_1k", "v_mfma_f32_16x16x16bf16_1k"),
    ("gfx942", "f16", "v_mfma_f32_32x32x8_f16", "v_mfma_f32_16x16x16_f16"),
    ("gfx942", "bf16", "v_mfma_f32_32x32x8_bf16", "v_mfma_f32_16x16x16_bf16"),
    ("gfx950", "bf16", "v_mfma_f32_32x32x8_bf16", "v_mfma_f32_16x16x16_bf16"),
    *(
        (chip, kind, *(f"v_wmma_f32_16x16x16_{kind}",) * 2)
        for chip in ("gfx1100", "gfx1101", "gfx1151", "gfx1200", "gfx1201")
        for kind in TYPES
    ),
]


def matmul(kind: str, m="?", n="?", k="?", attribute: str = "") -> str:
    left = f"{k}x{m}" if "lhs" in attribute else f"{m}x{k}"
    right = f"{n}x{k}" if "rhs" in attribute else f"{k}x{n}"
    a, b, c = f"tensor<{left}x{kind}>", f"tensor<{right}x{kind}>", f"tensor<{m}x{n}xf32>"
    return f"""
func.func @main(%a: {a}, %b: {b}) -> {c} {{
  %0 = claw.matmul %a, %b {attribute} : ({a}, {b}) -> {c}
  return %0 : {c}
}}"""


def check(text: str, chip: str, kind: str, shapes, order: str = "reversed") -> None:
    """Results within the rounding of f32, by matrix instructions alone."""
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal(shape).astype(TYPES[kind]) for shape in shapes]
    spec = f"amdgpu:{chip}"
    module = program_at_l4(text, spec)
    assert not operations(module, "math.fma")
    result = interpret(module, inputs, order=order, lanes=find(spec).lanes)
    assert result.findings == []
    (expected,) = reference.evaluate(text, inputs)
    scale = np.abs(expected).max(initial=1)
    np.testing.assert_allclose(result.outputs[0], expected, rtol=0, atol=1e-6 * scale)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("chip", CHIPS)
def test_edges(chip, kind):
    check(matmul(kind), chip, kind, [(37, 50), (50, 91)])


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("chip", CHIPS)
def test_any_order_of_threads(chip, order):
    check(matmul("f16"), chip, "f16", [(70, 33), (33, 40)], order)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 70, 40), (16, 16, 16), (32, 16, 48)])
@pytest.mark.parametrize("chip", CHIPS)
def test_small_tiles(chip, shape):
    m, n, k = shape
    check(matmul("bf16", m, n, k), chip, "bf16", [(m, k), (k, n)])


@pytest.mark.parametrize("attribute", ["{transpose_lhs}", "{transpose_rhs}"])
@pytest.mark.parametrize("chip", CHIPS)
def test_transposed_operands(chip, attribute):
    shapes = [(50, 37), (50, 45)] if "lhs" in attribute else [(37, 50), (45, 50)]
    check(matmul("f16", attribute=attribute), chip, "f16", shapes)


@pytest.mark.parametrize("chip, kind, large, small", INSTRUCTIONS)
def test_assembly(chip, kind, large, small):
    sizes = {("?", "?", "?"): large, (1024, 1024, 1024): large, (16, 64, 64): small}
    for shape, instruction in sizes.items():
        module = program_at_l4(matmul(kind, *shape), f"amdgpu:{chip}")
        with module.context, ir.Location.unknown():
            Pipeline(amdgpu.lowering(find(f"amdgpu:{chip}"))).run(module)
            assembly = amdgpu.emit(module, find(f"amdgpu:{chip}"), stage="asm").data.decode()
            image = amdgpu.emit(module, find(f"amdgpu:{chip}"), stage="bin")
        assert set(re.findall(r"v_(?:mfma|wmma)\w+", assembly)) == {instruction}
        assert {fact["spills"] for fact in image.facts.values()} == {0}


def test_old_chips_have_none():
    for chip, kind in (("gfx906", "f16"), ("gfx1030", "f16"), ("gfx908", "bf16")):
        assert operations(program_at_l4(matmul(kind), f"amdgpu:{chip}"), "math.fma")


def test_halves_of_a_wave_must_agree():
    """RDNA 3 leaves undefined what it computes of two halves that differ."""
    half, result = "vector<16xf16>", "vector<8xf32>"
    text = f"""func.func @f(%a: {half}, %c: {result}) {{
      %0 = rocdl.wmma.f32.16x16x16.f16 %a, %a, %c : ({half}, {half}, {result}) -> {result}
      return
    }}"""
    with ir.Context():
        (op,) = operations(ir.Module.parse(text), "rocdl.wmma.f32.16x16x16.f16")
        same, zero = np.ones((64, 16), np.float16), np.zeros((64, 8), np.float32)
        assert (wmma(op, [same, same, zero]) == 16).all()
        other = same.copy()
        other[33, 2] = 0  # in the second wave
        got = wmma(op, [same, other, zero])
        assert (got[:32] == 16).all() and np.isnan(got[32:]).all()
