"""The host function of a program: sizes, checks, allocations, views and calls on memrefs."""

from __future__ import annotations

import math

import numpy as np
from mlir import ir
from mlir.dialects import arith, func, linalg, memref, tensor

from clawc.passes.form_kernels.sizes import constant_index
from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.loops import VIEWS, defining_op, is_tensor, shape_of
from clawc.passes.ir.resource_bytes import as_resource, resource_bytes
from clawc.passes.kernel.kernel import with_seen_type

_DYNAMIC = ir.ShapedType.get_dynamic_size()
_SKIPPED = (
    linalg.GenericOp,
    linalg.FillOp,
    tensor.EmptyOp,
    tensor.FromElementsOp,  # the shape of a tensor.reshape: others are generics by now
    func.ReturnOp,
    *VIEWS,
)


def memref_type(shape: list[int], element: ir.Type) -> ir.MemRefType:
    """The type of such a buffer; -1 is dynamic, bits are bytes."""
    sizes = [_DYNAMIC if size < 0 else size for size in shape]
    return ir.MemRefType.get(sizes, stored_type(element))


def stored_type(element: ir.Type) -> ir.Type:
    """How `element` is kept in memory: i1 as i8."""
    bit = isinstance(element, ir.IntegerType) and element.width == 1
    return ir.IntegerType.get_signless(8) if bit else element


def buffer_type(value: ir.Value) -> ir.MemRefType:
    return memref_type(shape_of(value), ir.ShapedType(value.type).element_type)


