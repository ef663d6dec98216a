"""Registers, and halves of registers, that change places."""

import numpy as np
import pytest
from gcn_assembly import ASSEMBLER, assembled
from gcn_runner import launch

WAIT = {"gfx1100": "s_waitcnt lgkmcnt(0)", "gfx1200": "s_wait_kmcnt 0"}
THREADS = np.arange(32)
LOW, HIGH = 0x10000 + THREADS, 0x50000 + 2 * THREADS  # what v5 and v6 hold
EXECUTING = (0x0FF0F00F >> THREADS & 1) != 0
CASES = {
    "v_swap_b32 v5, v6": (HIGH, LOW),
    "v_swap_b16 v5.l, v6.l": (0x10000 + 2 * THREADS, 0x50000 + THREADS),
    "v_swap_b16 v5.h, v6.l": (THREADS + 2 * (THREADS << 16), 0x50001 + 0 * THREADS),
}


@pytest.mark.skipif(ASSEMBLER is None, reason="needs llvm-mc-22")
@pytest.mark.parametrize("chip", WAIT)
@pytest.mark.parametrize("code", CASES)
def test_swaps(chip, code):
    """In the lanes that execute; the others keep theirs."""
    lines = ["s_load_b64 s[40:41], s[0:1], 0", "v_and_b32 v0, 0x3ff, v0", WAIT[chip]]
    lines += ["v_add_nc_u32 v5, 0x10000, v0", "v_lshlrev_b32 v6, 1, v0"]
    lines += ["v_add_nc_u32 v6, 0x50000, v6", "v_lshlrev_b32 v1, 3, v0"]
    lines += ["s_mov_b32 exec_lo, 0x0ff0f00f", code, "s_mov_b32 exec_lo, -1"]
    lines += [f"global_store_b32 v1, v{n}, s[40:41] offset:{4 * n - 20}" for n in (5, 6)]
    found = np.zeros((32, 2), np.int32)
    outcome = launch(assembled(chip, "\n".join(lines)), chip, [found], threads=32)
    assert not outcome.findings
    expected = [np.where(EXECUTING, *pair) for pair in zip(CASES[code], (LOW, HIGH), strict=True)]
    np.testing.assert_array_equal(found, np.stack(expected, 1))
