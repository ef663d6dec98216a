"""How the opcodes of CDNA 2, CDNA 1 and GCN 5 differ from those of the generation after each.

Found by letting LLVM 22 disassemble every opcode of every encoding; graphics is left out.
"""

# "10: a b" says that a is opcode 10 and b 11; "-" stands for no operation.
CDNA2 = {
    "VOP1": """
        56: - 84: - - - -
    """,
    "VOP2": """
        22: v_mac_f32 v_madmk_f32 v_madak_f32
    """,
    "VOP3": """
        448: v_mad_legacy_f32 v_mad_f32 520: - 674: - - - -
    """,
    "VOP3P": """
        62: - - v_mfma_f32_32x32x1f32 v_mfma_f32_16x16x1f32 v_mfma_f32_4x4x1f32 68:
        v_mfma_f32_32x32x2f32 v_mfma_f32_16x16x4f32 72: v_mfma_f32_32x32x4f16
        v_mfma_f32_16x16x4f16 v_mfma_f32_4x4x4f16 76: v_mfma_f32_32x32x8f16 v_mfma_f32_16x16x16f16
        80: v_mfma_i32_32x32x4i8 v_mfma_i32_16x16x4i8 v_mfma_i32_4x4x4i8 84: v_mfma_i32_32x32x8i8
        v_mfma_i32_16x16x16i8 - - 93: - - - - - - v_mfma_f32_32x32x4bf16_1k
        v_mfma_f32_16x16x4bf16_1k v_mfma_f32_4x4x4bf16_1k v_mfma_f32_32x32x8bf16_1k
        v_mfma_f32_16x16x16bf16_1k v_mfma_f32_32x32x2bf16 v_mfma_f32_16x16x2bf16 -
        v_mfma_f32_4x4x2bf16 v_mfma_f32_32x32x4bf16 v_mfma_f32_16x16x8bf16 v_mfma_f64_16x16x4f64
        v_mfma_f64_4x4x4f64 - - - - - - - - - - - - - - - -
    """,
    "DS": """
        23: - - 183: - -
    """,
    "FLAT": """
        77: - - 82: -
    """,
    "GLOBAL": """
        38: - - - - - 82: -
    """,
    "SCRATCH": """
        38: - - - - -
    """,
    "MUBUF": """
        41: buffer_invl2 61: buffer_store_lds_dword buffer_wbinvl1 buffer_wbinvl1_vol
    """,
}

CDNA1 = {
    "VOP1": """
        82: -
    """,
    "VOP2": """
        4: v_mul_legacy_f32
    """,
    "VOP3": """
        673: -
    """,
    "VOP3P": """
        48: - - - - 99: - - - - - 110: - -
    """,
    "DS": """
        92: - 124: -
    """,
    "FLAT": """
        79: - - -
    """,
    "GLOBAL": """
        79: - - -
    """,
    "MUBUF": """
        40: - - 79: - - -
    """,
}

GCN5 = {
    "VOP2": """
        55: - - - - 60: -
    """,
    "VOP3P": """
        64: - - - 68: - - 72: - - - 76: - - 80: - - - 84: - - 88: - - 104: - - 107: - - -
    """,
    "GLOBAL": """
        77: - -
    """,
    "MUBUF": """
        77: - -
    """,
}
