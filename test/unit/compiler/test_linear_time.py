"""A program of four times the size takes about four times the work.

Covers: compiler/compilation.py.
"""

from __future__ import annotations

import time
from collections import defaultdict

import pytest
from large_programs import PROGRAMS
from mlir import ir

from clawc.chips.known import find
from clawc.compiler.compilation import Compilation
from clawc.compiler.source import Source
from clawc.passes.framework.pipeline import Observer, Step
from clawc.passes.ir.body import body_of, captures

SIZES = {"gru": 8, "chain": 50, "fan": 40}
MOST = 6  # times as long, with room for what is no work of ours


def seconds(name: str, size: int) -> float:
    """The processor's, which other work on the machine hardly changes."""
    source = Source(PROGRAMS[name](size)[0])
    start = time.process_time()
    Compilation(source).images([find("host")])
    return time.process_time() - start


@pytest.mark.parametrize("name", SIZES)
def test_time_is_linear(name):
    seconds(name, 2)  # imports, and what is made once
    ratios = []
    while not ratios or (ratios[-1] > MOST and len(ratios) < 3):
        ratios.append(seconds(name, 4 * SIZES[name]) / seconds(name, SIZES[name]))
    assert min(ratios) <= MOST, f"four times as large, {ratios} times as long"


class Collisions(Observer):
    """The most generics that CSE compares with each other although their bodies differ: it looks
    them up by all but these."""

    most = 0

    def before(self, step: Step, module: ir.Module) -> None:
        if step.name != "cse":
            return
        bodies: dict[tuple, set[tuple]] = defaultdict(set)

        def visit(op: ir.Operation) -> ir.WalkResult:
            if op.name == "linalg.generic":
                noted = tuple(op.attributes[i].attr for i in range(len(op.attributes)))
                inner = list(body_of(op).operations)
                captured = captures(inner, list(body_of(op).arguments))
                bodies[noted].add((*(each.name for each in inner), *captured))
            return ir.WalkResult.ADVANCE

        module.operation.walk(visit)
        self.most = max(self.most, *map(len, bodies.values()), 0)


@pytest.mark.parametrize("name", SIZES)
def test_cse_does_not_compare_all_with_all(name):
    collisions = Collisions()
    Compilation(Source(PROGRAMS[name](20)[0]), observers=[collisions]).shared()
    assert collisions.most <= 4
