"""Reductions whose longest dimension is shared out: each workgroup reduces a part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mlir import ir
from mlir.dialects import arith

from clawc.passes.tile.group import Access, Group
from clawc.passes.tile.partial_sums import partial_types
from clawc.passes.tile.slices import Size, index

DYNAMIC = ir.ShapedType.get_dynamic_size()


@dataclass(frozen=True)
class Split:
    """Dimension `d` in parts of `width` elements, of which results get a dimension more, the first:
    it is number `dimension` of the domain."""

    d: int
    width: int
    dimension: int

    @classmethod
    def of(cls, group: Group, width: int) -> Split:
        return cls(longest(group), width, len(group.sizes))

    def result(self, access: Access) -> Access:
        return replace(access, all_dims=(self.dimension, *access.all_dims))

    def add_parts(self, kernel: ir.Operation, group: Group, count: int) -> None:
        """Let the buffers that `kernel` writes have a place for each part."""
        for _, argument in group.results:
            type_ = ir.MemRefType(argument.type)
            argument.set_type(ir.MemRefType.get([count, *type_.shape], type_.element_type))
        types = [a.type for a in kernel.regions[0].blocks[0].arguments]
        kernel.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(types, []))

    def count(self, extent: Size) -> Size:
        """How many parts there are."""
        if isinstance(extent, int):
            return -(-extent // self.width)
        return arith.divui(arith.addi(extent, index(self.width - 1)), index(self.width))

    def number(self, offset: ir.Value) -> ir.Value:
        """Of the part that begins at an offset."""
        return arith.divui(offset, index(self.width))

    def end(self, offset: ir.Value, extent: ir.Value) -> ir.Value:
        """Of that part; unsigned, as an index with a sign may not hold the sum."""
        return arith.minui(arith.addi(offset, index(self.width)), extent)


def longest(group: Group) -> int:
    """The reduced dimension that is split: of those with an unknown size the last, else of the
    largest."""
    unknown = 1 << 60
    return max(group.reduced, key=lambda d: (group.static(d) or unknown, d))


def obstacle(group: Group) -> str | None:
    """Why the reductions of a group cannot be split, for who asks for it."""
    if not group.reduced:
        return "the kernel reduces nothing"
    if any(member.reduces and longest(group) not in member.reduces for member in group.members):
        return "one of its reductions does not have the longest dimension"
    factors = [f for size in group.sizes if isinstance(size, tuple) for f in size]
    if any(isinstance(f, ir.Value) and not isinstance(f, ir.BlockArgument) for f in factors):
        return "a size is computed in the kernel"
    for member in group.members:
        types = partial_types(member.op) if member.reduces else []
        if any(str(type_.element_type) in ("i1", "index") for type_ in types):
            return "no buffer holds parts of its results"
    return None
