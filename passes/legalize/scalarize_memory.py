"""scalarize-memory: access memory one element at a time, where pointers to vectors do not exist."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, memref, vector

from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import kernel_functions, operations_in


@dataclass(frozen=True)
class ScalarizeMemory(Pass):
    """Split `vector.load` and `vector.store` into accesses of single elements.

    Vulkan's logical addressing knows no pointer to a vector inside an array of scalars.

    %v = vector.load %x[%i] : memref<?xf32>, vector<2xf32>
    ->
    %a = memref.load %x[%i]   %j = arith.addi %i, %c1   %b = memref.load %x[%j]
    %v = vector.from_elements %a, %b : vector<2xf32>
    """

    name = "scalarize-memory"

    def run(self, module: ir.Module) -> None:
        for root in [op for op in module.body.operations if op.operation.name == "gpu.module"]:
            for function in kernel_functions(root):
                for op in operations_in(function):
                    if op.name == "vector.load":
                        _split_load(op)
                    elif op.name == "vector.store":
                        _split_store(op)


def _split_load(op: ir.Operation) -> None:
    base, index = op.operands
    type_ = ir.VectorType(op.results[0].type)
    with ir.InsertionPoint(op), op.location:
        elements = [memref.load(base, [_shifted(index, i)]) for i in range(type_.shape[0])]
        whole = vector.from_elements(type_, elements)
    op.results[0].replace_all_uses_with(whole)
    op.erase()


def _split_store(op: ir.Operation) -> None:
    value, base, index = op.operands
    with ir.InsertionPoint(op), op.location:
        for i in range(ir.VectorType(value.type).shape[0]):
            memref.store(vector.extract(value, [], [i]), base, [_shifted(index, i)])
    op.erase()


def _shifted(index: ir.Value, offset: int) -> ir.Value:
    if offset == 0:
        return index
    return arith.addi(index, arith.constant(ir.IndexType.get(), offset))
