"""The worker process: results and errors come back, a crash becomes a diagnostic.

Covers: compiler/worker_process.py.
"""

import os
import re
import signal
import sys
from dataclasses import dataclass

import pytest

from clawc.compiler.compilation import Compilation
from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.job import CompileJob
from clawc.compiler.source import Source
from clawc.compiler.worker import reproducer, run_isolated


@dataclass(frozen=True)
class Job:
    """A job that does what its source says."""

    source: Source

    def run(self) -> str:
        if self.source.text == "abort":
            os.write(2, b"foo.cpp:7: Assertion `x' failed.\n")
            os.kill(os.getpid(), signal.SIGABRT)
        if self.source.text == "noise":
            print("this must not mix with the reply")
        if self.source.text == "bug":
            raise KeyError("lost")
        if self.source.text == "error":
            raise CompileError([Diagnostic("no good", "k.mlir", 1, 2)], "abc")
        return f"did {self.source.text}"


@pytest.fixture(autouse=True)
def importable(monkeypatch, tmp_path):
    """The worker unpickles `Job` by importing this file; crashes write into `tmp_path`."""
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    monkeypatch.setattr(Job, "__module__", "test_worker")
    monkeypatch.setitem(sys.modules, "test_worker", sys.modules[__name__])
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("text", ["work", "noise"])
def test_a_result_comes_back(text):
    assert run_isolated(Job(Source(text))) == f"did {text}"


def test_an_error_comes_back_as_it_was():
    with pytest.raises(CompileError) as caught:
        run_isolated(Job(Source("error")))
    assert caught.value.diagnostics == (Diagnostic("no good", "k.mlir", 1, 2),)
    assert str(caught.value) == "k.mlir:1:2: error: no good\nabc\n ^"


@pytest.mark.parametrize(
    "text, cause", [("abort", "SIGABRT (foo.cpp:7: Assertion"), ("bug", "exit code 1 (KeyError")]
)
def test_a_crash_is_a_diagnostic_with_a_reproducer(text, cause, tmp_path):
    with pytest.raises(CompileError) as caught:
        run_isolated(Job(Source(text, "k.mlir")))
    (diagnostic,) = caught.value.diagnostics
    assert cause in diagnostic.message and diagnostic.file == "k.mlir"
    (kept,) = tmp_path.glob("clawc-crash-*.mlir")
    assert kept.name in diagnostic.message
    assert kept.read_text().startswith(text + "\n// The command:\n")
    assert "\n// What the compiler said:\n" in kept.read_text()


def test_a_reproducer_tells_what_was_done_and_parses(monkeypatch):
    text = "func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {\n  return %x : tensor<4xf32>\n}"
    job = CompileJob(
        Source(text), ("nvptx:sm_90",), options={"opt_level": 2, "schedules": "main:\n  a"}
    )
    monkeypatch.setattr(sys, "argv", ["/bin/clawc", "my kernel.mlir", "-target=nvptx:sm_90"])
    kept = reproducer(job, "Assertion `x' failed.\nStack dump:")
    assert "\n// clawc 'my kernel.mlir' -target=nvptx:sm_90\n" in kept
    assert "\n// targets = ('nvptx:sm_90',)\n" in kept
    assert "\n// options = {'opt_level': 2, 'schedules': 'main:\\n  a'}\n" in kept
    for name in ("clawc", "xtc-mlir-python-bindings", "llvmlite", "Python"):
        assert re.search(rf"\n// {name} \d+\.\d+", kept), name
    assert "\n// Stack dump:\n" in kept
    shared = Compilation(Source(kept)).shared("claw")
    assert "func.func @f" in str(shared)
