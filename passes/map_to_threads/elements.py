"""One element of a tensor of a kernel function, computed where it is asked for.

A tensor is read as a function of its indices: `to_tensor` loads, `linalg.fill` is its scalar, a
reshape asks its source at other indices, a `linalg.generic` runs its reduction loops over its body.
Nothing is stored in between, so that a chain is right whatever it holds, if not fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlir import ir
from mlir.dialects import arith, memref, scf, tensor

from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.body import body_of, terminator
from clawc.passes.ir.constants import constant
from clawc.passes.ir.maps import indexing_maps, named_loops, output_maps, runs_in_order
from clawc.passes.kernel.abi import FlatKernel, Size
from clawc.passes.map_to_threads.index import (
    add,
    as_value,
    delinearized,
    linear,
    multiply,
    product,
)
from clawc.passes.map_to_threads.nest import Nest

Indices = Sequence[Size]


class Elements:
    """The tensors of a kernel function; scalars that it computes go before `anchor`."""

    def __init__(self, kernel: FlatKernel, anchor: ir.Operation) -> None:
        self.kernel = kernel
        self._anchor = anchor
        self._scalars: dict[ir.Value, ir.Value] = {}

    # Sizes and scalars of the function, as values of the kernel
    def shape(self, value: ir.Value) -> list[Size]:
        """The sizes of a tensor, or of a memref argument."""
        if isinstance(value.owner, ir.Block):
            return self.kernel.sizes[ir.BlockArgument(value).arg_number]
        op = value.owner.operation
        match op.name:
            case "bufferization.to_tensor" | "tensor.cast":
                return self.shape(op.operands[0])
            case "tensor.pad":
                around = zip(self.shape(op.operands[0]), *self._around(op), strict=True)
                return [add(add(size, low), high) for size, low, high in around]
            case "linalg.fill":
                return self.shape(op.operands[1])
            case "linalg.generic":
                number = ir.OpResult(value).result_number
                return self.shape(_outputs(op)[number])
            case "tensor.collapse_shape":
                source = self.shape(op.operands[0])
                return [product([source[d] for d in group]) for group in _groups(op)]
            case "tensor.empty" | "tensor.expand_shape" | "tensor.extract_slice" | "tensor.splat":
                return self._sizes_given(op, value)
        raise PassFailure(op, "is no tensor that the generic lane can take apart")

    def _sizes_given(self, op: ir.Operation, value: ir.Value) -> list[Size]:
        given = {
            "tensor.empty": op.operands,
            "tensor.splat": list(op.operands)[1:],
            "tensor.expand_shape": list(op.operands)[1:],
        }
        values = given.get(op.name)
        dynamic = iter(_slice(op).sizes if values is None else values)
        shape = ir.RankedTensorType(value.type).shape
        if op.name == "tensor.extract_slice" and len(_slice(op).static_sizes) != len(shape):
            raise PassFailure(op, "drops dimensions; expected a slice of full rank")
        return [n if n >= 0 else self.scalar(next(dynamic)) for n in shape]

    def scalar(self, value: ir.Value) -> ir.Value:
        """A scalar that the function computes outside of linalg bodies."""
        if isinstance(value.owner, ir.Block):
            return self.kernel.indices[ir.BlockArgument(value).arg_number]
        if value not in self._scalars:
            with ir.InsertionPoint(self._anchor):
                self._scalars[value] = self._computed(value.owner.operation, value)
        return self._scalars[value]

    def _computed(self, op: ir.Operation, value: ir.Value) -> ir.Value:
        if op.name in ("memref.dim", "tensor.dim"):
            return self.dimension(op, op.operands[1])
        if op.name == "tensor.extract":
            source, *at = op.operands
            return self.element(source, [self.scalar(v) for v in at])
        if op.name == "memref.load":
            source, *at = op.operands
            number = ir.BlockArgument(source).arg_number
            offset = linear([self.scalar(v) for v in at], self.kernel.sizes[number])
            return memref.load(self.kernel.buffers[number], [offset])
        operands = [self.scalar(v) for v in op.operands]
        clone = op.clone(ip=ir.InsertionPoint.current)
        for i, operand in enumerate(operands):
            clone.operands[i] = operand
        return clone.results[ir.OpResult(value).result_number]

    def dimension(self, op: ir.Operation, number: ir.Value) -> ir.Value:
        shape = self.shape(op.operands[0])
        owner = number.owner.operation
        if owner.name != "arith.constant":
            raise PassFailure(op, "asks for a dimension that is not a constant")
        return as_value(shape[ir.IntegerAttr(owner.attributes["value"]).value])

    # Elements
    def element(self, value: ir.Value, indices: Indices) -> ir.Value:
        """tensor[indices], computed at the insertion point."""
        op = value.owner.operation
        match op.name:
            case "bufferization.to_tensor":
                buffer = self.kernel.buffers[ir.BlockArgument(op.operands[0]).arg_number]
                return memref.load(buffer, [linear(indices, self.shape(value))])
            case "linalg.fill" | "tensor.splat":
                return self.scalar(op.operands[0])
            case "tensor.empty":
                return constant(ir.RankedTensorType(value.type).element_type, 0)
            case "tensor.cast":
                return self.element(op.operands[0], indices)
            case "tensor.collapse_shape" | "tensor.expand_shape":
                source = op.operands[0]
                offset = linear(indices, self.shape(value))
                return self.element(source, delinearized(offset, self.shape(source)))
            case "tensor.pad":
                return self._padded(op, indices)
            case "tensor.extract_slice":
                return self.element(op.operands[0], self._in_source(op, indices))
            case "linalg.generic":
                return self.results(op, indices)[ir.OpResult(value).result_number]
        raise PassFailure(op, "is no tensor that the generic lane can take apart")

    def _padded(self, op: ir.Operation, indices: Indices) -> ir.Value:
        """The source's element, or the padding where it has none."""
        low = [multiply(n, -1) for n in self._around(op)[0]]
        places = [add(i, n) for i, n in zip(indices, low, strict=True)]
        inside = None
        for place, size in zip(places, self.shape(op.operands[0]), strict=True):
            here = arith.cmpi(arith.CmpIPredicate.ult, as_value(place), as_value(size))
            inside = here if inside is None else arith.andi(inside, here)
        value = self.scalar(terminator(body_of(op)).operands[0])
        if inside is None:
            return self.element(op.operands[0], places)
        branch = scf.IfOp(inside, [value.type], has_else=True)
        with ir.InsertionPoint(branch.regions[0].blocks[0]):
            scf.yield_([self.element(op.operands[0], places)])
        with ir.InsertionPoint(branch.regions[1].blocks[0]):
            scf.yield_([value])
        return branch.results[0]

    def _around(self, op: ir.Operation) -> tuple[list[Size], list[Size]]:
        """How much a tensor.pad puts before and behind its source."""
        pad = op.opview
        assert isinstance(pad, tensor.PadOp)
        return self._known(pad.static_low, pad.low), self._known(pad.static_high, pad.high)

    def _known(self, static: Iterable[int], dynamic: Iterable[ir.Value]) -> list[Size]:
        values = iter(dynamic)
        unknown = ir.ShapedType.get_dynamic_size()
        return [self.scalar(next(values)) if n == unknown else n for n in static]

    def _in_source(self, op: ir.Operation, indices: Indices) -> list[Size]:
        view = _slice(op)
        starts = self._known(view.static_offsets, view.offsets)
        steps = self._known(view.static_strides, view.strides)
        return [
            add(start, multiply(index, step))
            for start, index, step in zip(starts, indices, steps, strict=True)
        ]

    # linalg.generic
    def results(self, op: ir.Operation, indices: Indices) -> list[ir.Value]:
        """All results of `op` at `indices`, whose loops are those of each of its results."""
        if runs_in_order(op):
            raise PassFailure(
                op, "has results that no element can be computed of by itself; expected them stored"
            )
        sizes = self.loop_sizes(op)
        loops: dict[int, Size] = {d: 0 for d, size in enumerate(sizes) if size == 1}
        named = named_loops(output_maps(op)[0])
        loops |= {loop: indices[position] for loop, position in named.items()}
        first = [self.element(init, indices) for init in _outputs(op)]
        free = [d for d in range(len(sizes)) if d not in loops]
        return Nest(self, op, sizes).run(free, loops, first)

    def loop_sizes(self, op: ir.Operation) -> list[Size]:
        """How often each loop of `op` runs."""
        maps = indexing_maps(op)
        sizes: dict[int, Size] = {}
        for operand, map_ in zip(op.operands, maps, strict=True):
            for position, result in enumerate(map_.results):
                if isinstance(result, ir.AffineDimExpr):
                    size = self.shape(operand)[position]
                    if isinstance(size, int) or result.position not in sizes:
                        sizes[result.position] = size
        missing = [d for d in range(maps[0].n_dims) if d not in sizes]
        if missing:
            raise PassFailure(op, f"no operand says how often loop d{missing[0]} runs")
        return [sizes[d] for d in range(maps[0].n_dims)]


def _outputs(op: ir.Operation) -> list[ir.Value]:
    return list(op.operands)[-len(op.results) :]


def _slice(op: ir.Operation) -> tensor.ExtractSliceOp:
    view = op.opview
    assert isinstance(view, tensor.ExtractSliceOp)
    return view


def _groups(op: ir.Operation) -> list[list[int]]:
    return [
        [ir.IntegerAttr(d).value for d in ir.ArrayAttr(group)]
        for group in ir.ArrayAttr(op.attributes["reassociation"])
    ]
