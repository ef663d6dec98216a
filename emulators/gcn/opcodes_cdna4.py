"""What CDNA 4 (gfx950) adds to CDNA 3's opcodes and takes from them ("-"), as AMD publishes them
with the machine-readable ISA."""

# "10: a b" says that a is opcode 10 and b 11.
ADDED = {
    "SOPP": """
        31: s_set_valu_coexec_mode
    """,
    "VOP1": """
        88: v_prng_b32 v_permlane16_swap_b32 v_permlane32_swap_b32 v_cvt_f32_bf16
    """,
    "VOP2": """
        22: v_dot2c_f32_bf16
    """,
    "VOP3": """
        563: v_bitop3_b16 v_bitop3_b32 v_cvt_scalef32_pk_fp8_f32 v_cvt_scalef32_pk_bf8_f32
        v_cvt_scalef32_sr_fp8_f32 v_cvt_scalef32_sr_bf8_f32 v_cvt_scalef32_pk_f32_fp8
        v_cvt_scalef32_pk_f32_bf8 v_cvt_scalef32_f32_fp8 v_cvt_scalef32_f32_bf8
        v_cvt_scalef32_pk_fp4_f32 v_cvt_scalef32_sr_pk_fp4_f32 v_cvt_scalef32_pk_f32_fp4
        v_cvt_scalef32_pk_fp8_f16 v_cvt_scalef32_pk_bf8_f16 v_cvt_scalef32_sr_fp8_f16
        v_cvt_scalef32_sr_bf8_f16 v_cvt_scalef32_pk_fp8_bf16 v_cvt_scalef32_pk_bf8_bf16
        v_cvt_scalef32_sr_fp8_bf16 v_cvt_scalef32_sr_bf8_bf16 v_cvt_scalef32_pk_f16_fp8
        v_cvt_scalef32_pk_f16_bf8 v_cvt_scalef32_f16_fp8 v_cvt_scalef32_f16_bf8
        v_cvt_scalef32_pk_fp4_f16 v_cvt_scalef32_pk_fp4_bf16 v_cvt_scalef32_sr_pk_fp4_f16
        v_cvt_scalef32_sr_pk_fp4_bf16 v_cvt_scalef32_pk_f16_fp4 v_cvt_scalef32_pk_bf16_fp4
        v_cvt_scalef32_2xpk16_fp6_f32 v_cvt_scalef32_2xpk16_bf6_f32 v_cvt_scalef32_sr_pk32_fp6_f32
        v_cvt_scalef32_sr_pk32_bf6_f32 v_cvt_scalef32_pk32_f32_fp6 v_cvt_scalef32_pk32_f32_bf6
        v_cvt_scalef32_pk32_fp6_f16 v_cvt_scalef32_pk32_fp6_bf16 v_cvt_scalef32_pk32_bf6_f16
        v_cvt_scalef32_pk32_bf6_bf16 v_cvt_scalef32_sr_pk32_fp6_f16
        v_cvt_scalef32_sr_pk32_fp6_bf16 v_cvt_scalef32_sr_pk32_bf6_f16
        v_cvt_scalef32_sr_pk32_bf6_bf16 v_cvt_scalef32_pk32_f16_fp6 v_cvt_scalef32_pk32_bf16_fp6
        v_cvt_scalef32_pk32_f16_bf6 v_cvt_scalef32_pk32_bf16_bf6 613: v_ashr_pk_i8_i32
        v_ashr_pk_u8_i32 v_cvt_pk_f16_f32 v_cvt_pk_bf16_f32 v_cvt_scalef32_pk_bf16_fp8
        v_cvt_scalef32_pk_bf16_bf8 678: v_cvt_sr_f16_f32 v_cvt_sr_bf16_f32 v_minimum3_f32
        v_maximum3_f32
    """,
    "VOP3P": """
        26: v_dot2_f32_bf16 v_pk_minimum3_f16 v_pk_maximum3_f16 44: v_mfma_ld_scale_b32
        v_mfma_f32_16x16x128_f8f6f4 v_mfma_f32_32x32x64_f8f6f4 53: v_mfma_f32_16x16x32_bf16
        v_mfma_i32_16x16x64_i8 v_mfma_f32_32x32x16_bf16 v_mfma_i32_32x32x32_i8
        v_smfmac_f32_16x16x64_bf16 v_smfmac_i32_16x16x128_i8 v_smfmac_f32_16x16x128_bf8_bf8
        v_smfmac_f32_16x16x128_bf8_fp8 v_smfmac_f32_16x16x128_fp8_bf8 - - 67:
        v_smfmac_f32_16x16x128_fp8_fp8 70: v_smfmac_f32_32x32x32_bf16 v_smfmac_i32_32x32x64_i8 75:
        v_smfmac_f32_32x32x64_bf8_bf8 78: v_smfmac_f32_32x32x64_bf8_fp8
        v_smfmac_f32_32x32x64_fp8_bf8 83: v_smfmac_f32_32x32x64_fp8_fp8 v_mfma_f32_16x16x32_f16
        v_mfma_f32_32x32x16_f16 90: v_smfmac_f32_16x16x64_f16 v_smfmac_f32_32x32x32_f16
    """,
    "DS": """
        224: ds_read_b64_tr_b4 ds_read_b96_tr_b6 ds_read_b64_tr_b8 ds_read_b64_tr_b16
    """,
    "GLOBAL": """
        125: global_load_lds_dwordx4 global_load_lds_dwordx3
    """,
    "MUBUF": """
        82: buffer_atomic_pk_add_bf16
    """,
}
