"""Scalar instructions on floats: SALU arithmetic of RDNA 3.5 and 4, and RDNA 4's `v_s_exp_f32` and
its like, vector functions of scalar registers.

Source: "RDNA 3.5" and "RDNA4 Instruction Set Architecture" (AMD), the chapters on scalar ALU
operations.  A 16-bit result of the SALU leaves the upper half of its register as it was.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn.compare import FLOAT_COMPARISONS
from clawc.emulators.gcn.decoder import LITERAL
from clawc.emulators.gcn.modes import in_mode
from clawc.emulators.gcn.operands import Operands, Reader, modified
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.vector_ops import OPERATIONS, Operation
from clawc.emulators.gcn.vector_ops_rdna4 import RDNA4_OPERATIONS
from clawc.emulators.gcn.waves import Waves

_ONE = ("ceil", "floor", "trunc", "rndne")
_TWO = ("add", "sub", "mul", "min", "max", "minimum", "maximum")
_FUSED = ("fmac", "fmaak", "fmamk")
_CONVERSIONS = (
    *("cvt_f32_i32", "cvt_f32_u32", "cvt_i32_f32", "cvt_u32_f32", "cvt_f16_f32", "cvt_f32_f16"),
    "cvt_pk_rtz_f16_f32",
)
_FUNCTIONS = ("exp", "log", "rcp", "rsq", "sqrt")


def scalar_float(o: Operands, name: str) -> Run | None:
    """The step of a SOP1, SOP2 or SOPC instruction on floats; None if it is not one."""
    parts = name.split("_")
    if parts[1] == "cmp" and parts[3] in ("f16", "f32"):
        return _compare(o, parts[2], parts[3])
    if name == "s_cvt_hi_f32_f16":
        return _upper_half(o)
    head, type = "_".join(parts[1:-1]), parts[-1]
    known = type in ("f16", "f32") and head in (*_ONE, *_TWO, *_FUSED)
    if not known and "_".join(parts[1:]) not in _CONVERSIONS:
        return None
    operation = _operation(o, "v_" + name.removeprefix("s_"))
    readers = _sources(o, head, operation)
    write = _writer(o, operation.result)
    return lambda w: write(w, operation.compute(*(read(w) for read in readers)))


def pseudo_scalar(o: Operands) -> Run:
    """`v_s_exp_f32`, ...: the upper half of a 16-bit result is 0."""
    i = o.instruction
    _, _, head, type = i.name.split("_")
    if head not in _FUNCTIONS or i["clamp"] or i["omod"]:
        raise unknown(o)
    operation = _operation(o, f"v_{head}_{type}")
    read = modified(o.scalar_read(i["src0"], type), type, i["neg"] & 1, i["abs"] & 1)
    write = o.scalar_write(i["vdst"], "u32")
    o.must |= o.reads

    def run(w: Waves) -> None:
        result = np.broadcast_to(operation.compute(read(w)), w.count)
        bits = np.ascontiguousarray(result).view(np.uint16 if type == "f16" else np.uint32)
        write(w, bits.astype(np.uint32))

    return run


def _operation(o: Operands, name: str) -> Operation:
    """What the vector instruction of that name computes."""
    return in_mode(o, name, OPERATIONS.get(name) or RDNA4_OPERATIONS[name])


def _sources(o: Operands, head: str, operation: Operation) -> list[Reader]:
    i = o.instruction
    codes = [i["src0"], i["src1"], i["sdst"]]
    if head in ("fmaak", "fmamk"):
        last = 2 if head == "fmaak" else 1
        codes = [i["src0"], i["src1"]]
        codes.insert(last, LITERAL)
    pairs = zip(codes, operation.sources, strict=False)
    return [o.scalar_read(code, type) for code, type in pairs]


def _writer(o: Operands, type: str) -> Callable[[Waves, np.ndarray], None]:
    to = o.instruction["sdst"]
    if type != "f16":
        plain = o.scalar_write(to, type)
        return lambda w, value: plain(w, np.ascontiguousarray(np.broadcast_to(value, w.count)))
    before, write = o.scalar_read(to, "u32"), o.scalar_write(to, "u32")

    def write_half(w: Waves, value: np.ndarray) -> None:
        half = np.ascontiguousarray(np.broadcast_to(value, w.count)).view(np.uint16)
        write(w, before(w) & np.uint32(0xFFFF0000) | half)

    return write_half


def _compare(o: Operands, how: str, type: str) -> Run | None:
    test = FLOAT_COMPARISONS.get(how)
    if test is None:
        return None
    a, b = (o.scalar_read(o.instruction[f"src{k}"], type) for k in range(2))

    def run(w: Waves) -> None:
        w.scc = np.broadcast_to(test(a(w), b(w)), w.count)

    return run


def _upper_half(o: Operands) -> Run:
    read = o.scalar_read(o.instruction["src0"], "u32")
    write = _writer(o, "f32")

    def run(w: Waves) -> None:
        half = (read(w) >> np.uint32(16)).astype(np.uint16).view(np.float16)
        write(w, half.astype(np.float32))

    return run
