"""Operations on tiles: what they take, and that no program is written in them."""

import pytest
from mlir import ir

from clawc.compiler.context import make_context
from clawc.dialects.assembly import parse, print_module
from clawc.dialects.claw import SOURCE_OPS, ConvertLayoutOp, StageOp
from clawc.dialects.violations import violations

TEXT = """
func.func @f(%x: VECTOR) -> RESULT {
  %0 = claw.convert_layout %x {claw.layout = LAYOUT} : (VECTOR) -> RESULT
  return %0 : RESULT
}
"""


LAYOUT = "{lane = [[1], [2]], register = [], warp = []}"


def written(vector: str, result: str) -> ir.Module:
    text = TEXT.replace("LAYOUT", LAYOUT).replace("VECTOR", vector).replace("RESULT", result)
    return parse(text, make_context())


def test_a_change_of_layout_is_read_and_printed():
    module = written("vector<4xf32>", "vector<4xf32>")
    assert not list(violations(module))
    line = f"%0 = claw.convert_layout %arg0 {{claw.layout = {LAYOUT}}}"
    assert line in print_module(module)


@pytest.mark.parametrize(
    "vector, result, message",
    [
        ("vector<4xf32>", "vector<4xf16>", "must not change the type: got vector<4xf32> and"),
        ("vector<4xf32>", "vector<2x2xf32>", "must not change the type"),
        ("tensor<4xf32>", "vector<4xf32>", "input must be a vector, got tensor<4xf32>"),
    ],
)
def test_what_it_does_not_take(vector, result, message):
    if vector == result.replace("vector", "tensor"):  # IRDL refuses other types itself
        with pytest.raises(ir.MLIRError):
            written(vector, result)
        return
    (violation,) = violations(written(vector, result))
    assert message in violation.message


def test_factors_in_shared_memory_have_their_types():
    text = """
func.func @f(%a: vector<4xf16>, %b: vector<2xf16>) -> RESULT {
  %0:2 = claw.stage %a, %b : (vector<4xf16>, vector<2xf16>) -> (RESULT, vector<2xf16>)
  return %0#0 : RESULT
}
"""
    assert not list(violations(parse(text.replace("RESULT", "vector<4xf16>"), make_context())))
    wrong = violations(parse(text.replace("RESULT", "vector<4xf32>"), make_context()))
    assert [v.message for v in wrong] == ["must have a result of its type for each factor"]


def test_programs_are_not_written_in_them():
    assert not {ConvertLayoutOp, StageOp} & set(SOURCE_OPS) and SOURCE_OPS
