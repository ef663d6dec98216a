"""Run a compilation in a process of its own: a crash in MLIR or LLVM becomes a diagnostic."""

from __future__ import annotations

import dataclasses
import hashlib
import platform
import shlex
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.source import Source
from clawc.compiler.worker_process import WorkerDied, ask_worker


class Job(Protocol):
    """A task on a source."""

    @property
    def source(self) -> Source: ...

    def run(self) -> Any: ...


def run_isolated(job: Job) -> Any:
    """The result of `job`, done by a worker.  Raises what the job raised.

    A worker that dies becomes a CompileError; the source is kept in a file that reproduces it.
    """
    try:
        return ask_worker(job)
    except WorkerDied as death:
        raise CompileError([_crash(job, death)]) from None


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
    return f"{job.source.whole}\n{''.join(comments)}"


def versions() -> dict[str, str]:
    """What decides how a program is compiled, beside the program and the command."""
    found = {"Python": platform.python_version(), "machine": platform.platform()}
    for name in ("clawc", "xtc-mlir-python-bindings", "llvmlite"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed as a package"
    return found
