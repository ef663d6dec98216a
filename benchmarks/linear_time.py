"""How compiling for the host grows with a program: an unrolled GRU, a chain, a fan.

python benchmarks/linear_time.py                 a table of all three
python benchmarks/linear_time.py gru 32 512      one of them, of these sizes
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import clawc

sys.path.insert(0, str(Path(__file__).parents[1] / "test" / "support"))

from large_programs import PROGRAMS  # noqa: E402

SIZES = {"gru": (32, 128, 512), "chain": (250, 1000, 4000), "fan": (125, 500, 2000)}


def row(name: str, size: int) -> str:
    """The program, its operations and its text, and the seconds of the processor that it takes."""
    text, _, _ = PROGRAMS[name](size)
    start = time.process_time()
    clawc.compile(text, target="host", cache=False)
    seconds = time.process_time() - start
    operations = text.count(" = ")
    return (
        f"| {name} {size} | {operations:,} | {len(text) / 1e6:.1f} MB | {seconds:.1f} s | "
        f"{1e3 * seconds / operations:.2f} ms |"
    )


def main() -> None:
    names = sys.argv[1:2] or list(SIZES)
    clawc.compile(PROGRAMS["chain"](1)[0], target="host", cache=False)  # imports
    print("| program | operations | text | CPU | per operation |\n|---|---|---|---|---|")
    for name in names:
        for size in map(int, sys.argv[2:] or SIZES[name]):
            print(row(name, size), flush=True)


if __name__ == "__main__":
    main()
