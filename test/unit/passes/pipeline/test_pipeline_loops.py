"""Steps that are read ahead: the same numbers, of any number of steps, whole or cut."""

import numpy as np
import pytest
from l4_programs import operations, program_at_l4

from clawc.chips.known import find
from clawc.compiler.diagnostics import CompileError
from clawc.dialects import reference
from clawc.emulators.simt.interpreter import interpret

MATMUL = """
func.func @main(%a: tensor<?x?xTYPE>, %b: tensor<?x?xTYPE>) -> tensor<?x?xf32> {
  %0 = claw.matmul %a, %b : (tensor<?x?xTYPE>, tensor<?x?xTYPE>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
"""
SCHEDULE = '{"*": {"tile": [32, 32, 16], "warps": 2, "thread": [2, 4], "stages": 2}}'
RANDOM = np.random.default_rng(0)


def case(rows: int, deep: int, columns: int, type_: str):
    inputs = [RANDOM.standard_normal(s).astype(type_) for s in ((rows, deep), (deep, columns))]
    text = MATMUL.replace("TYPE", {"float16": "f16", "float32": "f32"}[type_])
    return text, inputs


@pytest.mark.parametrize("type_", ["float16", "float32"])
@pytest.mark.parametrize("chip", ["nvptx:sm_80", "amdgpu:gfx90a"])
def test_any_number_of_steps(chip, type_):
    for deep in (0, 16, 70):
        text, inputs = case(33, deep, 18, type_)
        carried = operations(program_at_l4(text, chip, SCHEDULE, "pipelined"), "scf.for")
        assert [len(loop.results) for loop in carried] == [3], "the tiles of both operands"
        module = program_at_l4(text, chip, SCHEDULE)
        result = interpret(module, inputs, order="reversed", lanes=max(find(chip).lanes, 1))
        assert result.findings == []
        (expected,) = reference.evaluate(text, inputs)
        np.testing.assert_allclose(result.outputs[0], expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize(
    "chip, stages, message",
    [
        ("nvptx:sm_80", 3, "`stages` must be 1 or 2, not 3"),
        ("nvptx:sm_80", 0, "`stages` must be 1 or 2, not 0"),
        ("host", 2, "`stages` above 1 is for contractions of more than one thread"),
    ],
)
def test_stages_that_cannot_be(chip, stages, message):
    schedule = f'{{"*": {{"tile": [16, 16, 16], "warps": 1, "stages": {stages}}}}}'
    with pytest.raises(CompileError, match=message):
        program_at_l4(MATMUL.replace("TYPE", "f32"), chip, schedule)
