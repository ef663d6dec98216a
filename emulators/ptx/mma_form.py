"""The forms of `mma.sync`: types, shapes and the chips that have them, as tables and a reader.

PTX ISA, "Multiply-and-Accumulate Instruction: mma" and "mma.sp / mma.sp::ordered_metadata".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.target import check_target

_HALVES = {"m16n8k8": "sm_80", "m16n8k16": "sm_80"}
_BYTES = {"m8n8k16": "sm_75", "m16n8k16": "sm_80", "m16n8k32": "sm_80"}
_NIBBLES = {"m8n8k32": "sm_75", "m16n8k32": "sm_80", "m16n8k64": "sm_80"}
_FP8 = {"m16n8k16": "sm_89", "m16n8k32": "sm_89"}
_DENSE = {  # of the type of A: shapes, and the first chip that has each
    "f16": {"m8n8k4": "sm_70", "m16n8k8": "sm_75", "m16n8k16": "sm_80"},
    "bf16": _HALVES,
    "tf32": {"m16n8k4": "sm_80", "m16n8k8": "sm_80"},
    "f64": {
        **{"m8n8k4": "sm_80", "m16n8k4": "sm_90", "m16n8k8": "sm_90", "m16n8k16": "sm_90"},
    },
    **{"s8": _BYTES, "u8": _BYTES, "s4": _NIBBLES, "u4": _NIBBLES},
    "b1": {"m8n8k128": "sm_75", "m16n8k128": "sm_80", "m16n8k256": "sm_80"},
    **{"e4m3": _FP8, "e5m2": _FP8},
}
_SPARSE_BYTES = {"m16n8k32": "sm_80", "m16n8k64": "sm_80"}
_SPARSE_NIBBLES = {"m16n8k64": "sm_80", "m16n8k128": "sm_80"}
_SPARSE = {
    **{"f16": {"m16n8k16": "sm_80", "m16n8k32": "sm_80"}},
    **{"bf16": {"m16n8k16": "sm_80", "m16n8k32": "sm_80"}},
    **{"tf32": {"m16n8k8": "sm_80", "m16n8k16": "sm_80"}},
    **{"s8": _SPARSE_BYTES, "u8": _SPARSE_BYTES, "s4": _SPARSE_NIBBLES, "u4": _SPARSE_NIBBLES},
    **{"e4m3": {"m16n8k64": "sm_89"}, "e5m2": {"m16n8k64": "sm_89"}},
}
_SMALL = "e4m3", "e5m2", "e3m2", "e2m3", "e2m1"
_TOGETHER = (("s8", "u8"), ("s4", "u4"), ("e4m3", "e5m2"))  # types that A and B may mix
_RESULTS = {"f16": ("f16", "f32"), "f64": ("f64",), "e4m3": ("f32", "f16"), "e5m2": ("f32", "f16")}
_RESULTS |= {"bf16": ("f32",), "tf32": ("f32",)}
_KINDS = {  # sm_120a's own: the types of A and B, those of the result, K if A is dense
    "kind::f8f6f4": (_SMALL, ("f32", "f16"), 32),
    "kind::mxf8f6f4": (_SMALL, ("f32",), 32),
    "kind::mxf4": (("e2m1",), ("f32",), 64),
    "kind::mxf4nvf4": (("e2m1",), ("f32",), 64),
}
_SCALES = {  # numbers of scales along K, and their type; the first is what is meant without
    "kind::mxf8f6f4": (("scale_vec::1X", "ue8m0"), ("", "ue8m0")),
    "kind::mxf4": (("scale_vec::2X", "ue8m0"), ("", "ue8m0")),
    "kind::mxf4nvf4": (("scale_vec::2X", "ue8m0"), ("scale_vec::4X", "ue4m3")),
}


@dataclass(frozen=True)
class Form:
    """What an instruction's modifiers say."""

    shape: tuple[int, int, int]
    types: tuple[str, str, str, str]  # of D, A, B and C; `e2m1x2` where they are packed
    rows: tuple[bool, bool] = (True, False)  # whether A and B are stored by rows
    saturate: bool = False
    bits: str = ""  # how single bits are combined
    sparsity: str = ""  # "sp", "sp::ordered_metadata"
    scales: int = 0  # along K
    scale_type: str = ""

    @property
    def in_quads(self) -> bool:
        """Four products of eight lanes each."""
        return self.shape == (8, 8, 4) and self.types[1] == "f16"


