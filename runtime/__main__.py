"""`python -m clawc.runtime BUNDLE.claw`: run a bundle where there is no compiler.

`claw-run` can do more: it compiles, and comes with the compiler.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from clawc.runtime.artifact import Artifact
from clawc.runtime.atomic_file import write_atomically
from clawc.runtime.device import list_devices, shared_device
from clawc.runtime.errors import RunError
from clawc.runtime.executable import load
from clawc.runtime.run_report import (
    check_lines,
    launch_lines,
    npz,
    only_entry,
    result_lines,
    timed,
)
from clawc.runtime.sample_inputs import DEFAULT_SIZE, random_arguments, read_arguments

FAILED, UNLIKE = 1, 3  # exit codes; argparse ends a wrong command with 2


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        "python -m clawc.runtime",
        description="Run a bundle on a device of this machine.",
        allow_abbrev=False,
    )
    made.add_argument("bundle", metavar="BUNDLE.claw", nargs="?", help="what clawc compiled")
    made.add_argument("--device", metavar="D", default="host", help="where to run (host)")
    made.add_argument("--entry", metavar="NAME", help="the function: main, or the only one")
    made.add_argument("--inputs", metavar="IN.npz", help="the arguments; without it random ones")
    made.add_argument("--outputs", metavar="OUT.npz", help="write the results")
    made.add_argument("--size", type=int, default=DEFAULT_SIZE, help="of open dimensions (64)")
    made.add_argument("--seed", type=int, default=0, help="of random arguments (0)")
    made.add_argument("--repeat", type=int, default=1, metavar="N", help="time N runs")
    made.add_argument("--kernels", action="store_true", help="print how long each launch takes")
    made.add_argument("--check", metavar="D", help="compare with this device; 3 if unlike")
    made.add_argument("--list-devices", action="store_true", help="and why a driver has none")
    return made


def devices_text() -> list[str]:
    """Each device, or what is missing for it."""
    return [
        f"{found.name:16} {'' if found.available else 'not available: '}{found.description}"
        for found in list_devices()
    ]


def run(options: argparse.Namespace) -> int:
    """Run as the command says; the exit code."""
    bundle = Artifact.load(options.bundle)
    entry = options.entry or only_entry(bundle)
    executable = load(bundle, options.device, entry)
    if options.inputs is not None:
        arguments = read_arguments(options.inputs, executable.entry)
    else:
        arguments = random_arguments(executable.entry, {}, options.size, options.seed)
    results, lines = timed(executable, arguments, options.repeat)
    if options.kernels:
        lines += launch_lines(executable, arguments)
    lines += result_lines(results)
    if options.outputs is not None:
        write_atomically(Path(options.outputs), [npz(results)])
    agrees = True
    if options.check is not None:
        other = load(bundle, shared_device(options.check), entry)
        agrees, compared = check_lines(other, arguments, results)
        lines += compared
    print(*lines, sep="\n")
    return 0 if agrees else UNLIKE


def main(arguments: Sequence[str] | None = None) -> int:
    made = parser()
    options = made.parse_args(arguments)
    if options.repeat < 1 or options.size < 0 or options.seed < 0:
        made.error("expected --repeat of 1 or more, --size and --seed of 0 or more")
    if options.list_devices:
        print(*devices_text(), sep="\n")
        return 0
    if options.bundle is None:
        made.error("expected a bundle, or --list-devices")
    try:
        return run(options)
    except (RunError, OSError) as error:
        print(f"clawc.runtime: error: {error}", file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    raise SystemExit(main())
