"""Cut one dimension of a kernel's iteration domain in two, in place, before it is tiled."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith

from clawc.passes.tile.group import Access, Group


def split_dimension(kernel: ir.Operation, group: Group, d: int, width: int, packed: int) -> None:
    """Dimension `d` of `kernel` becomes panels, and `width` elements within a panel.

    Every tensor and buffer with that dimension gets an axis more, right after the one it had; in
    argument number `packed`, a matrix, the panels come first and the elements within one last.
    `d` is static and a multiple of `width`, and no body reads a coordinate.
    """
    block = kernel.regions[0].blocks[0]
    places = _places(group)
    panels = {tensor for tensor, held in group.memory.items() if held == block.arguments[packed]}
    for tensor, axes in places.items():
        if d in axes:
            tensor.set_type(_split(tensor.type, axes.index(d), width, tensor in panels))
    held = [(argument, places[tensor]) for tensor, argument in group.memory.items()]
    held += [(argument, places[access.value]) for access, argument in group.results]
    for argument, axes in dict(held).items():
        if d in axes:
            at, is_packed = axes.index(d), argument == block.arguments[packed]
            argument.set_type(_split(argument.type, at, width, is_packed))
            _renumber_sizes(argument, at, is_packed)
    for member in group.members:
        if member.op.name == "linalg.generic" and d in member.loops:
            packs = [operand in panels for operand in member.op.operands]
            _split_loop(member.op, member.loops.index(d), packs)
    types = [a.type for a in block.arguments]
    kernel.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(types, []))


def _places(group: Group) -> dict[ir.Value, tuple[int, ...]]:
    """For each tensor of the kernel, the dimension of the group that each of its axes is."""
    found: dict[ir.Value, tuple[int, ...]] = {}
    for member in group.members:
        inits = [member.init(i) for i in range(len(member.outputs))]
        for access in (*member.inputs, *inits, *member.outputs):
            if isinstance(access, Access):
                found[access.value] = access.all_dims
    for access, _ in group.results:
        found[access.value] = access.all_dims
    return found


def _split(type_: ir.Type, at: int, width: int, packed: bool) -> ir.Type:
    """`type_` with axis `at` as two."""
    kind = ir.MemRefType if isinstance(type_, ir.MemRefType) else ir.RankedTensorType
    shaped = kind(type_)
    shape = list(shaped.shape)
    panels = shape.pop(at) // width
    if packed:
        return kind.get([panels, *shape, width], shaped.element_type)
    return kind.get([*shape[:at], panels, width, *shape[at:]], shaped.element_type)


def _renumber_sizes(argument: ir.Value, at: int, packed: bool) -> None:
    """Sizes of the argument's other axes are asked for by their new numbers."""
    for use in list(argument.uses):
        op = use.owner.operation
        if op.name != "memref.dim":
            continue
        axis = ir.IntegerAttr(op.operands[1].owner.operation.attributes["value"]).value
        moved = 1 if packed else axis + (axis > at)
        with ir.InsertionPoint(op), op.location:
            op.operands[1] = arith.constant(ir.IndexType.get(), moved)


def _split_loop(op: ir.Operation, loop: int, packed: list[bool]) -> None:
    """Loop number `loop` becomes two, one after the other, in the maps of every operand."""
    maps = [ir.AffineMapAttr(a).value for a in ir.ArrayAttr(op.attributes["indexing_maps"])]
    op.attributes["indexing_maps"] = ir.ArrayAttr.get(
        [ir.AffineMapAttr.get(_split_map(m, loop, p)) for m, p in zip(maps, packed, strict=True)]
    )
    kinds = list(ir.ArrayAttr(op.attributes["iterator_types"]))
    op.attributes["iterator_types"] = ir.ArrayAttr.get([*kinds[:loop], kinds[loop], *kinds[loop:]])


def _split_map(map_: ir.AffineMap, loop: int, packed: bool) -> ir.AffineMap:
    count = map_.n_dims + 1
    panel, within = ir.AffineExpr.get_dim(loop), ir.AffineExpr.get_dim(loop + 1)
    results: list[ir.AffineExpr] = []
    for expr in map_.results:
        if not isinstance(expr, ir.AffineDimExpr):
            results.append(expr)
        elif expr.position != loop:
            results.append(ir.AffineExpr.get_dim(expr.position + (expr.position > loop)))
        elif not packed:
            results += [panel, within]
    if packed:
        results = [panel, *results, within]
    return ir.AffineMap.get(count, 0, results)
