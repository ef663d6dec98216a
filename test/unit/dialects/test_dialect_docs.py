"""The reference page: current, and its examples are valid programs.

Covers: dialects/docs.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from linalg_jit import lowered

from clawc.dialects.claw import SOURCE_OPS
from clawc.dialects.docs import named_results, page

PAGE = Path(__file__).parents[3] / "docs" / "ops.md"


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run: python -m clawc.dialects.docs > docs/ops.md"


@pytest.mark.parametrize("op", SOURCE_OPS, ids=lambda op: op.OPERATION_NAME)
def test_the_example_lowers(op: type) -> None:
    head, _, types = op.example.rpartition(" : (")
    head, (inputs, result) = f"{head} ", types.split(") -> ")
    names = re.findall(r"%\w+", head.partition("{")[0])
    arguments = zip(names, re.findall(r"tensor<[^>]*>", inputs), strict=True)
    listed = ", ".join(f"{name}: {type_}" for name, type_ in arguments)
    made, results = named_results(op.example), result.strip("()")
    count = results.count("tensor<")
    given = "%r" if count == 1 else ", ".join(f"%r#{i}" for i in range(count))
    body = f"{made} = {op.example}\n  return {given} : {results}"
    lowered(f"func.func @f({listed}) -> {result} {{\n  {body}\n}}\n")


@pytest.mark.parametrize("op", SOURCE_OPS, ids=lambda op: op.OPERATION_NAME)
def test_every_operation_is_described(op: type) -> None:
    assert op.__doc__ and op.example.startswith(op.OPERATION_NAME)
