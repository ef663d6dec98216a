"""The text of instructions: what LLVM's assembler took is what is shown."""

import numpy as np
import pytest
from gcn_assembly import ASSEMBLER, assembled
from gcn_runner import launch

from clawc.emulators.gcn.code_object import read_code_object
from clawc.emulators.gcn.decoder import decode
from clawc.emulators.gcn.generations import generation
from clawc.emulators.gcn.program import build, text_of

pytestmark = pytest.mark.skipif(ASSEMBLER is None, reason="needs llvm-mc-22")
LINES = {
    "gfx1100": """
        s_mov_b32 s4, 0x1234
        s_mov_b64 exec, vcc
        s_add_u32 s4, s5, -3
        s_and_b32 vcc_lo, exec_lo, s4
        s_cmp_eq_u32 s4, 7
        s_load_b128 s[4:7], s[0:1], 0x10
        v_mov_b32_e32 v4, 1.0
        v_add_f32_e32 v4, v5, v6
        v_fma_f32 v4, v5, -v6, |v7|
        v_add_f32_e64 v4, v5, -v6 clamp
        v_lshlrev_b64 v[4:5], 3, v[6:7]
        v_cmp_lt_u32_e32 vcc_lo, s4, v5
        v_cmp_lt_u32_e64 s4, v5, v6
        v_cmpx_eq_u32_e32 v5, v6
        v_readlane_b32 s4, v5, 3
        v_cndmask_b32_e32 v4, v5, v6, vcc_lo
        v_add_co_ci_u32_e32 v4, vcc_lo, v5, v6, vcc_lo
        v_add_co_u32 v4, s4, v5, v6
        v_cndmask_b32_e64 v4, 0, v5, s6
        v_cmp_eq_u32_e64 s4, 0, v5
        v_mov_b16_e32 v4.h, v5.l
        v_add_f16_e32 v4.l, v5.h, v6.l
        v_add_nc_u16 v4.h, v5.l, v6.h
        v_cvt_f32_f16_e32 v4, v5.h
        v_cmp_lt_f16_e32 vcc_lo, v4.l, v5.h
        v_dual_mov_b32 v4, s5 :: v_dual_add_f32 v7, 1.0, v9
        v_dual_fmaak_f32 v4, v5, v6, 0x1234 :: v_dual_mov_b32 v7, v8
        v_wmma_f32_16x16x16_f16 v[8:15], v[16:23], v[24:31], v[8:15]
        ds_load_b128 v[4:7], v2 offset:64
        ds_store_b64 v2, v[4:5]
        ds_load_2addr_b32 v[4:5], v2 offset0:3 offset1:8
        ds_store_2addr_b64 v2, v[4:5], v[6:7] offset1:8
        ds_add_u32 v2, v4
        ds_add_rtn_u32 v4, v2, v5 offset:8
        ds_bpermute_b32 v4, v2, v5
        global_load_b64 v[4:5], v[2:3], off offset:-16
        global_load_b32 v4, v2, s[4:5]
        global_store_b128 v[2:3], v[4:7], off
        global_atomic_add_u32 v[2:3], v4, off
        global_atomic_cmpswap_b32 v2, v[4:5], s[4:5] offset:4
        flat_load_b32 v4, v[2:3]
        scratch_store_b32 off, v4, s4 offset:8
        buffer_load_b64 v[4:5], v2, s[4:7], 0 offen offset:12
        buffer_store_b32 v4, off, s[4:7], s8
    """,
    "gfx90a": """
        v_mfma_f32_16x16x16f16 a[0:3], v[4:5], v[6:7], a[0:3]
        ds_read_b64 v[4:5], v2 offset:8
        ds_write2_b32 v2, v4, v5 offset0:1 offset1:2
        global_load_dwordx4 a[0:3], v[2:3], off
        global_store_dword v2, v4, s[4:5] offset:20
        buffer_load_dwordx2 v[4:5], off, s[4:7], 0 offset:16
        v_add_co_u32_e32 v4, vcc, v5, v6
        v_readfirstlane_b32 s4, v5
        s_load_dwordx2 s[4:5], s[0:1], 0x8
        v_fma_f32 v4, s4, 0.5, v6
        v_cvt_f32_f16_e32 v4, v5
        v_pk_fma_f16 v4, v5, v6, v7
        v_writelane_b32 v4, s0, 4
        v_addc_co_u32_e64 v4, s[4:5], 0, v1, s[6:7]
        v_accvgpr_read_b32 v4, a5
        v_mul_f64 v[4:5], v[6:7], -v[8:9]
    """,
    "gfx1200": """
        ds_load_b96 v[4:6], v2
        global_load_b32 v4, v[2:3], off
        global_store_b64 v2, v[4:5], s[4:5] offset:-8
        buffer_load_b32 v4, v2, s[4:7], null offen
        s_load_b96 s[4:6], s[0:1], 0x0
        s_add_f32 s4, s5, 0.5
        s_barrier_signal -1
        v_s_rcp_f32 s4, s5
        v_min_num_f32_e32 v4, v5, v6
    """,
}


@pytest.mark.parametrize(
    ("chip", "line"),
    [(chip, line.strip()) for chip, lines in LINES.items() for line in lines.strip().split("\n")],
)
def test_text(chip, line):
    code, known = read_code_object(assembled(chip, line)), generation(chip)
    assert known
    (kernel,) = code.kernels
    one = next(decode(code.memory[kernel.entry : kernel.entry + 16], kernel.entry, known))
    assert text_of(build(kernel, code, known), one, 0xF0) == line


def test_text_of_a_finding():
    lines = "v_mov_b32 v2, 0x40\nv_mov_b32 v4, 0\nds_write_b32 v2, v4 offset:8"
    (found,) = launch(assembled("gfx942", lines), "gfx942", [np.zeros(1, np.int32)]).findings
    assert found.instruction == "ds_write_b32 v2, v4 offset:8 (at k+0x8)"
