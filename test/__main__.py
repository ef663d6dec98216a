"""The test command: `python test` runs all of lit, then all of pytest, and counts what ran.

A NAME is a pass or a room (`expand-math`, `tile`), a target (`nvptx`), a chip (`gfx1100`), a
device (`opencl`, `emulator:sm_80`), or the path of a test or of a source.  What follows `--` goes
to pytest.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

import run_record  # noqa: E402  support/ is on the path now
from runner import tested  # noqa: E402
from runner.parts import ROOT, Outcome, run_lit, run_pytest  # noqa: E402
from runner.selection import UnknownName, everything, select  # noqa: E402

MOST_WORKERS = 8  # each takes about 1 GB
USAGE_ERROR = 2
TESTED = ROOT / "docs/tested.md"


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
    made.add_argument(
        "--table", action="store_true", help="after a whole run, write docs/tested.md anew"
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
    whole = not (options.names or options.quick or arguments[at + 1 :])
    if options.table and not whole:
        print("python test: error: --table needs a whole run", file=sys.stderr)
        return USAGE_ERROR
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="clawc-ran-") as folder:
        if whole:
            os.environ[run_record.FOLDER] = folder
        if selection.lit is not None:
            outcomes.append(run_lit(selection.lit, options.j))
        if selection.pytest is not None:
            quick = ["--quick"] if options.quick else []
            asked = [*quick, *selection.pytest, *arguments[at + 1 :]]
            outcomes.append(run_pytest(asked, options.j))
        ran = run_record.read(Path(folder))
    good = all(outcome.good for outcome in outcomes)
    print("", *outcomes, sep="\n")
    if good and options.table:
        TESTED.write_text(tested.page(ran))
    elif good and whole and TESTED.is_file() and (false := tested.unfounded(TESTED, ran)):
        print("docs/tested.md claims what did not run (`--table` mends it):", *false, sep="\n  ")
        good = not os.environ.get("CLAWC_REQUIRE_DRIVERS")  # without drivers, less runs
    print(f"tests {'passed' if good else 'FAILED'} in {time.monotonic() - start:.0f} s", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
