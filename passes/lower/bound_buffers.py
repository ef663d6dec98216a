"""bound-buffers: give a kernel's buffers the types that become bare pointers, with their use."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import MOST_ELEMENTS
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.ir.operations import gpu_kernels
from clawc.passes.kernel.kernel import Kernel

ALLOCATED = 16  # bytes: the alignment of what drivers allocate; buffers are whole multiples of it


@dataclass(frozen=True)
class BoundBuffers(Pass):
    """Makes `memref<?xT>` arguments static, in `space`, with LLVM's argument attributes.

    The upstream lowerings turn only static memrefs into bare pointers.  The size is never looked at
    again, so the largest that an index of `index_bits` reaches will do.  LLVM may read all of an
    aligned granule of which a buffer has a byte: `alignment` must hold of addresses and of sizes.
    0 is that of the elements, which even a caller's arrays have.

    ```mlir
    gpu.func @k(%x: memref<?xf32>) kernel attributes {claw.access = ["read"]}
    ```
    becomes
    ```mlir
    gpu.func @k(%x: memref<2147483647xf32, #gpu.address_space<global>>
                {llvm.align = 16, llvm.noalias, llvm.readonly}) kernel attributes {...}
    ```
    """

    name = "bound-buffers"
    index_bits: int = 32
    space: str = "#gpu.address_space<global>"
    alignment: int = ALLOCATED

    def run(self, module: ir.Module) -> None:
        for kernel in gpu_kernels(module):
            with kernel.location:
                self._bound(kernel)

    def _bound(self, kernel: ir.Operation) -> None:
        entry = kernel.regions[0].blocks[0]
        access = Kernel(kernel).access
        attributes, next_buffer = [], 0
        for argument in entry.arguments:
            if not isinstance(argument.type, ir.MemRefType):
                attributes.append({})
                continue
            _check_uses(kernel, argument)
            argument.set_type(self._bounded(kernel, argument.type))
            does = access[next_buffer] if access else "readwrite"
            attributes.append(_attributes(does, self.alignment or _element_bytes(argument.type)))
            next_buffer += 1
        kernel.attributes["function_type"] = ir.TypeAttr.get(
            ir.FunctionType.get([a.type for a in entry.arguments], [])
        )
        kernel.attributes["arg_attrs"] = ir.ArrayAttr.get(
            [ir.DictAttr.get(each) for each in attributes]
        )

    def _bounded(self, kernel: ir.Operation, type_: ir.MemRefType) -> ir.MemRefType:
        if type_.rank != 1:
            raise PassFailure(kernel, f"has a buffer of type {type_}; expected one dimension")
        size = MOST_ELEMENTS[self.index_bits]
        space = ir.Attribute.parse(self.space) if self.space else None
        return ir.MemRefType.get([size], type_.element_type, memory_space=space)


def _element_bytes(type_: ir.Type) -> int:
    element = ir.MemRefType(type_).element_type
    known = isinstance(element, (ir.IntegerType, ir.FloatType))
    return max(1, element.width // 8) if known else 1


def _attributes(access: str, bytes_: int) -> dict[str, ir.Attribute]:
    unit = ir.UnitAttr.get()
    alignment = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), bytes_)
    attributes: dict[str, ir.Attribute] = {"llvm.noalias": unit, "llvm.align": alignment}
    if access == "read":
        attributes["llvm.readonly"] = unit
    elif access == "write":
        attributes["llvm.writeonly"] = unit
    return attributes


def _check_uses(kernel: ir.Operation, buffer: ir.Value) -> None:
    for use in buffer.uses:
        if any(isinstance(result.type, ir.MemRefType) for result in use.owner.results):
            raise PassFailure(
                use.owner, "makes another view of a buffer; expected loads and stores"
            )
