"""Programs of other front ends and fused chains, as `test/run` runs them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import linalg_fills  # noqa: F401 (adds to MOVES)
import linalg_gathers  # noqa: F401 (adds to MOVES)
import linalg_packs  # noqa: F401 (adds to MOVES)
import linalg_results  # noqa: F401 (adds to MOVES)
from linalg_moves import MOVES
from linalg_named import NAMED
from programs.program import Program, by_arrays
from random_chains import random_chain

RANDOM = 60


def named() -> Iterator[Program]:
    """Named operations of linalg, on integers that nothing rounds."""
    for number, case in enumerate(NAMED):
        for dynamic in (False, True):
            text, inputs, result = case.program(dynamic)
            name = f"linalg.{case.op} {case.dtype} {number}{' dynamic' if dynamic else ''}"
            yield Program(name, text, tuple(inputs), by_arrays([result]))


def moves() -> Iterator[Program]:
    for name, make in MOVES.items():
        text, inputs, results = make()
        yield Program(f"tensor {name}", text, tuple(inputs), by_arrays(results))


def chains() -> Iterator[Program]:
    """Chains of linalg operations drawn at random, on numbers that nothing rounds."""
    for seed in range(RANDOM):
        chain = random_chain(Random(seed), ["f32", "f16", "bf16", "f64", "i8", "i32", "i64", "i1"])
        answer = by_arrays(chain.results)
        yield Program(f"random chain {seed}", chain.text, tuple(chain.inputs), answer)


def all_chains() -> list[Program]:
    return [each for make in (moves, named, chains) for each in make()]
