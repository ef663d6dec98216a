"""Sources that are no text or no file are refused in a line that can be printed."""

from __future__ import annotations

import pytest

import clawc
from clawc.compiler.diagnostics import CompileError

PROGRAM = """func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {
  return %a : tensor<4xf32>
}
"""


@pytest.mark.parametrize("isolate", [False, True])
def test_half_characters(isolate):
    with pytest.raises(CompileError, match="half a character") as error:
        clawc.compile(PROGRAM + "// \ud800\n", isolate=isolate)
    assert str(error.value).encode().decode().splitlines()[1] == "// \\ud800"


@pytest.mark.parametrize("name", ["a\0b.mlir", "\ud800.mlir"])
def test_names_that_no_file_can_have(name):
    with pytest.raises(CompileError, match="is no name of a file") as error:
        clawc.compile(name)
    str(error.value).encode()
