"""Run a compilation in a process of its own: a crash in MLIR or LLVM becomes a diagnostic.

The parent imports no MLIR.  A job and its reply travel as pickles over the worker's standard
input and output; what the worker prints on standard error is passed on.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.source import Source


class Job(Protocol):
    """Something that can be pickled and done elsewhere; `run` may import what it likes."""

    @property
    def source(self) -> Source: ...

    def run(self) -> Any: ...


@dataclass(frozen=True)
class ArtifactJob:
    """`clawc.compile` of `source` for `targets`."""

    source: Source
    targets: tuple[str, ...]
    options: Any  # clawc.compiler.compilation.Options, not imported here

    def run(self) -> Any:
        from clawc.compiler.compilation import Compilation, find_chips
        from clawc.runtime.artifact import Artifact

        return Artifact(Compilation(self.source, self.options).images(find_chips(self.targets)))


def run_isolated(job: Job) -> Any:
    """The result of `job`, done by a worker.  Raises what the job raised.

    A worker that dies becomes a CompileError; the source is kept in a file that reproduces it.
    """
    finished = subprocess.run(
        [sys.executable, "-m", "clawc.compiler.worker"],
        input=pickle.dumps(job),
        # NumPy's BLAS, which compiling never needs, would start threads that wait busily: 0.1 s.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    said = finished.stderr.decode(errors="replace")
    if finished.returncode != 0:
        raise CompileError([_crash(job.source, finished.returncode, said)])
    sys.stderr.write(said)
    failed, result = pickle.loads(finished.stdout)
    if failed:
        raise result
    return result


def _crash(source: Source, status: int, said: str) -> Diagnostic:
    cause = signal.Signals(-status).name if status < 0 else f"exit code {status}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last_words = next(
        (line for line in lines if "Assertion" in line or "LLVM ERROR" in line),
        lines[-1] if lines else "",
    )
    digest = hashlib.sha256(source.text.encode()).hexdigest()[:8]
    reproducer = Path(f"clawc-crash-{digest}.mlir")
    try:
        trace = "".join(f"// {line}\n" for line in said.splitlines())
        reproducer.write_text(f"{source.text}\n// What the compiler said:\n{trace}")
        where = f"the input is kept in {reproducer}"
    except OSError as error:
        where = f"the input could not be kept: {error.strerror}"
    detail = f" ({last_words})" if last_words else ""
    message = f"the compiler crashed with {cause}{detail}; {where}; please report it"
    return Diagnostic(message, source.file)


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
