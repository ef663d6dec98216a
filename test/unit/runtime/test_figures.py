"""Figures of estimates: how they evaluate, and what folding leaves.

Covers: targets/estimates/figures.py.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawc.runtime.figures import COMPARISONS, OPERATORS, evaluate, holds
from clawc.targets.estimates.figures import combine, negate

SCALARS = (3, 5, 7)
LEAVES = st.one_of(st.integers(-20, 20), st.sampled_from([("scalar", i) for i in range(3)]))
TOTAL = ("add", "sub", "mul", "max", "min")
FIGURES = st.recursive(
    LEAVES, lambda part: st.tuples(st.sampled_from(TOTAL), part, part), max_leaves=12
)
COMPARED = st.tuples(st.sampled_from(sorted(COMPARISONS)), FIGURES, FIGURES)


def reference(figure) -> int:
    if isinstance(figure, int):
        return figure
    name, *rest = figure
    if name == "scalar":
        return SCALARS[rest[0]]
    a, b = rest
    signs = {"add": "+", "sub": "-", "mul": "*"}
    if name in signs:
        return eval(f"({reference(a)}) {signs[name]} ({reference(b)})")
    return {"max": max, "min": min}[name](reference(a), reference(b))


@given(FIGURES)
def test_figures_evaluate_as_python_does(figure):
    assert evaluate(figure, SCALARS) == reference(figure)


@given(st.sampled_from(sorted(OPERATORS)), FIGURES, FIGURES)
def test_combining_folds_without_changing_the_value(name, left, right):
    if name in ("floordiv", "ceildiv", "quotient", "mod") and evaluate(right, SCALARS) == 0:
        return
    expected = evaluate((name, left, right), SCALARS)
    assert evaluate(combine(name, left, right), SCALARS) == expected


@given(COMPARED, COMPARED)
def test_conditions(one, other):
    a, b = holds(one, SCALARS), holds(other, SCALARS)
    assert holds(("and", one, other), SCALARS) == (a and b)
    assert holds(("or", one, other), SCALARS) == (a or b)
    assert holds(negate(one), SCALARS) == (not a)
    assert holds(negate(("or", one, other)), SCALARS) == (not (a or b))
    assert evaluate(("select", one, 1, 0), SCALARS) == int(a)


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        (("floordiv", -7, 2), -4),
        (("quotient", -7, 2), -3),
        (("quotient", 7, 2), 3),
        (("ceildiv", 7, 2), 4),
        (("ceildiv", 0, 2), 0),
        (("mod", 7, 4), 3),
    ],
)
def test_divisions(figure, value):
    assert evaluate(figure, ()) == value
