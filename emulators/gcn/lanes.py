"""Values from other lanes: DPP, swizzles, permutations, reads and writes of single lanes."""

from __future__ import annotations

import numpy as np

from clawc.emulators.gcn.decoder import Instruction
from clawc.emulators.gcn.operands import VECTOR, Operands, Reader
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.waves import Waves


def dpp_sources(instruction: Instruction, lanes: int, rdna: bool) -> np.ndarray | None:
    """Which lane each lane's first source comes from; -1: none.  None: an unknown control."""
    lane = np.arange(lanes)
    row, place = lane & ~15, lane & 15
    if instruction.modifier == "dpp8":
        select = instruction.extra["select"]
        return (lane & ~7) | np.array([select >> 3 * (i & 7) & 7 for i in lane])
    control = instruction.extra["control"]
    amount = control & 15
    if control < 0x100:  # quad_perm
        return (lane & ~3) | np.array([control >> 2 * (i & 3) & 3 for i in lane])
    if 0x101 <= control <= 0x10F:  # row_shl: from the lane above
        return np.where(place + amount < 16, lane + amount, -1)
    if 0x111 <= control <= 0x11F:  # row_shr
        return np.where(place >= amount, lane - amount, -1)
    if 0x121 <= control <= 0x12F:  # row_ror
        return row | (place - amount) & 15
    if control == 0x140:  # row_mirror
        return row | 15 - place
    if control == 0x141:  # row_half_mirror
        return lane & ~7 | 7 - (lane & 7)
    if 0x150 <= control <= 0x15F:  # row_share, or row_newbcast
        return row | amount
    if rdna and 0x160 <= control <= 0x16F:  # row_xmask
        return row | place ^ amount
    if not rdna:
        moves = {0x130: 1, 0x134: 1, 0x138: -1, 0x13C: -1}  # wave_shl, rol, shr, ror
        if control in moves:
            other = lane + moves[control]
            return (
                other % lanes
                if control & 4
                else np.where((other >= 0) & (other < lanes), other, -1)
            )
        if control == 0x142:  # row_bcast15: the last lane of a row to the next row
            return np.where(row > 0, row - 1, -1)
        if control == 0x143:  # row_bcast31: lane 31 to the upper half
            return np.where(lane >= 32, 31, -1)
    return None


class Dpp:
    """The first source of a DPP instruction, and which lanes may write."""

    def __init__(self, operands: Operands) -> None:
        instruction, lanes = operands.instruction, operands.lanes
        extra = instruction.extra
        sources = dpp_sources(instruction, lanes, operands.rdna)
        if sources is None:
            raise unknown(operands, f"its DPP control is {extra.get('control', 0):#x}")
        self.valid, self.sources = sources >= 0, np.maximum(sources, 0)
        lane = np.arange(lanes)
        rows, banks = extra.get("row_mask", 15), extra.get("bank_mask", 15)
        self.written = (rows >> (lane >> 4 & 3) & 1 == 1) & (banks >> (lane >> 2 & 3) & 1 == 1)
        self.zero = bool(extra.get("bound_control", instruction.modifier == "dpp8"))
        self.any_lane = bool(extra.get("fetch_inactive", 0))
        self.register = extra["vsrc0"]
        operands.note(operands.reads, self.register, 32)

    def alive(self, w: Waves) -> np.ndarray:
        """Which lanes get a value: [waves, lanes]."""
        if self.any_lane:
            return np.broadcast_to(self.valid, w.exec.shape)
        return w.exec[:, self.sources] & self.valid

    def read(self, w: Waves) -> np.ndarray:
        values = w.u32[self.register][:, self.sources]
        return np.where(self.alive(w), values, np.uint32(0)) if self.zero else values

    def mask(self, w: Waves) -> np.ndarray:
        """Which lanes write, besides EXEC."""
        return self.written if self.zero else self.alive(w) & self.written


def read_first_lane(o: Operands) -> Run:
    source, write = _lane_source(o), o.scalar_write(o.instruction["vdst"], "u32")

    def run(w: Waves) -> None:
        first = np.argmax(w.exec, 1)
        write(w, source(w)[np.arange(w.count), first])

    return run


def read_lane(o: Operands) -> Run:
    source, write = _lane_source(o), o.scalar_write(o.instruction["vdst"], "u32")
    which = o.scalar_read(o.instruction["src1"], "u32")

    def run(w: Waves) -> None:
        lane = np.broadcast_to(which(w).astype(np.int64) % w.lanes, w.count)
        write(w, source(w)[np.arange(w.count), lane])

    return run


def write_lane(o: Operands) -> Run:
    i = o.instruction
    value, which = o.scalar_read(i["src0"], "u32"), o.scalar_read(i["src1"], "u32")
    o.note(o.writes, i["vdst"], 32)

    def run(w: Waves) -> None:
        lane = np.broadcast_to(which(w).astype(np.int64) % w.lanes, w.count)
        w.u32[i["vdst"]][np.arange(w.count), lane] = value(w)

    return run


def _lane_source(o: Operands) -> Reader:
    code = o.instruction["src0"]
    if code < VECTOR:
        read = o.scalar_read(code, "u32")
        return lambda w: np.broadcast_to(read(w)[:, None], w.exec.shape)
    return o.vector_read(code - VECTOR, "u32")


