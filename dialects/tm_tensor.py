"""torch-mlir's `tm_tensor` operations, from the form it prints to MLIR's generic form.

    %0 = tm_tensor.scan dimension(0) inclusive(true) ins(%x : T) outs(%o, %a : T, A) {
    ^bb0(%s: f32, %v: f32):
      tm_tensor.yield %s : f32
    } -> T, A

becomes, with the same lines,

    %0 = "tm_tensor.scan"(%x, %o, %a) ({
    ^bb0(%s: f32, %v: f32):
      "tm_tensor.yield"(%s) : (f32) -> ()
    }) {dimension = 0 : i64, inclusive = true, operandSegmentSizes = array<i32: 1, 2>}
       : (T, T, A) -> (T, A)

The dialect is not MLIR's: such a text is parsed with unregistered operations allowed, and only
these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlir import ir

from clawc.dialects.edits import Edit
from clawc.dialects.guard import SyntaxIssue

PREFIX = "tm_tensor."
NAMES = ("attention", "scan", "scatter", "sort", "topk", "yield")

_PRETTY = re.compile(r'(?<![\w."%@!#$-])tm_tensor\.(?P<name>\w+)')
_QUOTED = re.compile(r'"tm_tensor\.')
_PROPERTIES = re.compile(r"\s*<\{")
_WORD = re.compile(r"\s*(\w+)\s*(?=\()")
_BLANK = re.compile(r"\s*")
_VALUES = re.compile(r"\s*(?P<values>%[\w$.#-]+(?:\s*,\s*%[\w$.#-]+)*)\s*:\s*")
_TYPE = re.compile(r"\s*[!\w.]+")
_CLOSING = {"(": ")", "{": "}", "<": ">", "[": "]"}
_PARTS = ("ins", "outs")
_ATTRIBUTES = {
    "dimension": "dimension = {} : i64",
    "inclusive": "inclusive = {}",
    "unique_indices": "unique_indices = {}",
}


@dataclass
class _Header:
    """What stands before an operation's region."""

    operands: dict[str, str] = field(default_factory=dict)  # of ins and outs
    types: dict[str, str] = field(default_factory=dict)
    attributes: list[str] = field(default_factory=list)

    def listed(self, parts: dict[str, str]) -> str:
        return ", ".join(parts[part] for part in _PARTS if parts.get(part))


def is_used(generic: str) -> bool:
    """Whether a text in generic form may hold such operations."""
    return f'"{PREFIX}' in generic


def edits(text: str, code: str) -> Iterator[Edit]:
    """What makes `text` generic, in order; `code` is `guard.blank(text)`.  Raises `SyntaxIssue`."""
    if PREFIX not in text:
        return
    found = [
        *_PRETTY.finditer(code),
        *(m for m in _QUOTED.finditer(text) if code[m.start()] == '"'),
    ]
    made: list[Edit] = []
    for match in found:
        if match.re is _QUOTED:
            made += _visible_properties(text, code, match.end())
        elif match["name"] == "yield":
            made += _yield(text, code, match)
        elif match["name"] in NAMES:
            made += _operation(text, code, match)
        else:
            message = f"there is no operation {match[0]}; known: {', '.join(NAMES)}"
            raise SyntaxIssue.at(text, match.start(), message)
    yield from sorted(made, key=lambda edit: edit.start)


def unknown_operations(module: ir.Module) -> list[ir.Operation]:
    """The operations of `module` that no dialect knows, those of tm_tensor apart."""
    unknown: list[ir.Operation] = []

    def look(op: ir.Operation) -> ir.WalkResult:
        if not op.name.startswith(PREFIX) and not op.context.is_registered_operation(op.name):
            unknown.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(look, ir.WalkOrder.PRE_ORDER)
    return unknown


def _operation(text: str, code: str, match: re.Match[str]) -> Iterator[Edit]:
    """A header, then a region (attention has none), then the types of the results."""
    header, at = _header(text, code, match)
    has_region = match["name"] != "attention"
    operands = header.listed(header.operands)
    opened = f'"{match[0]}"({operands})'
    if has_region:
        start = _skip(code, at)
        if code[start : start + 1] != "{":
            raise _expected(text, at, match[0], "a region: { ^bb0(...): ... tm_tensor.yield ... }")
        yield _edit(text, match.start(), start, f"{opened} (")
        at = _balanced(text, code, start)
    results, end = _results(text, code, at, match[0])
    attributes = ", ".join(header.attributes)
    types = f"{{{attributes}}} : ({header.listed(header.types)}) -> ({results})"
    if has_region:
        yield _edit(text, at, end, f") {types}")
    else:
        yield _edit(text, match.start(), end, f"{opened} {types}")


