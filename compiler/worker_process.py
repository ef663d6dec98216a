"""A job in a process of its own: how it is asked, and what that process does.

The parent imports no MLIR.  A job and its reply travel as pickles in files that are the worker's
standard input and output, as they may be large; what the worker prints on standard error is passed
on.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
from typing import IO, Any, Protocol

from clawc.compiler.diagnostics import CompileError


class Task(Protocol):
    """Something that can be pickled and done elsewhere; `run` may import what it likes."""

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


def ask_worker(job: Task, seconds: float | None = None) -> Any:
    """The result of a job, done by a worker.  Raises what the job raised, or WorkerDied."""
    try:
        with _nameless_file() as question, _nameless_file() as reply:
            pickle.dump(job, question)
            _run(question, reply, seconds)
            failed, result = pickle.load(reply)
    except subprocess.TimeoutExpired:
        raise WorkerDied(f"no end after {seconds} seconds", "") from None
    if failed:
        raise result
    return result


def _run(question: IO[bytes], reply: IO[bytes], seconds: float | None) -> None:
    """Let a worker read one file and write the other; passes on what else it says."""
    question.seek(0)
    finished = subprocess.run(
        [sys.executable, "-m", "clawc.compiler.worker_process"],
        stdin=question,
        stdout=reply,
        stderr=subprocess.PIPE,
        # NumPy's BLAS, which compiling never needs, would start threads that wait: 0.1 s.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        check=False,
        timeout=seconds,
    )
    said = finished.stderr.decode(errors="replace")
    status = finished.returncode
    if status != 0:
        raise WorkerDied(
            signal.Signals(-status).name if status < 0 else f"exit code {status}", said
        )
    sys.stderr.write(said)
    reply.seek(0)


def _nameless_file() -> IO[bytes]:
    """A file that is gone once it is closed: in memory, where the system has such."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("clawc"), "w+b")
    return tempfile.TemporaryFile()


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
