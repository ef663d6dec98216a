"""Instructions of GCN 5 and CDNA that must be so many wait states apart: one too few is found.

The numbers are those of AMD's ISA manuals (of CDNA 4's products, LLVM's).
"""

import numpy as np
import pytest
from gcn_assembly import ASSEMBLER, assembled
from gcn_runner import launch

V = "v_mov_b32 v20, 1"


def later(size: str, type: str, d: str, a: str, b: str, c: str) -> str:
    return f"v_mfma_f32_{size}_{type} {d}, {a}, {b}, {c}"


def early(size: str, type: str, d: str, a: str, b: str, c: str) -> str:
    return f"v_mfma_f32_{size}{type} {d}, {a}, {b}, {c}"


OPERANDS = ("v[8:11]", "v[4:5]", "v[6:7]", "0")
READ, STORE = "v_mov_b32 v20, v9", "global_store_dword v[2:3], v9, off"
DEPENDENT = ("v[12:15]", "v[10:11]", "v[6:7]", "0")
# chip, what comes first, what comes after, the wait states between them that it takes
PAIRS = [
    ("gfx906", "v_readfirstlane_b32 s40, v2", "global_load_dword v20, v4, s[40:41]", 5),
    ("gfx906", "v_readfirstlane_b32 s40, v4", "v_readlane_b32 s41, v5, s40", 4),
    ("gfx90a", "v_cmp_eq_u32 vcc, v4, v5", "v_div_fmas_f32 v20, v6, v7, v8", 4),
    ("gfx908", V, "v_mov_b32_dpp v21, v20 quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf", 2),
    ("gfx942", "v_cmpx_eq_u32 vcc, v4, v4", "v_mov_b32_dpp v21, v5 row_shr:1", 5),
    ("gfx906", "global_store_dwordx4 v[2:3], v[8:11], off", "v_mov_b32 v9, 0", 1),
    ("gfx942", "global_store_dwordx4 v[2:3], v[8:11], off", "v_mov_b32 v9, 0", 2),
    ("gfx942", "v_exp_f32 v20, v4", "v_add_f32 v21, v20, v5", 1),
    ("gfx942", "v_cvt_f16_f32_sdwa v20, v4 dst_sel:WORD_1", "v_add_f32 v21, v20, v5", 1),
    ("gfx950", V, "v_permlane32_swap_b32 v20, v5", 2),
    ("gfx942", V, "v_readlane_b32 s40, v20, 3", 1),
    ("gfx942", "v_readfirstlane_b32 s40, v4", "v_add_u32 v20, s40, v5", 2),
    ("gfx942", "v_cmpx_eq_u32 vcc, v4, v4", "v_readlane_b32 s40, v20, 3", 4),
    ("gfx90a", "v_mov_b32 v4, 1", early("16x16x16", "f16", *OPERANDS), 2),
    ("gfx942", "v_cmpx_eq_u32 vcc, v4, v4", later("16x16x16", "f16", *OPERANDS), 4),
    ("gfx90a", early("16x16x16", "f16", *OPERANDS), READ, 11),
    ("gfx90a", early("4x4x4", "f16", *OPERANDS), READ, 5),
    ("gfx90a", early("16x16x16", "f16", *OPERANDS), STORE, 11),
    ("gfx90a", early("16x16x16", "f16", *OPERANDS), "v_mov_b32 v9, 0", 11),
    ("gfx90a", early("16x16x16", "f16", *OPERANDS), early("16x16x16", "f16", *DEPENDENT), 11),
    (
        *("gfx90a", early("16x16x16", "f16", *OPERANDS)),
        *(early("16x16x16", "f16", *OPERANDS[:3], "v[10:13]"), 8),
    ),
    (
        *("gfx90a", early("16x16x16", "f16", *OPERANDS)),
        *(early("16x16x16", "f16", *OPERANDS[:3], "v[8:11]"), 0),
    ),
    ("gfx90a", early("16x16x16", "f16", *OPERANDS[:3], "v[12:15]"), "v_mov_b32 v12, 0", 7),
    ("gfx942", later("16x16x16", "f16", *OPERANDS), READ, 7),
    ("gfx950", later("16x16x16", "f16", *OPERANDS), READ, 8),
    ("gfx942", later("16x16x4", "f32", "v[8:11]", "v4", "v6", "0"), READ, 10),
    ("gfx942", later("16x16x16", "f16", *OPERANDS), later("16x16x16", "f16", *DEPENDENT), 7),
    ("gfx942", later("16x16x16", "f16", *OPERANDS[:3], "v[12:15]"), "v_mov_b32 v12, 0", 3),
    (
        *("gfx942", "v_mfma_f64_16x16x4_f64 v[8:15], v[4:5], v[6:7], 0"),
        *("global_store_dword v[2:3], v9, off", 18),
    ),
    (
        *("gfx908", "v_mfma_f32_16x16x16f16 a[8:11], v[4:5], v[6:7], a[8:11]"),
        *("v_accvgpr_read_b32 v20, a9", 10),
    ),
    (
        *("gfx908", "v_accvgpr_write_b32 a8, v4"),
        *("v_mfma_f32_16x16x16f16 a[8:11], v[4:5], v[6:7], a[8:11]", 1),
    ),
]


def findings(chip: str, first: str, after: str, between: int) -> list[str]:
    """What is found in the two with `between` wait states between them; all registers are set."""
    pause = [f"s_nop {min(between - n, 16) - 1}" for n in range(0, between, 16)]
    lines = [f"v_mov_b32 v{n}, 0" for n in range(4, 64)]
    if chip == "gfx908":
        lines += [f"v_accvgpr_write_b32 a{n}, v4" for n in range(32)]
    lines += ["s_load_dwordx2 s[40:41], s[0:1], 0", "s_waitcnt lgkmcnt(0)"]
    lines += ["v_mov_b32 v2, s40", "v_mov_b32 v3, s41", "s_mov_b64 vcc, 0", *["s_nop 15"] * 2]
    lines += [first, *pause, after, "s_nop 15", "s_nop 15"]
    outcome = launch(assembled(chip, "\n".join(lines)), chip, [np.zeros(64, np.int32)])
    kinds = [found for found in outcome.findings if found.kind != "race"]  # all store to one place
    assert all(found.kind == "unfinished" for found in kinds), kinds
    return [found.message for found in kinds]


@pytest.mark.skipif(ASSEMBLER is None, reason="needs llvm-mc-22")
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]}:{pair[1]}:{pair[2]}")
def test_one_wait_state_too_few(pair):
    chip, first, after, needed = pair
    assert not findings(chip, first, after, needed)
    if needed:
        found = findings(chip, first, after, needed - 1)
        assert len(found) == 1 and f"{needed} must be kept" in found[0], found
