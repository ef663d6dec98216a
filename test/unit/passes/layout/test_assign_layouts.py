"""Layouts in the IR: what is written by hand wins and is right; the choice depends on no order."""

import numpy as np
import pytest
from l4_programs import operations
from mlir import ir

from clawc.chips.known import find
from clawc.compiler.compilation import Compilation
from clawc.compiler.road import chip_legs
from clawc.compiler.source import Source
from clawc.dialects import reference
from clawc.emulators.simt.interpreter import interpret
from clawc.passes.framework.base import PassFailure
from clawc.passes.framework.pipeline import Pipeline
from clawc.passes.kernel.attributes import INSTRUCTION, LAYOUT
from clawc.passes.kernel.kernel import Kernel, kernels_of
from clawc.passes.layout.agreement import check_layouts
from clawc.passes.layout.encoding import Layouts, set_layout, to_attribute
from clawc.passes.layout.linear import LinearLayout, count_through

CHIP = find("nvptx:sm_80")
ATTENTION = """
func.func @main(%q: tensor<40x32xf16>, %k: tensor<32x48xf16>, %v: tensor<48x32xf16>)
    -> tensor<40x32xf32> {
  %0 = claw.matmul %q, %k : (tensor<40x32xf16>, tensor<32x48xf16>) -> tensor<40x48xf32>
  %1 = claw.softmax %0 {axis = 1 : i64} : (tensor<40x48xf32>) -> tensor<40x48xf32>
  %2 = claw.cast %1 : (tensor<40x48xf32>) -> tensor<40x48xf16>
  %3 = claw.matmul %2, %v : (tensor<40x48xf16>, tensor<48x32xf16>) -> tensor<40x32xf32>
  return %3 : tensor<40x32xf32>
}
"""
RANDOM = np.random.default_rng(0)
INPUTS = [RANDOM.standard_normal(s).astype(np.float16) for s in ((40, 32), (32, 48), (48, 32))]


def at_vectors() -> ir.Module:
    job = Compilation(Source(ATTENTION))
    return job.for_chip(job.shared(), CHIP, "vector")


def distributed(module: ir.Module) -> ir.Module:
    """From the vectors of a workgroup to the program of one thread."""
    return run(module, "layouts", "pipelined", "simt")


def run(module: ir.Module, *stages: str) -> ir.Module:
    """The steps that lead to these stages."""
    for leg in chip_legs(CHIP):
        if leg.stage in stages:
            Pipeline(leg.steps).run(module)
    return module


def check(module: ir.Module) -> None:
    result = interpret(distributed(module), INPUTS, order="reversed", lanes=CHIP.lanes)
    (expected,) = reference.evaluate(ATTENTION, INPUTS)
    assert result.findings == []
    np.testing.assert_allclose(result.outputs[0], expected, rtol=0, atol=2e-3)


def shuffled(shape: tuple[int, ...], warps: int) -> LinearLayout:
    """A layout that nobody would choose: bits of coordinates given to threads at random."""
    bits = list(count_through(shape))
    RANDOM.shuffle(bits)
    bits = [tuple(int(n) for n in basis) for basis in bits]
    threads = CHIP.lanes.bit_length() - 1 + warps.bit_length() - 1
    rows = bits[:threads] + [(0,) * len(shape)] * (threads - len(bits))
    return LinearLayout(shape, tuple(bits[threads:]), tuple(rows[:5]), tuple(rows[5:]))


@pytest.mark.parametrize(
    "name", ["vector.transfer_read", "arith.subf", "vector.contract", "math.exp"]
)
def test_any_layout_that_is_written_by_hand_gives_the_same_numbers(name):
    module = at_vectors()
    chosen = operations(module, name)
    assert chosen
    for op in chosen:
        warps = warps_of(op)
        if name == "vector.contract":
            op.attributes[INSTRUCTION.name] = ir.StringAttr.get("fma", module.context)
        with module.context:
            set_layout(op, shuffled(tuple(op.results[0].type.shape), warps))
    check(module)


def warps_of(op: ir.Operation) -> int:
    while op.name != "func.func" and op.parent is not None:
        op = op.parent.operation
    schedule = Kernel(op).schedule
    assert schedule is not None
    return schedule.warps


def test_the_instruction_that_is_written_is_the_one():
    module = at_vectors()
    for op in operations(module, "vector.contract"):
        op.attributes[INSTRUCTION.name] = ir.StringAttr.get("fma", module.context)
    check(module)
    assert operations(module, "math.fma") and not operations(module, "nvvm.mma.sync")


def laid_out() -> tuple[ir.Module, ir.Operation]:
    """A module, and a kernel of it with layouts."""
    module = at_vectors()
    Pipeline(chip_legs(CHIP)[-2].steps).run(module)
    return module, next(
        op for op in operations(module, "func.func") if "claw.kernel" in op.attributes
    )


def test_what_the_pass_writes_agrees_and_is_told_when_it_does_not():
    module = run(at_vectors(), "layouts")
    check_kernels(module)
    named = [*operations(module, "vector.contract"), *operations(module, "scf.for")]
    for op in [op for op in named if LAYOUT.name in op.attributes]:
        kept = op.attributes[LAYOUT.name]
        del op.attributes[LAYOUT.name]
        with pytest.raises(PassFailure, match="has no claw.layout"):
            check_kernels(module)
        other = shuffled(tuple(op.results[0].type.shape), warps_of(op))
        with module.context:
            text = to_attribute(other)
            op.attributes[LAYOUT.name] = ir.ArrayAttr.get([text]) if op.name == "scf.for" else text
        with pytest.raises(PassFailure, match="needs %.* in claw.layout = "):
            check_kernels(module)
        op.attributes[LAYOUT.name] = kept
    check_kernels(module)


def check_kernels(module: ir.Module) -> None:
    for kernel in kernels_of(module):
        check_layouts(kernel.op, Layouts(CHIP.lanes, warps_of(kernel.op)))
