"""The interpreter of L4 computes what NumPy does, and finds each kind of mistake."""

import numpy as np
import pytest
from l4_programs import operations, program_at_l4
from mlir import ir

from clawc.chips.known import find
from clawc.dialects import reference
from clawc.emulators.simt.interpreter import WARP_ORDERS, InterpreterError, interpret, run_kernel
from clawc.passes.math.expand_math import ExpandMath

SOFTMAX = """
func.func @main(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = claw.softmax %x {axis = 1 : i64} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
"""
MATMUL = """
func.func @main(%x: tensor<?x64xf16>, %w: tensor<64x96xf16>) -> tensor<?x96xf32> {
  %0 = claw.matmul %x, %w : (tensor<?x64xf16>, tensor<64x96xf16>) -> tensor<?x96xf32>
  return %0 : tensor<?x96xf32>
}
"""
CHIPS = ("nvptx:sm_80", "amdgpu:gfx90a", "spirv:opencl", "host")
# Threads reverse 64 numbers through shared memory.
REVERSE = """
gpu.module @kernels {
  memref.global "private" @tile : memref<64xf32, #gpu.address_space<workgroup>> {alignment = 16}
  gpu.func @reverse(%x: memref<?xf32>, %y: memref<?xf32>, %n: index) kernel
      attributes {known_block_size = array<i32: 64, 1, 1>} {
    %last = arith.constant 63 : index
    %tile = memref.get_global @tile : memref<64xf32, #gpu.address_space<workgroup>>
    %t = gpu.thread_id x
    %v = vector.load %x[%t] {alignment = 4 : i64} : memref<?xf32>, vector<1xf32>
    %e = vector.extract %v[0] : f32 from vector<1xf32>
    memref.store %e, %tile[%t] : memref<64xf32, #gpu.address_space<workgroup>>
    gpu.barrier
    %o = arith.subi %last, %t : index
    %r = memref.load %tile[%o] : memref<64xf32, #gpu.address_space<workgroup>>
    memref.store %r, %y[%t] : memref<?xf32>
    gpu.return
  }
}
"""


def inputs_of(text):
    rng = np.random.default_rng(0)
    if text is SOFTMAX:
        return [rng.standard_normal((5, 1000)).astype(np.float32)]
    return [rng.standard_normal(s).astype(np.float16) for s in ((70, 64), (64, 96))]


def reverse(text, order="lockstep", size=64):
    with ir.Context():
        module = ir.Module.parse(text)
    x = np.arange(size, dtype=np.float32)
    return run_kernel(module, "reverse", [x, np.zeros(64, np.float32)], [64], order=order)


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("text", [SOFTMAX, MATMUL], ids=["softmax", "matmul"])
def test_compiled_programs_are_right_under_every_schedule(text, chip, order):
    inputs = inputs_of(text)
    lanes = 64 if chip == "amdgpu:gfx90a" else 32
    result = interpret(program_at_l4(text, chip), inputs, order=order, lanes=lanes)
    assert result.findings == []
    (expected,) = reference.evaluate(text, inputs)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(result.outputs[0], expected, rtol=0, atol=2e-6 * scale)


@pytest.mark.parametrize("text", [SOFTMAX, MATMUL], ids=["softmax", "matmul"])
def test_every_dropped_barrier_is_found(text):
    inputs = inputs_of(text)
    count = len(operations(program_at_l4(text, "nvptx:sm_80"), "gpu.barrier"))
    assert count > 0
    for i in range(count):
        module = program_at_l4(text, "nvptx:sm_80")
        operations(module, "gpu.barrier")[i].erase()
        kinds = {f.kind for s in WARP_ORDERS for f in interpret(module, inputs, order=s).findings}
        assert kinds & {"race", "uninitialised"}, f"barrier {i} of {count}"


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_a_sound_kernel_has_no_findings(order):
    result = reverse(REVERSE, order)
    assert result.findings == []
    np.testing.assert_array_equal(result.outputs[1], np.arange(63, -1, -1))


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_a_dropped_barrier_is_a_race(order):
    findings = reverse(REVERSE.replace("gpu.barrier", ""), order).findings
    assert {f.kind for f in findings} & {"race", "uninitialised"}
    assert findings[0].kernel == "reverse" and findings[0].op.startswith("memref.")
    assert findings[0].threads and "tile" in str(findings[0])


