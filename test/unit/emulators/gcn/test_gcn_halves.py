"""Loads into a half of a register: what may be touched before the wait for them, and what not."""

import numpy as np
import pytest
from gcn_assembly import ASSEMBLER, assembled
from gcn_runner import launch

HIGH, LOW = "global_load_d16_hi_b16 v5, v[2:3], off", "global_load_d16_b16 v5, v[2:3], off"
WAIT = {"gfx1100": "s_waitcnt vmcnt({})", "gfx1200": "s_wait_loadcnt {}"}
# what is under way, what comes before the wait for it, and whether that is too early
CASES = [
    (HIGH, "v_mov_b16 v6.l, v5.l", False),
    (HIGH, "v_mov_b16 v6.l, v5.h", True),
    (HIGH, "v_mov_b32 v6, v5", True),
    (HIGH, "v_mov_b16 v5.l, v6.l", False),
    (HIGH, "v_mov_b16 v5.h, v6.l", True),
    (HIGH, "v_add_nc_u16 v6.h, v5.l, v4.h", False),
    (HIGH, "v_add_nc_u16 v6.h, v5.h, v4.h", True),
    (HIGH, "v_pk_add_u16 v6, v5, v4", True),
    (HIGH, "global_store_b16 v[2:3], v5, off", False),
    (HIGH, "global_store_d16_hi_b16 v[2:3], v5, off", True),
    (HIGH, "global_store_b32 v[2:3], v5, off", True),
    (HIGH, LOW, False),
    (LOW, "v_mov_b16 v6.l, v5.h", False),
    (LOW, "v_mov_b16 v6.l, v5.l", True),
    (LOW, "global_store_b8 v[2:3], v5, off", True),
]


def found(chip: str, *code: str) -> list[str]:
    wait = "s_wait_kmcnt 0" if chip == "gfx1200" else "s_waitcnt lgkmcnt(0)"
    lines = [f"v_mov_b32 v{n}, 0" for n in range(4, 8)]
    lines += ["s_load_b64 s[40:41], s[0:1], 0", wait, "v_mov_b32 v2, s40", "v_mov_b32 v3, s41"]
    data = assembled(chip, "\n".join([*lines, *code, "s_nop 0"]))
    outcome = launch(data, chip, [np.zeros(64, np.int32)], threads=32)
    kinds = [one for one in outcome.findings if one.kind != "race"]  # all store to one place
    assert all(one.kind == "unfinished" for one in kinds), kinds
    return [one.message for one in kinds]


@pytest.mark.skipif(ASSEMBLER is None, reason="needs llvm-mc-22")
@pytest.mark.parametrize("chip", WAIT)
@pytest.mark.parametrize("under_way, after, early", CASES)
def test_halves(chip, under_way, after, early):
    assert bool(found(chip, under_way, after)) == early
    assert not found(chip, under_way, WAIT[chip].format(0), after)


@pytest.mark.skipif(ASSEMBLER is None, reason="needs llvm-mc-22")
@pytest.mark.parametrize("chip", WAIT)
def test_two_halves_arrive_in_turn(chip):
    """A wait for the first of two loads is one for its half alone."""
    loads = [HIGH, LOW, WAIT[chip].format(1)]
    assert not found(chip, *loads, "v_mov_b16 v6.l, v5.h")
    assert found(chip, *loads, "v_mov_b16 v6.l, v5.l")
