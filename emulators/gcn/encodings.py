"""How AMD's instructions are laid out in bits, for each generation.

Source: the "Instruction Set Architecture" manuals of RDNA 2 (AMD, 2020), RDNA 3 (2023), RDNA 4
(2025) and the Instinct MI300 (2024), chapters on microcode formats.
"""

from __future__ import annotations

Fields = dict[str, tuple[int, int]]  # name: (lowest bit, number of bits; below 0: signed)
Formats = tuple[tuple[str, str, int, Fields], ...]  # see below

_SOP1 = {"op": (8, 8), "sdst": (16, 7), "src0": (0, 8)}
_SOP2 = {"op": (23, 7), "sdst": (16, 7), "src0": (0, 8), "src1": (8, 8)}
_SOPC = {"op": (16, 7), "src0": (0, 8), "src1": (8, 8)}
_SOPK = {"op": (23, 5), "sdst": (16, 7), "immediate": (0, 16)}
_SOPP = {"op": (16, 7), "immediate": (0, 16)}
_VOP1 = {"op": (9, 8), "vdst": (17, 8), "src0": (0, 9)}
_VOP2 = {"op": (25, 6), "vdst": (17, 8), "src0": (0, 9), "src1": (9, 8)}
_VOPC = {"op": (17, 8), "src0": (0, 9), "src1": (9, 8)}
_SOURCES = {"src0": (32, 9), "src1": (41, 9), "src2": (50, 9)}
_VOP3 = {
    **{"op": (16, 10), "vdst": (0, 8), **_SOURCES, "abs": (8, 3), "opsel": (11, 4)},
    **{"clamp": (15, 1), "omod": (59, 2), "neg": (61, 3)},
}
_VOP3SD = {
    **{"op": (16, 10), "vdst": (0, 8), **_SOURCES, "sdst": (8, 7)},
    **{"clamp": (15, 1), "omod": (59, 2), "neg": (61, 3)},
}
_VOP3P = {
    **{"op": (16, 7), "vdst": (0, 8), **_SOURCES, "neg_hi": (8, 3), "opsel": (11, 3)},
    **{"opsel_hi2": (14, 1), "clamp": (15, 1), "opsel_hi": (59, 2), "neg": (61, 3)},
}
_MFMA = {
    **{"op": (16, 7), "vdst": (0, 8), **_SOURCES, "cbsz": (8, 3), "abid": (11, 4)},
    **{"acc_cd": (15, 1), "acc": (59, 2), "blgp": (61, 3)},
}
_VOPD = {
    **{"opx": (22, 4), "opy": (17, 5), "srcx0": (0, 9), "srcx1": (9, 8), "srcy0": (32, 9)},
    **{"srcy1": (41, 8), "vdsty": (49, 7), "vdstx": (56, 8)},
}
_DS_DATA = {"addr": (32, 8), "data0": (40, 8), "data1": (48, 8), "vdst": (56, 8)}
_DS = {"op": (18, 8), "offset0": (0, 8), "offset1": (8, 8), "gds": (17, 1), **_DS_DATA}
_DS_GCN5 = {"op": (17, 8), "offset0": (0, 8), "offset1": (8, 8), "gds": (16, 1), **_DS_DATA}
_DS_CDNA = {**_DS_GCN5, "acc": (25, 1)}
_FLAT_DATA = {"op": (18, 7), "addr": (32, 8), "data": (40, 8), "saddr": (48, 7), "vdst": (56, 8)}
_FLAT = {**_FLAT_DATA, "offset": (0, -13), "segment": (16, 2), "glc": (14, 1), "sve": (55, 1)}
_FLAT_GCN5 = {**_FLAT_DATA, "offset": (0, -13), "segment": (14, 2), "lds": (13, 1), "glc": (16, 1)}
_FLAT_CDNA2 = {**_FLAT_GCN5, "acc": (55, 1)}
_FLAT_CDNA = {
    **_FLAT_DATA,
    **{"offset": (0, -13), "segment": (14, 2), "sve": (13, 1), "glc": (16, 1), "acc": (55, 1)},
    **{"sc1": (25, 1)},
}
_SMEM = {"op": (18, 8), "sbase": (0, 6), "sdata": (6, 7), "offset": (32, -21), "soffset": (57, 7)}
_FLAT_RDNA2 = {**_FLAT_DATA, "offset": (0, -12), "lds": (13, 1), "segment": (14, 2), "glc": (16, 1)}
_VFLAT = {
    **{"op": (14, 8), "saddr": (0, 7), "vdst": (32, 8), "sve": (49, 1), "data": (55, 8)},
    **{"addr": (64, 8), "offset": (72, -24), "scope": (50, 2), "th": (52, 3)},
}
_SMEM_RDNA4 = {**_SMEM, "op": (13, 6), "offset": (32, -24), "scope": (21, 2), "th": (23, 2)}
_SMEM_CDNA = {**_SMEM, "soffset_en": (14, 1), "imm": (17, 1)}
_MUBUF_DATA = {"offset": (0, 12), "vaddr": (32, 8), "vdata": (40, 8), "srsrc": (48, 5)}
_VBUFFER = {
    **{"op": (14, 8), "soffset": (0, 7), "vdata": (32, 8), "srsrc": (41, 9), "offen": (62, 1)},
    **{"idxen": (63, 1), "vaddr": (64, 8), "offset": (72, -24), "scope": (50, 2), "th": (52, 3)},
    **{"tfe": (22, 1)},
}
_MUBUF = {
    **{**_MUBUF_DATA, "op": (18, 8), "soffset": (56, 8), "glc": (14, 1)},
    **{"tfe": (53, 1), "offen": (54, 1), "idxen": (55, 1)},
}
_MUBUF_GCN5 = {
    **{**_MUBUF_DATA, "op": (18, 7), "soffset": (56, 8), "offen": (12, 1), "idxen": (13, 1)},
    **{"glc": (14, 1), "lds": (16, 1), "tfe": (55, 1)},
}
_MUBUF_CDNA2 = {name: at for name, at in _MUBUF_GCN5.items() if name != "tfe"} | {"acc": (55, 1)}
_MUBUF_CDNA = {**_MUBUF_CDNA2, "sc1": (15, 1)}

