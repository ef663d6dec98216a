"""What the command-line programs share: reading input, writing output, saying what went wrong."""

from __future__ import annotations

import os
import re
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


def targets_option(help_text: str) -> Callable[[Any], Any]:
    """`-target`, given several times or with commas between, as one tuple of names."""

    def separated(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]):
        return tuple(name for each in given for name in each.split(","))

    return option(
        "target",
        "targets",
        multiple=True,
        metavar="T[:CHIP]",
        help=help_text,
        callback=separated,
        shell_complete=_complete_target,
    )


def _complete_target(_context: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """The targets and chips that continue the last of the names `begun`."""
    from clawc.chips.known import known

    before, comma, last = begun.rpartition(",")
    names = [*known(), *(chip.spec for chips in known().values() for chip in chips)]
    return [f"{before}{comma}{name}" for name in names if name.startswith(last)]


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


_SEVERITY = re.compile(r"^((?:\S.*?: )??)(error|warning|note|remark)(: )", re.M)
_CARET = re.compile(r"^(\s*)\^$", re.M)
_COLOURS = {"error": "red", "warning": "magenta", "note": "cyan", "remark": "blue"}


def coloured(message: str) -> str:
    """Diagnostics with the colours of clang's; click takes them away where no terminal is."""

    def severity(found: re.Match[str]) -> str:
        return found[1] + click.style(found[2], fg=_COLOURS[found[2]], bold=True) + found[3]

    shown = _SEVERITY.sub(severity, message)
    return _CARET.sub(lambda found: found[1] + click.style("^", fg="green", bold=True), shown)


def fail(message: str) -> NoReturn:
    """Exit with 1.  What is still to be written to standard output goes nowhere: Python would
    report at its end that it could not write it."""
    if message:
        click.echo(coloured(message), err=True, color=False if "NO_COLOR" in os.environ else None)
    if sys.stdout is not None:
        with suppress(OSError, ValueError):  # it may be something without a number
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
    raise SystemExit(1) from None
