"""Fewer dimensions for a group: those side by side wherever memory is accessed become one."""

from __future__ import annotations

from itertools import permutations

from mlir import ir

from clawc.passes.ir.body import body_of
from clawc.passes.tile.group import Access, Group, Member


def collapse(group: Group) -> Group:
    """`group` with every pair of dimensions merged that can be.  An elementwise group without
    broadcasts or transposes comes down to one dimension: the elements in a row."""
    while pair := next(_mergeable(group), None):
        group = group.merged(*pair)
    return group


def _mergeable(group: Group):
    indexed = {d for member in group.members for d in _indexed(member)}
    memory = group.memory_accesses()
    for pair in permutations(range(len(group.sizes)), 2):
        if (
            indexed.isdisjoint(pair)
            and all(_adjacent(access, pair) for access in memory)
            and all(_together(member, pair) for member in group.members)
        ):
            yield pair


def _indexed(member: Member) -> set[int]:
    """The dimensions whose coordinate the body reads."""
    ops = (op.operation for op in body_of(member.op).operations)
    numbers = (
        ir.IntegerAttr(op.attributes["dim"]).value for op in ops if op.name == "linalg.index"
    )
    return {member.loops[number] for number in numbers}


def _adjacent(access: Access, pair: tuple[int, int]) -> bool:
    dims = access.dims
    if access.windows and set(pair) & set(dims):
        return False
    return not set(pair) & set(dims) or any(d == pair for d in zip(dims, dims[1:], strict=False))


def _together(member: Member, pair: tuple[int, int]) -> bool:
    """Whether the op treats both dimensions alike."""
    form = member.contraction
    roles = (form.batch, form.m, form.n, form.k) if form else ()
    tensors = [a for a in member.inputs if isinstance(a, Access)] + list(member.outputs)
    places = [member.domain, member.reduces, *roles, *(a.dims for a in tensors)]
    return all((pair[0] in place) == (pair[1] in place) for place in places)
