"""Vector instructions with a mask beside their result: carries, wide products, division."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn.division import multiply_add, scaled
from clawc.emulators.gcn.integer import U32, U64
from clawc.emulators.gcn.lanes import Dpp
from clawc.emulators.gcn.modes import flush, flushes
from clawc.emulators.gcn.modifiers import masked, source_reader
from clawc.emulators.gcn.operands import Operands, modified
from clawc.emulators.gcn.sdwa import sdwa_writer
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.waves import VCC, Waves


def _add_carry(o: Operands, order: str, chained: bool) -> Run:
    """a + b, a - b or b - a, with a carry in or not, and the carry out for each lane."""
    i = o.instruction
    if i["clamp"] or i.extra.get("clamp"):
        raise unknown(o, "with clamp")
    dpp = Dpp(o) if i.modifier.startswith("dpp") else None
    a, b = source_reader(o, 0, "u32", dpp), source_reader(o, 1, "u32")
    wide = i.format == "VOP3SD"
    carry_in = o.mask_read(i["src2"] if wide else VCC) if chained else None
    carry_out = o.mask_write(i["sdst"] if wide else VCC)
    if i.modifier == "sdwa":
        write = sdwa_writer(o, "u32")
    else:
        write = o.vector_write(i["vdst"], "u32")
        if dpp is not None:
            write = masked(write, dpp.mask)

    def run(w: Waves) -> None:
        x, y = a(w).astype(U64), b(w).astype(U64)
        extra = carry_in(w).astype(U64) if carry_in else U64(0)
        if order == "add":
            total = x + y + extra
        else:
            total = (x - y if order == "sub" else y - x) - extra
        enabled = w.exec & dpp.mask(w) if dpp is not None else w.exec
        carry = np.broadcast_to(total >> U64(32) != 0, w.exec.shape) & enabled
        write(w, (total & U64(0xFFFFFFFF)).astype(U32))
        carry_out(w, carry)

    return run


def _multiply_add(o: Operands, signed: bool) -> Run:
    """`v_mad_u64_u32`: 32 x 32 + 64 bits, and whether that overflows."""
    i = o.instruction
    narrow, wide = ("i32", "i64") if signed else ("u32", "u64")
    a, b = o.source(i["src0"], narrow), o.source(i["src1"], narrow)
    c = o.source(i["src2"], wide)
    # The low half of the sum needs only the low half of the addend.
    o.flows[i["vdst"]] = o.reads - o.upper(i["src2"])
    write, overflow = o.vector_write(i["vdst"], wide), o.mask_write(i["sdst"])
    dtype = np.int64 if signed else U64

    def run(w: Waves) -> None:
        product, addend = a(w).astype(dtype) * b(w).astype(dtype), c(w)
        total = product + addend
        if signed:
            over = ((total ^ product) & (total ^ addend)) < 0
        else:
            over = total < product
        write(w, np.broadcast_to(total, w.exec.shape))
        overflow(w, np.broadcast_to(over, w.exec.shape) & w.exec)

    return run


def _divide_scale(o: Operands) -> Run:
    i = o.instruction
    type = i.name[-3:]
    readers = [o.source(i[f"src{k}"], type, neg=i["neg"] >> k & 1) for k in range(3)]
    write, flags = o.vector_write(i["vdst"], type), o.mask_write(i["sdst"])

    flushed = [flush if which else np.asarray for which in flushes(o, type)]

    def run(w: Waves) -> None:
        value, flag = scaled(*(flushed[0](read(w)) for read in readers))
        write(w, flushed[1](value))
        flags(w, np.broadcast_to(flag, w.exec.shape) & w.exec)

    return run


def _divide_multiply_add(o: Operands) -> Run:
    i = o.instruction
    type = i.name[-3:]
    a, b, c = (
        modified(o.source(i[f"src{k}"], type), type, i["neg"] >> k & 1, i["abs"] >> k & 1)
        for k in range(3)
    )
    flags, write = o.mask_read(VCC), o.vector_write(i["vdst"], type)
    if o.mode & 15:
        raise unknown(o, "in a mode of rounding other than to nearest")
    before, after = (flush if which else np.asarray for which in flushes(o, type))

    def run(w: Waves) -> None:
        a_, b_, c_ = (before(read(w)) for read in (a, b, c))
        write(w, after(multiply_add(a_, b_, c_, flags(w))))

    return run


CARRIES: dict[str, Callable[[Operands], Run]] = {
    "v_add_co_u32": lambda o: _add_carry(o, "add", False),
    "v_sub_co_u32": lambda o: _add_carry(o, "sub", False),
    "v_subrev_co_u32": lambda o: _add_carry(o, "subrev", False),
    "v_add_co_ci_u32": lambda o: _add_carry(o, "add", True),
    "v_sub_co_ci_u32": lambda o: _add_carry(o, "sub", True),
    "v_subrev_co_ci_u32": lambda o: _add_carry(o, "subrev", True),
    "v_mad_u64_u32": lambda o: _multiply_add(o, False),
    "v_mad_i64_i32": lambda o: _multiply_add(o, True),
    "v_div_scale_f32": _divide_scale,
    "v_div_scale_f64": _divide_scale,
    "v_div_fmas_f32": _divide_multiply_add,
    "v_div_fmas_f64": _divide_multiply_add,
}