def test_an_access_out_of_bounds():
    (finding,) = reverse(REVERSE, size=60).findings
    assert finding.kind == "out-of-bounds" and finding.op == "vector.load"
    assert finding.threads == ((0, 60), (0, 61), (0, 62), (0, 63))


def test_a_wrong_alignment():
    text = REVERSE.replace("alignment = 4 : i64", "alignment = 8 : i64")
    (finding,) = reverse(text).findings
    assert finding.kind == "misaligned" and finding.threads[0] == (0, 1)


def test_an_alignment_that_the_memory_does_not_have():
    plain = "memref.store %e, %tile[%t] : memref<64xf32, #gpu.address_space<workgroup>>"
    wide = "vector.store %v, %tile[%t] {alignment = 16 : i64} : "
    wide += "memref<64xf32, #gpu.address_space<workgroup>>, vector<1xf32>"
    text = REVERSE.replace(plain, wide).replace("{alignment = 16}", "")
    assert "misaligned" in {f.kind for f in reverse(text).findings}


def test_shared_memory_that_nobody_wrote():
    text = REVERSE.replace("memref.store %e, %tile[%t] :", "memref.store %e, %tile[%last] :")
    assert "uninitialised" in {f.kind for f in reverse(text).findings}


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_a_barrier_that_some_threads_miss(order):
    text = REVERSE.replace(
        "gpu.barrier",
        "%half = arith.constant 40 : index\n"
        "%some = arith.cmpi ult, %t, %half : index\n"
        "scf.if %some { gpu.barrier }",
    )
    assert "divergence" in {f.kind for f in reverse(text, order).findings}


def test_workgroups_that_race():
    text = REVERSE.replace("memref.store %r, %y[%t]", "memref.store %r, %y[%last]")
    assert "race" in {f.kind for f in reverse(text).findings}


def test_what_is_unknown_is_named():
    text = REVERSE.replace("gpu.barrier", "%s = gpu.subgroup_size : index")
    with pytest.raises(InterpreterError, match="gpu.subgroup_size"):
        reverse(text)


@pytest.mark.parametrize("kind", ["exp", "tanh", "sin", "erf", "log1p"])
def test_expanded_mathematics(kind):
    """What expand-math makes of a function gives what the function gives."""
    text = f"""
    func.func @main(%x: tensor<77xf32>) -> tensor<77xf32> {{
      %0 = claw.unary %x {{kind = "{kind}"}} : (tensor<77xf32>) -> tensor<77xf32>
      return %0 : tensor<77xf32>
    }}"""
    x = np.linspace(-0.9, 9, 77, dtype=np.float32)
    module = program_at_l4(text, "nvptx:sm_80")
    plain = interpret(module, [x])
    with module.context:
        ExpandMath(find("nvptx:sm_80")).run(module)
    expanded = interpret(module, [x])
    assert plain.findings == expanded.findings == []
    np.testing.assert_array_max_ulp(plain.outputs[0], expanded.outputs[0], 3)


@pytest.mark.parametrize("size", [16, 32])
@pytest.mark.parametrize("attribute", ["", "{transpose_lhs}", "{transpose_rhs}"])
def test_matrix_instructions(attribute, size):
    """From a single fragment on."""
    operand, result = f"tensor<{size}x{size}xf16>", f"tensor<{size}x{size}xf32>"
    text = f"""
    func.func @main(%x: {operand}, %y: {operand}) -> {result} {{
      %0 = claw.matmul %x, %y {attribute} : ({operand}, {operand}) -> {result}
      return %0 : {result}
    }}"""
    rng = np.random.default_rng(1)
    inputs = [rng.standard_normal((size, size)).astype(np.float16) for _ in range(2)]
    module = program_at_l4(text, "nvptx:sm_80")
    assert operations(module, "nvvm.mma.sync")
    (expected,) = reference.evaluate(text, inputs)
    result = interpret(module, inputs)
    assert result.findings == []
    np.testing.assert_allclose(result.outputs[0], expected, rtol=0, atol=1e-4)
