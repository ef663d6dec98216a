"""Each scalar operation gives what its signature says, and takes nothing else."""

from __future__ import annotations

import pytest

from clawc.runtime.scalar_kinds import FLOAT, INTEGER, kind_of, operands_of, takes_and_gives
from clawc.runtime.scalar_operations import OPERATIONS

TYPES = {INTEGER: ("i32", 3), FLOAT: ("f32", 3.0)}


@pytest.mark.parametrize("name", OPERATIONS)
def test_signatures(name):
    taken, made = takes_and_gives(name)
    last = INTEGER if name == "math.fpowi" else taken
    types = TYPES[last][0], TYPES[made][0]
    wanted = operands_of(name, types)
    result = OPERATIONS[name].compute(*types, *(TYPES[kind][1] for kind in wanted))
    assert (FLOAT if type(result) is float else INTEGER) == made


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("arith.addi", ("f32", "f32")),
        ("arith.addf", ("i32", "i32")),
        ("arith.cmpf.oeq", ("f32", "f32")),
        ("arith.sitofp", ("f32", "f32")),
        ("math.isnan", ("i32", "i1")),
        ("math.absi", ("f32", "f32")),
        ("arith.mulsi_extended#1", ("f32", "i32")),
    ],
)
def test_other_types_are_refused(name, types):
    with pytest.raises(ValueError, match="takes no"):
        operands_of(name, types)


def test_types():
    assert [kind_of(t) for t in ("index", "i1", "i128", "bf16")] == [INTEGER] * 3 + [FLOAT]
    for wrong in ("f31", 5, None, "i0"):
        with pytest.raises(ValueError, match="unknown type"):
            kind_of(wrong)
