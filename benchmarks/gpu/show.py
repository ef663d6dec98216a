"""Compare runs of a kit: python show.py result.json [another.json ...]

One file is shown whole.  Of several, each case that was timed in more than one is a line: the
first run's time, and how many times faster each of the others is; then what is not equally right.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kit import table
from kit.results import STATES, Results


def comparison(runs: list[Results]) -> list[str]:
    """A table of times, and of verdicts that differ."""
    lines = []
    for number, run in enumerate(runs):
        lines += [f"[{number}] {text}" for text in table.heading(run)[:1]]
    times = [
        {case.name: case.fast["times"][table.OURS]["warm"] for case in table.timed(run)}
        for run in runs
    ]
    columns = [f"[{number}] faster" for number in range(1, len(runs))]
    rows = [["microseconds", "[0]", *columns]]
    for name, first in times[0].items():
        others = [f"{first / t[name]:.2f}" if name in t else "-" for t in times[1:]]
        if set(others) != {"-"}:
            rows.append([name, table.microseconds(first), *others])
    if len(rows) > 1:
        lines += ["", *table.aligned(rows)]
    states = [{case.name: case.state for case in run.cases} for run in runs]
    for name in states[0]:
        found = [each.get(name, "not run") for each in states]
        if len(set(found)) > 1:
            lines.append(f"{name}: {', '.join(STATES[each] for each in found)}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare runs of a kit.")
    parser.add_argument("files", nargs="+", type=Path, metavar="result.json")
    given = parser.parse_args()
    try:
        runs = [Results.load(path) for path in given.files]
    except (OSError, ValueError, TypeError, KeyError) as error:
        parser.error(f"no result of a run: {error}")
    print(table.page(runs[0]) if len(runs) == 1 else "\n".join(comparison(runs)))


if __name__ == "__main__":
    main()
