"""Matrices in shared memory that a product of warpgroups reads while other instructions go on.

They are looked at twice: when the product starts, to check the places, and when it is waited for,
to compute with what is there then.  What has changed in between is a finding, and the numbers show
it, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.ptx.access import Form, check_initialised, described
from clawc.emulators.ptx.clocks import ClockShadow
from clawc.emulators.ptx.layout import WARP
from clawc.emulators.ptx.matrix_descriptor import PIECE, decoded, piece_addresses
from clawc.emulators.ptx.matrix_numbers import numbers
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.threads import Threads
from clawc.emulators.ptx.values import Array
from clawc.emulators.ptx.watched_access import Access, note_reads


@dataclass(frozen=True)
class SharedMatrix:
    """One a warpgroup."""

    type_: str
    k_major: bool
    offset: Array  # of the pieces; [warpgroups, rows, pieces along K], or [warpgroups, K, pieces]
    seen: Array | None  # the pieces as they were, where that is checked

    def chosen(self, which: Array) -> SharedMatrix:
        seen = None if self.seen is None else self.seen[which]
        return SharedMatrix(self.type_, self.k_major, self.offset[which], seen)

    def values(self, t: Threads, instruction: Instruction, lanes: Array) -> Array:
        """What is there now: float64, [warpgroups, rows, K]."""
        pieces = fetched(t, self.offset)
        if self.seen is not None and not np.array_equal(pieces, self.seen):
            changed = (pieces != self.seen).reshape(len(pieces), -1).any(axis=1)
            message = "reads shared memory that is changed before the product is waited for"
            t.report("race", instruction, message, lanes[changed, 0])
        found = numbers(pieces.view(np.uint32), self.type_)
        found = found.reshape(*self.offset.shape[:2], -1)
        return found if self.k_major else found.swapaxes(1, 2)


def fetched(t: Threads, offset: Array) -> Array:
    """Pieces of 16 bytes, their bytes last."""
    return t.bytes["shared"].reshape(-1, PIECE)[offset // PIECE]


def shared_matrix(
    t: Threads,
    form: Form,
    descriptor: Array,
    lanes: Array,
    type_: str,
    rows: int,
    k_pieces: int,
    k_major: bool,
    by_all: bool,
) -> SharedMatrix:
    """What descriptors say, one a warpgroup, after the checks; `k_pieces` are those along K.

    `by_all`: every warp reads the whole matrix, as it does B; else each its quarter of the rows.
    """
    address = piece_addresses(decoded(descriptor), rows, k_pieces, k_major)
    base = t.group[lanes[:, 0]] * t.layout.shared_stride
    if t.watch.count:
        t.watch.counts.memory_bytes["shared read"] += PIECE * address.size
    if not t.watch.check:
        return SharedMatrix(type_, k_major, address + base[:, None, None], None)
    outside = address + PIECE > t.layout.shared_size
    if outside.any():
        where = described(t, "shared", int(address[outside][0]))
        who = lanes[outside.any(axis=(1, 2)), 0]
        t.report("out-of-bounds", form.instruction, f"reads {PIECE} bytes at {where}", who)
        address = np.where(outside, 0, address)
    offset = address + base[:, None, None]
    for reading in readers(lanes, address, k_major, by_all):
        access = Access("shared", reading.reshape(-1), offset.reshape(-1), PIECE)
        check_initialised(t, form, access, address.reshape(-1))
        note_reads(t, form.instruction, access)
        check_fenced(t, form.instruction, access)
    return SharedMatrix(type_, k_major, offset, fetched(t, offset))


def check_fenced(t: Threads, instruction: Instruction, access: Access) -> None:
    """Where threads have clocks, it is known who wrote what, and whether they fenced it."""
    shadow, granule = t.shadows[access.space], t.watch.granules[access.space]
    if t.clocks is None or not isinstance(shadow, ClockShadow):
        return
    bad = np.zeros(len(access.lanes), np.bool_)
    for start in range(0, access.size, granule):
        bad |= shadow.unfenced((access.offset + start) // granule, t.clocks, access.lanes)
    if bad.any():
        message = "reads what other instructions wrote, with no fence.proxy.async between"
        t.report("race", instruction, message, access.lanes[bad])


def readers(lanes: Array, address: Array, k_major: bool, by_all: bool) -> list[Array]:
    """Which lane is said to read each piece; one of two warps after the other, if all do."""
    first, second = np.indices(address.shape[1:])
    if by_all:
        near = (first * address.shape[2] + second) % WARP
        return [np.broadcast_to(lanes[:, warp * WARP + near], address.shape) for warp in (0, 1)]
    if k_major:
        return [lanes[:, 2 * first + second]]  # 16 rows a warp
    return [lanes[:, WARP * (second // 2) + 2 * first + second % 2]]
