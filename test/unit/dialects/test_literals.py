"""String literals as MLIR writes them."""

import pytest
from mlir import ir

from clawc.dialects.literals import unescaped


@pytest.mark.parametrize("text", ["", "plain", 'a "b"', "\\", "\\22", "tab\tline\n", "\x00\x7f"])
def test_what_mlir_escapes_comes_back(text):
    with ir.Context():
        written = str(ir.StringAttr.get(text))
    assert unescaped(written[1:-1]) == text


def test_short_escapes():
    assert unescaped(r"\n\t\\\"") == '\n\t\\"'
