"""check-sizes: sizes that have to agree are compared when the program runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from mlir import ir
from mlir.dialects import arith, cf, linalg, tensor

from clawc.passes.framework.base import Pass

_DYNAMIC = ir.ShapedType.get_dynamic_size()


class Size(NamedTuple):
    """A dimension of an operand."""

    operand: int
    dim: int


@dataclass(frozen=True)
class CheckSizes(Pass):
    """The operands of an operation that one loop runs over have one size there.  MLIR takes that
    for granted, and kernels read past the end of the smaller one.

    Before:

        %0 = arith.addf %x, %y : tensor<?x3xf32>

    After:

        %n = tensor.dim %x, %c0 : tensor<?x3xf32>
        %m = tensor.dim %y, %c0 : tensor<?x3xf32>
        %same = arith.cmpi eq, %n, %m : index
        cf.assert %same, "arith.addf: dimension 0 of operand 1 must be dimension 0 of operand 0"
        %0 = arith.addf %x, %y : tensor<?x3xf32>

    What is known to agree once sizes are led back to the arguments' is folded away.
    """

    name: ClassVar[str] = "check-sizes"

    def run(self, module: ir.Module) -> None:
        for op, maps in list(_structured(module)):
            tensors = [v for v in op.operands if isinstance(v.type, ir.RankedTensorType)]
            for sizes in _loops(maps):
                _compare(op, tensors, sizes)


def _structured(module: ir.Module) -> Iterator[tuple[ir.OpView, Sequence[ir.AffineMap]]]:
    """The operations on tensors of unknown sizes, with the map of each tensor operand."""
    found: list[tuple[ir.OpView, Sequence[ir.AffineMap]]] = []

    def look(op: ir.Operation) -> ir.WalkResult:
        types = [v.type for v in op.operands if isinstance(v.type, ir.RankedTensorType)]
        if len(types) < 2 or all(_DYNAMIC not in type_.shape for type_ in types):
            return ir.WalkResult.ADVANCE
        if op.name.startswith("linalg."):
            maps = linalg.get_indexing_maps(op)  # pyright: ignore[reportAttributeAccessIssue]
            if maps is not None and len(maps) == len(types):
                found.append((op.opview, [ir.AffineMapAttr(m).value for m in maps]))
        elif op.name.startswith(("arith.", "math.")):
            identity = ir.AffineMap.get_identity(types[0].rank)
            found.append((op.opview, [identity] * len(types)))
        return ir.WalkResult.ADVANCE

    module.operation.walk(look, ir.WalkOrder.PRE_ORDER)
    yield from found


def _loops(maps: Sequence[ir.AffineMap]) -> list[list[Size]]:
    """For each loop the dimensions that it runs over."""
    found: list[list[Size]] = [[] for _ in range(maps[0].n_dims)]
    for operand, map_ in enumerate(maps):
        for dim, expr in enumerate(map_.results):
            if isinstance(expr, ir.AffineDimExpr):
                found[ir.AffineDimExpr(expr).position].append(Size(operand, dim))
    return found


def _compare(op: ir.OpView, tensors: Sequence[ir.Value], sizes: Sequence[Size]) -> None:
    """Check that the sizes are those of the first that is known, or of the first."""

    def known(size: Size) -> int:
        return ir.RankedTensorType(tensors[size.operand].type).shape[size.dim]

    unknown = [size for size in sizes if known(size) == _DYNAMIC]
    if not unknown or len(sizes) < 2:
        return
    first = next((size for size in sizes if known(size) != _DYNAMIC), unknown[0])
    with ir.InsertionPoint(op), op.location:
        index = ir.IndexType.get()

        def value(size: Size) -> ir.Value:
            if known(size) != _DYNAMIC:
                return arith.constant(index, known(size))
            return tensor.dim(tensors[size.operand], arith.constant(index, size.dim))

        wanted = value(first)
        for size in unknown:
            if size == first:
                continue
            same = arith.cmpi(arith.CmpIPredicate.eq, value(size), wanted)
            must = str(known(first))
            if known(first) == _DYNAMIC:
                must = f"dimension {first.dim} of operand {first.operand}"
            what = f"dimension {size.dim} of operand {size.operand}"
            cf.assert_(same, f"{op.operation.name}: {what} must be {must}")