def _header(text: str, code: str, match: re.Match[str]) -> tuple[_Header, int]:
    """The clauses up to `outs(...)`, and where they end."""
    header, at = _Header(), match.end()
    while "outs" not in header.operands:
        start = _skip(code, at)
        if code[start : start + 1] == "{":
            at = _balanced(text, code, start)
            header.attributes += filter(None, [_line(text[start + 1 : at - 1])])
            continue
        word = _WORD.match(code, at)
        if word is None or word[1] not in {*_ATTRIBUTES, *_PARTS}:
            raise _expected(text, start, match[0], "outs(%init : type), as torch-mlir prints it")
        at = _balanced(text, code, word.end())
        inside = _line(text[word.end() + 1 : at - 1])
        if word[1] in _ATTRIBUTES:
            header.attributes.append(_ATTRIBUTES[word[1]].format(inside))
        else:
            operands, _, types = inside.partition(":")
            header.operands[word[1]], header.types[word[1]] = operands.strip(), types.strip()
    counts = [len(list(filter(None, header.operands.get(part, "").split(",")))) for part in _PARTS]
    header.attributes.append(f"operandSegmentSizes = array<i32: {counts[0]}, {counts[1]}>")
    return header, at


def _results(text: str, code: str, at: int, name: str) -> tuple[str, int]:
    """The types behind `->`, and where they end."""
    start = _skip(code, at)
    if not code.startswith("->", start):
        message = "-> and the types of its results: it must be an operation on tensors"
        raise _expected(text, start, name, message)
    return _types(text, code, start + 2, name)


def _types(text: str, code: str, at: int, name: str) -> tuple[str, int]:
    """Types with commas between them, and where they end."""
    types: list[str] = []
    while True:
        word = _TYPE.match(code, at)
        if word is None:
            raise _expected(text, at, name, "a type, such as tensor<4xf32>")
        end = word.end()
        if code[end : end + 1] == "<":
            end = _balanced(text, code, end)
        types.append(_line(text[at:end]))
        after = _skip(code, end)
        if code[after : after + 1] != ",":
            return ", ".join(types), end
        at = after + 1


def _yield(text: str, code: str, match: re.Match[str]) -> Iterator[Edit]:
    """`tm_tensor.yield %a : T`"""
    values = _VALUES.match(code, match.end())
    if values is None:
        raise _expected(text, match.end(), match[0], "%value : type")
    _, end = _types(text, code, values.end(), match[0])
    yield _edit(text, match.start(), values.start("values"), f'"{match[0]}"(')
    yield _edit(text, values.end("values"), values.end(), ") : (")
    yield Edit(end, end, ") -> ()")


def _visible_properties(text: str, code: str, name: int) -> Iterator[Edit]:
    """Properties of an operation in generic form: as attributes, which the bindings show."""
    opened = code.find("(", name)
    if opened < 0:
        return
    at = _balanced(text, code, opened)
    properties = _PROPERTIES.match(code, at)
    if properties is None:
        return
    start = properties.end() - 1
    end = _balanced(text, code, start)
    listed = _line(text[start + 1 : end - 1])
    region = _skip(code, end + 1)
    has_region = code[region : region + 1] == "("
    behind = _balanced(text, code, region) if has_region else end + 1
    more = _skip(code, behind)
    yield _edit(text, at, end + 1, "" if has_region else f" {{{listed}}}")
    if code[more : more + 1] == "{":
        raise _expected(text, more, "a tm_tensor operation", "no attributes next to properties")
    if has_region:
        yield Edit(behind, behind, f" {{{listed}}}")


def _edit(text: str, start: int, end: int, new: str) -> Edit:
    return Edit(start, end, new + "\n" * text.count("\n", start, end))


def _line(text: str) -> str:
    return " ".join(text.split())


def _skip(code: str, at: int) -> int:
    blank = _BLANK.match(code, at)
    return at if blank is None else blank.end()


def _balanced(text: str, code: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`."""
    opening = code[start]
    closing, depth = _CLOSING[opening], 0
    for match in re.compile(rf"->|{re.escape(opening)}|{re.escape(closing)}").finditer(code, start):
        if match[0] == opening:
            depth += 1
        elif match[0] == closing:
            depth -= 1
            if not depth:
                return match.end()
    raise SyntaxIssue.at(text, start, f"{opening} is never closed")


def _expected(text: str, at: int, name: str, what: str) -> SyntaxIssue:
    return SyntaxIssue.at(text, min(at, max(len(text) - 1, 0)), f"{name}: expected {what}")
