"""Run a compilation in a process of its own: a crash in MLIR or LLVM becomes a diagnostic.

The parent imports no MLIR.  A job and its reply travel as pickles over the worker's standard
input and output; what the worker prints on standard error is passed on.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pickle
import platform
import shlex
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.source import Source


class Job(Protocol):
    """Something that can be pickled and done elsewhere; `run` may import what it likes."""

    @property
    def source(self) -> Source: ...

    def run(self) -> Any: ...


class WorkerDied(Exception):
    """A worker gave no reply; the text says what ended it, `said` what it printed."""

    def __init__(self, cause: str, said: str) -> None:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        last_words = next(
            (line for line in lines if "Assertion" in line or "LLVM ERROR" in line),
            lines[-1] if lines else "",
        )
        super().__init__(f"{cause} ({last_words})" if last_words else cause)
        self.said = said


def run_isolated(job: Job) -> Any:
    """The result of `job`, done by a worker.  Raises what the job raised.

    A worker that dies becomes a CompileError; the source is kept in a file that reproduces it.
    """
    try:
        return ask_worker(job)
    except WorkerDied as death:
        raise CompileError([_crash(job, death)]) from None


def ask_worker(job: Any, seconds: float | None = None) -> Any:
    """The result of a job, done by a worker.  Raises what the job raised, or WorkerDied."""
    try:
        finished = subprocess.run(
            [sys.executable, "-m", "clawc.compiler.worker"],
            input=pickle.dumps(job),
            # NumPy's BLAS, which compiling never needs, would start threads that wait: 0.1 s.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise WorkerDied(f"no end after {seconds} seconds", "") from None
    said = finished.stderr.decode(errors="replace")
    status = finished.returncode
    if status != 0:
        raise WorkerDied(
            signal.Signals(-status).name if status < 0 else f"exit code {status}", said
        )
    sys.stderr.write(said)
    failed, result = pickle.loads(finished.stdout)
    if failed:
        raise result
    return result


def _crash(job: Job, death: WorkerDied) -> Diagnostic:
    kept = reproducer(job, death.said)
    name = Path(f"clawc-crash-{hashlib.sha256(kept.encode()).hexdigest()[:8]}.mlir")
    try:
        name.write_text(kept)
        where = f"the input is kept in {name}, with the command"
    except OSError as error:
        where = f"the input could not be kept: {error.strerror}"
    message = f"the compiler crashed with {death}; {where}; please report it"
    return Diagnostic(message, job.source.file)


def reproducer(job: Job, said: str) -> str:
    """The program, and in comments after it (so that places stay) what was to be done with it."""
    fields = dataclasses.fields(job) if dataclasses.is_dataclass(job) else ()
    asked = {f.name: getattr(job, f.name) for f in fields if f.name != "source"}
    notes = {
        "The command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "What was asked for": "\n".join(f"{name} = {value!r}" for name, value in asked.items()),
        "Versions": "\n".join(f"{name} {number}" for name, number in versions().items()),
        "What the compiler said": said,
    }
    comments = [
        "".join(f"// {line}\n" for line in [f"{title}:", *text.splitlines()])
        for title, text in notes.items()
    ]
    return f"{job.source.text}\n{''.join(comments)}"


def versions() -> dict[str, str]:
    """What decides how a program is compiled, beside the program and the command."""
    found = {"Python": platform.python_version(), "machine": platform.platform()}
    for name in ("clawc", "xtc-mlir-python-bindings", "llvmlite"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed as a package"
    return found


def main() -> None:
    """The worker: one job in, one reply out."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # stray prints must not mix with the reply
    job = pickle.load(sys.stdin.buffer)
    try:
        reply = (False, job.run())
    except CompileError as error:
        reply = (True, error)
    pickle.dump(reply, replies)
    replies.flush()
    sys.stderr.flush()
    os._exit(0)  # tearing down contexts and threads tells nobody anything and takes time


if __name__ == "__main__":
    main()
