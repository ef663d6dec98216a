"""What the threads of a warp do together: shuffles, votes, reductions, matches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.ptx.layout import WARP, Layout
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Instruction, Pair
from clawc.emulators.ptx.threads import Lanes, Reader, Step, Threads, reader, writer
from clawc.emulators.ptx.values import Array, dtype_of


def parties(t: Threads, at: Lanes, read_members: Reader) -> Array:
    """For each lane that takes part, the number of its party: the lanes of a warp that name the
    same members.  Several may come to an instruction together; nothing goes from one to another."""
    lanes = t.taking_part(at)
    members = np.broadcast_to(read_members(t, at), len(lanes)).astype(np.uint64)
    key = (lanes // WARP).astype(np.uint64) << np.uint64(32) | members
    return np.unique(key, return_inverse=True)[1].reshape(-1)


def shuffle(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    op.one_of("sync")
    mode = op.one_of("up", "down", "bfly", "idx")
    op.one_of("b32")
    op.check_all_taken()
    target, value, distance, limits, members = instruction.operands
    first, second = (target.first, target.second) if isinstance(target, Pair) else (target, None)
    write = writer(first, "b32", layout)
    write_inside = writer(second, "pred", layout) if second is not None else None
    read_value, read_members = reader(value, "b32", layout), reader(members, "u32", layout)
    read_distance, read_limits = reader(distance, "u32", layout), reader(limits, "u32", layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = t.taking_part(at)
        lane = lanes % WARP
        by = read_distance(t, at).astype(np.int64) & 31
        bounds = read_limits(t, at).astype(np.int64)
        segment, clamp = bounds >> 8 & 31, bounds & 31
        last, start = (lane & segment) | (clamp & ~segment), lane & segment
        if mode == "up":
            wanted = lane - by
            inside = wanted >= last
        else:
            wanted = {"down": lane + by, "bfly": lane ^ by, "idx": start | (by & ~segment)}[mode]
            inside = wanted <= last
        source = lanes - lane + np.where(inside, wanted, lane)
        every = np.zeros(t.count, np.uint32)
        every[lanes] = read_value(t, at)
        party, own = np.full(t.count, -1), parties(t, at, read_members)
        party[lanes] = own
        absent = party[source] != own
        if absent.any():
            message = "takes the value of a thread that does not take part"
            t.report("divergence", instruction, message, lanes[absent])
        write(t, at, every[source])
        if write_inside is not None:
            write_inside(t, at, inside)

    return step


def ballots(lanes: Array, party: Array, chosen: Array) -> tuple[Array, Array]:
    """For each lane, the lanes of its party, and those of them that are chosen."""
    bit = np.uint32(1) << (lanes % WARP).astype(np.uint32)
    present, yes = (np.zeros(int(party.max(initial=-1)) + 1, np.uint32) for _ in range(2))
    np.bitwise_or.at(present, party, bit)
    np.bitwise_or.at(yes, party, np.where(chosen, bit, np.uint32(0)))
    return present[party], yes[party]


def vote(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    op.one_of("sync")
    mode = op.one_of("all", "any", "uni", "ballot")
    type_ = op.one_of("pred", "b32")
    op.check_all_taken()
    read = reader(instruction.operands[1], "pred", layout)
    read_members = reader(instruction.operands[2], "u32", layout)
    write = writer(instruction.operands[0], type_, layout)

    def step(t: Threads, at: Lanes) -> None:
        present, yes = ballots(t.taking_part(at), parties(t, at, read_members), read(t, at))
        results = {
            "all": yes == present,
            "any": yes != 0,
            "uni": (yes == present) | (yes == 0),
            "ballot": yes,
        }
        write(t, at, results[mode])

    return step


def active_mask(instruction: Instruction, layout: Layout) -> Step:
    write = writer(instruction.operands[0], "b32", layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = t.taking_part(at)
        write(t, at, ballots(lanes, lanes // WARP, np.ones(len(lanes), np.bool_))[0])

    return step


def elect(instruction: Instruction, layout: Layout) -> Step:
    """`elect.sync`: a leader of the threads that take part; here the first (PTX ISA leaves open
    which)."""
    op = Opcode(instruction.opcode)
    op.one_of("sync")
    op.check_all_taken()
    target = instruction.operands[0]
    if not isinstance(target, Pair):
        raise op.unknown()
    write, write_chosen = writer(target.first, "b32", layout), writer(target.second, "pred", layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = t.taking_part(at)
        warp = lanes // WARP
        _, first, inverse = np.unique(warp, return_index=True, return_inverse=True)
        leader = lanes[first][inverse]
        write(t, at, (leader % WARP).astype(np.uint32))
        write_chosen(t, at, lanes == leader)

    return step


_REDUCTIONS: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "min": np.minimum,
    "max": np.maximum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}


def reduce(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    op.one_of("sync")
    name = op.one_of(*_REDUCTIONS)
    type_ = op.type()
    op.check_all_taken()
    if type_ not in ("b32", "u32", "s32") or (type_ == "b32") != (name in ("and", "or", "xor")):
        raise op.unknown()
    combine = _REDUCTIONS[name]
    read = reader(instruction.operands[1], type_, layout)
    read_members = reader(instruction.operands[2], "u32", layout)
    write = writer(instruction.operands[0], type_, layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = t.taking_part(at)
        value = np.broadcast_to(read(t, at), len(lanes))
        party = parties(t, at, read_members)
        order = np.argsort(party, kind="stable")
        first = np.searchsorted(party[order], np.arange(int(party.max(initial=-1)) + 1))
        found = combine.reduceat(value[order], first)  # type: ignore[attr-defined]
        write(t, at, found.astype(dtype_of(type_))[party])

    return step


def match_values(instruction: Instruction, layout: Layout) -> Step:
    """`match.any.sync`: the lanes of the warp that have the same value; `match.all.sync`: all of
    those that take part if they have the same, else none, and a predicate that tells."""
    op = Opcode(instruction.opcode)
    everyone = op.one_of("any", "all") == "all"
    op.one_of("sync")
    type_ = op.one_of("b32", "b64")
    op.check_all_taken()
    read = reader(instruction.operands[1], type_, layout)
    read_members = reader(instruction.operands[2], "u32", layout)
    result = instruction.operands[0]
    mask, same = (result.first, result.second) if isinstance(result, Pair) else (result, None)
    if same is not None and not everyone:
        raise op.unknown()
    write = writer(mask, "b32", layout)
    write_same = None if same is None else writer(same, "pred", layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = t.taking_part(at)
        value = np.broadcast_to(read(t, at), len(lanes))
        party = parties(t, at, read_members)
        keys = np.stack([party.astype(np.uint64), value.astype(np.uint64)], axis=1)
        _, group = np.unique(keys, axis=0, return_inverse=True)
        group = group.reshape(-1)
        masks = np.zeros(int(group.max()) + 1, np.uint32)
        np.bitwise_or.at(masks, group, np.uint32(1) << (lanes % WARP).astype(np.uint32))
        found = masks[group]
        if everyone:
            agreed = np.bincount(party)[party] == np.bincount(group)[group]
            found = np.where(agreed, found, np.uint32(0))
            if write_same:
                write_same(t, at, agreed)
        write(t, at, found)

    return step
