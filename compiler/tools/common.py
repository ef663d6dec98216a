"""What the command-line programs share: reading input, writing output, saying what went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click

from clawc.compiler.diagnostics import CompileError, Diagnostic, UsageError
from clawc.compiler.source import Source
from clawc.compiler.spelling import did_you_mean
from clawc.runtime.errors import RunError


def option(name: str, *more: str, **settings: Any) -> Callable[[Any], Any]:
    """A click option that is spelled `-name` as well as `--name`, as LLVM's tools have it."""
    return click.option(f"-{name}", f"--{name}", *more, **settings)


class Command(click.Command):
    """A command that says which option a misspelled one may have been."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Click takes `-targt=x` for `-t` with an argument, and would say that there is no `-t`."""
        written = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            words = [word.partition("=")[0] for word in written]
            known = self.spellings(ctx)
            wrong = [w for w in words if w.startswith(error.option_name) and w not in known]
            word = wrong[0] if wrong else error.option_name
            message = f"no option {word!r}{did_you_mean(word, known)}"
            raise click.UsageError(message, ctx) from None
        except OSError as error:  # --help and the like write
            fail(failure(ctx.info_name or "", error))

    def spellings(self, ctx: click.Context) -> list[str]:
        """All options as they can be written."""
        return [
            name for parameter in self.get_params(ctx) for name in parameter.opts if name[0] == "-"
        ]


def input_source(name: str) -> Source:
    """The source in the file called `name`; `-` is standard input."""
    if name != "-":
        return Source.read(name)
    if sys.stdin is None:
        raise CompileError([Diagnostic("cannot read: standard input is closed", "<stdin>")])
    return Source(sys.stdin.buffer.read(), "<stdin>")


def write_output(name: str, data: str | bytes) -> None:
    """Write to the file called `name`, whole or not at all; `-` is standard output."""
    from clawc.runtime.atomic_file import write_atomically

    raw = data.encode() if isinstance(data, str) else data
    try:
        if name == "-":
            write_stdout(raw)
        else:
            write_atomically(name, [raw])
    except BrokenPipeError:
        raise
    except OSError as error:
        shown = "<stdout>" if name == "-" else name
        raise CompileError([Diagnostic(f"cannot write: {error.strerror}", shown)]) from None


def write_stdout(raw: bytes) -> None:
    if sys.stdout is None:
        raise CompileError([Diagnostic("cannot write: standard output is closed", "<stdout>")])
    sys.stdout.buffer.write(raw)
    sys.stdout.flush()


@contextmanager
def reporting_errors(program: str) -> Iterator[None]:
    """Print errors that a user can act on, without a traceback, and exit with 1; with 2, as click
    does, where the command is wrong whatever the files hold."""
    if sys.stderr is None:  # closed: what is printed there must not come out elsewhere
        sys.stderr = open(os.devnull, "w")
    try:
        yield
    except UsageError as error:
        click.echo(f"{program}: {error}", err=True)
        raise SystemExit(2) from None
    except CompileError as error:
        fail(str(error))
    except (RunError, OSError) as error:
        fail(failure(program, error))


def failure(program: str, error: Exception) -> str:
    """What to say of it; nothing where who reads the output has enough."""
    return "" if isinstance(error, BrokenPipeError) else f"{program}: error: {error}"


def fail(message: str) -> NoReturn:
    """Exit with 1.  What is still to be written to standard output goes nowhere: Python would
    report at its end that it could not write it."""
    if message:
        click.echo(message, err=True)
    if sys.stdout is not None:
        with suppress(OSError, ValueError):  # it may be something without a number
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
    raise SystemExit(1) from None
