"""Rows of matrix instructions: each check fails once, and the writers that rows name exist."""

from dataclasses import replace

import pytest

from clawc.chips.known import find
from clawc.chips.matrix import TABLE, Fragment
from clawc.chips.matrix import find as find_row
from clawc.passes.distribute.matrix import EMITTERS

MMA = TABLE[0]
TWO = ((1, 0), (0, 1))


@pytest.mark.parametrize(
    "shape, registers, lanes, message",
    [
        ((3, 2), (), TWO, "expected powers of two"),
        ((2, 2), ((2, 0),), TWO, "registers step .2, 0. out of"),
        ((2, 2), (), ((0, 1), (0, 2)), "lanes step .0, 2. out of"),
        ((2, 2), ((1, 0),), TWO, "holds an element twice"),
        ((2, 2), ((0, 0),), TWO, "holds an element twice"),
        ((4, 4), ((2, 0),), ((1, 0), (0, 2), (2, 2)), "holds an element twice"),
        ((4, 2), (), TWO, "reach 4 of its 8 elements"),
    ],
)
def test_a_fragment_that_does_not_cover_is_refused(shape, registers, lanes, message):
    with pytest.raises(ValueError, match=message):
        Fragment(shape, registers, lanes)


def test_lanes_may_hold_the_same():
    assert Fragment((2, 2), ((1, 0),), ((0, 1), (0, 0))).lanes[1] == (0, 0)


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(b=MMA.a), "a, b, c: .16, 16. times .16, 16. is not .16, 8."),
        (dict(operand="f8"), "operand: 'f8' has no row"),
        (dict(accumulator="f128"), "accumulator: 'f128' has no row"),
        (dict(families=("kepler",)), "families: no chip is of family 'kepler'"),
        (dict(families=("cdna3",)), "a: has 32 lanes; cdna3 has 64"),
        (dict(a_rows=MMA.a_rows[:4]), "a step for each bit of the lane, or none"),
        (dict(b_columns=()), "a step for each bit of the lane, or none"),
        (dict(b_columns=(*MMA.b_columns[:4], (16, 0))), "b_columns step .16, 0. out of"),
    ],
)
def test_a_row_that_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=f"{MMA.name}.*{message}"):
        replace(MMA, **change)


def test_an_accumulator_is_held_once():
    wmma = next(row for row in TABLE if (0, 0) in row.a.lanes)
    with pytest.raises(ValueError, match="c: lanes hold the same accumulator"):
        replace(wmma, c=wmma.a)


def test_a_row_is_for_all_chips_of_its_families():
    row = find_row(find("nvptx:sm_120"), "f16", "f32", (16, 8, 16))
    assert row is MMA
    assert find_row(find("nvptx:sm_75"), "f16", "f32", (16, 8, 16)) is None
    assert find_row(find("amdgpu:gfx908"), "bf16", "f32", (32, 32, 8)) is None


def test_every_row_has_a_writer():
    assert {row.emitter for row in TABLE} == EMITTERS.keys()
