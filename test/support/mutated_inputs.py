"""Mutated programs: whatever is done to a text, compiling it gives an artifact or a CompileError.

    python test/support/mutated_inputs.py --count 10000 --seed 1

Each mutant of a program of this repository is compiled in a process of its own, forked from one
that has everything imported.  That process must not raise anything but CompileError, nor hang; that
it dies is counted too: LLVM and MLIR are built with assertions, and an isolated compilation
(`isolate=True`, and the command line) turns a death into a CompileError.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import re
import resource
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("examples", "test/dialects", "test/errors", "test/passes", "test/targets", "test/tools")
LONGEST = 6_000  # characters; what is found in long programs is found in short ones
TARGETS = ("host", "nvptx", "amdgpu", "spirv")
SECONDS = 60  # of processor time; a compilation that takes more hangs
PATIENCE = 900  # seconds until one that takes no time hangs too

_TOKEN = re.compile(r'"[^"\n]*"|[%@#!^]?[\w.$-]+|\S')
_WORDS = (
    "-1 0 1 2 9223372036854775807 -9223372036854775808 1.0e400 nan ? * index f32 f16 bf16 f64 i1 "
    "i8 i64 i65 none tensor<?xf32> tensor<*xf32> vector<4xf32> memref<?xf32> complex<f32> [] {} () "
    "affine_map<(i,j)->(i+j)> dense<0> dense_resource<k> true array<i64> func.func linalg.generic "
    'claw.matmul claw.unary tensor.empty scf.if %0 %x %arg0 @main unit <> \u00e9 \\ " -> :'
).split(" ")


@dataclass(frozen=True)
class Outcome:
    """What a compilation did: "compiled", "refused", "died", "hung", or "raised" and how."""

    what: str
    detail: str = ""


def corpus() -> list[str]:
    """The programs of this repository, their parts where a file holds several."""
    files = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.mlir"))
    parts = [p for file in files for p in re.split(r"// -----|//--- .*", file.read_text())]
    return [part for part in parts if "func" in part and len(part) < LONGEST]


def mutants(count: int, seed: int) -> Iterator[str]:
    """`count` programs, each changed in one to four places; the same for the same seed."""
    draw, programs = random.Random(seed), corpus()
    for _ in range(count):
        text, other = draw.choice(programs), draw.choice(programs)
        for _ in range(draw.choice((1, 1, 1, 2, 4))):
            text = mutate(text, other, draw)
        yield text


def mutate(text: str, other: str, draw: random.Random) -> str:
    """`text` with one change, which may bring something of `other`."""
    tokens = list(_TOKEN.finditer(text))
    if not tokens:
        return other
    one, two = sorted(draw.sample(tokens, 2) if len(tokens) > 1 else tokens * 2, key=re.Match.start)
    start, end = one.span()
    lines = text.splitlines(keepends=True)
    at = draw.randrange(len(lines))
    match draw.randrange(9):
        case 0:  # drop a token
            return text[:start] + text[end:]
        case 1:  # swap two
            return text[:start] + two[0] + text[end : two.start()] + one[0] + text[two.end() :]
        case 2:  # another word
            return text[:start] + draw.choice(_WORDS) + text[end:]
        case 3:  # a word of the other program
            words = _TOKEN.findall(other) or [""]
            return text[:start] + draw.choice(words) + text[end:]
        case 4:  # a token twice
            return f"{text[:end]} {text[start:]}"
        case 5:  # a line moved, doubled or dropped
            kept = lines[:at] + lines[at + 1 :]
            to = draw.randrange(len(lines))
            return "".join(draw.choice((kept, lines[:to] + [lines[at]] + lines[to:])))
        case 6:  # another number
            return re.sub(
                rf"(?<=.{{{start}}})\d+", str(draw.randrange(-3, 70)), text, count=1, flags=re.S
            )
        case 7:  # cut short
            return text[:start]
        case _:  # one character
            place = draw.randrange(len(text))
            return text[:place] + chr(draw.choice((0, 9, 34, 37, 60, 123, 255))) + text[place + 1 :]


def outcome(text: str, target: str) -> Outcome:
    """What compiling `text` does, in a process of its own."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_compile, args=(text, target, sender))
    process.start()
    sender.close()
    try:
        found = receiver.recv() if receiver.poll(PATIENCE) else Outcome("hung")
    except EOFError:
        process.join()
        code = process.exitcode
        found = Outcome("hung" if code == -signal.SIGXCPU else "died", f"exit code {code}")
    process.kill()
    process.join()
    return found


def _compile(text: str, target: str, sender) -> None:
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # last words of LLVM
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    import clawc

    try:
        clawc.compile(text, target, cache=False)
        sender.send(Outcome("compiled"))
    except clawc.CompileError:
        sender.send(Outcome("refused"))
    except BaseException:
        sender.send(Outcome("raised", traceback.format_exc(limit=-3)))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=1000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--keep", type=Path, help="a folder for the mutants that fail")
    asked = options.parse_args()
    import clawc.compiler.compilation  # noqa: F401  before the processes are forked

    counts: Counter[str] = Counter()
    start = time.monotonic()
    for number, text in enumerate(mutants(asked.count, asked.seed)):
        found = outcome(text, TARGETS[number % len(TARGETS)])
        counts[found.what] += 1
        if found.what in ("raised", "hung", "died"):
            print(f"{asked.seed}/{number} {found.what} {found.detail}", flush=True)
            if asked.keep:
                asked.keep.mkdir(exist_ok=True)
                (asked.keep / f"{asked.seed}-{number}-{found.what}.mlir").write_text(text)
    print(dict(counts), f"in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
