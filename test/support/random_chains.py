"""Random chains of linalg and tensor operations, in all types, against NumPy.

    python test/support/random_chains.py --count 1000 --seed 0 --device host --keep failing

runs each in a process of its own, so that a death is seen, prints how many agree, and keeps the
programs that do not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import linalg_chain_dynamic as dynamic
import linalg_chain_generics as generics
import linalg_chain_named as named
import linalg_chain_ordered as ordered
import linalg_chain_views as views
import numpy as np
from harness import run, supports
from linalg_chain import STORED, Chain, Inexact

import clawc

STEPS = (
    *[generics.elementwise] * 5,
    *[generics.reduction] * 3,
    *(generics.divided, generics.gathered),
    *(views.collapse, views.expand, views.cast, views.transpose, views.broadcast, views.cut),
    *(views.put, views.pad, views.join, views.reshape),
    *(dynamic.cut_at, dynamic.cut_at, dynamic.put_at),
    *(ordered.scan, ordered.sort, ordered.topk),
    *(named.product, named.product, named.convolution, named.pooling),
)
SIZES = [0, 1, 1, 2, 3, 4, 4, 5, 7, 8, 13, 16, 33]
SECONDS = 120  # of one program


@dataclass(frozen=True)
class Program:
    text: str
    inputs: list[np.ndarray]
    results: list[np.ndarray]


def random_chain(random: Random, dtypes: Sequence[str]) -> Program:
    """One to seven steps; the results are the last value and some others."""
    kinds = random.sample(list(dtypes), random.randint(1, min(3, len(dtypes))))
    if not {"i32", "i64"} & set(kinds):
        kinds.append("i32")
    chain = Chain(random, kinds)
    shape = [random.choice(SIZES) for _ in range(random.choice([0, 1, 2, 2, 3, 3, 4]))]
    while np.prod(shape, dtype=int) > 1000:
        shape[random.randrange(len(shape))] = random.choice([1, 2, 3])
    chain.argument(random.choice(kinds), shape)
    for _ in range(random.randint(1, 7)):
        _step(chain, random.choice(STEPS))
    while not (made := _made(chain)):
        _step(chain, random.choice(STEPS))
    chosen = [made[-1], *(v for v in made[:-1] if random.random() < 0.25)]
    return Program(
        chain.text(chosen), [a.stored for a in chain.arguments], [v.stored for v in chosen]
    )


def _made(chain: Chain) -> list:
    arguments = {a.name for a in chain.arguments}
    return [v for v in chain.values if v.name not in arguments]


def _step(chain: Chain, step) -> None:
    """The step, unless its numbers would not be exact: then all is as before."""
    lengths = [len(x) for x in (chain.arguments, chain.values, chain.lines)]
    try:
        step(chain)
    except Inexact:
        for held, length in zip((chain.arguments, chain.values, chain.lines), lengths, strict=True):
            del held[length:]


def outcome(program: Program, device: str) -> str:
    """What became of it: "equal", or what is wrong."""
    try:
        results = run(program.text, program.inputs, device)
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:1500]}"
    for number, (have, want) in enumerate(zip(results, program.results, strict=True)):
        if have.shape != want.shape or have.dtype != want.dtype:
            return f"difference: result {number} is {have.dtype}{have.shape}"
        wrong = have != want
        if wrong.any():
            at = tuple(int(n) for n in np.argwhere(wrong)[0]) if have.ndim else ()
            return (
                f"difference: result {number} at {at}: {have[at]}, expected {want[at]}; "
                f"{wrong.sum()} of {wrong.size}"
            )
    return "equal"


def types(device: str) -> list[str]:
    """The element types of a device."""
    return [t for t in STORED if t == "i1" or supports(device, t)]


def forked(work: Callable[..., Any], *arguments: object) -> Any:
    """What `work` says in a process of its own, or how that died.  Only there a device is opened:
    a driver's threads do not outlive a fork."""
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    child = context.Process(target=lambda: send.send(work(*arguments)))
    child.start()
    send.close()
    try:
        said = receive.recv() if receive.poll(SECONDS) else "death: it took too long"
    except EOFError:
        child.join()
        said = f"death: exit code {child.exitcode}"
    child.kill()
    child.join()
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="host")
    parser.add_argument("--keep", type=Path, help="a folder for programs that fail")
    asked = parser.parse_args()
    dtypes = forked(types, asked.device)
    # Forks find all imported.
    clawc.compile(random_chain(Random(0), ["f32"]).text, target="host", cache=False)
    counts: Counter[str] = Counter()
    for seed in range(asked.seed, asked.seed + asked.count):
        program = random_chain(Random(seed), dtypes)
        said = forked(outcome, program, asked.device)
        counts[re.split(r"[:\n]", said)[0]] += 1
        if said == "equal":
            continue
        print(f"seed {seed}: {said[:300]}", flush=True)
        if asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            comment = "".join(f"// {line}\n" for line in said.splitlines())
            (asked.keep / f"{seed}.mlir").write_text(comment + program.text)
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    print(f"{asked.device}, seeds from {asked.seed}: {asked.count} programs, {kinds}")
    return int(counts["equal"] != asked.count)


if __name__ == "__main__":
    sys.exit(main())
