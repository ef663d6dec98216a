"""Which dimensions of a function's tensors are the same size, known without running it."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.ir.constants import constant_index
from clawc.passes.ir.loops import is_tensor, shape_of

Node = tuple[ir.Value, int]  # a dimension of a tensor, or (index value, -1)


class Sizes:
    """Dimensions in classes of equal size: union-find over what each operation demands."""

    def __init__(self, block: ir.Block) -> None:
        self._parent: dict[Node, Node] = {}
        self._static: dict[Node, int] = {}
        waiting = [block]
        while waiting:
            for op in waiting.pop().operations:
                self._learn(op)
                if not isinstance(op, linalg.GenericOp):
                    waiting += [inner for region in op.regions for inner in region.blocks]

    def size(self, value: ir.Value, dim: int) -> int | Node:
        """The size where static, else the dimension's class."""
        root = self._find(self._node(value, dim))
        return self._static.get(root, root)

    def _node(self, value: ir.Value, dim: int) -> Node:
        node = (value, dim)
        if node not in self._parent:
            self._parent[node] = node
            if dim >= 0 and (size := shape_of(value)[dim]) >= 0:
                self._static[node] = size
            elif dim < 0 and (constant := constant_index(value)) is not None:
                self._static[node] = constant
        return node

    def _find(self, node: Node) -> Node:
        while (parent := self._parent[node]) != node:
            self._parent[node] = node = self._parent[parent]
        return node

    def _unite(self, one: Node, other: Node) -> None:
        one, other = self._find(self._node(*one)), self._find(self._node(*other))
        if one != other:
            self._parent[other] = one
            if other in self._static:
                self._static.setdefault(one, self._static[other])

    def _learn(self, op: ir.OpView) -> None:
        if isinstance(op, linalg.GenericOp):
            self._learn_generic(op)
        elif isinstance(op, tensor.EmptyOp):
            dynamic = iter(op.operands)
            for dim, size in enumerate(shape_of(op.result)):
                if size < 0:
                    self._unite((op.result, dim), (next(dynamic), -1))
        elif isinstance(op, tensor.DimOp):
            dim = constant_index(op.operands[1])
            if dim is not None and 0 <= dim < len(shape_of(op.operands[0])):
                self._unite((op.operands[0], dim), (op.result, -1))
        elif isinstance(op, (tensor.CastOp, linalg.FillOp)):
            source = op.operands[-1]
            for dim in range(len(shape_of(source))):
                self._unite((source, dim), (op.results[0], dim))

    def _learn_generic(self, op: linalg.GenericOp) -> None:
        seen: dict[int, Node] = {}
        for value, attribute in zip(op.operands, op.attributes["indexing_maps"], strict=True):
            if not is_tensor(value):
                continue
            for dim, expr in enumerate(ir.AffineMapAttr(attribute).value.results):
                if isinstance(expr, ir.AffineDimExpr):
                    loop = ir.AffineDimExpr(expr).position
                    self._unite(seen.setdefault(loop, (value, dim)), (value, dim))
        for init, result in zip(op.outputs, op.results, strict=True):
            for dim in range(len(shape_of(result))):
                self._unite((init, dim), (result, dim))
