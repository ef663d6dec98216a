"""The resources of a source, `{-# dialect_resources: … #-}`: are they what its constants need?

MLIR takes a resource of any size for a constant, reads past its end, and ends the process over
some alignments.  So sizes and alignments are read from the text, without decoding a value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from mlir import ir

from clawc.dialects.guard import SyntaxIssue
from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.resource_bytes import as_resource

ELIDED = "__elided__"
LARGEST_ALIGNMENT = 1 << 16  # a page or more; MLIR pads what it writes to it
_BUILTIN = ["dialect_resources", "builtin"]
_TOKEN = re.compile(r'\s*(?:(?P<mark>[{}:,])|(?P<name>[\w.$-]+)|(?P<quote>"))')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.){0,1024})"')
_REFERENCE = re.compile(r'dense_resource<(?:"([^"]*)"|([^">]*))>')


def stored_sizes(text: str) -> dict[str, int]:
    """The bytes of each resource by its name.  Raises SyntaxIssue for a bad alignment."""
    sizes: dict[str, int] = {}
    for path, start, end in _values(text, text.find("{-#")):
        if path[:-1] != _BUILTIN or not text.startswith("0x", start):
            continue
        alignment = int.from_bytes(_bytes(text[start + 2 : start + 10]), "little")
        if not 0 < alignment <= LARGEST_ALIGNMENT and end > start + 10:
            message = (
                f"the resource {path[-1]!r} is aligned to {alignment} bytes (its first four bytes, "
                f"little endian); expected a power of two up to {LARGEST_ALIGNMENT}"
            )
            raise SyntaxIssue.at(text, start, message)
        sizes[path[-1]] = (end - start - len("0x") - 8) // 2
    return sizes


def _bytes(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:  # MLIR will say so
        return b"\1"


def _values(text: str, at: int) -> Iterator[tuple[list[str], int, int]]:
    """The keys above each string of a metadata block, and where the string starts and ends."""
    path: list[str] = []
    key, is_value = "", False
    at = at + len("{-#") if at >= 0 else len(text)
    while token := _TOKEN.match(text, at):
        at = token.end()
        if token["quote"]:
            end = text.find('"', at)
            if end < 0:  # the parser would end the process
                raise SyntaxIssue.at(text, at - 1, "a string that does not end")
            if is_value:
                yield [*path, key], at, end
                at = end + 1
                continue
            quoted = _QUOTED.match(text, at - 1)
            if quoted is None:
                return
            key, at = quoted[1], quoted.end()
        elif token["name"]:
            key = token["name"]
        elif token["mark"] == "{":
            path.append(key)
        elif token["mark"] == "}":
            del path[-1:]
        is_value = token["mark"] == ":"


def check_resources(module: ir.Module, sizes: Mapping[str, int]) -> None:
    """Raise PassFailure at the first operation whose resource does not fit its type."""
    used: list[tuple[ir.Operation, ir.DenseResourceElementsAttr]] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        for i in range(len(op.attributes)):
            attribute = op.attributes[i].attr
            values = as_resource(attribute) if type(attribute) is ir.Attribute else None
            if values is not None:
                used.append((op, values))
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
    for op, values in used:
        _check(op, values, sizes)


def _check(
    op: ir.Operation, values: ir.DenseResourceElementsAttr, sizes: Mapping[str, int]
) -> None:
    found = _REFERENCE.match(str(values))
    name = (found[1] or found[2]) if found else ""
    if name == ELIDED:
        message = "has values that were left out when it was printed; print it with all values"
        raise PassFailure(op, message)
    if name not in sizes:
        message = f"has the values of a resource {name!r}, which the source does not hold; expected"
        raise PassFailure(op, f"{message} {{-# dialect_resources: {{ builtin: {{ {name}: … #-}}")
    type_ = ir.RankedTensorType(values.type)
    needed = math.prod(type_.shape) * element_bytes(type_.element_type)
    if sizes[name] != needed:
        message = f"the resource holds {sizes[name]} bytes and {type_} needs {needed}"
        raise PassFailure(op, f"has values of another size than its type: {message}")


def element_bytes(type_: ir.Type) -> int:
    """Of an element in a resource, where each starts at a byte."""
    if isinstance(type_, ir.ComplexType):
        return 2 * element_bytes(type_.element_type)
    if isinstance(type_, (ir.IntegerType, ir.FloatType)):
        return -(-type_.width // 8)
    return 8  # an index
