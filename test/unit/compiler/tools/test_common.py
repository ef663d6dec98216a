"""Diagnostics have colours where a terminal shows them."""

import re
import subprocess
import sys

import click
import pytest

from clawc.compiler.tools.common import coloured

MESSAGE = """k.mlir:3:7: error: no 'note: x' here
  %0 = foo
       ^
note: error: is a word
clawc: warning: two ^ on a line"""


def test_severities_and_carets_are_coloured():
    shown = coloured(MESSAGE)
    assert click.unstyle(shown) == MESSAGE
    marked = re.findall(r"\x1b\[\d+m(?:\x1b\[1m)?(.*?)\x1b\[0m", shown)
    assert marked == ["error", "^", "note", "warning"]


@pytest.mark.parametrize("terminal, expected", [(True, True), (False, False)])
def test_only_a_terminal_gets_them(terminal, expected, monkeypatch):
    pty = pytest.importorskip("pty", reason="a system without pseudo-terminals")
    import os

    monkeypatch.delenv("NO_COLOR", raising=False)
    command = [sys.executable, "-m", "clawc", "no such file", "-target=host"]
    for no_color in (False, True):
        environment = {**os.environ, **({"NO_COLOR": "1"} if no_color else {})}
        ours, theirs = pty.openpty() if terminal else os.pipe()
        done = subprocess.run(command, stderr=theirs, env=environment)
        said = os.read(ours, 10_000)
        for end in (ours, theirs):
            os.close(end)
        assert done.returncode == 1 and b"cannot read" in said
        assert (b"\x1b[" in said) == (expected and not no_color)
