"""Texts that would abort MLIR's parser are refused with a place, and harmless ones are not."""

from __future__ import annotations

import pytest

from clawc.dialects.guard import DEEPEST, SyntaxIssue, blank, check

GENERIC = """\
func.func @f(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = linalg.generic {iterator_types = [ITERATORS], indexing_maps = [#map, #map]} ins(%a)
"""


def issue(text: str) -> SyntaxIssue:
    with pytest.raises(SyntaxIssue) as raised:
        check(text, blank(text))
    return raised.value


@pytest.mark.parametrize("name", ["claw", "arith", "claw.", ".claw", ""])
def test_operation_names_without_a_dialect(name: str) -> None:
    found = issue(f'func.func @f() {{\n  "{name}" () : () -> ()\n}}')
    assert "is no operation name" in found.message
    assert (found.line, found.column) == (2, 3)


@pytest.mark.parametrize(
    "text",
    [
        'func.func @"my-func"(%x: i32) {\n  return\n}',
        'func.func @f() { return loc("relu"(#loc1)) }',
        'func.func @f() { return loc(callsite("a"("f":1:2) at "b" ("g":3:4))) }',
        '#a = #llvm.di<["b"(), "c"()]>',
    ],
)
def test_strings_before_brackets_that_name_no_operation(text: str) -> None:
    check(text, blank(text))


@pytest.mark.parametrize("text", ["array<index: 1>", "array < index >", "array<index>"])
def test_arrays_of_index(text: str) -> None:
    found = issue(f"func.func @f() attributes {{a = {text}}} {{ return }}")
    assert "array<i64" in found.message
    assert (found.line, found.column) == (1, 32)


@pytest.mark.parametrize(
    "items", ["1", "unit", '"parallel", 2', '["parallel"]', "#linalg.iterator_type<parallel>", "x"]
)
def test_iterator_types_that_are_no_strings(items: str) -> None:
    assert "must be strings" in issue(GENERIC.replace("ITERATORS", items)).message


@pytest.mark.parametrize("axes", ["f32", "", "[f32]", "[1 : i8]", "array<i64: 1, 0>", "[", "[1.0]"])
@pytest.mark.parametrize("name", ["permutation", "dimensions"])
def test_axes_of_named_operations_that_are_no_integers(name: str, axes: str) -> None:
    found = issue(f"%t = linalg.transpose ins(%x : T) outs(%y : T) {name} = {axes}\n")
    assert found.message == f"{name} must be a list of integers, such as [1, 0]"


@pytest.mark.parametrize("pair", ["{}", "()", "[]", "<>"])
def test_deep_nesting(pair: str) -> None:
    text = "module {\n" + pair[0] * (DEEPEST + 5) + pair[1] * (DEEPEST + 5) + "}"
    found = issue(text)
    assert "nest more than" in found.message
    assert found.line == 2


def test_bytecode_and_binary() -> None:
    assert "bytecode" in issue("ML\xefR\x01\x02").message
    assert "NUL" in issue("module {\0}").message


@pytest.mark.parametrize("half", ["\ud800", "\udbff", "\udc00", "\udfff"])
def test_half_characters(half) -> None:
    found = issue(f'module {{\n  // {half}"é\n}}')
    assert "half a character" in found.message and (found.line, found.column) == (2, 6)


@pytest.mark.parametrize(
    "text",
    [
        'func.func @f() attributes {doc = "array<index: 1> \\"claw\\"()"} { return }',
        '// "claw"() array<index: 1>',
        GENERIC.replace("ITERATORS", '"parallel", "reduction"'),
        GENERIC.replace("ITERATORS", ""),
        '"linalg.generic"(%a) <{iterator_types = [#linalg.iterator_type<parallel>]}>',
        "vector.contract {iterator_types = [#vector.iterator_type<parallel>]} %a",
        "affine_map<(d0) -> (d0)> affine_set<(d0) : (d0 >= 0, d0 - 4 <= 0)>\n" * 2 * DEEPEST,
        "linalg.transpose ins(%x : T) outs(%y : T) permutation = [1, 0]",
        "linalg.reduce {f} ins(%x : T) outs(%y : T)\n  dimensions = [ 1 , 0 ]",
        "claw.transpose %x {permutation = array<i64: 1, 0>}",
        'llvm.inline_asm "mov" , "=r" %a',
        'emitc.call_opaque "f"(%a) : (i32) -> ()',
    ],
)
def test_harmless_texts_pass(text: str) -> None:
    check(text, blank(text))
