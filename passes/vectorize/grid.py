"""The workgroups of a kernel: how the host counts them, and which part of the domain each has."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, gpu, scf

from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.kernel import Kernel
from clawc.passes.vectorize.values import index


class Grid:
    """The tiles of an scf.forall as a line of workgroups, the last dimension fastest."""

    def __init__(self, loop: scf.ForallOp) -> None:
        self.loop = loop
        dynamic = iter(loop.dynamicUpperBound)
        unknown = ir.ShapedType.get_dynamic_size()
        self.bounds = [next(dynamic) if n == unknown else n for n in loop.staticUpperBound]
        self.steps = list(loop.staticStep)
        self.symbols: list[tuple[int, int]] = []  # argument, dimension

    def write_on(self, kernel: Kernel) -> None:
        """Say how many workgroups a launch of `kernel` has."""
        counts = [
            ir.AffineExpr.get_ceil_div(self._expression(bound), step)
            for bound, step in zip(self.bounds, self.steps, strict=True)
        ]
        kernel.set_grid(ir.AffineMap.get(0, len(self.symbols), counts), self.symbols)

    def _expression(self, value: int | ir.Value) -> ir.AffineExpr:
        if isinstance(value, int):
            return ir.AffineExpr.get_constant(value)
        if isinstance(value, ir.BlockArgument):
            return self._symbol(value.arg_number, -1)
        op = value.owner.operation
        if op.name == "arith.constant":
            return ir.AffineExpr.get_constant(ir.IntegerAttr(op.attributes["value"]).value)
        if op.name == "memref.dim" and isinstance(op.operands[0], ir.BlockArgument):
            dim = ir.IntegerAttr(op.operands[1].owner.attributes["value"]).value
            return self._symbol(ir.BlockArgument(op.operands[0]).arg_number, dim)
        combine = _EXPRESSIONS.get(op.name)
        if combine is None:
            raise PassFailure(op, "a size of the grid must come from sizes of the arguments")
        return combine(*(self._expression(v) for v in op.operands))

    def _symbol(self, argument: int, dim: int) -> ir.AffineExpr:
        if (argument, dim) not in self.symbols:
            self.symbols.append((argument, dim))
        return ir.AffineExpr.get_symbol(self.symbols.index((argument, dim)))

    def offsets(self, values: dict[ir.Value, ir.Value]) -> list[ir.Value]:
        """Where this workgroup's tile starts in each dimension; `values` maps the old scalars."""
        many = [
            i
            for i, (bound, step) in enumerate(zip(self.bounds, self.steps, strict=True))
            if not isinstance(bound, int) or not 0 < bound <= step
        ]
        offsets = [index(0) for _ in self.steps]
        if not many:
            return offsets
        left: ir.Value = gpu.block_id(gpu.Dimension.x)
        for i in reversed(many):
            mine, step = left, self.steps[i]
            if i != many[0]:
                bound = self.bounds[i]
                count = index(self._count(bound if isinstance(bound, int) else values[bound], step))
                mine, left = arith.remui(left, count), arith.divui(left, count)
            offsets[i] = mine if step == 1 else arith.muli(mine, index(step))
        return offsets

    def _count(self, bound: int | ir.Value, step: int) -> int | ir.Value:
        if isinstance(bound, int):
            return -(-bound // step)
        if step == 1:
            return bound
        return arith.divui(arith.addi(bound, index(step - 1)), index(step))


_EXPRESSIONS = {
    "arith.addi": ir.AffineExpr.get_add,
    "arith.subi": lambda a, b: a - b,
    "arith.muli": ir.AffineExpr.get_mul,
    "arith.divui": ir.AffineExpr.get_floor_div,
    "arith.divsi": ir.AffineExpr.get_floor_div,
    "arith.floordivsi": ir.AffineExpr.get_floor_div,
    "arith.ceildivsi": ir.AffineExpr.get_ceil_div,
    "arith.ceildivui": ir.AffineExpr.get_ceil_div,
}
