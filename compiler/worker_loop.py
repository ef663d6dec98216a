"""What a worker process does: one job after the other, until nobody can ask any more.

Questions and replies are pickles on standard input and output.  What a job prints goes to standard
error, which is a file that the parent reads after each job.
"""

from __future__ import annotations

import os
import pickle
import resource
import sys
from dataclasses import dataclass
from typing import IO, Any, Protocol

LARGEST = 2**30  # bytes that a worker may have held, after which another one takes its place


class Task(Protocol):
    """Something that can be pickled and done elsewhere; `run` may import what it likes."""

    def run(self) -> Any: ...


@dataclass(frozen=True)
class Surroundings:
    """What a job takes from the process that asks, beside itself."""

    folder: str
    environment: dict[str, str]
    path: list[str]

    @classmethod
    def here(cls) -> Surroundings:
        """Those of this process.  NumPy's BLAS, which compiling never needs, would start threads
        that wait: 0.1 s."""
        return cls(_folder(), {**os.environ, "OPENBLAS_NUM_THREADS": "1"}, list(sys.path))

    def enter(self) -> None:
        """Make this process's like them."""
        if self.folder:
            os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        sys.path[:] = self.path


def _folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # removed since
        return ""


def main() -> None:
    """Reply until the questions end, or this process has grown too large."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # stray prints must not mix with the reply
    while _question_comes(sys.stdin.buffer):
        pickle.load(sys.stdin.buffer).enter()
        _answer(pickle.load(sys.stdin.buffer), replies)
        sys.stdout.flush()
        sys.stderr.flush()
        replies.flush()
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > LARGEST:
            break
    os._exit(0)  # tearing down contexts and threads tells nobody anything and takes time


def _question_comes(questions: IO[bytes]) -> bool:
    return bool(questions.peek(1))  # pyright: ignore[reportAttributeAccessIssue]  # it is buffered


def _answer(job: Task, replies: IO[bytes]) -> None:
    from clawc.compiler.diagnostics import CompileError

    try:
        reply = (False, job.run())
    except CompileError as error:
        reply = (True, error)
    pickle.dump(reply, replies, pickle.HIGHEST_PROTOCOL)