def form_of(op: Opcode, target: str) -> Form:
    """The form of an instruction of a file for `target`; unknown if the manual has it not."""
    sparsity = op.one_of("sp", "sp::ordered_metadata", default="none").replace("none", "")
    op.one_of("sync")
    op.one_of("aligned")
    shape = next((word for word in op.rest if re.fullmatch(r"m\d+n\d+k\d+", word)), "")
    op.flag(shape)
    m, n, k = map(int, re.findall(r"\d+", shape) or (0, 0, 0))
    layouts = [word for word in op.rest if word in ("row", "col")]
    op.rest = [word for word in op.rest if word not in ("row", "col")]
    kind = next((word for word in op.rest if word in _KINDS), "")
    if op.flag(kind):
        if layouts != ["row", "col"]:
            raise op.unknown()
        return _small_floats(op, target, kind, sparsity, (m, n, k))
    saturate, counts = op.flag("satfinite"), op.flag("popc")
    bits = op.one_of("xor", "and") if counts else ""
    if "f64" in op.rest:  # what it rounds to without saying so, too
        op.flag("rn")
    if len(layouts) != 2 or len(op.rest) != 4:
        raise op.unknown()
    d_type, a_type, b_type, c_type = op.rest
    shapes = (_SPARSE if sparsity else _DENSE).get(a_type, {})
    if shape not in shapes or d_type not in _RESULTS.get(a_type, ("s32",)):
        raise op.unknown()
    if b_type != a_type and not any({a_type, b_type} <= set(pair) for pair in _TOGETHER):
        raise op.unknown()
    rows = layouts[0] == "row", layouts[1] == "row"
    form = Form((m, n, k), (d_type, a_type, b_type, c_type), rows, saturate, bits, sparsity)
    if form.in_quads:
        sums_fit = c_type in ("f16", "f32") and (d_type, c_type) != ("f16", "f32")
    else:
        sums_fit = c_type == d_type and rows == (True, False)
    if not sums_fit or (a_type == "b1") != counts:
        raise op.unknown()
    if saturate and a_type not in ("s8", "u8", "s4", "u4"):
        raise op.unknown()
    if sparsity and a_type in ("e4m3", "e5m2") and d_type != "f32":
        raise op.unknown()
    check_target(op, target, "sm_80" if bits == "and" else shapes[shape])
    return form


def _small_floats(
    op: Opcode, target: str, kind: str, sparsity: str, shape: tuple[int, int, int]
) -> Form:
    """One of sm_120a's kinds, perhaps with scales of blocks along K."""
    in_types, results, k = _KINDS[kind]
    scales, scale_type = "", ""
    if kind in _SCALES:
        op.one_of("block_scale")
        scales = next((word for word in op.rest if word.startswith("scale_vec::")), "")
        op.flag(scales)
        scale_type = op.rest.pop() if op.rest else ""
        if (scales, scale_type) not in _SCALES[kind]:
            raise op.unknown()
        scales = scales or _SCALES[kind][0][0]
    if len(op.rest) != 4:
        raise op.unknown()
    d_type, a_type, b_type, c_type = op.rest
    if not {a_type, b_type} <= set(in_types) or d_type not in results or c_type != d_type:
        raise op.unknown()
    if sparsity == "sp" or shape != (16, 8, 2 * k if sparsity else k):
        raise op.unknown()
    check_target(op, target, "sm_120a")
    if k == 64:
        a_type = b_type = "e2m1x2"
    count = int(scales[-2]) if scales else 0
    types = d_type, a_type, b_type, c_type
    return Form(shape, types, sparsity=sparsity, scales=count, scale_type=scale_type)
