"""The test command: `python test` runs all of lit, then all of pytest, and counts what ran.

A NAME is a pass or a room (`expand-math`, `tile`), a target (`nvptx`), a chip (`gfx1100`), a
device (`opencl`, `emulator:sm_80`), or the path of a test or of a source.  What follows `--` goes
to pytest.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from runner.parts import Outcome, run_lit, run_pytest  # noqa: E402  support/ is on the path now
from runner.selection import UnknownName, everything, select  # noqa: E402

MOST_WORKERS = 8  # each takes about 1 GB
USAGE_ERROR = 2


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        "python test", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("names", nargs="*", metavar="NAME", help="run only what belongs to these")
    made.add_argument(
        "--quick",
        action="store_true",
        help="all of lit, and of pytest the first test of every file and device: a minute or two",
    )
    workers = min(max(os.cpu_count() or 2, 2), MOST_WORKERS)
    made.add_argument("-j", type=int, default=workers, metavar="N", help="workers (%(default)s)")
    return made


def main(arguments: list[str]) -> int:
    """0 if all tests that were asked for ran and passed; 1 if not; 2 for a usage error."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser().parse_args(arguments[:at])
    start = time.monotonic()
    try:
        selection = select(options.names) if options.names else everything()
    except UnknownName as error:
        print(f"python test: error: {error}", file=sys.stderr)
        return USAGE_ERROR
    outcomes: list[Outcome] = []
    if selection.lit is not None:
        outcomes.append(run_lit(selection.lit, options.j))
    if selection.pytest is not None:
        quick = ["--quick"] if options.quick else []
        outcomes.append(run_pytest([*quick, *selection.pytest, *arguments[at + 1 :]], options.j))
    good = all(outcome.good for outcome in outcomes)
    print("", *outcomes, sep="\n")
    print(f"tests {'passed' if good else 'FAILED'} in {time.monotonic() - start:.0f} s", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
