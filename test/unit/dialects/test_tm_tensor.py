"""tm_tensor's pretty form becomes generic, lines and columns stay; errors say what was expected.

Covers: dialects/tm_tensor.py, edits.py.
"""

from __future__ import annotations

import pytest
from mlir import ir

from clawc.compiler.context import make_context
from clawc.dialects.assembly import desugar, parse
from clawc.dialects.guard import SyntaxIssue

SCAN = """\
func.func @f(%x: tensor<4x?xf32>, %o: tensor<4x?xf32>, %a: tensor<4xf32>) -> tensor<4x?xf32> {
  %0:2 = tm_tensor.scan dimension(1) inclusive(true) {note = "a : b"}
      ins(%x : tensor<4x?xf32>)
      outs(%o, %a : tensor<4x?xf32>, tensor<4xf32>) {  // a { in a comment
  ^bb0(%p: f32, %q: f32):
    %1 = arith.addf %p, %q : f32
    tm_tensor.yield %1 : f32
  } -> tensor<4x?xf32>, tensor<4xf32>
  return %0#0 : tensor<4x?xf32>
}
"""
ATTENTION = """\
func.func @f(%q: tensor<1x4x8xf32>, %o: tensor<1x4x8xf32>) -> tensor<1x4x8xf32> {
  %0 = tm_tensor.attention {scale = 5.0e-01 : f64} ins(%q, %q, %q : tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<1x4x8xf32>) outs(%o : tensor<1x4x8xf32>) -> tensor<1x4x8xf32>
  return %0 : tensor<1x4x8xf32>
}
"""  # noqa: E501
GENERIC = """\
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "tm_tensor.sort"(%x) <{dimension = 0 : i64, operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%p: f32, %q: f32):
    %1 = arith.cmpf ole, %p, %q : f32
    "tm_tensor.yield"(%1) : (i1) -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


def first_tm_operation(module: ir.Module) -> ir.Operation:
    found: list[ir.Operation] = []

    def look(op: ir.Operation) -> ir.WalkResult:
        if op.name.startswith("tm_tensor."):
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(look, ir.WalkOrder.PRE_ORDER)
    return found[0]


def test_operands_attributes_and_region() -> None:
    module = parse(SCAN, make_context())
    op = first_tm_operation(module)
    assert (op.name, len(op.operands), len(op.results)) == ("tm_tensor.scan", 3, 2)
    found = {name: str(op.attributes[name]) for name in op.attributes}
    assert found == {
        "dimension": "1 : i64",
        "inclusive": "true",
        "note": '"a : b"',
        "operandSegmentSizes": "array<i32: 1, 2>",
    }
    assert [o.operation.name for o in op.regions[0].blocks[0].operations][-1] == "tm_tensor.yield"


def test_an_operation_without_region() -> None:
    module = parse(ATTENTION, make_context())
    op = first_tm_operation(module)
    assert len(op.operands) == 4 and str(op.attributes["scale"]) == "5.000000e-01 : f64"


def test_properties_are_attributes() -> None:
    module = parse(GENERIC, make_context())
    op = first_tm_operation(module)
    assert str(op.attributes["operandSegmentSizes"]) == "array<i32: 0, 1>"


@pytest.mark.parametrize("text", [SCAN, ATTENTION, GENERIC])
def test_lines_stay(text: str) -> None:
    generic, columns = desugar(text)
    assert len(generic.splitlines()) == len(text.splitlines())
    for number, (old, new) in enumerate(
        zip(text.splitlines(), generic.splitlines(), strict=True), 1
    ):
        if "return" in old:
            assert columns.column(number, new.index("return") + 1) == old.index("return") + 1


def test_columns_behind_a_yield() -> None:
    text = SCAN.replace("yield %1 : f32", "yield %1 : f32 loc(nowhere)")
    generic, columns = desugar(text)
    line = 7
    at = generic.splitlines()[line - 1].index("loc(") + 1
    assert columns.column(line, at) == text.splitlines()[line - 1].index("loc(") + 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tm_tensor.scan", "tm_tensor.scann", "there is no operation tm_tensor.scann; known: att"),
        ("outs(", "into(", r"tm_tensor.scan: expected outs\(%init : type\)"),
        (" -> tensor<4x?xf32>, tensor<4xf32>\n", "\n", "tm_tensor.scan: expected -> and the types"),
        ("yield %1 : f32", "yield %1", "tm_tensor.yield: expected %value : type"),
        ("-> tensor<4x?xf32>, tensor<4xf32>\n", "-> tensor<4x?xf32>, (\n", "expected a type"),
        ("outs(%o", "outs((%o", r"\( is never closed"),
    ],
)
def test_what_was_expected(old: str, new: str, message: str) -> None:
    assert old in SCAN
    with pytest.raises(SyntaxIssue, match=message):
        desugar(SCAN.replace(old, new))


def test_other_unknown_operations_stay_errors() -> None:
    context = make_context()
    said: list[str] = []
    context.attach_diagnostic_handler(lambda d: bool(said.append(str(d.message))) or True)
    text = GENERIC.replace("%1 = arith", '%2 = "foo.bar"() : () -> f32\n    %1 = arith')
    with pytest.raises(ir.MLIRError):
        parse(text, context)
    assert said == ["'foo.bar' op is of no dialect that is known here"]
    with pytest.raises(ir.MLIRError):  # and so they are where there is no tm_tensor at all
        parse('func.func @f() { "foo.bar"() : () -> () return }', make_context())
