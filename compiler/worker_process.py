"""A job in a process of its own, which is kept for the next: how it is asked.

The parent imports no MLIR.  A worker that ends, or does not end in time, takes no more than its job
with it; the next job has another worker.  Threads that ask at once have a worker each.
"""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from typing import IO, Any

from clawc.compiler.worker_loop import Surroundings, Task

# A program may have put clawc on its path itself.
_START = "import sys; sys.path[:] = {path!r}; from clawc.compiler.worker_loop import main; main()"
KEPT = 4  # idle workers at most: each holds the compiler's libraries, some 200 MB


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
    worker = _idle.take() or Worker()
    try:
        failed, result = worker.ask(job, seconds)
    except BaseException:
        worker.end()
        raise
    sys.stderr.write(worker.said())
    _idle.give(worker)
    if failed:
        raise result
    return result


class Worker:
    """A process that does jobs, one at a time."""

    def __init__(self) -> None:
        self._said = _nameless_file()
        here = Surroundings.here()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START.format(path=here.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=here.environment,
        )

    @property
    def is_there(self) -> bool:
        return self._process.poll() is None

    def ask(self, job: Task, seconds: float | None) -> tuple[bool, Any]:
        """Whether the job failed, and its result or what it raised.  Raises WorkerDied."""
        questions, replies = self._process.stdin, self._process.stdout
        assert questions is not None and replies is not None
        late = threading.Event()
        limit = threading.Timer(seconds, self._stop, [late]) if seconds is not None else None
        if limit:
            limit.start()
        try:
            pickle.dump(Surroundings.here(), questions)
            pickle.dump(job, questions, pickle.HIGHEST_PROTOCOL)
            questions.flush()
            return pickle.load(replies)
        except (EOFError, OSError, pickle.UnpicklingError):
            cause = f"no end after {seconds} seconds" if late.is_set() else self._ending()
            raise WorkerDied(cause, self.said()) from None
        finally:
            if limit:
                limit.cancel()
                limit.join()  # so that it does not end the next job

    def said(self) -> str:
        """What it printed since this was asked last."""
        self._said.seek(0)
        text = self._said.read().decode(errors="replace")
        self._said.truncate(0)
        return text

    def end(self) -> None:
        """Kill the process, which has nothing to lose."""
        self._process.kill()
        self._process.communicate()
        self._said.close()

    def forget(self) -> None:
        """Let go of a process that is another's to end."""
        self._process.returncode = 0  # so that nobody waits for it, or wonders

    def _stop(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _ending(self) -> str:
        status = self._process.wait()
        return signal.Signals(-status).name if status < 0 else f"exit code {status}"


class Idle:
    """The workers that have nothing to do."""

    def __init__(self) -> None:
        self._workers: list[Worker] = []
        self._lock = threading.Lock()

    def take(self) -> Worker | None:
        """The one that worked last; None where there is none."""
        while True:
            with self._lock:
                if not self._workers:
                    return None
                worker = self._workers.pop()
            if worker.is_there:
                return worker
            worker.end()

    def give(self, worker: Worker) -> None:
        with self._lock:
            if len(self._workers) < KEPT:
                self._workers.append(worker)
                return
        worker.end()

    def end(self) -> None:
        """End them all."""
        while worker := self.take():
            worker.end()

    def forget(self) -> None:
        """In a process that was forked: they answer to its parent."""
        self._lock = threading.Lock()
        for worker in self._workers:
            worker.forget()
        self._workers = []


_idle = Idle()
atexit.register(_idle.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.forget)


def _nameless_file() -> IO[bytes]:
    """A file that is gone once it is closed: in memory, where the system has such.  What is written
    goes to its end, wherever that is then."""
    import fcntl

    if hasattr(os, "memfd_create"):
        file = os.fdopen(os.memfd_create("clawc"), "w+b", buffering=0)
    else:
        file = tempfile.TemporaryFile(buffering=0)
    fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_APPEND)
    return file
