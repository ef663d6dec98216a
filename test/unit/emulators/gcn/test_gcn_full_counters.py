"""Counters of accesses under way that are as high as they go."""

import numpy as np
import pytest
from gcn_assembly import ASSEMBLER, assembled
from gcn_runner import launch

WAIT = {
    "gfx90a": ("s_waitcnt lgkmcnt(0)", "s_waitcnt vmcnt(63)"),
    "gfx1030": ("s_waitcnt lgkmcnt(0)", "s_waitcnt vmcnt(63)"),
    "gfx1200": ("s_wait_kmcnt 0", "s_wait_loadcnt 63"),
}


@pytest.mark.skipif(ASSEMBLER is None, reason="needs llvm-mc-22")
@pytest.mark.parametrize("chip", WAIT)
@pytest.mark.parametrize(("later", "found"), [(62, {"unfinished"}), (63, set())])
def test_no_more_than_they_count(chip, later, found):
    """With 63 loads behind it, a load has arrived, although the wait's number is the highest."""
    scalar, vector = WAIT[chip]
    load = "global_load_dword v{}, v1, s[40:41]"
    lines = ["s_load_dwordx2 s[40:41], s[0:1], 0", "v_mov_b32 v1, 0", scalar, load.format(5)]
    lines += [load.format(6)] * later + [vector, "v_mov_b32 v7, v5"]
    outcome = launch(assembled(chip, "\n".join(lines)), chip, [np.zeros(1, np.int32)], threads=32)
    assert {one.kind for one in outcome.findings} == found
