"""The host function of a program: sizes, scalars, checks, and where the contents of tensors are."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from mlir import ir
from mlir.dialects import arith, func, linalg, memref, ml_program, tensor

from clawc.passes.form_kernels import views
from clawc.passes.form_kernels.checks import check_size, choose_size
from clawc.passes.form_kernels.constants import write_global
from clawc.passes.form_kernels.views import buffer_type, stored_type
from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.constants import constant_index
from clawc.passes.ir.loops import VIEWS, defining_op, is_tensor, shape_of, uniform
from clawc.passes.ir.symbols import Symbols, symbol_name
from clawc.passes.kernel.kernel import with_seen_type

_KERNEL_WORK = (
    linalg.GenericOp,
    linalg.FillOp,
    tensor.EmptyOp,
    tensor.FromElementsOp,  # the shape of a tensor.reshape: others are generics by now
    *VIEWS,
)
_SCALAR = ("arith.", "math.")
_NO_KERNEL = (
    "cannot become part of a kernel: expected linalg operations and views on tensors, "
    "loops and branches around them, and scalar arithmetic; rewrite it as linalg.generic"
)
_REFUSED = {  # by dialect
    "func": "is part of a recursion, which no launch plan has; rewrite it with scf.while",
    "scf": "is no loop or branch of a launch plan; rewrite it with scf.for, scf.while or scf.if",
}


class Host:
    """Writes the host function that takes the place of `source`, a function on tensors.

    `point` is where it goes on.  Inside of a loop or branch that is the block of one, and what is
    written there is known there only (see `block`).
    """

    def __init__(self, source: func.FuncOp, module: ir.Module, symbols: Symbols) -> None:
        self.name = symbol_name(source)
        self.symbols = symbols
        self.location = source.location
        self._buffers: ChainMap[ir.Value, ir.Value] = ChainMap()
        self._scalars: ChainMap[ir.Value, ir.Value] = ChainMap()
        self._stored: ChainMap[ir.Value, ir.Value] = ChainMap()
        self._constants: dict[int, ir.Value] = {}
        self._globals_made = 0
        block = source.body.blocks[0]
        returned = block.operations[len(block.operations) - 1].operands
        with ir.InsertionPoint(source), source.location:
            taken = [buffer_type(a.type) for a in block.arguments]
            type_ = ir.FunctionType.get(taken, [buffer_type(v.type) for v in returned])
            self.func = func.FuncOp(self.name, type_)
        entry = self.func.add_entry_block()
        self._globals = ir.InsertionPoint(self.func)
        self.kernels = ir.InsertionPoint(module.body)
        self._mark_bits(source)
        self.point = ir.InsertionPoint(entry)
        self.bind(list(block.arguments), list(entry.arguments))

    def _mark_bits(self, source: func.FuncOp) -> None:
        """Keep the attributes of arguments and results, and say which tensors were of i1."""
        types = ir.FunctionType(ir.TypeAttr(source.attributes["function_type"]).value)
        for name, own in (("arg_attrs", types.inputs), ("res_attrs", types.results)):
            old = source.attributes[name] if name in source.attributes else [{}] * len(own)
            attributes = []
            for had, type_ in zip(old, own, strict=True):
                kept = ir.DictAttr.get({note.name: note.attr for note in had} if had else {})
                if isinstance(type_, ir.RankedTensorType):
                    element = type_.element_type
                    if stored_type(element) != element:
                        kept = with_seen_type(kept, element)
                attributes.append(kept)
            if any(len(a) for a in attributes):
                self.func.attributes[name] = ir.ArrayAttr.get(attributes)

    def bind(self, values: list[ir.Value], own: list[ir.Value]) -> None:
        """Say what stands for values of the program: buffers for tensors, or scalars."""
        for value, new in zip(values, own, strict=True):
            (self._buffers if is_tensor(value) else self._scalars)[value] = new

    @contextmanager
    def block(self, block: ir.Block) -> Iterator[None]:
        """Go on in a block of a loop or branch; what is found there does not hold after it."""
        outer = (self.point, self._buffers, self._scalars, self._stored)
        self.point = ir.InsertionPoint(block)
        self._buffers, self._scalars = self._buffers.new_child(), self._scalars.new_child()
        self._stored = self._stored.new_child()
        yield
        self.point, self._buffers, self._scalars, self._stored = outer

    def operand(self, value: ir.Value) -> ir.Value:
        """What stands for a value of the program."""
        return self.buffer(value) if is_tensor(value) else self._scalars[value]

    def finish(self, results: list[ir.Value]) -> None:
        """Return `results`."""
        with self.point, self.location:
            func.ReturnOp(results)

    # Scalars
    def write_scalar(self, op: ir.OpView) -> None:
        """Write what an operation computes or checks, if that is not the work of kernels."""
        if isinstance(op, tensor.DimOp):
            self._scalars[op.result] = self._dim(op)
        elif isinstance(op, tensor.CastOp):
            self._check_cast(op)
        elif isinstance(op, ml_program.GlobalLoadOp):
            self._load(op)
        elif op.name == "arith.constant":
            self._constant(op)
        elif op.name == "cf.assert" or (
            op.name.startswith(_SCALAR) and not any(map(is_tensor, op.results))
        ):
            clone = op.operation.clone(ip=self.point)
            for i, value in enumerate(op.operands):
                clone.operands[i] = self._scalars[value]
            self._scalars.update(zip(op.results, clone.results, strict=True))
        elif not isinstance(op, _KERNEL_WORK):
            raise PassFailure(op, _REFUSED.get(op.name.partition(".")[0], _NO_KERNEL))

    def _load(self, op: ml_program.GlobalLoadOp) -> None:
        """What a variable holds, which is in a buffer."""
        name = ir.FlatSymbolRefAttr(op.attributes["global"]).value
        with self.point, op.location:
            if is_tensor(op.result):
                type_ = buffer_type(op.result.type)
                self._buffers[op.result] = ml_program.GlobalLoadOp(type_, name).result
            else:
                type_ = views.memref_type([], op.result.type)
                held = ml_program.GlobalLoadOp(type_, name).result
                self._scalars[op.result] = views.element(held, [], op.result.type)

    def _constant(self, op: ir.OpView) -> None:
        result = op.results[0]
        if isinstance(result.type, ir.IndexType):
            number = constant_index(result)
            assert number is not None
            self._scalars[result] = self.constant(number)
        elif not is_tensor(result):
            self._scalars[result] = op.operation.clone(ip=self.point).results[0]

    def _check_cast(self, op: tensor.CastOp) -> None:
        """Sizes that a cast says it knows are so."""
        for dim, (old, new) in enumerate(
            zip(shape_of(op.source), shape_of(op.result), strict=True)
        ):
            if old < 0 <= new:
                size, wanted = self.size(op.source, dim), self.constant(new)
                with self.point, op.location:
                    check_size(size, wanted, dim, new)

    def _dim(self, op: tensor.DimOp) -> ir.Value:
        """A size; where its number is computed, one of all, after a check of the number."""
        rank = len(shape_of(op.source))
        number = constant_index(op.index)
        if number is not None:
            if number not in range(rank):
                raise PassFailure(op, f"asks for dimension {number} of a tensor of rank {rank}")
            return self.size(op.source, number)
        if not rank:
            raise PassFailure(op, "asks for a dimension of a tensor of rank 0")
        wanted = self._scalars[op.index]
        sizes = [self.size(op.source, dim) for dim in range(rank)]
        numbers = [self.constant(dim) for dim in range(rank + 1)]
        with self.point, op.location:
            return choose_size(wanted, sizes, numbers[:-1], numbers[-1])

    def scalar(self, value: ir.Value) -> ir.Value | None:
        """The host's copy of a scalar, if it has one."""
        return self._scalars.get(value)

    def constant(self, value: int) -> ir.Value:
        if value not in self._constants:
            with ir.InsertionPoint.at_block_begin(self.func.body.blocks[0]), self.location:
                self._constants[value] = arith.constant(ir.IndexType.get(), value)
        return self._constants[value]

    def size(self, value: ir.Value, dim: int) -> ir.Value:
        """The size of a dimension of a tensor, found where its shape was decided."""
        while shape_of(value)[dim] < 0:
            op = defining_op(value)
            if isinstance(op, linalg.GenericOp):
                number = next(i for i, r in enumerate(op.results) if r == value)
                value = op.outputs[number]
            elif isinstance(op, (tensor.CastOp, linalg.FillOp)):
                value = op.operands[-1]
            elif isinstance(op, tensor.EmptyOp):
                return self._scalars[op.operands[sum(s < 0 for s in shape_of(value)[:dim])]]
            elif isinstance(op, tensor.ExpandShapeOp):
                return self._scalars[op.output_shape[sum(s < 0 for s in shape_of(value)[:dim])]]
            elif isinstance(op, tensor.ReshapeOp):
                return self._reshaped(op, dim)
            elif isinstance(op, tensor.CollapseShapeOp):
                return self.product(op.src, views.reassociation(op)[dim])
            else:  # an argument, or what a loop carries or gives
                number = self.constant(dim)
                with self.point, self.location:
                    return memref.DimOp(self._buffers[value], number).result
        return self.constant(shape_of(value)[dim])

    def _reshaped(self, op: tensor.ReshapeOp, dim: int) -> ir.Value:
        given = defining_op(op.shape)
        if isinstance(given, tensor.FromElementsOp):
            return self._scalars[given.elements[dim]]
        assert given is not None and given.name == "arith.constant", "as normalize-linalg leaves it"
        sizes = np.array(ir.DenseElementsAttr(given.attributes["value"]))
        return self.constant(int(sizes[dim]))

    def product(self, value: ir.Value, dims: list[int]) -> ir.Value:
        """The number of elements that `dims` of `value` span."""
        total = self.size(value, dims[0])
        for dim in dims[1:]:
            total = self.multiply(total, self.size(value, dim))
        return total

    def multiply(self, one: ir.Value, other: ir.Value) -> ir.Value:
        with self.point, self.location:
            return arith.muli(one, other)

    # Buffers
    def allocate(self, value: ir.Value) -> ir.Value:
        """A fresh buffer for a tensor that a kernel makes."""
        dynamic = [self.size(value, i) for i, size in enumerate(shape_of(value)) if size < 0]
        with self.point, self.location:
            self._buffers[value] = memref.AllocOp(buffer_type(value.type), dynamic, []).result
        return self._buffers[value]

    def buffer(self, value: ir.Value) -> ir.Value:
        """Where the contents of a tensor are: its own buffer, a view of one, or a constant."""
        if value in self._buffers:
            return self._buffers[value]
        op = defining_op(value)
        assert op is not None, "arguments have buffers"
        if isinstance(op, VIEWS):
            source = self.buffer(op.operands[0])
            with self.point, op.location:
                made = views.view(op, source, self.size)
        elif (scalar := self._only_scalar(value)) is not None:
            made = self.stored(scalar)
        elif op.name == "arith.constant":
            made = self._global(op)
        elif isinstance(op, tensor.EmptyOp):
            return self.allocate(value)
        else:
            raise PassFailure(op, "has a result that is read but never computed")
        self._buffers[value] = made
        return made

    def _only_scalar(self, value: ir.Value) -> ir.Value | None:
        """The host's scalar that is all of a tensor of rank 0."""
        scalar = None if shape_of(value) else uniform(value)
        return scalar if isinstance(scalar, ir.Value) and scalar in self._scalars else None

    def collapse(self, source: ir.Value, groups: list[list[int]]) -> ir.Value:
        """`source` with each of `groups` of dimensions as one; an empty one is a new unit."""
        with self.point, self.location:
            return views.collapse(source, groups)

    def stored(self, scalar: ir.Value) -> ir.Value:
        """A buffer of rank 0 with a scalar in it.  So kernels take scalars that are no index: what
        a launch passes by value are numbers of one width, 32 bits on most devices, which holds
        neither an i64 nor an f64."""
        if scalar not in self._stored:
            number = self._scalars[scalar]
            type_ = views.memref_type([], number.type)
            with self.point, self.location:
                if type_.element_type != number.type:
                    number = arith.extui(type_.element_type, number)
                buffer = memref.AllocOp(type_, [], []).result
                memref.StoreOp(number, buffer, [])
            self._stored[scalar] = buffer
        return self._stored[scalar]

    def read(self, op: tensor.ExtractOp) -> None:
        """The first element of a tensor, for which the host waits."""
        buffer = self.buffer(op.tensor)
        zeros = [self.constant(0)] * len(shape_of(op.tensor))
        with self.point, op.location:
            self._scalars[op.result] = views.element(buffer, zeros, op.result.type)

    def _global(self, op: ir.OpView) -> ir.Value:
        type_ = buffer_type(op.results[0].type)
        name = self.symbols.fresh(f"{self.name}_constant_{self._globals_made}")
        self._globals_made += 1
        with self._globals, op.location:
            write_global(op, name)
        with self.point, op.location:
            return memref.GetGlobalOp(type_, name).result
