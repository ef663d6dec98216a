"""Programs of one thread against NumPy: kinds of chips, orders of warps, edges, empty buffers."""

import numpy as np
import pytest
from l4_programs import operations, program_at_l4

from clawc.chips.known import find
from clawc.dialects import reference
from clawc.emulators.simt.interpreter import WARP_ORDERS, interpret

CHIPS = ["nvptx:sm_80", "nvptx:sm_70", "amdgpu:gfx90a", "spirv:vulkan", "spirv:opencl-cpu", "host"]
MATMUL = """
func.func @main(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = claw.matmul %a, %b : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
"""
HALVES = MATMUL.replace("xf32>, ", "xf16>, ").replace("xf32>) ->", "xf16>) ->")
TRANSPOSE = """
func.func @main(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = claw.transpose %x {permutation = array<i64: 1, 0>} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
"""
SOFTMAX = """
func.func @main(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = claw.softmax %x {axis = 1 : i64} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
"""
RANDOM = np.random.default_rng(0)


def normal(*shape, dtype=np.float32):
    return RANDOM.standard_normal(shape).astype(dtype)


def check(text, chip, order, *inputs, tolerance=2e-6):
    module = program_at_l4(text, chip)
    lanes = max(find(chip).lanes, 1)
    result = interpret(module, inputs, order=order, lanes=lanes)
    assert result.findings == []
    (expected,) = reference.evaluate(text, inputs)
    scale = np.abs(expected).max(initial=1)
    np.testing.assert_allclose(result.outputs[0], expected, rtol=0, atol=tolerance * scale)
    return module


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("chip", CHIPS)
def test_matmul_at_edges(chip, order):
    check(MATMUL, chip, order, normal(37, 19), normal(19, 45))


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_matrix_instructions(order):
    inputs = normal(40, 50, dtype=np.float16), normal(50, 24, dtype=np.float16)
    module = check(HALVES, "nvptx:sm_80", order, *inputs, tolerance=1e-5)
    assert operations(module, "nvvm.mma.sync") and not operations(module, "math.fma")


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("chip", CHIPS)
def test_transpose(chip, order):
    check(TRANSPOSE, chip, order, normal(33, 70))


@pytest.mark.parametrize("columns", [16, 77, 1500])
@pytest.mark.parametrize("chip", CHIPS)
def test_softmax(chip, columns):
    check(SOFTMAX, chip, "reversed", normal(5, columns))


@pytest.mark.parametrize("chip", CHIPS)
def test_a_contraction_over_nothing_is_zero(chip):
    check(MATMUL, chip, "lockstep", normal(20, 0), normal(0, 30))


@pytest.mark.parametrize("chip", CHIPS)
def test_no_rows(chip):
    check(SOFTMAX, chip, "lockstep", normal(0, 30))


def test_one_thread_needs_no_shared_memory():
    for text in (MATMUL, TRANSPOSE, SOFTMAX):
        module = program_at_l4(text, "host")
        assert not operations(module, "gpu.barrier") and not operations(module, "memref.get_global")


def test_vectors_are_as_long_as_the_chip_takes():
    for chip in CHIPS:
        module = program_at_l4(MATMUL, chip)
        widths = {op.results[0].type.shape[0] for op in operations(module, "vector.load")}
        assert widths and max(widths) <= find(chip).vector_width
