"""SMEM instructions: loads from a uniform address."""

from __future__ import annotations

import re

import numpy as np

from clawc.emulators.gcn.buffer import Resource
from clawc.emulators.gcn.memory import Access, load, sound
from clawc.emulators.gcn.operands import Operands, Reader
from clawc.emulators.gcn.places import in_global
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.waves import Waves

_LOAD = re.compile(r"s_(buffer_)?load_([bui])(\d+)$")
_SIGNED = {1: np.int8, 2: np.int16}


def scalar_load(o: Operands) -> Run:
    """`s_load_b32` ... `s_load_b512`, and `s_buffer_load_...`, which is checked by a descriptor;
    RDNA 4 has bytes and halves, too."""
    i = o.instruction
    found = _LOAD.match(i.name)
    if not found:
        raise unknown(o)
    size = int(found[3]) // 8
    unit = min(size, 4)
    count = size // unit
    signed = _SIGNED.get(unit) if found[2] == "i" else None
    buffer = Resource(o, i["sbase"] * 2) if found[1] else None
    base = o.scalar_read(i["sbase"] * 2, "u64")
    offset = _offset(o)
    o.must |= o.reads
    writers = [o.scalar_write(i["sdata"] + k, "u32") for k in range(count)]

    def run(w: Waves) -> None:
        at = np.broadcast_to(offset(w), w.count)
        first = base(w).astype(np.int64)
        if buffer is not None:
            first = buffer.base(w)
        address = first + at & ~np.int64(unit - 1)
        waves = np.arange(w.count)
        values = [np.zeros(w.count, np.uint32) for _ in range(count)]
        whole = waves
        if buffer is not None:
            inside = [at + unit * (k + 1) <= buffer.records(w) for k in range(count)]
            whole = np.flatnonzero(np.logical_and.reduce(inside))
            for wave in np.setdiff1d(waves, whole):
                for k in range(count):
                    if inside[k][wave]:
                        one = np.array([wave])
                        _read(w, o, one, address[one] + unit * k, unit, values[k : k + 1])
        _read(w, o, whole, address[whole], unit, values)
        for write, value in zip(writers, values, strict=True):
            write(w, value if signed is None else value.astype(signed).astype(np.int32))

    return run


def _read(
    w: Waves,
    o: Operands,
    waves: np.ndarray,
    addresses: np.ndarray,
    unit: int,
    values: list[np.ndarray],
) -> None:
    for space, lanes, offsets in in_global(w, waves * w.lanes, addresses):
        i, size = o.instruction, unit * len(values)
        access = Access(i, space, lanes, offsets, size, False, i.looks_first)
        access = sound(w, access, unit)
        for value, got in zip(values, load(w, access), strict=True):
            value[access.lanes // w.lanes] = got


def _offset(o: Operands) -> Reader:
    i = o.instruction
    constant = np.array([i["offset"]], np.int64)
    register = None
    if (o.rdna and i["soffset"] != o.generation.null) or (not o.rdna and i["soffset_en"]):
        register = i["soffset"]
    if not o.rdna and not i["imm"]:
        if not i["soffset_en"]:
            register = i["offset"] & 127
        constant = np.zeros(1, np.int64)
    if register is None:
        return lambda w: constant
    extra = o.scalar_read(register, "u32")
    return lambda w: constant + extra(w)
