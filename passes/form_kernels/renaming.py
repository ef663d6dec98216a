"""Two groups that become one: which dimension of the one each dimension of the other is."""

from __future__ import annotations

from clawc.passes.form_kernels.groups import Binding, Dims, Group
from clawc.passes.ir.loops import KernelOp


def renamed(other: Group, group: Group, through: KernelOp) -> Binding | None:
    """The dimension of `group` that each one of `other` is; None if unclear."""
    rename: Binding = {}
    binding = group.ops[through]
    for read in through.reads:
        if read.value in other.values:
            _align(rename, other.values[read.value], group.place(read, binding))
    for value in other.inputs.keys() & group.inputs.keys():
        _align(rename, other.inputs[value], group.inputs[value])
    for dim, size in enumerate(other.sizes):
        if dim not in rename:
            pool = group.reduced if dim in other.reduced else group.parallel
            if other.kind == "elementwise" and group.kind == "reduction":
                pool = range(len(group.sizes))
            match = [d for d in pool if d not in rename.values() and group.sizes[d] == size]
            if not match:
                return None
            rename[dim] = match[0]
    if {rename[d] for d in other.reduced} != (group.reduced if other.reduced else set()):
        return None
    if group.kind == "contraction" and set(rename.values()) & group.reduced:
        return None
    return rename


def _align(rename: Binding, theirs: Dims, ours: Dims) -> None:
    """Extend `rename` by what does not contradict it."""
    for their, our in zip(theirs, ours, strict=True):
        if isinstance(their, int) and isinstance(our, int):
            if their not in rename and our not in rename.values():
                rename[their] = our
