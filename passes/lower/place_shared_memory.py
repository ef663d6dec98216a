"""place-shared-memory: check that each kernel's shared memory fits its chip, and declare it so."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, memref

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.ir.operations import gpu_kernels, operations_in
from clawc.passes.kernel.attributes import DYNAMIC_SHARED, STATIC_SHARED
from clawc.passes.kernel.kernel import Kernel

_ALIGNMENT = 16
_SPACE = "#gpu.address_space<workgroup>"
_DYNAMIC = "dynamic_shared"


@dataclass(frozen=True)
class PlaceSharedMemory(Pass):
    """Notes each kernel's shared bytes; on NVIDIA above 48 KB, moves them to one dynamic array.

    ```mlir
    gpu.func @k() kernel { %t = memref.get_global @tile : memref<16384xf32, #ws> }
    ```
    becomes, on NVIDIA,
    ```mlir
    gpu.func @k() kernel attributes {claw.dynamic_shared = 65536} {
      %all = memref.get_global @dynamic_shared : memref<0xi8, #ws>
      %t = memref.view %all[%c0][] : memref<0xi8, #ws> to memref<16384xf32, #ws>
    ```
    """

    name = "place-shared-memory"
    chip: Chip = find("nvptx")

    def run(self, module: ir.Module) -> None:
        chip = self.chip
        for kernel in gpu_kernels(module):
            offsets, size = _lay_out(kernel)
            if size > chip.shared_memory:
                raise PassFailure(
                    kernel,
                    f"needs {size} bytes of shared memory, but a workgroup of {chip.spec} has "
                    f"{chip.shared_memory}; choose a smaller tile or fewer stages",
                )
            dynamic = 0 < chip.static_shared_memory < size
            if dynamic:
                _make_dynamic(kernel, offsets)
            Kernel(kernel).set_number(DYNAMIC_SHARED if dynamic else STATIC_SHARED, size)
        _drop_unused_globals(module)
        if any(Kernel(kernel).has_dynamic_shared for kernel in gpu_kernels(module)):
            _declare_dynamic(module)


def _uses_of_globals(kernel: ir.Operation) -> list[ir.Operation]:
    return [op for op in operations_in(kernel) if op.name == "memref.get_global"]


def _symbol(use: ir.Operation) -> str:
    return ir.FlatSymbolRefAttr(use.attributes["name"]).value


def _lay_out(kernel: ir.Operation) -> tuple[dict[str, int], int]:
    """The offset of each global that the kernel uses, and the bytes of all."""
    offsets: dict[str, int] = {}
    end = 0
    for use in _uses_of_globals(kernel):
        type_ = ir.MemRefType(use.results[0].type)
        if _symbol(use) in offsets or "workgroup" not in str(type_.memory_space):
            continue
        start = -(-end // _ALIGNMENT) * _ALIGNMENT
        offsets[_symbol(use)] = start
        elements = 1
        for extent in type_.shape:
            elements *= extent
        end = start + elements * (_bits(type_.element_type) // 8)
    return offsets, end


def _bits(type_: ir.Type) -> int:
    if isinstance(type_, ir.VectorType):
        return type_.shape[0] * _bits(type_.element_type)
    if isinstance(type_, (ir.IntegerType, ir.FloatType)):
        return type_.width
    raise TypeError(f"{type_} has no size in memory")


def _make_dynamic(kernel: ir.Operation, offsets: dict[str, int]) -> None:
    for use in _uses_of_globals(kernel):
        with ir.InsertionPoint(use), use.location:
            everything = memref.GetGlobalOp(_dynamic_type(), _DYNAMIC)
            offset = arith.constant(ir.IndexType.get(), offsets[_symbol(use)])
            view = memref.ViewOp(use.results[0].type, everything, offset, [])
        use.results[0].replace_all_uses_with(view.result)
        use.erase()


def _dynamic_type() -> ir.MemRefType:
    byte = ir.IntegerType.get_signless(8)
    return ir.MemRefType.get([0], byte, memory_space=ir.Attribute.parse(_SPACE))


def _declare_dynamic(module: ir.Module) -> None:
    """Public and without a value: LLVM takes it for a declaration, and PTX says `.extern`."""
    body = module.body.operations[0].regions[0].blocks[0]
    with ir.InsertionPoint.at_block_begin(body), ir.Location.unknown():
        memref.GlobalOp(_DYNAMIC, ir.TypeAttr.get(_dynamic_type()), alignment=_ALIGNMENT)


def _drop_unused_globals(module: ir.Module) -> None:
    used = {_symbol(use) for kernel in gpu_kernels(module) for use in _uses_of_globals(kernel)}
    for outer in module.body.operations:
        for op in list(outer.regions[0].blocks[0].operations):
            if isinstance(op, memref.GlobalOp) and op.sym_name.value not in used:
                op.operation.erase()
