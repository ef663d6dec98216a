"""The schedule a kernel gets when nobody gives one: rules of thumb over sizes and chip facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.kernel.schedule import Schedule
from clawc.passes.tile.group import Group, Member
from clawc.passes.tile.schedule_limits import element_bytes, operand_types, shared_bytes
from clawc.passes.tile.split import longest, obstacle

_READ_TOGETHER = 64  # neighbours, at least, where a tile has dimensions along which it reads again
UNITS = 16  # of a chip that does not say how many it has
IDLE = 4  # times the units of the workgroups: then reductions are shared out
LEAST_CHUNKS = 16  # of a reduction that a workgroup is worth
LEAST_ALONE = 1 << 16  # elements, where a workgroup is one thread of a processor
FEW_ROWS = 64  # then a workgroup takes on more of a row: there are not many workgroups


@dataclass(frozen=True)
class Budget:
    """How much a workgroup takes on."""

    threads: int
    each: int  # elements of a thread
    most: int  # that a thread may hold of a row that is kept whole
    most_threads: int

    @property
    def tile(self) -> int:
        return self.threads * self.each


def choose(group: Group, chip: Chip) -> Schedule:
    schedule = _in_one(group, chip)
    return replace(schedule, split=_split(group, schedule.tile, chip))


def _in_one(group: Group, chip: Chip) -> Schedule:
    """The schedule without a split."""
    member = group.contraction
    if member:
        return _contraction(group, member, chip)
    budget = _budget(chip)
    rows = group.reduced and not group.in_windows
    tile = _reduction(group, budget) if rows else _elementwise(group, budget)
    tile = _one_in_each_window(group, tile)
    threads = min(prod(tile) // budget.each or 1, budget.most_threads)
    return Schedule(tile, max(1, threads // chip.lanes))


def _budget(chip: Chip) -> Budget:
    if chip.max_workgroup == 1:
        return Budget(1, 4 * chip.vector_width, 8 * chip.vector_width, 1)
    if chip.wide_vectors:  # few work-items of wide vectors
        return Budget(16, 4 * chip.vector_width, 4 * chip.vector_width, 16)
    threads = 4 * chip.lanes if chip.lanes > 1 else 64
    return Budget(min(threads, 128), 8, 32, min(8 * max(chip.lanes, 8), 512))


def fit(size: int | None, most: int) -> int:
    """The power of two that covers `size`, `most` if that is less or the size is dynamic."""
    return most if size is None else min(most, 1 << max(size - 1, 0).bit_length())


def _elementwise(group: Group, budget: Budget) -> tuple[int, ...]:
    tile = [1] * len(group.sizes)
    written = max((access.dims for access, _ in group.results), key=len, default=())
    if not written:
        return tuple(tile)
    contiguous = {a.dims[-1] for a in group.memory_accesses() if len(a.dims) > 1} | {written[-1]}
    contiguous -= group.reduced
    if len(contiguous) > 1:  # a transpose: squares (cubes), so that all accesses are of whole lines
        bits = 10 if budget.tile >= 512 else 8
        side = 1 << bits // len(contiguous)
        for d in contiguous:
            tile[d] = fit(group.static(d), side)
        return tuple(tile)
    left = budget.tile
    for d in reversed(written):
        unknown = group.static(d) is None and len(written) > 1
        tile[d] = fit(group.static(d), min(left, 256) if unknown else left)
        left //= tile[d]
    return tuple(tile)


def _reduction(group: Group, budget: Budget) -> tuple[int, ...]:
    reads = [a for m in group.members for a in m.operands() if a.value in group.memory and a.dims]
    reads = [a for a in reads if group.reduced & set(a.dims)] or reads
    memory = max(reads, key=lambda a: len(a.dims)).dims if reads else tuple(range(len(group.sizes)))
    tile = [1] * len(group.sizes)
    reduced = [d for d in memory if d in group.reduced] or sorted(group.reduced)
    along = reduced[-1]
    room = budget.tile
    beside = _beside(group, memory)
    if beside is not None and not _reused(group):
        tile[beside] = fit(group.static(beside), max(1, budget.tile // _READ_TOGETHER))
        room //= tile[beside]
    if memory[-1] == along:
        row = _row(group, along, budget)
        tile[along] = row if room == budget.tile else min(row, room)
    else:
        lines = fit(group.static(memory[-1]), min(64, room))
        rows = room // lines
        size = group.static(along)
        if _reused(group) and size is not None and len(group.reduced) == 1:
            rows = max(rows, min(fit(size, 1 << 30), budget.most * budget.threads // lines))
        tile[along] = fit(size, rows)
        tile[memory[-1]] = lines
    outer = [d for d in memory if d not in group.reduced and tile[d] == 1]
    if outer:
        tile[outer[-1]] = fit(group.static(outer[-1]), max(1, budget.tile // prod(tile)))
    return tuple(tile)


def _one_in_each_window(group: Group, tile: tuple[int, ...]) -> tuple[int, ...]:
    """`tile`, of the dimensions that move in one window of a padded tensor only the longest, and
    none that moves backwards."""
    new = [*tile]
    for access in group.memory_accesses():
        for dim in access.padding.dims if access.padding else ():
            steps = {access.all_dims[place]: step for place, step in access.windows[dim].terms}
            forwards = [d for d, step in steps.items() if d >= 0 and step > 0]
            kept = max(forwards, key=lambda d: (new[d], d), default=None)
            for d in steps:
                new[d] = new[d] if d == kept or d < 0 else 1
    return tuple(new)


def _beside(group: Group, memory: Sequence[int]) -> int | None:
    """A parallel dimension that what is read most of does not have: it is read again along it."""
    return next((d for d in sorted(group.parallel, reverse=True) if d not in memory), None)


def _row(group: Group, along: int, budget: Budget) -> int:
    """A whole row, if it is used again and the registers hold it; else a chunk."""
    size = group.static(along)
    whole = budget.most * budget.most_threads
    if size is not None and size <= whole and len(group.reduced) == 1 and _reused(group):
        return fit(size, whole)
    rows = [group.static(d) for d in group.parallel]
    few = None not in rows and prod(n for n in rows if n) < FEW_ROWS
    return fit(size, budget.each * budget.most_threads if few else budget.tile)


def _reused(group: Group) -> bool:
    """Whether more than one pass over the reduced dimensions would be needed."""
    passes = sum(bool(m.reduces) for m in group.members)
    return passes > 1 or any(group.reduced & set(access.dims) for access, _ in group.results)


def _contraction(group: Group, member: Member, chip: Chip) -> Schedule:
    form = member.contraction
    assert form is not None
    m, n, k = (_main(group, role) for role in (form.m, form.n, form.k))
    if group.in_windows:
        n = form.n[-1]  # neighbours of a window are read together
        k = _main(group, [d for d in form.k if d not in group.in_windows] or form.k)
    sizes = [group.static(d) for d in (m, n, k)]
    sizes[2] = 1 if k in group.in_windows else sizes[2]
    tile = [1] * len(group.sizes)
    if chip.max_workgroup == 1:
        deep = sizes[2]
        tile[m], tile[n] = fit(sizes[0], 8), fit(sizes[1], 2 * chip.vector_width)
        tile[k] = 4 if deep and deep % 4 == 0 else 1
        return Schedule(tuple(tile), 1, (tile[m], tile[n]))
    tile[m], tile[n], tile[k] = _contraction_tile(sizes, member, chip)
    while tile[k] > 1 and (
        shared_bytes(tile[m], tile[n], tile[k], element_bytes(member)) > chip.shared_memory
    ):
        tile[k] //= 2
    warps, thread = _contraction_threads(tile[m], tile[n], _is_narrow(member), chip)
    return Schedule(tuple(tile), warps, thread)


def _split(group: Group, tile: Sequence[int], chip: Chip) -> int:
    """How much a workgroup reduces where most units would have none; 0: all.  Unknown rows may be
    many; where there is but one, and its length unknown, it may be long."""
    rows = [group.static(d) for d in group.parallel]
    if obstacle(group) or None in rows:
        return 0
    workgroups = prod(-(-n // tile[d]) for d, n in enumerate(rows) if n is not None)
    d, units = longest(group), chip.figures.units or UNITS
    least = LEAST_CHUNKS * tile[d]
    if chip.max_workgroup == 1:
        least = max(least, LEAST_ALONE // prod(n for i, n in enumerate(tile) if i != d))
    length = group.static(d)
    if length is None:
        return least if not rows else 0
    even = length * workgroups // (2 * units)  # two for each unit
    width = max(least, 1 << max(even.bit_length() - 1, 0))
    return width if IDLE * workgroups <= units and length >= 2 * width else 0


def _main(group: Group, role: Sequence[int]) -> int:
    """The dimension of a role that is tiled: the longest, the last of equals; dynamic is long."""
    return max(role, key=lambda d: (group.static(d) or 1 << 40, d))


def _is_narrow(member: Member) -> bool:
    return element_bytes(member) <= 2


def _takes_registers(member: Member) -> bool:
    """Whether products need more of them than the operands: integers that are widened, or i64."""
    types = operand_types(member)
    return any(isinstance(t, ir.IntegerType) and t.width != 32 for t in types)


def _contraction_tile(sizes: list[int | None], member: Member, chip: Chip) -> tuple[int, int, int]:
    m, n, k = sizes
    if chip.wide_vectors:
        return fit(m, 128), fit(n, 128), fit(k, 64)
    if chip.lanes == 1:
        return fit(m, 64), fit(n, 64), fit(k, 16)
    known = [s for s in (m, n) if s is not None]
    large = all(s >= 512 for s in known)
    most = 128 if large and len(known) != 1 and not _takes_registers(member) else 64
    least, deep = (16, 32) if _is_narrow(member) else (1, 16)
    return max(fit(m, most), least), max(fit(n, most), least), max(fit(k, deep), least)


def _contraction_threads(m: int, n: int, narrow: bool, chip: Chip) -> tuple[int, tuple[int, int]]:
    """Warps, and the register tile of a thread."""
    if chip.wide_vectors:
        threads = min(max(m * n // 256, 1), 64)
    elif chip.lanes == 1:
        threads = min(max(m * n // 32, 1), 128)
    else:
        each = 64 if m * n >= 8192 else 32
        threads = min(max(m * n // each, chip.lanes), 256)
    held = max(m * n // threads, 1)
    rows = 1 << ((held.bit_length() - 1) // 2)
    rows = max(min(rows, m), held // n)
    return threads // chip.lanes or 1, (rows, min(held // rows, n))
