"""Long literals are left out while a text is looked at, and MLIR has them."""

from __future__ import annotations

import numpy as np
import pytest

import clawc
from clawc.compiler.diagnostics import CompileError
from clawc.compiler.long_literals import SHORTEST, take_literals, with_literals
from clawc.compiler.source import Source

LONG = '"0x' + "AB" * SHORTEST + '"'


@pytest.mark.parametrize(
    "text, count",
    [
        ("", 0),
        ('a "0x12" b', 0),
        (f"a {LONG} b {LONG} c", 2),
        (f'"a" {LONG}', 1),
        (f'// "0x {LONG}\n"b"', 1),
        (f'{LONG} "0x~0~"', 0),
        (LONG[:-1], 0),
        (LONG[:-1] + '-"', 0),
        (f'"\\{LONG[:-1]}\\""', 0),
    ],
)
def test_what_is_taken_comes_back(text, count):
    short, taken = take_literals(text.encode())
    assert len(taken) == count and with_literals(short.decode(), taken) == text
    assert not count or len(short) < 100


def program(values: np.ndarray, type_: str) -> str:
    return (
        f"func.func @main() -> {type_} {{\n"
        f'  %0 = arith.constant dense<"0x{values.tobytes().hex()}"> : {type_}\n'
        f"  return %0 : {type_}\n}}\n"
    )


def test_values():
    values = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    text = program(values, "tensor<64x64xf32>")
    assert len(Source(text).text) < 200 and Source(text).whole == text
    np.testing.assert_array_equal(clawc.load(clawc.compile(text))(), values)


def test_an_error_does_not_show_them():
    text = program(np.zeros(4096, np.float32), "tensor<64x63xf32>")
    with pytest.raises(CompileError, match=r"^<string>:2:\d+: error: ") as error:
        clawc.compile(text)
    assert len(str(error.value)) < 500
