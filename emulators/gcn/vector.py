"""Make steps of vector instructions: VOP1, VOP2, VOP3 with all their modifiers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn import floats as fl
from clawc.emulators.gcn import lanes
from clawc.emulators.gcn.bit_tables import bit_table
from clawc.emulators.gcn.carry import CARRIES
from clawc.emulators.gcn.compare import compare
from clawc.emulators.gcn.decoder import Instruction
from clawc.emulators.gcn.integer import saturated
from clawc.emulators.gcn.modes import in_mode
from clawc.emulators.gcn.modifiers import result_place, result_writer, source_reader
from clawc.emulators.gcn.operands import DTYPES, VECTOR, Operands, Reader, Writer, modified
from clawc.emulators.gcn.scaled_conversions import PREFIX, scaled_conversion
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.vector_ops import OPERATIONS, SATURATING, Operation
from clawc.emulators.gcn.vector_ops_cdna import CDNA_OPERATIONS
from clawc.emulators.gcn.vector_ops_rdna4 import RDNA4_OPERATIONS
from clawc.emulators.gcn.waves import VCC, Waves

_OPERATIONS = OPERATIONS | CDNA_OPERATIONS | RDNA4_OPERATIONS
SPECIAL: dict[str, Callable[[Operands], Run]] = {
    "v_readfirstlane_b32": lanes.read_first_lane,
    "v_readlane_b32": lanes.read_lane,
    "v_writelane_b32": lanes.write_lane,
    "v_permlane16_b32": lambda o: lanes.permute_rows(o, other_row=False),
    "v_permlanex16_b32": lambda o: lanes.permute_rows(o, other_row=True),
    "v_permlane16_swap_b32": lanes.swap_halves,
    "v_permlane32_swap_b32": lanes.swap_halves,
    "v_swap_b16": lambda o: _swap(o),
    "v_swap_b32": lambda o: _swap(o),
    "v_bitop3_b16": bit_table,
    "v_bitop3_b32": bit_table,
    "v_mbcnt_lo_u32_b32": lanes.count_mask_bits,
    "v_mbcnt_hi_u32_b32": lanes.count_mask_bits,
    **CARRIES,
}
# 64-bit operations whose low half needs only the low halves of these sources.
_LOW_FROM_LOW = {"v_lshlrev_b64": (1,), "v_lshl_add_u64": (0, 2)}
# Which source is the literal of an operation that always has one.
_LITERALS = {"fmaak": 2, "madak": 2, "fmamk": 1, "madmk": 1}
_FACTORS = {1: 2.0, 2: 4.0, 3: 0.5}


def vector(o: Operands) -> Run:
    """The step of a VOP1, VOP2, VOP3 or VOPC instruction."""
    i = o.instruction
    if i.name == "v_nop":
        return lambda w: None
    if i.name.startswith("v_cmp"):
        return compare(o)
    if i.name in SPECIAL:
        if i.modifier and i.name not in CARRIES:
            raise unknown(o, f"with {i.modifier}")
        return SPECIAL[i.name](o)
    if i.name in ("v_cndmask_b32", "v_cndmask_b16"):
        return _select(o)
    if i.name.startswith(PREFIX):
        return scaled_conversion(o)
    operation = _OPERATIONS.get(i.name)
    if operation is None:
        raise unknown(o)
    return apply(o, operation)


def _swap(o: Operands) -> Run:
    """`v_swap_b32`, `v_swap_b16`: two vector registers, or halves of two, change places."""
    i = o.instruction
    type = f"u{i.name[-2:]}"
    code = i["src0"] - VECTOR
    places = [result_place(o, type), (code, 0) if type == "u32" else (code & 127, code >> 7)]
    readers = [o.vector_read(register, type, high) for register, high in places]
    writers = [o.vector_write(register, type, high) for register, high in reversed(places)]
    if type == "u32":
        (a, _), (b, _) = places
        o.flows = {a: {b}, b: {a}}

    def run(w: Waves) -> None:
        values = [read(w).copy() for read in readers]
        for write, value in zip(writers, values, strict=True):
            write(w, value)

    return run


def apply(o: Operands, operation: Operation) -> Run:
    """`operation` on the instruction's operands."""
    i, operation = o.instruction, in_mode(o, o.instruction.name, operation)
    dpp = lanes.Dpp(o) if i.modifier.startswith("dpp") else None
    readers = [
        source_reader(o, k, type, dpp)
        for k, type in enumerate(operation.sources[: _encoded_sources(i, operation)])
    ]
    literal = _LITERALS.get(i.name.split("_")[1])
    if literal == 2:
        readers.append(o.source(255, operation.sources[2]))
    elif literal == 1:
        second = source_reader(o, 1, operation.sources[2])
        readers += [o.source(255, operation.sources[1]), second]
    if operation.accumulates:
        destination, high = result_place(o, operation.result)
        accumulator = o.vector_read(destination, operation.sources[-1], high)
        negated, absolute = (i["neg"] >> 2 & 1, i["abs"] >> 2 & 1)
        readers.append(modified(accumulator, operation.sources[-1], negated, absolute))
    if i.name in _LOW_FROM_LOW:
        halves = [o.upper(i[f"src{k}"]) for k in _LOW_FROM_LOW[i.name]]
        o.flows[i["vdst"]] = o.reads.difference(*halves)
    if i.name == "v_mov_b64":
        upper = o.upper(i["src0"])
        o.flows = {i["vdst"]: o.reads - upper, i["vdst"] + 1: o.reads & upper}
    compute = finished(o, operation)
    return run_of(compute, readers, result_writer(o, operation.result, dpp))