# A further dword behind the instruction, in place of its first source.
DPP16: Fields = {
    **{"vsrc0": (0, 8), "control": (8, 9), "fetch_inactive": (18, 1), "bound_control": (19, 1)},
    **{"neg": (20, 1), "abs": (21, 1), "neg1": (22, 1), "abs1": (23, 1)},
    **{"bank_mask": (24, 4), "row_mask": (28, 4)},
}
DPP8: Fields = {"vsrc0": (0, 8), "select": (8, 24)}
SDWA: Fields = {
    **{
        "vsrc0": (0, 8),
        "dst_sel": (8, 3),
        "dst_unused": (11, 2),
        "clamp": (13, 1),
        "omod": (14, 2),
    },
    **{"src0_sel": (16, 3), "sext0": (19, 1), "neg": (20, 1), "abs": (21, 1), "s0": (23, 1)},
    **{"src1_sel": (24, 3), "sext1": (27, 1), "neg1": (28, 1), "abs1": (29, 1), "s1": (31, 1)},
    **{"sdst": (8, 7), "sd": (15, 1)},
}

# (format, its leading bits from bit 31 on, bytes, fields): the first that fits counts.
_COMMON = (
    ("SOP1", "101111101", 4, _SOP1),
    ("SOPC", "101111110", 4, _SOPC),
    ("SOPP", "101111111", 4, _SOPP),
    ("SOPK", "1011", 4, _SOPK),
    ("SOP2", "10", 4, _SOP2),
    ("VOP1", "0111111", 4, _VOP1),
    ("VOPC", "0111110", 4, _VOPC),
    ("VOP2", "0", 4, _VOP2),
)
_RDNA = (
    *_COMMON,
    ("VOP3P", "11001100", 8, _VOP3P),
    ("VOP3", "110101", 8, _VOP3),
    ("DS", "110110", 8, _DS),
)
RDNA2 = (
    *_RDNA,
    ("FLAT", "110111", 8, _FLAT_RDNA2),
    ("SMEM", "111101", 8, _SMEM),
    ("MUBUF", "111000", 8, _MUBUF_GCN5),
)
RDNA3 = (
    *_RDNA,
    ("VOPD", "110010", 8, _VOPD),
    ("FLAT", "110111", 8, _FLAT),
    ("SMEM", "111101", 8, _SMEM),
    ("MUBUF", "111000", 8, _MUBUF),
)
RDNA4 = (
    *_RDNA,
    ("VOPD", "110010", 8, _VOPD),
    ("FLAT", "11101100", 12, _VFLAT),
    ("SCRATCH", "11101101", 12, _VFLAT),
    ("GLOBAL", "11101110", 12, _VFLAT),
    ("SMEM", "111101", 8, _SMEM_RDNA4),
    ("MUBUF", "110001", 12, _VBUFFER),
)
_CDNA = (
    *_COMMON,
    ("VOP3P", "110100111", 8, _VOP3P),
    ("VOP3", "110100", 8, _VOP3),
    ("SMEM", "110000", 8, _SMEM_CDNA),
)
GCN5 = (
    *_CDNA,
    ("DS", "110110", 8, _DS_GCN5),
    ("FLAT", "110111", 8, _FLAT_GCN5),
    ("MUBUF", "111000", 8, _MUBUF_GCN5),
)
CDNA2 = (
    *_CDNA,
    ("DS", "110110", 8, _DS_CDNA),
    ("FLAT", "110111", 8, _FLAT_CDNA2),
    ("MUBUF", "111000", 8, _MUBUF_CDNA2),
)
CDNA3 = (
    *_CDNA,
    ("DS", "110110", 8, _DS_CDNA),
    ("FLAT", "110111", 8, _FLAT_CDNA),
    ("MUBUF", "111000", 8, _MUBUF_CDNA),
)
LEAD = 9  # no encoding is told by more of its first bits
SEGMENTS = ("FLAT", "SCRATCH", "GLOBAL")
OTHER_FIELDS = {"VOP3SD": _VOP3SD, "MFMA": _MFMA}
