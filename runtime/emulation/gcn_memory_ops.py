"""Make steps of memory instructions: scalar loads, LDS, global and scratch memory."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from clawc.runtime.emulation.gcn_lanes import permute_backward, permute_forward, swizzle
from clawc.runtime.emulation.gcn_memory import Access, load, sound, store
from clawc.runtime.emulation.gcn_operands import Operands, Reader
from clawc.runtime.emulation.gcn_step import Run, unknown
from clawc.runtime.emulation.gcn_waves import Waves

_WORD = 0xFFFFFFFF  # sums of addresses in LDS wrap around
_NAME = re.compile(r"(load|store)_(?:(d16)_)?(?:(hi)_)?([uib])(\d+)$")
_LDS_NAME = re.compile(r"ds_(load|store)_(2addr_(?:stride64_)?)?([uib])(\d+)(_d16)?(_hi)?$")


def scalar_load(o: Operands) -> Run:
    """`s_load_b32` ... `s_load_b512`: whole words from a uniform address; RDNA 4 has bytes, too."""
    i = o.instruction
    found = re.fullmatch(r"s_load_([bui])(\d+)", i.name)
    if not found:
        raise unknown(o)
    size, signed = int(found[2]) // 8, {1: np.int8, 2: np.int16} if found[1] == "i" else {}
    unit = min(size, 4)
    count = size // unit
    base = o.scalar_read(i["sbase"] * 2, "u64")
    o.must |= o.reads
    offset = i["offset"]
    extra = None
    if (o.rdna and i["soffset"] != o.generation.null) or (not o.rdna and i["soffset_en"]):
        extra = o.scalar_read(i["soffset"], "u32")
    if not o.rdna and not i["imm"]:
        if not i["soffset_en"]:
            extra = o.scalar_read(i["offset"] & 127, "u32")
        offset = 0
    writers = [o.scalar_write(i["sdata"] + k, "u32") for k in range(count)]

    def run(w: Waves) -> None:
        address = base(w).astype(np.int64) + offset
        if extra is not None:
            address = address + extra(w)
        space, offsets = w.batch.locate(address & ~np.int64(unit - 1))
        lanes = np.arange(w.count) * w.lanes
        access = sound(w, Access(i, space, lanes, offsets, size, False), unit)
        if len(access.lanes) != w.count:
            return
        for write, value in zip(writers, load(w, access), strict=True):
            if unit < 4:
                value = value.view(signed.get(unit, value.dtype)).astype(np.int32).view(np.uint32)
            write(w, value)

    return run


def local(o: Operands) -> Run:
    """DS instructions."""
    i = o.instruction
    lanes = {
        "ds_swizzle_b32": swizzle,
        "ds_bpermute_b32": permute_backward,
        "ds_permute_b32": permute_forward,
    }
    if i.name in lanes:
        return lanes[i.name](o)
    found = _LDS_NAME.match(i.name)
    if not found or i["gds"]:
        raise unknown(o)
    verb, two, kind, bits, d16, high = found.groups()
    size = int(bits) // 8
    if two:
        scale = size * (64 if "stride64" in two else 1)
        offsets = [i["offset0"] * scale, i["offset1"] * scale]
    else:
        offsets = [i["offset1"] << 8 | i["offset0"]]
    address = o.vector_read(i["addr"], "u32")
    o.must |= o.reads
    registers = max(size // 4, 1)
    accumulators = o.accumulators if i["acc"] else 0
    if verb == "load":
        puts = [
            _result(o, i["vdst"] + accumulators + k * registers, kind, size, d16, high)
            for k in range(len(offsets))
        ]

        def run_load(w: Waves) -> None:
            lanes, at = _lanes(w, address(w))
            at = at.astype(np.int64)
            for offset, put in zip(offsets, puts, strict=True):
                access = _local_access(w, o, lanes, at + offset & _WORD, size, False)
                put(w, access.lanes, load(w, access))

        return run_load
    gets = [
        _values(o, i[("data0", "data1")[k]] + accumulators, size, high) for k in range(len(offsets))
    ]

    def run_store(w: Waves) -> None:
        lanes, at = _lanes(w, address(w))
        at = at.astype(np.int64)
        for offset, get in zip(offsets, gets, strict=True):
            access = _local_access(w, o, lanes, at + offset & _WORD, size, True)
            store(w, access, get(w, access.lanes))

    return run_store


def _local_access(
    w: Waves, o: Operands, lanes: np.ndarray, at: np.ndarray, size: int, writes: bool
) -> Access:
    """LDS of the lane's own workgroup: each has its part of the space."""
    space, part = w.batch.local, w.batch.local_bytes
    outside = at + size > part
    first = w.group[lanes // w.lanes] * part
    offsets = np.where(outside, np.int64(1) << 62, first + at)
    alignment = 16 if size == 12 else size
    return sound(w, Access(o.instruction, space, lanes, offsets, size, writes), alignment)


def flat(o: Operands) -> Run:
    """`global_`, `scratch_` and `flat_` loads and stores."""
    i = o.instruction
    found = _NAME.search(i.name)
    if not found or i.format == "FLAT" or "_lds_" in i.name:
        raise unknown(o)
    verb, d16, high, kind, bits = found.groups()
    size = int(bits) // 8
    address = (_scratch_address if i.format == "SCRATCH" else _global_address)(o)
    o.must |= o.reads
    accumulators = o.accumulators if i["acc"] else 0
    alignment = 1  # the driver puts the memory into the mode in which any address is taken
    if verb == "load":
        put = _result(o, i["vdst"] + accumulators, kind, size, d16, high)

        def run_load(w: Waves) -> None:
            lanes, at = _lanes(w, address(w))
            space, offsets = _place(w, i.format, lanes, at)
            access = sound(w, Access(i, space, lanes, offsets, size, False), alignment)
            put(w, access.lanes, load(w, access))

        return run_load
    get = _values(o, i["data"] + accumulators, size, high)

    def run_store(w: Waves) -> None:
        lanes, at = _lanes(w, address(w))
        space, offsets = _place(w, i.format, lanes, at)
        access = sound(w, Access(i, space, lanes, offsets, size, True), alignment)
        store(w, access, get(w, access.lanes))

    return run_store


def _place(w: Waves, format: str, lanes: np.ndarray, at: np.ndarray):
    if format != "SCRATCH":
        return w.batch.locate(at)
    size = w.scratch.shape[2]
    offsets = np.where((at < 0) | (at >= size), np.int64(1) << 62, lanes * size + at)
    return w.batch.private(w), offsets


def _has_scalar(o: Operands) -> bool:
    return o.instruction["saddr"] != o.generation.no_scalar


def _global_address(o: Operands) -> Reader:
    i, offset = o.instruction, np.int64(o.instruction["offset"])
    if _has_scalar(o):
        base, index = o.scalar_read(i["saddr"], "u64"), o.vector_read(i["addr"], "u32")
        return lambda w: (base(w).astype(np.int64) + offset)[:, None] + index(w)
    address = o.vector_read(i["addr"], "i64")
    return lambda w: address(w) + offset


def _scratch_address(o: Operands) -> Reader:
    i, offset = o.instruction, np.int64(o.instruction["offset"])
    parts: list[Reader] = []
    if i["sve"]:
        parts.append(o.vector_read(i["addr"], "i32"))
    if _has_scalar(o):
        scalar = o.scalar_read(i["saddr"], "i32")
        parts.append(lambda w: scalar(w)[:, None])

    def read(w: Waves) -> np.ndarray:
        total = np.full((1, 1), offset, np.int64)
        for part in parts:
            total = total + part(w)
        return np.broadcast_to(total, w.exec.shape)

    return read


def _lanes(w: Waves, address: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lanes that EXEC has, counted through all waves, and their addresses."""
    if w.full:
        return np.arange(address.size), address.reshape(-1)
    lanes = np.flatnonzero(w.exec)
    return lanes, address.reshape(-1)[lanes]


def _result(
    o: Operands, register: int, kind: str, size: int, d16: str | None, high: str | None
) -> Callable[[Waves, np.ndarray, list[np.ndarray]], None]:
    """Where a load's values go: words, or a byte or a half extended to 32 bits or put in a half."""
    words = max(size // 4, 1)
    for k in range(words):
        o.note(o.writes, register + k, 32)
    signed = {1: np.int8, 2: np.int16}.get(size) if kind == "i" else None

    def put(w: Waves, lanes: np.ndarray, values: list[np.ndarray]) -> None:
        if signed is not None:
            values = [values[0].view(signed).astype(np.int32).view(np.uint32)]
        if d16:
            half = w.u16[register].reshape(-1, 2)
            half[lanes, int(bool(high))] = values[0].astype(np.uint16)
            return
        for k, value in enumerate(values):
            w.u32[register + k].reshape(-1)[lanes] = value

    return put


def _values(
    o: Operands, register: int, size: int, high: str | None
) -> Callable[[Waves, np.ndarray], list[np.ndarray]]:
    """What a store writes."""
    before = set(o.reads)
    words = max(size // 4, 1)
    for k in range(words):
        o.note(o.reads, register + k, 32)
    o.must |= o.reads - before
    narrow = {1: np.uint8, 2: np.uint16}.get(size)
    shift = np.uint32(16 if high else 0)

    def get(w: Waves, lanes: np.ndarray) -> list[np.ndarray]:
        values = [w.u32[register + k].reshape(-1)[lanes] for k in range(words)]
        return [(values[0] >> shift).astype(narrow)] if narrow else values

    return get
