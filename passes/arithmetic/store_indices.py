"""store-indices: tensors of indices are tensors of i64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from mlir import ir
from mlir.dialects import arith, func
from mlir.passmanager import PassManager

from clawc.passes.framework.base import Pass
from clawc.passes.ir.constants import constant_from
from clawc.passes.ir.operations import operations_in

_GENERICS = "inline,symbol-dce,func.func(convert-elementwise-to-linalg,linalg-generalize-named-ops)"
# What puts a scalar among its operands into a tensor; the operands that are none but say where.
_PUT = {"tensor.from_elements": None, "tensor.splat": 1, "tensor.insert": 1}
_YIELD = ("tensor.pad", "tensor.generate")


@dataclass(frozen=True)
class StoreIndices(Pass):
    """Memory holds an index as an i64; bodies compute in indices, and cast where they read and
    write.

    Before:

        func.func @f(%x: tensor<4xindex>) -> tensor<4xindex> {
          %r = linalg.generic ins(%x) ... { %s = arith.addi %in, %i : index }

    After:

        func.func @f(%x: tensor<4xi64>) -> tensor<4xi64> {
          %r = linalg.generic ins(%x) ... {
            %a = arith.index_cast %in : i64 to index
            %s = arith.addi %a, %i : index
            %b = arith.index_cast %s : index to i64
    """

    name: ClassVar[str] = "store-indices"

    def run(self, module: ir.Module) -> None:
        if not any(_holds_indices(value.type) for value in _values(module)):
            return
        PassManager.parse(f"builtin.module({_GENERICS})").run(module.operation)
        operations = operations_in(module.operation)
        constants = [op for op in operations if op.name == "arith.constant"]
        for op in operations:
            with op.location:
                _cast(op)
        for op in constants:
            if _holds_indices(op.results[0].type):
                _store_constant(op)
        for value in _values(module):
            if _holds_indices(value.type):
                value.set_type(_stored(value.type))
        for function in module.body.operations:
            if isinstance(function, func.FuncOp):
                kind = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value)
                inputs, results = ([_stored(t) for t in x] for x in (kind.inputs, kind.results))
                stored = ir.FunctionType.get(inputs, results)
                function.attributes["function_type"] = ir.TypeAttr.get(stored)


def _values(module: ir.Module) -> list[ir.Value]:
    found: list[ir.Value] = []
    for op in operations_in(module.operation):
        found += [*op.results, *(a for r in op.regions for b in r.blocks for a in b.arguments)]
    return found


def _holds_indices(type_: ir.Type) -> bool:
    return isinstance(type_, ir.RankedTensorType) and isinstance(type_.element_type, ir.IndexType)


def _stored(type_: ir.Type) -> ir.Type:
    if not _holds_indices(type_):
        return type_
    tensor = ir.RankedTensorType(type_)
    with ir.Location.unknown():
        return ir.RankedTensorType.get(tensor.shape, _i64(), tensor.encoding)


def _i64() -> ir.Type:
    return ir.IntegerType.get_signless(64)


def _cast(op: ir.Operation) -> None:
    """Scalars that `op` or its body takes from tensors of indices, or puts into them, are i64."""
    name = op.name
    if name == "linalg.generic":
        _cast_body(op)
    elif name == "tensor.extract" and _holds_indices(op.operands[0].type):
        _read_as_i64(op.results[0], ir.InsertionPoint.after(op))
    elif name in _PUT and _holds_indices(op.results[0].type):
        for number in range(len(op.operands) if _PUT[name] is None else 1):
            _write_as_i64(op, number)
    elif name in _YIELD and _holds_indices(op.results[0].type):
        block = op.regions[0].blocks[0]
        _write_as_i64(block.operations[len(block.operations) - 1].operation, 0)


def _store_constant(op: ir.Operation) -> None:
    type_ = ir.RankedTensorType(_stored(op.results[0].type))
    numbers = np.array(ir.DenseElementsAttr(op.attributes["value"])).astype(np.int64)
    whole = np.ascontiguousarray(np.broadcast_to(numbers, type_.shape))
    with ir.InsertionPoint(op), op.location:
        new = constant_from(type_, ir.DenseElementsAttr.get(whole.data, type=type_))
    op.results[0].replace_all_uses_with(new)
    op.erase()


def _cast_body(op: ir.Operation) -> None:
    body = op.regions[0].blocks[0]
    for value, argument in zip(op.operands, body.arguments, strict=True):
        if _holds_indices(value.type):
            _read_as_i64(argument, ir.InsertionPoint.at_block_begin(body))
    end = body.operations[len(body.operations) - 1].operation
    for number, result in enumerate(op.results):
        if _holds_indices(result.type):
            _write_as_i64(end, number)


def _read_as_i64(value: ir.Value, point: ir.InsertionPoint) -> None:
    value.set_type(_i64())
    with point:
        index = arith.index_cast(ir.IndexType.get(), value)
    value.replace_all_uses_except(index, index.owner.operation)


def _write_as_i64(op: ir.Operation, number: int) -> None:
    with ir.InsertionPoint(op):
        op.operands[number] = arith.index_cast(_i64(), op.operands[number])
