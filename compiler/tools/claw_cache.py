"""`claw-cache`: where compiled programs are kept, how much there is, and how to be rid of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from clawc.compiler.tools.common import Command, option, reporting_errors

if TYPE_CHECKING:
    from clawc.compiler.cache.store import Entry

EPILOG = """\b
Environment:
  CLAWC_CACHE_DIR   where entries are kept; empty: nothing is
  CLAWC_CACHE_MB    how much may be kept, in millions of bytes (1000)

\b
A program is found again if nothing that decides its code has changed: its text, targets
and options, the compiler, the packages it uses, and for the host the processor.
"""


@click.command(cls=Command, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@option("list", "listed", is_flag=True, help="Print each entry, the one last used at the end.")
@option("clear", is_flag=True, help="Remove all entries.")
@click.version_option(package_name="clawc")
def main(listed: bool, clear: bool) -> None:
    """Print where compiled programs are kept, and how much there is."""
    with reporting_errors("claw-cache"):
        from clawc.compiler.cache.place import store

        kept = store()
        if kept is None:
            click.echo("nothing is kept: CLAWC_CACHE_DIR is empty")
            return
        entries = kept.clear() if clear else kept.entries()
        if listed:
            for entry in entries:
                click.echo(_line(entry))
        said = "removed from" if clear else f"of at most {_size(kept.limit)} in"
        click.echo(f"{_total(entries)} {said} {kept.folder}")


def _line(entry: Entry) -> str:
    import os
    import time

    used = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.used))
    return f"{used}  {_size(entry.size):>9}  {os.path.basename(entry.path)}"


def _total(entries: Sequence[Entry]) -> str:
    count = f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
    return f"{count}, {_size(sum(entry.size for entry in entries))},"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
