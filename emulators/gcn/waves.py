"""The state of many waves that stand at the same instruction: registers, masks, what is pending."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

SCALARS = 128
VCC, EXEC = 106, 126
SCALAR = 1 << 10  # register number n + SCALAR is the scalar register n, where both are meant


class UnderWay(NamedTuple):
    """An access that has not been waited for."""

    kind: str  # `Step.queue`
    filled: dict[int, int]  # registers, and which halves of each: 1 low, 2 high, 3 both
    places: tuple[tuple[np.ndarray, np.ndarray], ...] = ()  # (`Space.arriving`, the bytes in it)
    written: tuple[np.ndarray, ...] = ()  # the places of a store, as race shadows number them


@dataclass(eq=False)
class Waves:
    """Each array's axis of waves comes before its axis of lanes."""

    vector: np.ndarray  # uint32 [registers, waves, lanes]
    scalar: np.ndarray  # uint32 [SCALARS, waves]
    scc: np.ndarray  # bool [waves]
    group: np.ndarray  # int64 [waves]: the workgroup, counted in this batch
    number: np.ndarray  # int64 [waves]: which of its workgroup's waves
    scratch: np.ndarray  # uint8 [waves, lanes, bytes]
    scratch_known: np.ndarray  # uint8 [waves, lanes, bytes]: 1 where something was written
    batch: Any  # what all waves share: memories, checks, counts
    at: int = 0  # the block to go on with
    mode: int = 0  # how floats are rounded, and so on; see `modes`
    slot: int = 0  # groups of waves with different slots are not merged before a barrier
    epoch: int = 0  # barriers passed
    signalled: bool = False  # at the next barrier, where that has two halves
    # By counter, accesses under way, the oldest first.
    queues: dict[str, list[UnderWay]] = field(default_factory=dict)
    pending: set[int] = field(default_factory=set)
    undefined: set[int] = field(default_factory=set)  # registers not written by all lanes
    late: tuple[np.ndarray, ...] = ()  # places of stores under way at the barrier; see `races`
    targets: np.ndarray | None = None  # where a jump leads each wave
    modes: np.ndarray | None = None  # what each wave sets its mode to
    trails: frozenset = frozenset()  # what is on its way; see `hazards`
    defined: dict[int, np.ndarray] = field(default_factory=dict)  # by which lanes, [waves, lanes]

    def __post_init__(self) -> None:
        vector = self.vector
        count, waves, lanes = vector.shape
        self.u32 = list(vector)
        self.i32 = list(vector.view(np.int32))
        self.f32 = list(vector.view(np.float32))
        halves = vector.reshape(count, waves * lanes).view(np.uint16)
        halves = halves.reshape(count, waves, lanes, 2)
        self.u16 = list(halves)
        self.i16 = list(halves.view(np.int16))
        self.f16 = list(halves.view(np.float16))
        self.s = list(self.scalar)
        self.refresh_exec()

    @property
    def count(self) -> int:
        return self.vector.shape[1]

    @property
    def lanes(self) -> int:
        return self.vector.shape[2]

    def mask(self, register: int) -> np.ndarray:
        """The bits of a scalar register, or of a pair where waves have 64 lanes: [waves, lanes]."""
        words = self.lanes // 32
        if words == 1:
            raw = np.ascontiguousarray(self.s[register]).view(np.uint8).reshape(-1, 4)
        else:
            raw = np.stack((self.s[register], self.s[register + 1]), 1).view(np.uint8)
        return np.unpackbits(raw, axis=1, bitorder="little").view(bool)

    def set_mask(self, register: int, bits: np.ndarray) -> None:
        """Write [waves, lanes] bits to a scalar register, or to a pair."""
        packed = np.packbits(bits, axis=1, bitorder="little").view(np.uint32)
        self.s[register][...] = packed[:, 0]
        if packed.shape[1] == 2:
            self.s[register + 1][...] = packed[:, 1]
        if register == EXEC:
            self.refresh_exec()

    def refresh_exec(self) -> None:
        """After a change of EXEC."""
        self.exec = self.mask(EXEC)
        self.active = int(np.count_nonzero(self.exec))
        self.full = self.active == self.exec.size

    def wait(self, left: dict[str, int]) -> None:
        """Let the oldest accesses arrive, until so few of each counter are under way.

        Where scalar loads are among them, which have no order, nothing is known before all are."""
        for counter, few in left.items():
            queue = self.queues.get(counter, [])
            if few == 0 or few < len(queue) and all(one.kind != "scalar" for one in queue):
                for one in queue[: len(queue) - few]:
                    for arriving, places in one.places:
                        arriving[places] = 0
                del queue[: len(queue) - few]
        self.pending = set().union(*(one.filled for one in self.under_way()))

    def also_under_way(self, counter: str, kind: str, filled: dict[int, int]) -> None:
        """An access that is counted in another counter as well."""
        self.queues.setdefault(counter, []).append(UnderWay(kind, filled))

    def arrives_later(self, counter: str, arriving: np.ndarray, places: np.ndarray) -> None:
        """The newest access of a counter fills these bytes when it has been waited for."""
        queue = self.queues[counter]
        queue[-1] = queue[-1]._replace(places=(*queue[-1].places, (arriving, places)))
        arriving[places] = 1

    def written_later(self, counter: str, places: np.ndarray) -> None:
        """The newest access of a counter is a store to these places, not there before its wait."""
        queue = self.queues[counter]
        queue[-1] = queue[-1]._replace(written=(*queue[-1].written, places))

    def under_way(self) -> Iterator[UnderWay]:
        """All accesses that have not been waited for."""
        return itertools.chain.from_iterable(self.queues.values())

    def has_under_way(self, kind: str) -> bool:
        """Whether an access of that kind has not been waited for."""
        return any(one.kind == kind for one in self.under_way())

    def part(self, chosen: np.ndarray) -> Waves:
        """Those waves alone, for which `chosen` holds."""
        return replace(
            self,
            vector=np.ascontiguousarray(self.vector[:, chosen]),
            scalar=np.ascontiguousarray(self.scalar[:, chosen]),
            scc=self.scc[chosen],
            group=self.group[chosen],
            number=self.number[chosen],
            scratch=self.scratch[chosen],
            scratch_known=self.scratch_known[chosen],
            queues={counter: list(queue) for counter, queue in self.queues.items()},
            pending=set(self.pending),
            undefined=set(self.undefined),
            defined={n: lanes[chosen] for n, lanes in self.defined.items()},
        )

    def joined(self, other: Waves) -> Waves:
        """Both groups as one; what is pending or undefined in either is so in the whole."""
        return replace(
            self,
            vector=np.concatenate((self.vector, other.vector), 1),
            scalar=np.concatenate((self.scalar, other.scalar), 1),
            scc=np.concatenate((self.scc, other.scc)),
            group=np.concatenate((self.group, other.group)),
            number=np.concatenate((self.number, other.number)),
            scratch=np.concatenate((self.scratch, other.scratch)),
            scratch_known=np.concatenate((self.scratch_known, other.scratch_known)),
            queues={
                counter: _aligned(self.queues.get(counter, []), other.queues.get(counter, []))
                for counter in self.queues.keys() | other.queues.keys()
            },
            pending=self.pending | other.pending,
            undefined=self.undefined | other.undefined,
            late=self.late + other.late,
            trails=self.trails | other.trails,
            defined={
                n: np.concatenate((self.defined_lanes(n), other.defined_lanes(n)))
                for n in self.undefined | other.undefined
            },
        )

    def defined_lanes(self, register: int) -> np.ndarray:
        """Which lanes have written a register that is counted with SCALAR; [waves, lanes]."""
        if register not in self.undefined:
            return np.ones((self.count, self.lanes), bool)
        if register not in self.defined:
            self.defined[register] = np.zeros((self.count, self.lanes), bool)
        return self.defined[register]

    def forget(self, registers: Iterable[int], lanes: np.ndarray) -> None:
        """The registers hold nothing that was written, in lanes counted through all waves."""
        for register in registers if len(lanes) else ():
            known = self.defined_lanes(register).copy()
            known.reshape(-1)[lanes] = False
            self.undefined.add(register)
            self.defined[register] = known


def _either(one: UnderWay, other: UnderWay) -> UnderWay:
    kinds = {one.kind, other.kind}
    kind = "scalar" if "scalar" in kinds else max(kinds)
    known = {id(places) for places in one.places}  # those of before the two groups parted
    places = (*one.places, *(each for each in other.places if id(each) not in known))
    filled = dict(one.filled)
    for register, halves in other.filled.items():
        filled[register] = filled.get(register, 0) | halves
    known = {id(written) for written in one.written}
    written = (*one.written, *(each for each in other.written if id(each) not in known))
    return UnderWay(kind, filled, places, written)


def _aligned(one: list[UnderWay], other: list[UnderWay]) -> list[UnderWay]:
    """Two queues as one, the newest entries beside each other."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    rest = len(longer) - len(shorter)
    merged = [_either(a, b) for a, b in zip(longer[rest:], shorter, strict=True)]
    return longer[:rest] + merged
