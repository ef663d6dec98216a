"""The bytes of a resource, which MLIR's Python bindings give in one form alone: bytecode.

https://mlir.llvm.org/docs/BytecodeFormat: after a magic word, a version and a producer come
sections, each with its kind, its length and perhaps an alignment.  A module whose one operation
holds one resource has a section with that resource's bytes at its end, raw.
"""

from __future__ import annotations

import io
import re

from mlir import ir

from clawc.dialects.literals import unescaped

MAGIC = b"ML\xefR"
RESOURCES = 5  # a section's kind
ALIGNED = 0x80  # a flag beside it
_NAME = re.compile(r'dense_resource<(?:"((?:[^"\\]|\\.)*)"|([^">]+))>')


def as_resource(value: ir.Attribute) -> ir.DenseResourceElementsAttr | None:
    """The attribute, if it is a resource; the bindings say so in a constructor alone."""
    try:
        return ir.DenseResourceElementsAttr(value)
    except ValueError:
        return None


def resource_name(value: ir.DenseResourceElementsAttr) -> str:
    """The name by which a module's text tells its bytes."""
    found = _NAME.match(str(value))
    assert found is not None, str(value)
    return found[2] if found[1] is None else unescaped(found[1])


def resource_bytes(op: ir.Operation) -> memoryview:
    """The bytes of the only resource among the attributes of `op`."""
    with op.location:
        module = ir.Module.create()
        module.body.append(op.clone())
    file = io.BytesIO()
    module.operation.write_bytecode(file)
    return last_resource(file.getbuffer().toreadonly())


def last_resource(code: memoryview) -> memoryview:
    """The one resource of bytecode, where it lies in it; empty where it has none."""
    at = len(MAGIC)
    _, at = varint(code, at)
    while code[at]:  # the producer's name
        at += 1
    at += 1
    while at < len(code):
        kind = code[at]
        length, at = varint(code, at + 1)
        if kind & ALIGNED:
            alignment, at = varint(code, at)
            at += -at % alignment
        if kind & ~ALIGNED == RESOURCES:
            _alignment, start = varint(code, at)
            size, _ = varint(code, start)
            return code[at + length - size : at + length]
        at += length
    return code[:0]


def varint(code: memoryview, at: int) -> tuple[int, int]:
    """A number and where it ends: its first byte's lowest bits say how many bytes follow."""
    first = code[at]
    more = (first & -first).bit_length() - 1 if first else 8
    number = int.from_bytes(code[at : at + 1 + more], "little")
    return (number >> (more + 1)) if first else number >> 8, at + 1 + more
