"""`global_`, `scratch_` and `flat_` instructions: loads, stores, atomics, loads into LDS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from clawc.emulators.gcn.atomics import atomic
from clawc.emulators.gcn.lds_loads import into_lds
from clawc.emulators.gcn.memory import Access, sound
from clawc.emulators.gcn.operands import Operands, Reader
from clawc.emulators.gcn.places import Place, in_any, in_global, in_private
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.transfers import (
    active_lanes,
    form_of,
    gives_back,
    is_coherent,
    loads,
    result,
    stores,
    values,
)
from clawc.emulators.gcn.waves import Waves


def flat(o: Operands) -> Run:
    """The step of an instruction of the formats FLAT, GLOBAL and SCRATCH."""
    i = o.instruction
    form = form_of(i.name)
    if i.format == "SCRATCH":
        address = _scratch_address(o)
    else:
        address = _global_address(o)
    o.must |= o.reads
    accumulators = o.accumulators if i["acc"] else 0
    if form is None:
        if "_atomic_" not in i.name or i.format == "SCRATCH":
            raise unknown(o)
        returns = i["vdst"] + accumulators if gives_back(i) else None
        return atomic(
            *(o, i.name, [i["data"] + accumulators], returns),
            lambda w, size: _reach(w, o, address, size, True, True),
        )
    coherent = form.verb == "load" and is_coherent(o)

    def reach(w: Waves) -> Iterator[Access]:
        return _reach(w, o, address, form.size, form.verb == "store", coherent)

    if form.to_lds:
        return loads(into_lds(o, form, i["offset"]), reach)
    if form.verb == "load":
        put = result(o, i["vdst"] + accumulators, form)
        return loads(put, reach, o.writes)
    # Compilers keep registers in scratch without asking whether anything was written to them.
    get = values(o, i["data"] + accumulators, form, defined=i.format != "SCRATCH")
    return stores(get, reach)


def _reach(
    w: Waves, o: Operands, address: Reader, size: int, writes: bool, atomic: bool
) -> Iterator[Access]:
    i = o.instruction
    lanes, at = active_lanes(w, address(w))
    for space, some, offsets in _places(w, i.format, lanes, at, size):
        if i.format == "FLAT" and space is w.batch.local:
            counter = o.generation.counters.get("local", "local")
            kind = "local store" if writes else "local"
            w.also_under_way(counter, kind, o.fills)
        # The driver puts the memory into the mode in which loads and stores take any address.
        alignment = size if atomic and writes else 1
        yield sound(w, Access(i, space, some, offsets, size, writes, atomic), alignment)


def _places(w: Waves, format: str, lanes: np.ndarray, at: np.ndarray, size: int) -> Iterable[Place]:
    if format == "SCRATCH":
        return (in_private(w, lanes, at, size),)
    return in_global(w, lanes, at) if format == "GLOBAL" else in_any(w, lanes, at, size)


def _has_scalar(o: Operands) -> bool:
    return o.instruction.format != "FLAT" and o.instruction["saddr"] != o.generation.no_scalar


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
