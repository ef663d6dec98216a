"""The worker process: results and errors come back, a crash becomes a diagnostic.

Covers: compiler/worker_process.py, worker_loop.py.
"""

import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from worker_job import Job

from clawc.compiler.compilation import Compilation
from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.job import CompileJob
from clawc.compiler.source import Source
from clawc.compiler.worker import reproducer, run_isolated
from clawc.compiler.worker_loop import Surroundings


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """Crashes write their reproducers there."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("text", ["work", "noise"])
def test_a_result_comes_back(text):
    assert run_isolated(Job(Source(text))) == f"did {text}"


def test_what_a_job_prints_is_passed_on_once(capfd):
    for _ in range(2):
        run_isolated(Job(Source("noise")))
        assert capfd.readouterr().err == "this must not mix with the reply\n"
    run_isolated(Job(Source("work")))
    assert capfd.readouterr().err == ""


def test_a_worker_is_kept_and_knows_where_it_is_asked_from(monkeypatch, tmp_path):
    first = run_isolated(Job(Source("where")))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    monkeypatch.setenv("SAID", "now")
    second = run_isolated(Job(Source("where")))
    assert second == f"{first.split()[0]} {tmp_path / 'below'} now"
    with pytest.raises(CompileError):
        run_isolated(Job(Source("abort")))
    third = run_isolated(Job(Source("where")))
    assert third.split()[0] != first.split()[0] and third.endswith("below now")


def test_a_worker_that_died_while_it_had_nothing_to_do_is_no_loss():
    pid = int(run_isolated(Job(Source("where"))).split()[0])
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert run_isolated(Job(Source("work"))) == "did work"


def test_threads_have_a_worker_each():
    found = []
    ask = [
        threading.Thread(target=lambda: found.append(run_isolated(Job(Source("slow")))))
        for _ in range(3)
    ]
    for thread in ask:
        thread.start()
    for thread in ask:
        thread.join()
    assert len(set(found)) == 3


def test_a_process_that_was_forked_leaves_the_workers_to_its_parent():
    before = run_isolated(Job(Source("where")))
    child = os.fork()
    if child == 0:
        os._exit(run_isolated(Job(Source("where"))).split()[0] == before.split()[0])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert run_isolated(Job(Source("where"))) == before


def test_a_worker_that_has_grown_too_large_ends_after_its_job(tmp_path):
    script = "import clawc.compiler.worker_loop as loop; loop.LARGEST = 0; loop.main()"
    question = b"".join(map(pickle.dumps, (Surroundings.here(), Job(Source("work")))))
    done = subprocess.run([sys.executable, "-c", script], input=2 * question, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == pickle.dumps((False, "did work"), pickle.HIGHEST_PROTOCOL)


@pytest.mark.parametrize("ending", ["", "os.kill(os.getpid(), 9)"])
def test_workers_end_with_the_process_that_asked(ending):
    script = f"""import os, sys
sys.path[:] = {sys.path}
from worker_job import Job, Source
from clawc.compiler.worker import run_isolated
print(run_isolated(Job(Source("where"))), flush=True)
{ending}"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    worker = f"/proc/{done.stdout.split()[0]}"
    limit = time.monotonic() + 10
    while os.path.exists(worker):
        assert time.monotonic() < limit, "the worker is still there"
        time.sleep(0.05)


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
