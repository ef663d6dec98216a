"""Opcodes of RDNA 4 (gfx12) that RDNA 3 has not, by encoding, as LLVM assembles them.

Memory instructions keep the names of RDNA 3's encodings: VGLOBAL is GLOBAL, and so on.
"""

# As in opcodes_rdna3; "-" is an opcode of RDNA 3 that is no more.
CHANGES = {
    "SOP1": """
        78: s_barrier_signal s_barrier_signal_isfirst s_get_barrier_state s_barrier_init
        s_barrier_join s_alloc_vgpr 88: s_sleep_var
    """,
    "SOP2": """
        0: s_add_co_u32 s_sub_co_u32 s_add_co_i32 s_sub_co_i32 s_add_co_ci_u32 s_sub_co_ci_u32 66:
        s_min_num_f32 s_max_num_f32 75: s_min_num_f16 s_max_num_f16 79: s_minimum_f32 s_maximum_f32
        s_minimum_f16 s_maximum_f16 s_add_nc_u64 s_sub_nc_u64 s_mul_u64
    """,
    "SOPK": """
        3: - - - - - - - - - - - - s_addk_co_i32 22: - - - - - -
    """,
    "SOPP": """
        4: - 8: s_wait_alu 20: s_barrier_wait s_barrier_leave 39: - - - - 50: - 61: - 64:
        s_wait_loadcnt s_wait_storecnt s_wait_samplecnt s_wait_bvhcnt s_wait_expcnt 70: s_wait_dscnt
        s_wait_kmcnt s_wait_loadcnt_dscnt s_wait_storecnt_dscnt
    """,
    "SMEM": """
        5: s_load_b96 8: s_load_i8 s_load_u8 s_load_i16 s_load_u16 - 16: s_buffer_load_b32
        s_buffer_load_b64 s_buffer_load_b128 s_buffer_load_b256 s_buffer_load_b512 s_buffer_load_b96
        24: s_buffer_load_i8 s_buffer_load_u8 s_buffer_load_i16 s_buffer_load_u16 32: - 36:
        s_prefetch_inst s_prefetch_inst_pc_rel s_prefetch_data s_buffer_prefetch_data
        s_prefetch_data_pc_rel
    """,
    "VOP1": """
        108: v_cvt_f32_fp8 v_cvt_f32_bf8 v_cvt_pk_f32_fp8 v_cvt_pk_f32_bf8
    """,
    "VOP2": """
        2: v_add_f64 6: v_mul_f64 13: v_min_num_f64 v_max_num_f64 - - 21: v_min_num_f32
        v_max_num_f32 31: v_lshlrev_b64 48: v_min_num_f16 v_max_num_f16 57: - -
    """,
    "VOPC": """
        0: - 15: - - 31: - - 47: - 64: - 71: - - 79: - - 87: - - 95: - 128: - 143: - - 159: - - 175:
        - 192: - 199: - - 207: - - 215: - - 223: -
    """,
    "VOP3": """
        537: - 540: - 543: - 553: v_min3_num_f32 v_max3_num_f32 v_min3_num_f16 v_max3_num_f16
        v_minimum3_f32 v_maximum3_f32 v_minimum3_f16 v_maximum3_f16 v_med3_num_f32 v_med3_num_f16
        585: - 588: - 591: - 606: - - - - 616: v_minmax_num_f32 v_maxmin_num_f32 v_minmax_num_f16
        v_maxmin_num_f16 v_minimummaximum_f32 v_maximumminimum_f32 v_minimummaximum_f16
        v_maximumminimum_f16 640: v_s_exp_f32 v_s_exp_f16 v_s_log_f32 v_s_log_f16 v_s_rcp_f32
        v_s_rcp_f16 v_s_rsq_f32 v_s_rsq_f16 v_s_sqrt_f32 v_s_sqrt_f16 783: v_permlane16_var_b32
        v_permlanex16_var_b32 807: - - - - 828: - 833: v_minimum_f64 v_maximum_f64 869:
        v_minimum_f32 v_maximum_f32 v_minimum_f16 v_maximum_f16 v_cvt_pk_fp8_f32 v_cvt_pk_bf8_f32
        v_cvt_sr_fp8_f32 v_cvt_sr_bf8_f32
    """,
    "VOP3SD": """
        766: v_mad_co_u64_u32 v_mad_co_i64_i32
    """,
    "VOP3P": """
        17: - - 27: v_pk_min_num_f16 v_pk_max_num_f16 v_pk_minimum_f16 v_pk_maximum_f16 36:
        v_dot4_f32_fp8_bf8 v_dot4_f32_bf8_fp8 v_dot4_f32_fp8_fp8 v_dot4_f32_bf8_bf8 70:
        v_wmma_f32_16x16x16_fp8_fp8 v_wmma_f32_16x16x16_fp8_bf8 v_wmma_f32_16x16x16_bf8_fp8
        v_wmma_f32_16x16x16_bf8_bf8 v_wmma_i32_16x16x32_iu4 80: v_swmmac_f32_16x16x32_f16
        v_swmmac_f32_16x16x32_bf16 v_swmmac_f16_16x16x32_f16 v_swmmac_bf16_16x16x32_bf16
        v_swmmac_i32_16x16x32_iu8 v_swmmac_i32_16x16x32_iu4 v_swmmac_i32_16x16x64_iu4
        v_swmmac_f32_16x16x32_fp8_fp8 v_swmmac_f32_16x16x32_fp8_bf8 v_swmmac_f32_16x16x32_bf8_fp8
        v_swmmac_f32_16x16x32_bf8_bf8
    """,
    "VOPD": """
        10: v_dual_max_num_f32 v_dual_min_num_f32 13: v_dual_dot2acc_f32_bf16
    """,
    "DS": """
        17: - ds_min_num_f32 ds_max_num_f32 24: - - - - - - 49: - ds_min_num_rtn_f32
        ds_max_num_rtn_f32 - 63: - 81: - ds_min_num_f64 ds_max_num_f64 113: - ds_min_num_rtn_f64
        ds_max_num_rtn_f64 122: - - 152: ds_cond_sub_u32 ds_sub_clamp_u32 ds_pk_add_f16
        ds_pk_add_bf16 168: ds_cond_sub_rtn_u32 ds_sub_clamp_rtn_u32 ds_pk_add_rtn_f16
        ds_pk_add_rtn_bf16 173: - 205: ds_bpermute_fi_b32 224: ds_bvh_stack_push4_pop1_rtn_b32
        ds_bvh_stack_push8_pop1_rtn_b32 ds_bvh_stack_push8_pop2_rtn_b64
    """,
    "FLAT": """
        55: flat_atomic_sub_clamp_u32 80: flat_atomic_cond_sub_u32 flat_atomic_min_num_f32
        flat_atomic_max_num_f32 89: flat_atomic_pk_add_f16 flat_atomic_pk_add_bf16
    """,
    "GLOBAL": """
        42: - global_inv global_wb - - - - - 55: global_atomic_sub_clamp_u32 79: global_wbinv
        global_atomic_cond_sub_u32 global_atomic_min_num_f32 global_atomic_max_num_f32
        global_load_block global_store_block 87: global_load_tr_b128 global_load_tr_b64
        global_atomic_pk_add_f16 global_atomic_pk_add_bf16 115: global_atomic_ordered_add_b64
    """,
    "SCRATCH": """
        45: - - - - - 83: scratch_load_block scratch_store_block
    """,
    "MUBUF": """
        43: - - - - - - - - 55: buffer_atomic_sub_clamp_u32 80: buffer_atomic_cond_sub_u32
        buffer_atomic_min_num_f32 buffer_atomic_max_num_f32 89: buffer_atomic_pk_add_f16
        buffer_atomic_pk_add_bf16 128: tbuffer_load_format_x tbuffer_load_format_xy
        tbuffer_load_format_xyz tbuffer_load_format_xyzw tbuffer_store_format_x
        tbuffer_store_format_xy tbuffer_store_format_xyz tbuffer_store_format_xyzw
        tbuffer_load_d16_format_x tbuffer_load_d16_format_xy tbuffer_load_d16_format_xyz
        tbuffer_load_d16_format_xyzw tbuffer_store_d16_format_x tbuffer_store_d16_format_xy
        tbuffer_store_d16_format_xyz tbuffer_store_d16_format_xyzw
    """,
}
