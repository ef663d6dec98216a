"""Resources that do not fit their constants are refused where the constant is; others are right."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import clawc
from clawc.compiler.diagnostics import CompileError
from clawc.compiler.job import CompileJob
from clawc.compiler.source import Source

PROGRAM = """func.func @main() -> tensor<{type}> {{
  %0 = arith.constant dense_resource<{name}> : tensor<{type}>
  return %0 : tensor<{type}>
}}
"""
SECTION = '{{-# dialect_resources: {{ builtin: {{ {other}{name}: "0x{data}" }} }} #-}}\n'


def source(type_: str, data: bytes, alignment: int = 4, name: str = "k", other: str = "") -> str:
    stored = alignment.to_bytes(4, "little") + data
    section = SECTION.format(name=name, data=stored.hex(), other=other)
    return PROGRAM.format(type=type_, name=name) + section


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("3xf32", np.array([7, 8, 9], np.float32)),
        ("2x2xf64", np.array([[7, 8], [9, -0.0]])),
        ("3xi64", np.array([2**62, -1, 0])),
        ("2xbf16", np.array([1, -2], ml_dtypes.bfloat16)),
        ("2xf16", np.array([1, -2], np.float16)),
        ("5xi1", np.array([True, False, True, True, False])),
        ("0xf32", np.zeros(0, np.float32)),
        ("f32", np.array(3, np.float32)),
    ],
)
@pytest.mark.parametrize("alignment", [1, 4, 64])
def test_values(type_, values, alignment):
    artifact = clawc.compile(source(type_, values.tobytes(), alignment), ["host", "nvptx"])
    result = clawc.load(artifact)()
    assert result.dtype == values.dtype and result.shape == values.shape
    np.testing.assert_array_equal(result, values)


@pytest.mark.parametrize("name", ['"a b"', '"a.b"', "a.b_1", '"{"', '"}:,"'])
def test_names(name):
    others = '"x y": "0x0400000001", '
    artifact = clawc.compile(source("1xf32", bytes(4), name=name, other=others))
    np.testing.assert_array_equal(clawc.load(artifact)(), [0])


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (source("3xf32", bytes(8)), r"holds 8 bytes and tensor<3xf32> needs 12", 2),
        (source("3xf32", bytes(16)), r"holds 16 bytes and tensor<3xf32> needs 12", 2),
        (source("3xi1", bytes(1)), r"holds 1 bytes and tensor<3xi1> needs 3", 2),
        (source("f32", bytes(0)), r"holds 0 bytes and tensor<f32> needs 4", 2),
        (source("2xcomplex<f32>", bytes(8)), r"holds 8 bytes .* needs 16", 2),
        (source("2xf32", bytes(8)).replace(" k:", " l:"), "resource 'k', which the source does", 2),
        (PROGRAM.format(type="2xf32", name="__elided__"), "left out when it was printed", 2),
        (source("3xf32", bytes(12), 0), "'k' is aligned to 0 bytes", 5),
        (source("3xf32", bytes(12), 2**31), "'k' is aligned to 2147483648 bytes", 5),
        (source("3xf32", bytes(12), 3), "'k' is aligned to 3 bytes", 5),
        (source("3xf32", bytes(12)).replace("0x04", "0xZZ"), "other characters than hexadec", 5),
        (source("3xf32", bytes(12)).replace('00" }', 'é" }'), "other characters than hexadec", 5),
        (source("3xf32", bytes(12)).replace('00" }', '0" }'), "two digits for each byte", 5),
        (source("3xf32", bytes(12)).replace("0x04", "04"), "'k' is no value", 5),
        (source("3xf32", bytes(12)).replace("#-}", ""), "expected", 5),
        (source("3xf32", bytes(12)).replace('" }', " }"), "a string that does not end", 5),
    ],
)
def test_what_does_not_fit_is_refused(text, message, line):
    with pytest.raises(CompileError, match=message) as error:
        clawc.compile(text)
    said = error.value.diagnostics[0]
    assert said.line == line and "\n" not in said.message


def test_sizes_are_those_of_builtin_resources_alone():
    text = source("2xf32", bytes(8))
    other = '{-# external_resources: { tool: { k: "0x04000000FF" } } #-}\n'
    clawc.compile(text.replace("{-#", f"{other[:-4]},", 1))


def test_dumps_leave_large_values_out(tmp_path):
    text = source("65537xi8", bytes(65537))
    CompileJob(Source(text), ("host",), stage="kernels", dump_ir=str(tmp_path)).run()
    dumped = [path.read_text() for path in tmp_path.iterdir()]
    assert len(dumped) > 5 and all(len(each) < 4000 for each in dumped)
    with pytest.raises(CompileError, match="which the source does not hold"):
        clawc.compile(min(dumped))