class Host:
    """Writes the host function that takes the place of `source`, a function on tensors."""

    def __init__(self, source: func.FuncOp, module: ir.Module) -> None:
        self.name = ir.StringAttr(source.attributes["sym_name"]).value
        self._buffers: dict[ir.Value, ir.Value] = {}
        self._scalars: dict[ir.Value, ir.Value] = {}
        self._constants: dict[int, ir.Value] = {}
        self._globals_made = 0
        block = source.body.blocks[0]
        results = [buffer_type(v) for v in block.operations[len(block.operations) - 1].operands]
        with ir.InsertionPoint(source), source.location:
            type_ = ir.FunctionType.get([buffer_type(a) for a in block.arguments], results)
            self.func = func.FuncOp(self.name, type_)
        entry = self.func.add_entry_block()
        self._globals = ir.InsertionPoint(self.func)
        self.kernels = ir.InsertionPoint(module.body)
        self._mark_bits(source, block)
        self.point = ir.InsertionPoint(entry)
        self._buffers |= zip(block.arguments, entry.arguments, strict=True)
        self.location = source.location
        for op in block.operations:
            self._write_scalars(op)

    def _mark_bits(self, source: func.FuncOp, block: ir.Block) -> None:
        """Keep the attributes of arguments and results, and say which were i1."""
        types = ir.FunctionType(ir.TypeAttr(source.attributes["function_type"]).value)
        for name, tensors in (("arg_attrs", types.inputs), ("res_attrs", types.results)):
            old = source.attributes[name] if name in source.attributes else [{}] * len(tensors)
            attributes = []
            for had, type_ in zip(old, tensors, strict=True):
                kept = ir.DictAttr.get({note.name: note.attr for note in had} if had else {})
                element = ir.ShapedType(type_).element_type
                if stored_type(element) != element:
                    kept = with_seen_type(kept, element)
                attributes.append(kept)
            if any(len(a) for a in attributes):
                self.func.attributes[name] = ir.ArrayAttr.get(attributes)

    def _write_scalars(self, op: ir.OpView) -> None:
        if isinstance(op, tensor.DimOp):
            dim = constant_index(op.operands[1])
            if dim is None:
                raise PassFailure(op, "reads a dimension whose number is not a constant")
            self._scalars[op.result] = self.size(op.operands[0], dim)
        elif op.name == "cf.assert" or (
            op.name.startswith(("arith.", "index.")) and not any(map(is_tensor, op.results))
        ):
            self._clone(op)
        elif not isinstance(op, _SKIPPED) and op.name != "arith.constant":
            raise PassFailure(
                op,
                "cannot become part of a kernel: expected linalg operations and views on tensors, "
                "and index arithmetic; rewrite it as linalg.generic",
            )

    def _clone(self, op: ir.OpView) -> None:
        if any(value not in self._scalars for value in op.operands):
            return  # computed from data: the kernels that use it compute it
        constant = constant_index(op.results[0]) if len(op.results) == 1 else None
        if constant is not None and isinstance(op.results[0].type, ir.IndexType):
            self._scalars[op.results[0]] = self.constant(constant)
            return
        clone = op.operation.clone(ip=self.point)
        for i, value in enumerate(op.operands):
            clone.operands[i] = self._scalars[value]
        self._scalars |= zip(op.results, clone.results, strict=True)

    def finish(self, results: list[ir.Value]) -> None:
        """Return `results`; scalars that nobody uses go."""
        with self.point, self.location:
            func.ReturnOp(results)
        for op in reversed(list(self.func.body.blocks[0].operations)):
            if op.operation.name.startswith(("arith.", "index.", "memref.dim")):
                if all(next(iter(result.uses), None) is None for result in op.results):
                    op.operation.erase()

    def scalar(self, value: ir.Value) -> ir.Value | None:
        """The host's copy of a scalar; None if it depends on data."""
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
            if op is None:
                with self.point, self.location:
                    return memref.DimOp(self._buffers[value], self.constant(dim)).result
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
                return self._scalars[op.shape.owner.operands[dim]]
            elif isinstance(op, tensor.CollapseShapeOp):
                return self.product(op.src, reassociation(op)[dim])
            else:
                raise PassFailure(op, "has a dynamic result whose size is not known on the host")
        return self.constant(shape_of(value)[dim])

    def product(self, value: ir.Value, dims: list[int]) -> ir.Value:
        """The number of elements that `dims` of `value` span."""
        total = self.size(value, dims[0])
        for dim in dims[1:]:
            total = self.multiply(total, self.size(value, dim))
        return total

    def multiply(self, one: ir.Value, other: ir.Value) -> ir.Value:
        with self.point, self.location:
            return arith.muli(one, other)

    def allocate(self, value: ir.Value) -> ir.Value:
        """A fresh buffer for a tensor that a kernel makes."""
        dynamic = [self.size(value, i) for i, size in enumerate(shape_of(value)) if size < 0]
        with self.point, self.location:
            self._buffers[value] = memref.AllocOp(buffer_type(value), dynamic, []).result
        return self._buffers[value]

    def buffer(self, value: ir.Value) -> ir.Value:
        """Where the contents of a tensor are: its own buffer, a view of one, or a constant."""
        if value in self._buffers:
            return self._buffers[value]
        op = defining_op(value)
        assert op is not None, "arguments have buffers"
        if op.name == "arith.constant":
            made = self._global(op)
        elif isinstance(op, VIEWS):
            made = self._view(op)
        else:
            raise PassFailure(op, "has a result that is read but never computed")
        self._buffers[value] = made
        return made

    def _global(self, op: ir.OpView) -> ir.Value:
        type_ = buffer_type(op.results[0])
        name = f"{self.name}_constant_{self._globals_made}"
        self._globals_made += 1
        dense = op.attributes["value"]
        if (
            stored_type(ir.ShapedType(dense.type).element_type)
            != ir.ShapedType(dense.type).element_type
        ):
            dense = _bytes(op, dense)
        with self._globals, op.location:
            memref.GlobalOp(
                ir.StringAttr.get(name),
                ir.TypeAttr.get(type_),
                sym_visibility=ir.StringAttr.get("private"),
                initial_value=dense,
                constant=True,
            )
        with self.point, op.location:
            return memref.GetGlobalOp(type_, name).result

    def _view(self, op: ir.OpView) -> ir.Value:
        source, value = self.buffer(op.operands[0]), op.results[0]
        type_ = buffer_type(value)
        if isinstance(op, tensor.CastOp):
            with self.point, op.location:
                return memref.CastOp(type_, source).result
        if isinstance(op, tensor.CollapseShapeOp):
            with self.point, op.location:
                return memref.CollapseShapeOp(type_, source, op.reassociation).result
        sizes = [self.size(value, i) for i, size in enumerate(shape_of(value)) if size < 0]
        static = [_DYNAMIC if size < 0 else size for size in shape_of(value)]
        if isinstance(op, tensor.ExpandShapeOp):
            with self.point, op.location:
                return memref.ExpandShapeOp(type_, source, op.reassociation, sizes, static).result
        return self._reshape(op, source, type_)

    def _reshape(self, op: ir.OpView, source: ir.Value, type_: ir.MemRefType) -> ir.Value:
        """Any other shape: contiguous memory under new sizes."""
        shape = shape_of(op.results[0])
        sizes = [self.size(op.results[0], i) for i, size in enumerate(shape) if size < 0]
        total = -1 if sizes else math.prod(shape)
        element = ir.ShapedType(type_).element_type
        with self.point, op.location:
            flat = self.collapse(source, [list(range(len(shape_of(source))))])
            if flat.type != memref_type([total], element):
                flat = memref.CastOp(memref_type([total], element), flat).result
            static = [_DYNAMIC if size < 0 else size for size in shape]
            return memref.ExpandShapeOp(
                type_, flat, [list(range(len(shape)))], sizes, static
            ).result

    def collapse(self, source: ir.Value, groups: list[list[int]]) -> ir.Value:
        """`source` with each of `groups` of dimensions as one; an empty one is a new unit."""
        shape = shape_of(source)
        if groups == [[]]:
            type_ = memref_type([1], ir.ShapedType(source.type).element_type)
            with self.point, self.location:
                return memref.ExpandShapeOp(type_, source, [], [], [1]).result
        if len(groups) == len(shape):
            return source
        merged = [
            math.prod(shape[i] for i in g) if all(shape[i] >= 0 for i in g) else -1 for g in groups
        ]
        type_ = memref_type(merged, ir.ShapedType(source.type).element_type)
        with self.point, self.location:
            return memref.CollapseShapeOp(type_, source, groups).result


def reassociation(op: tensor.CollapseShapeOp) -> list[list[int]]:
    return [[ir.IntegerAttr(i).value for i in ir.ArrayAttr(g)] for g in op.reassociation]


def _bytes(op: ir.OpView, values: ir.Attribute) -> ir.Attribute:
    """The i1 constant of `op` as i8."""
    if as_resource(values) is not None:
        stored = np.frombuffer(resource_bytes(op.operation), np.int8)
        return ir.DenseElementsAttr.get(stored.reshape(ir.ShapedType(values.type).shape))
    return ir.DenseElementsAttr.get(np.array(ir.DenseElementsAttr(values)).astype(np.int8).data)