def permute_rows(o: Operands, other_row: bool) -> Run:
    """`v_permlane16` and `v_permlanex16`: any lane of the own row, or of the one beside it."""
    i = o.instruction
    value = _lane_source(o)
    low, high = o.scalar_read(i["src1"], "u32"), o.scalar_read(i["src2"], "u32")
    register = i["vdst"]
    o.note(o.writes, register, 32)
    inactive, zero = i["opsel"] & 1, i["opsel"] >> 1 & 1
    lane = np.arange(o.lanes)
    row = (lane & ~15) ^ (16 if other_row else 0)
    place = (lane & 7).astype(np.uint32) * np.uint32(4)
    upper = lane & 8 != 0

    def run(w: Waves) -> None:
        select = np.where(upper, high(w)[:, None], low(w)[:, None])
        source = row + (select >> place & np.uint32(15)).astype(np.int64)
        source = np.broadcast_to(source, w.exec.shape)
        waves = np.arange(w.count)[:, None]
        result = value(w)[waves, source]
        written = w.exec
        if not inactive:
            alive = w.exec[waves, source]
            if zero:
                result = np.where(alive, result, np.uint32(0))
            else:
                written = written & alive
        np.copyto(w.u32[register], result, where=written)

    return run


def swizzle_sources(offset: int, lanes: int) -> np.ndarray | None:
    """`ds_swizzle_b32`: the lane that each lane reads, in groups of 32 or of 4."""
    lane = np.arange(lanes)
    if offset & 0x8000:
        if offset >= 0xC000:  # rotations and the FFT mode
            return None
        return (lane & ~3) | np.array([offset >> 2 * (i & 3) & 3 for i in lane])
    and_mask, or_mask, xor_mask = offset & 31, offset >> 5 & 31, offset >> 10 & 31
    return (lane & ~31) | ((lane & 31 & and_mask) | or_mask) ^ xor_mask


def swizzle(o: Operands) -> Run:
    i = o.instruction
    sources = swizzle_sources(i["offset1"] << 8 | i["offset0"], o.lanes)
    if sources is None:
        raise unknown(o, "it rotates")
    value, write = o.vector_read(i["addr"], "u32"), o.vector_write(i["vdst"], "u32")
    return lambda w: write(w, np.where(w.exec[:, sources], value(w)[:, sources], np.uint32(0)))


def permute_backward(o: Operands) -> Run:
    """`ds_bpermute_b32`: each lane names the lane that it reads."""
    i = o.instruction
    address, value = o.vector_read(i["addr"], "u32"), o.vector_read(i["data0"], "u32")
    write = o.vector_write(i["vdst"], "u32")
    offset = np.uint32(i["offset1"] << 8 | i["offset0"])

    def run(w: Waves) -> None:
        source = ((address(w) + offset) >> np.uint32(2)).astype(np.int64) % w.lanes
        waves = np.arange(w.count)[:, None]
        write(w, np.where(w.exec[waves, source], value(w)[waves, source], np.uint32(0)))

    return run


def permute_forward(o: Operands) -> Run:
    """`ds_permute_b32`: each lane names the lane that it writes; the highest one wins."""
    i = o.instruction
    address, value = o.vector_read(i["addr"], "u32"), o.vector_read(i["data0"], "u32")
    write = o.vector_write(i["vdst"], "u32")
    offset = np.uint32(i["offset1"] << 8 | i["offset0"])

    def run(w: Waves) -> None:
        target = ((address(w) + offset) >> np.uint32(2)).astype(np.int64) % w.lanes
        result = np.zeros(w.exec.shape, np.uint32)
        for lane in range(w.lanes):
            waves = np.flatnonzero(w.exec[:, lane])
            result[waves, target[waves, lane]] = value(w)[waves, lane]
        write(w, result)

    return run


def swap_halves(o: Operands) -> Run:
    """`v_permlane32_swap` and `v_permlane16_swap`: the upper lanes (of each 64, of each 32) of one
    register change places with the lower lanes of another."""
    i = o.instruction
    if i["opsel"] or i["src0"] < VECTOR:
        raise unknown(o, "with modifiers, or a source that is no vector register")
    distance = int(i.name[len("v_permlane") :][:2])
    upper, lower = i["vdst"], i["src0"] - VECTOR
    for register in (upper, lower):
        o.note(o.reads, register, 32)
        o.note(o.writes, register, 32)
    below = np.flatnonzero(np.arange(o.lanes) & distance == 0)
    above = below + distance

    def run(w: Waves) -> None:
        if not w.full and (w.exec[:, below] != w.exec[:, above]).any():
            raise unknown(o, "between lanes that execute and lanes that do not")
        first, second = w.u32[upper], w.u32[lower]
        executing = w.exec[:, below]
        old_upper, old_lower = first[:, above], second[:, below]
        first[:, above] = np.where(executing, old_lower, old_upper)
        second[:, below] = np.where(executing, old_upper, old_lower)

    return run


def count_mask_bits(o: Operands) -> Run:
    """`v_mbcnt`: how many lower lanes the mask has, plus a number."""
    i = o.instruction
    mask, addend = o.source(i["src0"], "u32"), o.source(i["src1"], "u32")
    write = o.vector_write(i["vdst"], "u32")
    first = 32 if "_hi_" in i.name else 0
    below = np.clip(np.arange(o.lanes) - first, 0, 32)
    of_lane = np.array([(1 << n) - 1 for n in below], np.uint32)

    def run(w: Waves) -> None:
        bits = np.broadcast_to(mask(w) & of_lane, w.exec.shape)
        ones = np.unpackbits(np.ascontiguousarray(bits)[..., None].view(np.uint8), axis=-1)
        write(w, ones.sum(-1, dtype=np.uint32) + addend(w))

    return run
