"""The operands of vector instructions as encodings and modifiers give them: halves, DPP, SDWA."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn.lanes import Dpp
from clawc.emulators.gcn.operands import DTYPES, Operands, Reader, Writer, modified, width
from clawc.emulators.gcn.sdwa import sdwa_reader, sdwa_writer
from clawc.emulators.gcn.step import unknown
from clawc.emulators.gcn.waves import Waves

# The operations of CDNA that leave the other half of a 16-bit result as it was; others clear it.
_KEEPS_HALF = ("v_fma_mix", "v_mad_mix")


def source_reader(o: Operands, number: int, type: str, dpp: Dpp | None = None) -> Reader:
    """The reader of source 0, 1 or 2, whichever way the instruction has it."""
    i = o.instruction
    if i.modifier == "sdwa" and number < 2:
        return sdwa_reader(o, number, type)
    neg, absolute = i["neg"] >> number & 1, i["abs"] >> number & 1
    if i.modifier == "dpp16" and "neg" not in i.fields:
        neg = i.extra[("neg", "neg1")[number]]
        absolute = i.extra[("abs", "abs1")[number]]
    high = i["opsel"] >> number & 1 if i.format == "VOP3" else None
    if dpp is not None and number == 0:
        return modified(_dpp_reader(o, dpp, type, high), type, neg, absolute)
    code = i[f"src{number}"]
    if i.format in ("VOP2", "VOPC") and number == 1:
        code |= 256
    if number == 2 and i.format == "VOP2":
        raise unknown(o, "it has no third source here")
    if i.name == "v_accvgpr_read_b32" or i.name == "v_accvgpr_mov_b32":
        code += o.accumulators
    return o.source(code, type, neg, absolute, high)


def _dpp_reader(o: Operands, dpp: Dpp, type: str, high: int | None) -> Reader:
    dtype = DTYPES[type]
    if width(type) == 32:
        return lambda w: dpp.read(w).view(dtype)
    if width(type) == 16:
        if o.generation.true16 and high is None:
            dpp.register, high = dpp.register & 127, dpp.register >> 7
        shift = np.uint32(16 * (high or 0))
        return lambda w: (dpp.read(w) >> shift).astype(np.uint16).view(dtype)
    raise unknown(o, "DPP with 64-bit operands")


def result_place(o: Operands, type: str) -> tuple[int, int]:
    """The register and the half that the result goes to."""
    i = o.instruction
    register = i["vdst"]
    if i.name in ("v_accvgpr_write_b32", "v_accvgpr_mov_b32"):
        return register + o.accumulators, 0
    if width(type) != 16:
        return register, 0
    if i.format == "VOP3":
        return register, i["opsel"] >> 3 & 1
    return (register & 127, register >> 7) if o.generation.true16 else (register, 0)


def result_writer(o: Operands, type: str, dpp: Dpp | None = None) -> Writer:
    """The writer of the result, as DPP or SDWA want it."""
    if o.instruction.modifier == "sdwa":
        return sdwa_writer(o, type)
    register, high = result_place(o, type)
    keep = o.rdna or high == 1 or o.instruction.name.startswith(_KEEPS_HALF)
    write = o.vector_write(register, type, high, keep)
    if dpp is None:
        return write
    return masked(write, dpp.mask)


def masked(write: Writer, mask: Callable[[Waves], np.ndarray]) -> Writer:
    """`write`, to fewer lanes than EXEC has."""

    def run(w: Waves, value: np.ndarray) -> None:
        saved, full = w.exec, w.full
        w.exec = saved & mask(w)
        w.full = False
        write(w, value)
        w.exec, w.full = saved, full

    return run
