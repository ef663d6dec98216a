"""The reference page of the claw operations: `python -m clawc.dialects.docs > docs/ops.md`."""

from __future__ import annotations

import inspect
import re

from clawc.dialects.claw import SOURCE_OPS
from clawc.dialects.claw_op import ClawOp
from clawc.dialects.elementwise_ops import BINARY, UNARY, binary_elements, unary_elements
from clawc.dialects.ext import Field, Op, Operand, Result, Size
from clawc.dialects.reduction_ops import REDUCE, reduce_elements

_HEAD = """\
# The claw operations

A program is a `func.func` on tensors of known rank; sizes may be unknown (`?`). Element types are
`f16`, `bf16`, `f32`, `f64`, `i1`, `i8`, `i16`, `i32` and `i64`; integers are signed. An operation
is written `%r = claw.name %operand, ... {attribute = value, ...} : (operand types) -> result type`
or in MLIR's generic form, `"claw.name"(%operand, ...)`. Lists are `array<i64: 1, 2>` or `[1, 2]`;
a boolean attribute is true if it is there.

Shapes are never broadcast implicitly. Sizes that must be equal are compared when a program is
compiled where they are known, and else when it runs: then the program stops with a message.
Arithmetic on `f16` and `bf16` is done in `f32`, and rounded once an operation.

This page is generated: `python -m clawc.dialects.docs > docs/ops.md`.
"""


def page() -> str:
    """The whole page as Markdown."""
    ops = sorted(SOURCE_OPS, key=lambda op: op.OPERATION_NAME)
    names = [op.OPERATION_NAME.removeprefix("claw.") for op in ops]
    contents = " · ".join(f"[{name}](#{name})" for name in names)
    return "\n".join([_HEAD, contents, *map(_section, ops)]) + _element_types()


def _section(op: type[ClawOp]) -> str:
    rows = "".join(map(_row, op.fields))
    return (
        f"\n## {op.OPERATION_NAME.removeprefix('claw.')}\n\n{_prose(op)}\n\n"
        f"```mlir\n{named_results(op.example)} = {op.example}\n```\n\n"
        f"| name | what | value |\n|---|---|---|\n{rows}"
    )


def named_results(example: str) -> str:
    """`%r`, or `%r:2` for the two results of an example."""
    count = example.rpartition(" -> ")[2].count("tensor<")
    return "%r" if count == 1 else f"%r:{count}"


def _prose(op: type[Op]) -> str:
    return inspect.cleandoc(op.__doc__ or "")


def _row(field: Field) -> str:
    if field.kind is Result:
        how = "any number of results" if field.arity else "result"
        return f"| `{field.name}` | {how} | tensor |\n"
    if field.kind in (Operand, Size):
        kind = "index" if field.kind is Size else "tensor"
        how = {"": "", "optional": "optional ", "variadic": "any number of "}[field.arity]
        return f"| `{field.name}` | {how}operand{'s' if 'any' in how else ''} | {kind} |\n"
    what = "attribute" if field.required else "optional attribute"
    value = ", ".join(f"`{c}`" for c in field.choices) or field.expected
    value = re.sub(r"such as (.+)", r"such as `\1`", value)
    if field.default is not None and field.default is not False:
        default = field.default if isinstance(field.default, str) else str(field.default).lower()
        value += f"; `{default}` if left out"
    return f"| `{field.name}` | {what} | {value} |\n"


def _element_types() -> str:
    """Which element types each kind takes."""
    lines = [
        "\n## Element types by kind\n",
        "| operation | kinds | element types |",
        "|---|---|---|",
    ]
    tables = (
        ("unary", UNARY, unary_elements),
        ("binary", BINARY, binary_elements),
        ("reduce", REDUCE, reduce_elements),
    )
    for name, kinds, elements in tables:
        by_types: dict[tuple[str, ...], list[str]] = {}
        for kind in kinds:
            by_types.setdefault(elements(kind), []).append(kind)
        for types, alike in by_types.items():
            lines.append(f"| `{name}` | {', '.join(alike)} | {', '.join(types)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
