"""What compilers make of kernels, by their machine code: see README.md beside this.

python -m benchmarks.static [--chip CHIP]… [--program TEXT]… [--no-peer] [--json FILE]
python -m benchmarks.static --compare BEFORE.json AFTER.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from benchmarks.static import gcn, ours, peer, sass
from benchmarks.static.measure import Measured, measure
from benchmarks.static.programs import CHIPS, PROGRAMS, Program
from benchmarks.static.table import comparison, table
from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.compiler.diagnostics import CompileError
from clawc.targets.emission import EmissionError


@click.command()
@click.option("--chip", "chips", multiple=True, default=CHIPS, help="TARGET:CHIP; all by default.")
@click.option("--program", "words", multiple=True, help="Programs whose names hold this text.")
@click.option("--schedule", default="", help="A schedule file for clawc's kernels.")
@click.option("--no-peer", is_flag=True, help="Leave Triton out.")
@click.option("--json", "output", type=click.Path(), help="Write the figures there, too.")
@click.option("--compare", nargs=2, type=click.Path(exists=True), help="Two such files instead.")
def main(
    chips: Sequence[str],
    words: Sequence[str],
    schedule: str,
    no_peer: bool,
    output: str | None,
    compare: tuple[str, str] | None,
) -> None:
    """Compile the table of kernels and print what the machine code says."""
    if compare:
        before, after = (json.loads(Path(name).read_text())["kernels"] for name in compare)
        print(comparison(before, after))
        return
    programs = [p for p in PROGRAMS if not words or any(word in p.name for word in words)]
    with_peer = not no_peer and peer.version() != ""
    found = [
        measured.record()
        for chip in map(find, chips)
        for program in programs
        for measured in _measured(program, chip, schedule, with_peer)
    ]
    versions = {"assemblers": f"{sass.versions()}, {gcn.versions()}", "peer": peer.version()}
    print(table(found), f"\n\n{versions['assemblers']}; {peer.NAME} {versions['peer']}")
    if output:
        Path(output).write_text(json.dumps({"versions": versions, "kernels": found}, indent=1))


def _measured(program: Program, chip: Chip, schedule: str, with_peer: bool) -> Iterator[Measured]:
    try:
        for code in ours.kernels(program, chip, schedule):
            yield measure(program.name, ours.NAME, chip, code)
    except CompileError as error:
        print(f"{chip}: {program.name}: {error}", file=sys.stderr)
    settings = peer.SETTINGS.get(program.name, ()) if with_peer else ()
    tried = []
    for setting in settings:
        try:
            tried.append(measure(program.name, peer.NAME, chip, peer.kernel(setting, chip)))
        except (EmissionError, RuntimeError) as error:  # a setting that the chip cannot hold
            print(f"{chip}: {program.name}: {peer.NAME}: {error}", file=sys.stderr)
    if tried:
        yield min(tried, key=_rank)


def _rank(found: Measured) -> tuple[bool, float, int]:
    """Without spills first; then what computes most an instruction; then the shortest."""
    return bool(found.spills), -found.flop_per_instruction, found.instructions


if __name__ == "__main__":
    main()
