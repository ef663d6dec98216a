"""MLIR bytecode is read by a worker: the same program as its text, and damage is a diagnostic."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from bundle_damage import damaged
from mlir import ir

import clawc
from clawc.compiler import bytecode
from clawc.compiler.context import make_context
from clawc.compiler.diagnostics import CompileError
from clawc.dialects.assembly import desugar

PROGRAM = """func.func @main(%a: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense_resource<w> : tensor<3x2xf32>
  %0 = claw.matmul %a, %w : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
{-# dialect_resources: { builtin: { w: "0x04000000HEX" } } #-}
"""
WEIGHTS = np.arange(6, dtype=np.float32).reshape(3, 2)


def bytecode_of(text: str) -> bytes:
    context = make_context()
    context.allow_unregistered_dialects = True
    with context, ir.Location.unknown():
        file = io.BytesIO()
        module = ir.Module.parse(desugar(text)[0])
        module.operation.write_bytecode(file)
    return file.getvalue()


@pytest.fixture(scope="module")
def code() -> bytes:
    return bytecode_of(PROGRAM.replace("HEX", WEIGHTS.tobytes().hex()))


@pytest.fixture(autouse=True)
def reproducers(monkeypatch, tmp_path):
    """What a crash would leave goes where nobody minds."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("isolate", [False, True])
@pytest.mark.parametrize("as_file", [False, True])
def test_programs(code, tmp_path, isolate, as_file):
    (tmp_path / "k.mlirbc").write_bytes(code)
    source = str(tmp_path / "k.mlirbc") if as_file else code
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    result = clawc.load(clawc.compile(source, isolate=isolate))(x)
    np.testing.assert_array_equal(result, x @ WEIGHTS)


def test_places_are_those_of_the_source():
    """Whose text is not there to be shown."""
    text = PROGRAM.replace("HEX", "00000000")
    with pytest.raises(CompileError, match=r"^<bytes>:2:8: error: .*holds 4 bytes.*$") as error:
        clawc.compile(bytecode_of(text))
    assert "\n" not in str(error.value)


def test_damage_is_a_diagnostic(code):
    chance = random.Random(3)
    for _ in range(6):
        try:
            clawc.compile(damaged(code, chance), isolate=True)
        except CompileError as error:
            assert "Traceback" not in str(error) and "report it" not in str(error)


def test_a_reader_that_dies_or_does_not_end_is_a_diagnostic(code, monkeypatch):
    monkeypatch.setattr(bytecode, "SECONDS", 0.0)
    with pytest.raises(CompileError, match="reader ended .no end after 0.0 seconds"):
        clawc.compile(code)


def test_bytes_of_text():
    assert clawc.compile(
        b"func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }"
    )