def _encoded_sources(i: Instruction, operation: Operation) -> int:
    count = len(operation.sources)
    literal = _LITERALS.get(i.name.split("_")[1])
    if operation.accumulates or literal == 2:
        return count - 1
    return 1 if literal == 1 else count


def run_of(compute: Callable[..., np.ndarray], readers: list[Reader], write: Writer) -> Run:
    """compute and write, with as little in between as possible."""
    if len(readers) == 1:
        (a,) = readers
        return lambda w: write(w, compute(a(w)))
    if len(readers) == 2:
        a, b = readers
        return lambda w: write(w, compute(a(w), b(w)))
    a, b, c = readers
    return lambda w: write(w, compute(a(w), b(w), c(w)))


def finished(o: Operands, operation: Operation) -> Callable[..., np.ndarray]:
    """The operation with `omod` and `clamp`."""
    i, compute = o.instruction, operation.compute
    omod = i["omod"] or i.extra.get("omod", 0)
    clamp = i["clamp"] or (i.modifier == "sdwa" and i.extra["clamp"])
    if not omod and not clamp:
        return compute
    dtype = DTYPES[operation.result]
    if not operation.result.startswith("f"):
        if omod or i.name not in SATURATING:
            raise unknown(o, "with clamp")
        return saturated(SATURATING[i.name], dtype)
    factor = dtype(_FACTORS.get(omod, 1.0))

    def run(*values: np.ndarray) -> np.ndarray:
        result = compute(*values) * factor
        return fl.clamped(result, o.clamp_keeps_nan) if clamp else result

    return run


def _select(o: Operands) -> Run:
    """`v_cndmask`: source 1 where the mask has the lane, else source 0."""
    i = o.instruction
    type = "u" + i.name[-2:]
    dpp = lanes.Dpp(o) if i.modifier.startswith("dpp") else None
    no, yes = source_reader(o, 0, type, dpp), source_reader(o, 1, type)
    mask = o.mask_read(i["src2"] if i.format == "VOP3" else VCC)
    write = result_writer(o, type, dpp)
    return lambda w: write(w, np.where(mask(w), yes(w), no(w)))
