"""Formulas of a plan's scalars: short, however they were computed.

Covers: compiler/formulas.py.
"""

from __future__ import annotations

import pytest

from clawc.compiler.formulas import LONGEST, Formulas, show
from clawc.runtime.plan import Entry, ScalarType, TensorType
from clawc.runtime.steps import Compute

INDEX = ("index", "index")
ROWS = ("dim", 0, 0)


def entry(*steps: Compute) -> Entry:
    return Entry("f", (TensorType("f32", (ROWS,)), ScalarType("f64")), (), (), steps, ())


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((("arith.ceildivui", INDEX, (ROWS, 64)), ("arith.muli", INDEX, (("value", 2), 2))),
         "ceildiv(arg0.dim0, 64) * 2"),
        ((("arith.addi", INDEX, (ROWS, 1)), ("arith.muli", INDEX, (("value", 2), ROWS))),
         "(arg0.dim0 + 1) * arg0.dim0"),
        ((("arith.index_cast", ("index", "i32"), (ROWS,)),
          ("arith.sitofp", ("i32", "f64"), (("value", 2),)),
          ("arith.divf", ("f64", "f64"), (("value", 3), ("value", 1)))),
         "sitofp(arg0.dim0) / arg1"),
        ((("arith.cmpi.ult", ("index", "i1"), (ROWS, 4)),
          ("arith.select", INDEX, (("value", 2), ROWS, 4))),
         "select(cmpi.ult(arg0.dim0, 4), arg0.dim0, 4)"),
    ],
)  # fmt: skip
def test_formulas_are_as_they_would_be_written(steps, text):
    numbered = [Compute(number, *step) for number, step in enumerate(steps, start=2)]
    assert show(Formulas(entry(*numbered)).of(("value", 1 + len(steps)))) == text


def test_a_chain_of_doublings_is_as_long_as_its_steps():
    """As sizes of nested joins are: written out, the last one has a million million operations."""
    names = [ROWS, *(("value", 2 + i) for i in range(40))]
    steps = [Compute(2 + i, "arith.addi", INDEX, (names[i], names[i])) for i in range(40)]
    formulas = Formulas(entry(*steps))
    assert len(formulas.named) == 40 // 5
    for step in steps:
        formula = formulas.definition(step) if step.value in formulas.named else None
        text = show(formula if formula is not None else formulas.of(("value", step.value)))
        assert text.count("+") <= 2 * LONGEST + 1
