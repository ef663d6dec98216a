"""Whether a schedule fits a kernel and a chip."""

from __future__ import annotations

from math import prod

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.kernel.schedule import BadSchedule, Schedule
from clawc.passes.tile.group import Access, Group, Member
from clawc.passes.tile.split import longest, obstacle

MOST_PER_THREAD = 1024  # elements; what is more is no register tile on any chip


def check(schedule: Schedule, group: Group, chip: Chip) -> None:
    """Raises `BadSchedule` where the chip's limits or the rules of tiles are broken."""
    for key, numbers in (
        ("tile", schedule.tile),
        ("warps", (schedule.warps,)),
        ("thread", schedule.thread),
    ):
        for n in numbers:
            if n < 1 or n & (n - 1):
                raise BadSchedule(f"`{key}` must hold powers of two, not {n}")
    if schedule.thread and not group.contraction:
        raise BadSchedule("`thread` has no effect: the kernel is no contraction")
    if schedule.split:
        _check_split(schedule, group)
    threads = schedule.warps * chip.lanes
    if schedule.stages not in (1, 2):
        raise BadSchedule(f"`stages` must be 1 or 2, not {schedule.stages}")
    if schedule.stages > 1 and (group.contraction is None or threads == 1):
        raise BadSchedule("`stages` above 1 is for contractions of more than one thread")
    if threads > chip.max_workgroup:
        raise BadSchedule(
            f"{schedule.warps} warps are {threads} threads; {chip.name} has at most "
            f"{chip.max_workgroup} in a workgroup"
        )
    for member in group.members:
        summed = member.reduces if member.contraction else ()
        held = prod(schedule.tile[d] for d in member.domain if d not in summed)
        if held > MOST_PER_THREAD * threads:
            raise BadSchedule(
                f"a tile of {held} elements leaves {held // threads} to each of {threads} threads, "
                f"where {MOST_PER_THREAD} is the most: give a smaller `tile` or more `warps`"
            )
        _check_padding(schedule, member)
        if member.contraction:
            _check_contraction(schedule, member, chip, threads)


def _check_split(schedule: Schedule, group: Group) -> None:
    if reason := obstacle(group):
        raise BadSchedule(f"`split` cannot be: {reason}")
    tile = schedule.tile[longest(group)]
    if schedule.split % tile or schedule.split & (schedule.split - 1):
        raise BadSchedule(
            f"`split` must be a power of two and at least the tile, {tile}, not {schedule.split}"
        )


def _check_padding(schedule: Schedule, member: Member) -> None:
    for access in member.inputs:
        if not isinstance(access, Access) or access.padding is None:
            continue
        for dim in access.padding.dims:
            terms = access.windows[dim].terms
            loops = [access.all_dims[place] for place, _ in terms]
            cut = [d >= 0 and schedule.tile[d] > 1 for d in loops]
            backwards = any(c and step < 1 for c, (_, step) in zip(cut, terms, strict=True))
            if sum(cut) > 1 or backwards:
                raise BadSchedule(
                    f"of the dimensions {sorted(loops)}, which move in one window of a padded "
                    "tensor, only one, which moves forwards, may have a `tile` above 1"
                )


def _check_contraction(schedule: Schedule, member: Member, chip: Chip, threads: int) -> None:
    form = member.contraction
    assert form is not None
    sizes = {}
    for role in ("m", "n", "k"):
        tiles = [schedule.tile[d] for d in getattr(form, role)]
        if sum(t > 1 for t in tiles) > 1:
            raise BadSchedule(
                f"only one of the {role} dimensions may have a `tile` above 1: {tiles}"
            )
        sizes[role] = prod(tiles)
    if any(schedule.tile[d] > 1 for d in form.batch):
        raise BadSchedule("a batch dimension must have a `tile` of 1")
    m, n, k = sizes["m"], sizes["n"], sizes["k"]
    if len(schedule.thread) not in (0, 2):
        raise BadSchedule("`thread` must be two numbers, m and n")
    if prod(schedule.thread) > 1 and prod(schedule.thread) * threads > m * n:
        raise BadSchedule(
            f"{threads} threads of {list(schedule.thread)} elements exceed the tile {m} x {n}"
        )
    shared = shared_bytes(m, n, k, element_bytes(member))
    if threads > 1 and shared > chip.shared_memory:
        raise BadSchedule(
            f"the tiles {m} x {k} and {k} x {n} take {shared} bytes of shared memory; {chip.name} "
            f"has {chip.shared_memory}"
        )


def shared_bytes(m: int, n: int, k: int, element: int) -> int:
    return (m * k + k * n) * element


def element_bytes(member: Member) -> int:
    """Of the wider operand."""
    return max(getattr(t, "width", 64) for t in operand_types(member)) // 8 or 1


def operand_types(member: Member) -> list[ir.Type]:
    """The element types of what is read."""
    tensors = (a.value for a in member.inputs if isinstance(a, Access))
    return [ir.ShapedType(tensor.type).element_type for tensor in tensors]
