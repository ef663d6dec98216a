"""Clusters of workgroups: addresses of each other's shared memory, and their barrier.

An address of `shared::cluster` holds in the bits from RANK_SHIFT on whose memory it is (see
`layout`), so that every address of `shared::cta` is one of `shared::cluster`.
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.access import in_shared
from clawc.emulators.ptx.clocks import ClockShadow
from clawc.emulators.ptx.layout import FIRST, RANK_SHIFT, WINDOW, Layout
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.progress import Progress, ReadyBlock
from clawc.emulators.ptx.syntax import Address, Instruction, Operand, Symbol
from clawc.emulators.ptx.threads import Lanes, Reader, Step, Threads, reader, writer
from clawc.emulators.ptx.values import BITS, UNSIGNED, Array

NUMBER = -1  # of the barrier that those wait at, among the barriers of a workgroup


def map_address(instruction: Instruction, layout: Layout) -> Step:
    """`mapa`: the same place in the shared memory of another workgroup of the cluster."""
    op = Opcode(instruction.opcode)
    is_generic = not op.flag("shared::cluster")
    type_ = op.type()
    op.check_all_taken()
    result, source, rank = instruction.operands
    read = _place_reader(source, type_, is_generic, layout)
    write, read_rank = writer(result, type_, layout), reader(rank, "u32", layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = t.taking_part(at)
        _, inner = in_shared(t, read(t, lanes), lanes)
        ranks = np.broadcast_to(read_rank(t, lanes), len(lanes)).astype(np.int64)
        absent = ranks >= layout.cluster
        if absent.any():
            what = f"names workgroup {ranks[absent][0]} of a cluster of {layout.cluster}"
            t.report("out-of-bounds", instruction, what, lanes[absent])
        whose = ranks + 1 << RANK_SHIFT if layout.cluster > 1 else 0
        found = inner + whose + (FIRST["shared"] if is_generic else 0)
        write(t, lanes, found.astype(UNSIGNED[BITS[type_]]))

    return step


def rank_of_address(instruction: Instruction, layout: Layout) -> Step:
    """`getctarank`: which workgroup of the cluster an address of shared memory belongs to."""
    op = Opcode(instruction.opcode)
    is_generic = not op.flag("shared::cluster")
    type_ = op.type()
    op.check_all_taken()
    result, source = instruction.operands
    read = _place_reader(source, type_, is_generic, layout)
    write = writer(result, "u32", layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = t.taking_part(at)
        group, _ = in_shared(t, read(t, lanes), lanes)
        write(t, lanes, (group % layout.cluster).astype(np.uint32))

    return step


def _place_reader(source: Operand, type_: str, is_generic: bool, layout: Layout) -> Reader:
    """Reads addresses within the window of shared memory; a name is never a generic address."""
    base, extra = (source.base, source.offset) if isinstance(source, Address) else (source, 0)
    read = reader(base, type_, layout)
    window = is_generic and not isinstance(base, Symbol)

    def read_place(t: Threads, at: Lanes) -> Array:
        address = np.broadcast_to(read(t, at), len(t.taking_part(at))).astype(np.int64) + extra
        return address - FIRST["shared"] if window else address & (WINDOW - 1)

    return read_place


class ClusterBarrier:
    """`barrier.cluster` (PTX ISA, section of that name), of all clusters of a scheduler."""

    def __init__(self, progress: Progress) -> None:
        t = progress.t
        self.p, self.t = progress, t
        self.cluster = t.group // t.layout.cluster
        clusters = -(-t.workgroups // t.layout.cluster)
        self.generation = np.zeros(clusters, np.int64)  # times that all have arrived
        self.ticket = np.full(t.count, -1, np.int64)  # the generation in which a lane has arrived
        self.rows: dict[int, tuple[int, int]] = {}  # of the clocks: being gathered, and complete

    def reach(self, ready: ReadyBlock, lanes: Array) -> None:
        """Some lanes come to the `arrive` or `wait` at the end of a block."""
        instruction = ready.block.control
        assert instruction is not None
        op = Opcode(instruction.opcode)
        op.one_of("cluster")
        arrives = op.one_of("arrive", "wait") == "arrive"
        orders = not (arrives and op.flag("relaxed"))
        op.flag("release" if arrives else "acquire")
        op.flag("aligned")
        op.check_all_taken()
        if arrives:
            self.arrive(instruction, lanes, orders)
        else:
            self.wait(ready, instruction, lanes)

    def arrive(self, instruction: Instruction, lanes: Array, orders: bool) -> None:
        twice = self.ticket[lanes] >= 0
        if twice.any():
            what = "arrives again at the cluster's barrier without a wait"
            self.t.report("divergence", instruction, what, lanes[twice])
        self.ticket[lanes] = self.generation[self.cluster[lanes]]
        for cluster in np.unique(self.cluster[lanes]):
            if self.t.clocks is not None and orders:
                here = lanes[self.cluster[lanes] == cluster]
                self.t.clocks.release(here, self.rows_of(int(cluster))[0])
            self.complete(int(cluster))

    def wait(self, ready: ReadyBlock, instruction: Instruction, lanes: Array) -> None:
        absent = self.ticket[lanes] < 0
        if absent.any():
            what = "waits at the cluster's barrier without having arrived"
            self.t.report("divergence", instruction, what, lanes[absent])
        early = self.ticket[lanes] == self.generation[self.cluster[lanes]]
        waiting = lanes[early]
        self.p.waiting[waiting] = True
        self.p.arrived_at[waiting] = ready.block.number
        self.p.barrier[waiting] = NUMBER
        self.pass_through(lanes[~early])

    def complete(self, cluster: int) -> bool:
        """Let those go on that wait, if all threads have arrived that have not ended."""
        inside = self.cluster == cluster
        arrived = inside & (self.ticket == self.generation[cluster])
        if not arrived.any() or not (arrived | self.p.done)[inside].all():
            return False
        self.generation[cluster] += 1
        if self.t.clocks is not None:
            self.t.clocks.pass_on(*self.rows_of(cluster))
        waiting = np.flatnonzero(inside & self.p.waiting & (self.p.barrier == NUMBER))
        self.p.waiting[waiting] = False
        self.pass_through(waiting)
        return True

    def pass_through(self, lanes: Array) -> None:
        self.ticket[lanes] = -1
        if self.t.clocks is not None:
            for cluster in np.unique(self.cluster[lanes]):
                row = self.rows_of(int(cluster))[1]
                self.t.clocks.acquire(lanes[self.cluster[lanes] == cluster], row)

    def leave(self, instruction: Instruction, lanes: Array) -> None:
        """Threads end.  When all of a workgroup have, its shared memory is gone: for races this is
        as if they wrote to all of it, knowing what any of them knew."""
        t, shadow = self.t, self.t.shadows.get("shared")
        if t.layout.cluster == 1 or t.clocks is None or not isinstance(shadow, ClockShadow):
            return
        granule, size = t.watch.granules["shared"], t.layout.shared_stride
        for group in np.unique(t.group[lanes]):
            inside = np.flatnonzero(t.group == group)
            if not self.p.done[inside].all():
                continue
            places = np.arange(group * size // granule, (group + 1) * size // granule)
            who = t.clocks.actors(np.broadcast_to(inside[:1], len(places)))
            who.known[:] = t.clocks.published(inside).max(axis=0)
            if shadow.writes(places, who, np.ones(len(places), np.bool_)).any():
                message = "ends while other workgroups may still use its shared memory"
                t.report("race", instruction, message, lanes[t.group[lanes] == group])

    def rows_of(self, cluster: int) -> tuple[int, int]:
        assert self.t.clocks is not None
        if cluster not in self.rows:
            self.rows[cluster] = self.t.clocks.new_row(), self.t.clocks.new_row()
        return self.rows[cluster]

    def wake(self) -> bool:
        """Threads have ended that others wait for; whether somebody goes on."""
        return any([self.complete(cluster) for cluster in range(len(self.generation))])
