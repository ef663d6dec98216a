"""What passes between registers and memory, whichever way: by the instruction's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

import numpy as np

from clawc.emulators.gcn.decoder import Instruction
from clawc.emulators.gcn.memory import Access, load, store, unwritten
from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.step import Run
from clawc.emulators.gcn.waves import Waves

_DEVICE = 2  # the scope of RDNA 4
_LOCAL = re.compile(r"ds_(load|store)_(2addr_)?(stride64_)?([uib])(\d+)(_d16)?(_hi)?$")
_OTHER = re.compile(r"[a-z]+_(load|store)_(lds_)?(d16_)?(hi_)?([uib])(\d+)$")

Put = Callable[[Waves, np.ndarray, list[np.ndarray]], None]  # lanes, values
Get = Callable[[Waves, np.ndarray], list[np.ndarray]]


@dataclass(frozen=True)
class Form:
    """What a load or store moves."""

    verb: str  # "load", "store"
    kind: str  # "u", "i": extended to 32 bits; "b"
    size: int  # bytes
    d16: bool = False  # into one half of a register, the other is kept
    high: bool = False  # the upper half
    to_lds: bool = False
    addresses: int = 1  # a lane's
    stride: int = 1  # by how many elements the offsets of two addresses count

    @property
    def words(self) -> int:
        return max(self.size // 4, 1)


def form_of(name: str) -> Form | None:
    """The form that RDNA 3's name of a load or store tells; None if it is neither."""
    if found := _LOCAL.match(name):
        verb, two, stride, kind, bits, d16, high = found.groups()
        return Form(
            *(verb, kind, int(bits) // 8, bool(d16), bool(high)),
            addresses=2 if two else 1,
            stride=64 if stride else 1,
        )
    if found := _OTHER.match(name):
        verb, lds, d16, high, kind, bits = found.groups()
        return Form(verb, kind, int(bits) // 8, bool(d16), bool(high), bool(lds))
    return None


def active_lanes(w: Waves, address: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lanes that EXEC has, counted through all waves, and their addresses."""
    if w.full:
        return np.arange(address.size), address.reshape(-1)
    lanes = np.flatnonzero(w.exec)
    return lanes, address.reshape(-1)[lanes]


def is_coherent(o: Operands) -> bool:
    """Whether a load is one of those that may see what others change atomically.

    It looks past the caches of a CU then, or begins a loop of compare-and-swap.

    LLVM's "AMDGPU Usage", "Memory Model": the bits of each generation."""
    i = o.instruction
    if i.looks_first:
        return True
    if "scope" in i.fields:
        return i["scope"] >= _DEVICE
    return bool(i["glc"] if "sc1" not in i.fields else i["sc1"])


def gives_back(atomic: Instruction) -> bool:
    """Whether an atomic of global memory returns what it found."""
    return bool(atomic["glc"] or atomic["th"] & 1)


def loads(
    put: Put, reach: Callable[[Waves], Iterable[Access]], registers: Set[int] = frozenset()
) -> Run:
    """Loads; `registers` are those that may be of scratch, where not all need be written."""

    def run(w: Waves) -> None:
        for access in reach(w):
            put(w, access.lanes, load(w, access))
            if access.space.own and w.batch.options.check:
                w.forget(registers, access.lanes[unwritten(access)])

    return run


def stores(get: Get, reach: Callable[[Waves], Iterable[Access]]) -> Run:
    def run(w: Waves) -> None:
        for access in reach(w):
            store(w, access, get(w, access.lanes))

    return run


def _half(form: Form) -> int:
    """As in `Operands.halves_read`."""
    return 2 if form.high else 1


def result(o: Operands, register: int, form: Form) -> Put:
    """Where a load's values go: words, or a byte or a half extended to 32 bits or put in a half."""
    for k in range(form.words):
        o.note(o.writes, register + k, 32, _half(form) if form.d16 else 3)
    signed = {1: np.int8, 2: np.int16}.get(form.size) if form.kind == "i" else None

    def put(w: Waves, lanes: np.ndarray, values: list[np.ndarray]) -> None:
        if signed is not None:
            values = [values[0].view(signed).astype(np.int32).view(np.uint32)]
        if form.d16:
            half = w.u16[register].reshape(-1, 2)
            half[lanes, int(form.high)] = values[0].astype(np.uint16)
            return
        for k, value in enumerate(values):
            w.u32[register + k].reshape(-1)[lanes] = value

    return put


def values(o: Operands, register: int, form: Form, defined: bool = True) -> Get:
    """What a store writes; unless `defined`, nothing need ever have been written there."""
    before = set(o.reads)
    for k in range(form.words):
        o.note(o.reads, register + k, 32, _half(form) if form.size < 4 else 3)
    if defined:
        o.must |= o.reads - before
    narrow = {1: np.uint8, 2: np.uint16}.get(form.size)
    shift = np.uint32(16 if form.high else 0)

    def get(w: Waves, lanes: np.ndarray) -> list[np.ndarray]:
        words = [w.u32[register + k].reshape(-1)[lanes] for k in range(form.words)]
        return [(words[0] >> shift).astype(narrow)] if narrow else words

    return get
