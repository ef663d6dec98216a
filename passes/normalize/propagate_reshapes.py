"""propagate-reshapes: reshapes between computations move to where they cost and hinder nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of
from clawc.passes.ir.loops import defining_op
from clawc.passes.normalize.build import Size, mixed, size_of
from clawc.passes.normalize.functions import function_blocks
from clawc.passes.normalize.reshape_split import Splits, reassociation, split_loops


@dataclass(frozen=True)
class PropagateReshapes(Pass):
    """A reshape between two computations keeps them from becoming one kernel.  Computations on
    collapsed dimensions are done on the separate ones instead: `form-kernels` merges dimensions
    again where all of a kernel allows it.

    Before:

        %p = linalg.generic {matmul} ... -> tensor<24x8xf32>
        %e = tensor.expand_shape %p [[0, 1], [2]] : tensor<24x8xf32> into tensor<2x12x8xf32>
        %r = linalg.generic {add} ins(%e, %y : tensor<2x12x8xf32>, tensor<2x12x8xf32>) ...

    After:

        %xe = tensor.expand_shape %x [[0, 1], [2]]
        %p = linalg.generic {matmul, rows split in two} ins(%xe, ...) -> tensor<2x12x8xf32>
        %r = linalg.generic {add} ins(%p, %y : tensor<2x12x8xf32>, tensor<2x12x8xf32>) ...

    First, what reads the collapsed result of a computation is split; then, from the end, what is
    read expanded only.
    """

    name: ClassVar[str] = "propagate-reshapes"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            _sink_collapses(block)
            _raise_expands(block)


def _sink_collapses(block: ir.Block) -> None:
    for op in list(block.operations):
        if isinstance(op, linalg.GenericOp):
            splits = _collapsed_loops(op)
            if splits:
                split_loops(op, splits)


def _collapsed_loops(op: linalg.GenericOp) -> Splits:
    """The loops over dimensions which were collapsed from what another computation made."""
    found: Splits = {}
    for value, attribute in zip(op.inputs, op.attributes["indexing_maps"], strict=False):
        view = defining_op(value)
        if not isinstance(view, tensor.CollapseShapeOp) or not _computed(view.src):
            continue
        exprs = ir.AffineMapAttr(attribute).value.results
        for expr, group in zip(exprs, reassociation(view), strict=False):
            if len(group) > 1 and isinstance(expr, ir.AffineDimExpr) and expr.position not in found:
                with ir.InsertionPoint(op), op.location:
                    found[expr.position] = [size_of(view.src, dim) for dim in group]
    return found


def _computed(value: ir.Value) -> bool:
    return isinstance(defining_op(value), linalg.GenericOp)


def _raise_expands(block: ir.Block) -> None:
    work = [op for op in block.operations if isinstance(op, tensor.ExpandShapeOp)]
    while work:
        view = work.pop()
        producer = defining_op(view.src)
        if not isinstance(producer, linalg.GenericOp) or not _only_expanded(view):
            continue
        sizes = mixed(list(view.static_output_shape), list(view.output_shape))
        if not all(isinstance(size, int) or _before(size, producer) for size in sizes):
            continue
        splits = _expanded_loops(producer, view, sizes)
        readers = [use.owner for use in view.src.uses]
        made = split_loops(producer, splits) if splits else None
        if made is None:
            continue
        for reader in readers:
            if isinstance(reader, tensor.ExpandShapeOp):
                reader.result.replace_all_uses_with(made)
        split = defining_op(made)
        assert isinstance(split, linalg.GenericOp)
        near = [defining_op(value) for value in split.inputs]
        near += [use.owner for use in made.uses]
        work += [op for op in near if isinstance(op, tensor.ExpandShapeOp)]


def _only_expanded(view: tensor.ExpandShapeOp) -> bool:
    """Whether everything that reads its source reads it in this shape."""
    for use in view.src.uses:
        reader = use.owner
        if _is_dead(reader):
            continue
        if isinstance(reader, tensor.ExpandShapeOp):
            if reader.result.type != view.result.type or reassociation(reader) != reassociation(
                view
            ):
                return False
        elif isinstance(reader, linalg.GenericOp):
            argument = body_of(reader).arguments[int(use.operand_number)]
            if any(True for _ in argument.uses):
                return False
        elif not isinstance(reader, tensor.DimOp):
            return False
    return True


def _is_dead(op: ir.OpView) -> bool:
    """Whether `op` is a view that nothing reads, left over from what was split."""
    views = (tensor.ExpandShapeOp, tensor.CollapseShapeOp)
    return isinstance(op, views) and all(_is_dead(use.owner) for use in op.result.uses)


def _expanded_loops(op: linalg.GenericOp, view: tensor.ExpandShapeOp, sizes: list[Size]) -> Splits:
    """The loops of `op` that `view` splits: those of its only result."""
    maps = list(op.attributes["indexing_maps"])
    if len(op.results) != 1:
        return {}
    found: Splits = {}
    exprs = ir.AffineMapAttr(maps[-1]).value.results
    for expr, group in zip(exprs, reassociation(view), strict=True):
        if len(group) > 1:
            if not isinstance(expr, ir.AffineDimExpr):
                return {}
            found[expr.position] = [sizes[dim] for dim in group]
    return found


def _before(value: ir.Value, op: ir.OpView) -> bool:
    """Whether a size is known where `op` stands; across the blocks of loops nobody looks."""
    definition = defining_op(value)
    block = value.owner if definition is None else definition.operation.block
    if block != op.operation.block:
        return False
    return definition is None or definition.operation.is_before_in_block(op.operation)
