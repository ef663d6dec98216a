"""What the command-line programs share: reading input, writing output, saying what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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

    def spellings(self, ctx: click.Context) -> list[str]:
        """All options as they can be written."""
        return [
            name for parameter in self.get_params(ctx) for name in parameter.opts if name[0] == "-"
        ]


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
        write_atomically(name, [raw])
    except OSError as error:
        raise CompileError([Diagnostic(f"cannot write: {error.strerror}", name)]) from None


@contextmanager
def reporting_errors(program: str) -> Iterator[None]:
    """Print errors that a user can act on, without a traceback, and exit with 1; with 2, as click
    does, where the command is wrong whatever the files hold."""
    try:
        yield
    except UsageError as error:
        click.echo(f"{program}: {error}", err=True)
        raise SystemExit(2) from None
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
