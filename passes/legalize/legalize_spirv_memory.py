"""legalize-spirv-memory: give every buffer its SPIR-V storage class."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.ir.operations import kernel_functions, operations_in


@dataclass(frozen=True)
class LegalizeSpirvMemory(Pass):
    """Arguments go to CrossWorkgroup or, in Vulkan, StorageBuffer; globals to Workgroup.

    memref.global "private" @s : memref<64xf32, #gpu.address_space<workgroup>> {alignment = 16}
    gpu.func @k(%x: memref<?xf32>) kernel { %0 = memref.get_global @s ... }
    ->
    gpu.func @k(%x: memref<?xf32, #spirv.storage_class<CrossWorkgroup>>) kernel {
      %0 = memref.alloc() {alignment = 16} : memref<64xf32, #spirv.storage_class<Workgroup>> ... }
    """

    name = "legalize-spirv-memory"
    chip: Chip = find("spirv")

    def run(self, module: ir.Module) -> None:
        buffers = "StorageBuffer" if self.chip.family == "vulkan" else "CrossWorkgroup"
        for root in [op for op in module.body.operations if op.operation.name == "gpu.module"]:
            globals_ = {
                ir.StringAttr(op.attributes["sym_name"]).value: op.operation
                for op in root.regions[0].blocks[0].operations
                if op.operation.name == "memref.global"
            }
            for function in kernel_functions(root):
                _place_arguments(function, buffers)
                _place_shared(function, globals_)
            for op in globals_.values():
                op.erase()


def _in_class(type_: ir.MemRefType, name: str) -> ir.MemRefType:
    space = ir.Attribute.parse(f"#spirv.storage_class<{name}>")
    with ir.Location.unknown():
        return ir.MemRefType.get(type_.shape, type_.element_type, None, space)


def _place_arguments(function: ir.Operation, storage_class: str) -> None:
    arguments = function.regions[0].blocks[0].arguments
    for argument in arguments:
        if isinstance(argument.type, ir.MemRefType):
            if argument.type.rank != 1:
                raise PassFailure(function, f"takes {argument.type}; expected a 1-D memref")
            argument.set_type(_in_class(argument.type, storage_class))
    signature = ir.FunctionType.get([a.type for a in arguments], [])
    function.attributes["function_type"] = ir.TypeAttr.get(signature)


def _place_shared(function: ir.Operation, globals_: dict[str, ir.Operation]) -> None:
    """One allocation a global, at the entry: SPIR-V makes a variable of each."""
    entry = function.regions[0].blocks[0]
    allocations: dict[str, ir.Value] = {}
    for op in operations_in(function):
        if op.name != "memref.get_global":
            continue
        symbol = ir.FlatSymbolRefAttr(op.attributes["name"]).value
        if symbol not in allocations:
            allocations[symbol] = _allocate(globals_[symbol], entry)
        op.results[0].replace_all_uses_with(allocations[symbol])
        op.erase()


def _allocate(global_: ir.Operation, entry: ir.Block) -> ir.Value:
    type_ = ir.MemRefType(ir.TypeAttr(global_.attributes["type"]).value)
    attributes: dict[str, ir.Attribute] = {"operandSegmentSizes": ir.DenseI32ArrayAttr.get([0, 0])}
    if "alignment" in global_.attributes:
        attributes["alignment"] = global_.attributes["alignment"]
    return ir.Operation.create(
        "memref.alloc",
        [_in_class(type_, "Workgroup")],
        [],
        attributes,
        loc=global_.location,
        ip=ir.InsertionPoint.at_block_begin(entry),
    ).results[0]
