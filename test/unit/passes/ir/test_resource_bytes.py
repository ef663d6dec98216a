"""A resource's bytes are found in MLIR's bytecode, whatever else the operation carries."""

from __future__ import annotations

import numpy as np
import pytest
from mlir import ir

from clawc.passes.ir.resource_bytes import as_resource, last_resource, resource_bytes, varint

TEXT = """
memref.global "private" constant @w : memref<{size}xf32> = dense_resource<"{name}">
{{-# dialect_resources: {{ builtin: {{ other: "0x04000000FFFFFFFF", "{name}": "0x{hex}" }} }} #-}}
"""


@pytest.mark.parametrize("alignment", [1, 4, 64, 4096])
@pytest.mark.parametrize("size", [0, 1, 3, 4096, 70000])
def test_bytes(alignment, size):
    values = np.arange(size, dtype=np.float32)
    stored = alignment.to_bytes(4, "little") + values.tobytes()
    with ir.Context(), ir.Location.unknown():
        text = TEXT.format(size=size, name="a b", hex=stored.hex())
        op = ir.Module.parse(text).body.operations[0].operation
        assert resource_bytes(op) == values.tobytes()
        assert as_resource(op.attributes["initial_value"]) is not None


def test_what_is_no_resource():
    with ir.Context(), ir.Location.unknown():
        assert as_resource(ir.Attribute.parse("dense<1.0> : tensor<2xf32>")) is None
        assert as_resource(ir.Attribute.parse("1 : i32")) is None


@pytest.mark.parametrize(
    ("code", "number"),
    [
        (b"\x01", 0),
        (b"\xff", 127),
        (b"\x02\x02", 128),
        (b"\x04\x00\x20", 262144),
        (b"\0" + b"\xff" * 8, 2**64 - 1),
    ],
)
def test_numbers_of_bytecode(code, number):
    assert varint(memoryview(code + b"more"), 0) == (number, len(code))


def test_bytecode_without_a_resource():
    assert last_resource(memoryview(b"ML\xefR\x0dname\0")) == b""
