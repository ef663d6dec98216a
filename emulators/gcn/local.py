"""DS instructions: loads, stores and atomics in LDS, and permutations that only use its paths."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clawc.emulators.gcn.atomics import atomic
from clawc.emulators.gcn.lanes import permute_backward, permute_forward, swizzle
from clawc.emulators.gcn.memory import Access, atomically, sound
from clawc.emulators.gcn.operands import Operands, Reader
from clawc.emulators.gcn.places import in_shared
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.transfers import (
    Form,
    active_lanes,
    form_of,
    loads,
    result,
    stores,
    values,
)
from clawc.emulators.gcn.transposed_loads import element_bits, transposed
from clawc.emulators.gcn.waves import Waves

_WORD = 0xFFFFFFFF  # sums of addresses in LDS wrap around
_LANES = {
    "ds_swizzle_b32": swizzle,
    "ds_bpermute_b32": permute_backward,
    "ds_permute_b32": permute_forward,
}
_COUNTERS = {"ds_append": 1, "ds_consume": -1}


def local(o: Operands) -> Run:
    """The step of a DS instruction."""
    i = o.instruction
    if i.name in _LANES:
        return _LANES[i.name](o)
    if i["gds"]:
        raise unknown(o, "in GDS")
    if i.name in _COUNTERS:
        return _counter(o, _COUNTERS[i.name])
    accumulators = o.accumulators if i["acc"] else 0
    if turned := element_bits(i.name):
        return _turned(o, *turned)
    with_lane = i.name.removesuffix("_addtid_b32")
    if with_lane != i.name:
        form, address = Form(with_lane.removeprefix("ds_"), "b", 4), _lane_address(o)
    else:
        form, address = form_of(i.name), o.vector_read(i["addr"], "u32")
        o.must |= o.reads
    both = i["offset1"] << 8 | i["offset0"]
    if form is None:
        return _changes(o, address, both, accumulators)
    if form.addresses == 1:
        return _moves(o, form, address, both, 0, accumulators)
    scale = form.size * form.stride
    steps = [_moves(o, form, address, i[f"offset{k}"] * scale, k, accumulators) for k in range(2)]
    return _one_after_the_other(o, form, steps)


def _moves(o: Operands, form: Form, address: Reader, offset: int, number: int, base: int) -> Run:
    """A load or a store at one of the instruction's addresses."""
    i = o.instruction
    if form.verb == "load":
        register = i["vdst"] + base + number * form.words
        kind = "look" if i.looks_first else "read"
        return loads(
            result(o, register, form), lambda w: _access(w, o, address, offset, form.size, kind)
        )
    get = values(o, i[("data0", "data1")[number]] + base, form)
    return stores(get, lambda w: _access(w, o, address, offset, form.size, "write"))


def _turned(o: Operands, size: int, bits: int) -> Run:
    """A load that turns a matrix."""
    address, offset = o.vector_read(o.instruction["addr"], "u32"), o.instruction["offset1"] << 8
    offset |= o.instruction["offset0"]
    o.must |= o.reads
    return transposed(o, size, bits, lambda w: _access(w, o, address, offset, size, "read"))


def _one_after_the_other(o: Operands, form: Form, steps: list[Run]) -> Run:
    """Both accesses with the address as it was before: a load may overwrite it."""
    if form.verb == "load" and o.instruction["addr"] in range(
        o.instruction["vdst"], o.instruction["vdst"] + form.words
    ):
        steps = steps[::-1]
    first, second = steps

    def run(w: Waves) -> None:
        first(w)
        second(w)

    return run


def _changes(o: Operands, address: Reader, offset: int, base: int) -> Run:
    """An atomic."""
    i = o.instruction
    returns = i["vdst"] + base if "_rtn" in i.name else None
    registers = [i["data0"] + base, i["data1"] + base]
    return atomic(
        *(o, i.name, registers, returns),
        lambda w, size: _access(w, o, address, offset, size, "atomic"),
    )


def _access(
    w: Waves, o: Operands, address: Reader, offset: int, size: int, kind: str
) -> Iterator[Access]:
    lanes, at = active_lanes(w, address(w))
    space, lanes, offsets = in_shared(w, lanes, at.astype(np.int64) + offset & _WORD, size)
    writes = kind in ("write", "atomic")
    access = Access(o.instruction, space, lanes, offsets, size, writes, kind in ("atomic", "look"))
    yield sound(w, access, 16 if size == 12 else size)


def _lane_address(o: Operands) -> Reader:
    """`addtid`: M0's low half and four bytes a lane."""
    base = o.scalar_read(o.generation.m0, "u32")
    o.must |= o.reads
    lane = 4 * np.arange(o.lanes, dtype=np.uint32)
    return lambda w: np.broadcast_to((base(w) & np.uint32(0xFFFF))[:, None] + lane, w.exec.shape)


def _counter(o: Operands, sign: int) -> Run:
    """`ds_append`, `ds_consume`: each wave adds or takes its number of active lanes, at once."""
    i = o.instruction
    offset = i["offset1"] << 8 | i["offset0"]
    base = o.scalar_read(o.generation.m0, "u32")
    o.must |= o.reads
    write = o.vector_write(i["vdst"], "u32")

    def run(w: Waves) -> None:
        waves = np.flatnonzero(w.exec.any(1))
        # RDNA 3: the upper half of M0 is the base; CDNA 3 says the same.
        at = np.broadcast_to(base(w) >> np.uint32(16), w.count)[waves].astype(np.int64) + offset
        first = np.argmax(w.exec, 1)[waves]
        space, lanes, offsets = in_shared(w, waves * w.lanes + first, at, 4)
        access = sound(w, Access(i, space, lanes, offsets, 4, True, True), 4)
        found = np.zeros(w.count, np.uint32)

        def count(data: np.ndarray) -> None:
            for lane, offset in zip(access.lanes, access.offsets, strict=True):
                wave = lane // w.lanes
                found[wave] = data[offset // 4]
                data[offset // 4] += np.uint32(sign * int(w.exec[wave].sum()) & _WORD)

        atomically(w, access, count)
        write(w, np.broadcast_to(found[:, None], w.exec.shape))

    return run
