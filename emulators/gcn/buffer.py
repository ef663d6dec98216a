"""`buffer_` instructions: memory through a descriptor, which checks every access against its range.

Source: "RDNA3 Instruction Set Architecture", section 9.1, and "AMD Instinct MI300 Instruction Set
Architecture", section 9.1, "Vector Memory Buffer Instructions": addressing and range checking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

import numpy as np

from clawc.emulators.gcn.atomics import atomic
from clawc.emulators.gcn.lds_loads import into_lds
from clawc.emulators.gcn.memory import Access, load, sound, store, unwritten
from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.places import Place, in_global, in_private
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.transfers import (
    Form,
    Get,
    Put,
    active_lanes,
    form_of,
    gives_back,
    is_coherent,
    result,
    values,
)
from clawc.emulators.gcn.waves import Waves
from clawc.emulators.gcn.windows import PRIVATE_APERTURE
from clawc.emulators.interface import EmulationError

_ADDRESS = np.int64((1 << 48) - 1)


class Resource:
    """A buffer descriptor in four scalar registers."""

    def __init__(self, o: Operands, register: int) -> None:
        self.words = [o.scalar_read(register + k, "u32") for k in range(4)]
        self.rdna, self.name = o.rdna, str(o.instruction)

    def base(self, w: Waves) -> np.ndarray:
        low, high = (self.words[k](w).astype(np.int64) for k in range(2))
        return high << 32 & _ADDRESS | low

    def records(self, w: Waves) -> np.ndarray:
        return self.words[2](w).astype(np.int64)

    def check_form(self, w: Waves) -> None:
        """EmulationError for descriptors that do more than compare an offset with a range."""
        second, last = self.words[1](w), self.words[3](w)
        swizzled = second >> np.uint32(30 if self.rdna else 31)
        structured = last >> np.uint32(28) & np.uint32(3) != 3 if self.rdna else np.zeros(1, bool)
        with_lane = last >> np.uint32(23) & np.uint32(1)
        if swizzled.any() or with_lane.any() or structured.any():
            raise EmulationError(f"'{self.name}' has a structured or swizzled buffer: not emulated")


def buffer(o: Operands) -> Run:
    """The step of a MUBUF instruction."""
    i = o.instruction
    if i["idxen"] or i["tfe"]:
        raise unknown(o, "with an index" if i["idxen"] else "with a status word")
    address = _Address(o)
    o.must |= o.reads
    register = i["vdata"] + (o.accumulators if i["acc"] else 0)
    form = form_of(i.name)
    if form is None:
        if "_atomic_" not in i.name:
            raise unknown(o)
        returns = register if gives_back(i) else None
        return atomic(
            *(o, i.name, [register], returns), lambda w, size: address.reach(w, size, True, True)
        )
    coherent = form.verb == "load" and is_coherent(o)
    if form.verb == "load":
        to_lds = form.to_lds or i["lds"]
        put = into_lds(o, form, i["offset"]) if to_lds else result(o, register, form)
        return _loads(put, form, address, coherent, o.writes)
    # Compilers keep registers in scratch without asking whether anything was written to them.
    get = values(o, register, form, defined=False)
    return _stores(get, form, address)


class _Address:
    """Where each lane's access goes: what the range lets through."""

    def __init__(self, o: Operands) -> None:
        i = o.instruction
        self.instruction = i
        self.resource = Resource(
            o, i["srsrc"] * (1 if "scope" in i.fields else 4)
        )  # RDNA 4 numbers all
        self.scalar = o.scalar_read(i["soffset"], "u32")
        self.vector = o.vector_read(i["vaddr"], "u32") if i["offen"] else None

    def offsets(self, w: Waves) -> tuple[np.ndarray, np.ndarray]:
        """Active lanes and the offset of each, which is what is checked."""
        offset = np.full(w.exec.shape, self.instruction["offset"], np.int64)
        if self.vector is not None:
            offset += self.vector(w)
        return active_lanes(w, offset)

    def in_scratch(self, w: Waves) -> bool:
        return bool((self.resource.base(w) >= PRIVATE_APERTURE).any())

    def inside(self, w: Waves, lanes: np.ndarray, offsets: np.ndarray, size: int) -> np.ndarray:
        """Whether the range covers the bytes."""
        if self.in_scratch(w):
            return np.ones(len(lanes), bool)
        self.resource.check_form(w)
        left = self.resource.records(w) - self.scalar(w)
        return offsets + size <= np.broadcast_to(left, w.count)[lanes // w.lanes]

    def accesses(
        self,
        w: Waves,
        lanes: np.ndarray,
        offsets: np.ndarray,
        size: int,
        writes: bool,
        atomic: bool = False,
    ) -> Iterator[Access]:
        """The accesses of lanes that the range lets through."""
        for space, some, at in self._places(w, lanes, offsets, size):
            access = Access(self.instruction, space, some, at, size, writes, atomic)
            yield sound(w, access, size if atomic and writes else 1)

    def _places(
        self, w: Waves, lanes: np.ndarray, offsets: np.ndarray, size: int
    ) -> Iterable[Place]:
        wave = lanes // w.lanes
        moved = np.broadcast_to(self.scalar(w).astype(np.int64), w.count)[wave]
        if self.in_scratch(w):  # where the scalar offset counts what all lanes have
            return (in_private(w, lanes, offsets + moved // w.lanes, size),)
        base = np.broadcast_to(self.resource.base(w), w.count)[wave]
        return in_global(w, lanes, base + offsets + moved)

    def reach(self, w: Waves, size: int, writes: bool, atomic: bool) -> Iterator[Access]:
        """All or nothing of each lane."""
        lanes, offsets = self.offsets(w)
        inside = self.inside(w, lanes, offsets, size)
        yield from self.accesses(w, lanes[inside], offsets[inside], size, writes, atomic)

    def pieces(
        self, w: Waves, size: int, writes: bool, atomic: bool = False
    ) -> Iterator[tuple[int | None, Access]]:
        """Whole accesses (None), then words (their number) of those that are partly in range."""
        lanes, offsets = self.offsets(w)
        whole = self.inside(w, lanes, offsets, size)
        for access in self.accesses(w, lanes[whole], offsets[whole], size, writes, atomic):
            yield None, access
        lanes, offsets = lanes[~whole], offsets[~whole]
        for word in range(size // 4 if size > 4 else 0):
            inside = self.inside(w, lanes, offsets + 4 * word, 4)
            if inside.any():
                some, at = lanes[inside], offsets[inside] + 4 * word
                for access in self.accesses(w, some, at, 4, writes, atomic):
                    yield word, access


def _loads(put: Put, form: Form, address: _Address, coherent: bool, registers: Set[int]) -> Run:
    """What is out of range reads 0."""

    def run(w: Waves) -> None:
        every = np.flatnonzero(w.exec)
        values, lost = _zeros(form, every.size), every[:0]
        for word, access in address.pieces(w, form.size, False, coherent):
            at = np.searchsorted(every, access.lanes)
            for k, value in enumerate(load(w, access)):
                values[k if word is None else word][at] = value
            if access.space.own:
                lost = access.lanes[unwritten(access)]
        put(w, every, values)
        w.forget(registers, lost)

    return run


def _zeros(form: Form, count: int) -> list[np.ndarray]:
    dtype = {1: np.uint8, 2: np.uint16}.get(form.size, np.uint32)
    return [np.zeros(count, dtype) for _ in range(form.words)]


def _stores(get: Get, form: Form, address: _Address) -> Run:
    """What is out of range is dropped."""

    def run(w: Waves) -> None:
        for word, access in address.pieces(w, form.size, True):
            values = get(w, access.lanes)
            store(w, access, values if word is None else values[word : word + 1])

    return run
