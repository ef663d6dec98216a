"""What the command-line programs share: reading input, writing output, saying what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.compiler.source import Source
from clawc.runtime.errors import RunError


def option(name: str, *more: str, **settings: Any) -> Callable[[Any], Any]:
    """A click option that is spelled `-name` as well as `--name`, as LLVM's tools have it."""
    return click.option(f"-{name}", f"--{name}", *more, **settings)


def input_source(name: str) -> Source:
    """The source in the file called `name`; `-` is standard input."""
    if name == "-":
        return Source.decode(sys.stdin.buffer.read(), "<stdin>")
    return Source.read(name)


def write_output(name: str, data: str | bytes) -> None:
    """Write to the file called `name`, whole or not at all; `-` is standard output."""
    from clawc.runtime.atomic_file import write_atomically

    raw = data.encode() if isinstance(data, str) else data
    if name == "-":
        sys.stdout.buffer.write(raw)
        sys.stdout.flush()
        return
    try:
        write_atomically(name, raw)
    except OSError as error:
        raise CompileError([Diagnostic(f"cannot write: {error.strerror}", name)]) from None


@contextmanager
def reporting_errors(program: str) -> Iterator[None]:
    """Print errors that a user can act on, without a traceback, and exit with code 1."""
    try:
        yield
    except CompileError as error:
        click.echo(error, err=True)
        raise SystemExit(1) from None
    except RunError as error:
        click.echo(f"{program}: error: {error}", err=True)
        raise SystemExit(1) from None
    except BrokenPipeError:
        raise SystemExit(1) from None
    except OSError as error:
        click.echo(f"{program}: error: {error}", err=True)
        raise SystemExit(1) from None
