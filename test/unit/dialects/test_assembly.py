"""The readable form: round trips, places in messages, speed."""

from __future__ import annotations

import time

import pytest
from mlir import ir

from clawc.dialects.assembly import desugar, parse, print_module, sugar
from clawc.dialects.claw import CLAW
from clawc.dialects.guard import SyntaxIssue

PROGRAM = """\
// claw.matmul %in, %comment
func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>) -> tensor<4x16xf32>
    attributes {doc = "claw.matmul %a, \\"claw.unary\\"(%b) // no comment"} {
  %0 = claw.matmul %x, %w : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
  %1 = claw.unary %0 {kind = "relu"} : (tensor<4x16xf32>) -> tensor<4x16xf32>
  %2 = "claw.unary"(%1) {kind = "exp"} : (tensor<4x16xf32>) -> tensor<4x16xf32>
  %3 = claw.binary %1, // and
    %2 {kind = "add"} : (tensor<4x16xf32>, tensor<4x16xf32>) -> tensor<4x16xf32>
  %4 = claw.constant {value = dense<1.0> : tensor<4xf32>} : () -> tensor<4xf32>
  %5 = claw.softmax %3 : (tensor<4x16xf32>) -> tensor<4x16xf32>
  return %5 : tensor<4x16xf32>
}
"""


def context() -> ir.Context:
    made = ir.Context()
    made.emit_error_diagnostics = True
    CLAW.load(made)
    return made


def messages(text: str) -> list[tuple[int, int, str]]:
    """Where and what is said of `text`; columns as written."""
    made, said = context(), []
    columns = desugar(text)[1]

    def collect(message: ir.Diagnostic) -> bool:
        place = message.location
        column = columns.column(place.start_line, place.start_col)
        said.append((place.start_line, column, str(message.message)))
        return True

    made.attach_diagnostic_handler(collect)
    with pytest.raises(ir.MLIRError):
        parse(text, made)
    return said


def test_both_forms_parse_and_print_readably() -> None:
    printed = print_module(parse(PROGRAM, context()))
    assert '%2 = claw.unary %1 {kind = "exp"} : (tensor<4x16xf32>)' in printed
    assert "= claw.constant {value = dense<1.000000e+00> : tensor<4xf32>} : () ->" in printed
    assert '"claw.unary"(' not in printed
    assert print_module(parse(printed, context())) == printed


def test_strings_and_comments_stay() -> None:
    module = parse(PROGRAM, context())
    doc = module.body.operations[0].attributes["doc"]
    assert doc.value == 'claw.matmul %a, "claw.unary"(%b) // no comment'
    assert "\\22claw.unary\\22(%b)" in print_module(module)


def test_lines_do_not_move() -> None:
    generic, _ = desugar(PROGRAM)
    assert generic.count("\n") == PROGRAM.count("\n")
    assert generic.splitlines()[0] == PROGRAM.splitlines()[0]
    assert sugar(generic).splitlines()[3] == PROGRAM.splitlines()[3]


@pytest.mark.parametrize(
    ("wrong", "right", "line", "shown"),
    [
        ("claw.matmul %x, %w", "claw.matmul %x, %oops", 4, "%oops"),
        ("claw.unary %0 {", "claw.unary %oops {", 5, "%oops"),
        ('"claw.unary"(%1)', '"claw.unary"(%oops)', 6, "%oops"),
        ("    %2 {kind", "    %oops {kind", 8, "%oops"),
        ("return %5", "return %oops", 11, "%oops"),
        (
            "tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>\n  %1",
            "tensor<4x8xf32>, tensor<8x16xf3>) -> tensor<4x16xf32>\n  %1",
            4,
            "f3>",
        ),
    ],
)
def test_columns_are_those_written(wrong: str, right: str, line: int, shown: str) -> None:
    text = PROGRAM.replace(wrong, right)
    ((at, column, _), *_) = messages(text)
    assert at == line
    assert column == text.splitlines()[line - 1].index(shown) + 1


def test_columns_count_characters_not_bytes() -> None:
    line = '  %r = claw.unary %x {doc = "é€", kind = "exp"} : (tensor<4xf3>) -> tensor<4xf32>'
    ((at, column, _),) = messages(f"func.func @f(%x: tensor<4xf32>) {{\n{line}\n  return\n}}\n")
    assert (at, column) == (2, line.index("f3>") + 1)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("claw.matmul %x : (tensor<4x8xf32>) -> tensor<4x8xf32>",
         "'claw.matmul' op expects 2 operands (lhs, rhs), got 1"),
        ('claw.unary %x, %x {kind = "exp"} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>',
         "'claw.unary' op expects 1 operand (input), got 2"),
        ("claw.broadcast : () -> tensor<4x8xf32>",
         "'claw.broadcast' op expects 1 or more operands (input, sizes...), got 0"),
        ("claw.matmul %x, %s : (tensor<4x8xf32>, f32) -> tensor<4x8xf32>",
         "'claw.matmul' op rhs must be a tensor of known rank, got f32"),
        ("claw.iota %s : (f32) -> tensor<?xf32>",
         "'claw.iota' op sizes must be of type index, got f32"),
    ],
)  # fmt: skip
def test_operand_counts_and_types_are_explained(operation: str, message: str) -> None:
    text = f"func.func @f(%x: tensor<4x8xf32>, %s: f32) {{\n  %r = {operation}\n  return\n}}\n"
    assert messages(text) == [(2, 8, message)]


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        (
            "%0 = claw.matmull %a",
            "there is no operation claw.matmull; did you mean claw.matmul?",
            1,
            6,
        ),
        (
            '\n %0 = "claw.unaryy"(%a)',
            "there is no operation claw.unaryy; did you mean claw.unary?",
            2,
            8,
        ),
    ],
)
def test_unknown_operations_are_named(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(SyntaxIssue) as raised:
        desugar(text)
    issue = raised.value
    assert (issue.message, issue.line, issue.column) == (message, line, column)


def test_attributes_called_claw_are_no_operations() -> None:
    text = 'func.func private @k() attributes {claw.kernel, claw.lane = "vector"}\n'
    assert desugar(text)[0] == text


def test_large_programs_take_linear_time() -> None:
    def seconds(count: int) -> float:
        lines = "".join(
            f'  %{i + 1} = claw.unary %{i} {{kind = "exp"}} : (tensor<4xf32>) -> tensor<4xf32>\n'
            for i in range(count)
        )
        text = f"func.func @f(%0: tensor<4xf32>) {{\n{lines}  return\n}}\n"
        start = time.process_time()
        generic, columns = desugar(text)
        sugar(generic)
        columns.column(count, 10)
        return time.process_time() - start

    seconds(100)
    assert seconds(40_000) < 30 * max(seconds(4_000), 0.002)
