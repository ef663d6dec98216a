"""check-spirv-kernels: refuse what MLIR's conversion to SPIR-V or the device cannot take."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.ir.operations import kernel_functions, operations_in
from clawc.passes.ir.value_types import buffer_bytes, element_type
from clawc.passes.kernel.attributes import STATIC_SHARED
from clawc.passes.kernel.kernel import Kernel

# Anything else is refused here: some operations would abort the process inside the conversion.
_DIALECTS = ("arith", "math", "scf", "vector")
_OPERATIONS = frozenset(
    "memref.load memref.store memref.alloc gpu.thread_id gpu.block_id gpu.grid_dim gpu.block_dim "
    "gpu.barrier gpu.return ub.poison".split()
)
_VECTORS = frozenset(
    "vector.extract vector.from_elements vector.broadcast vector.shuffle vector.insert "
    "vector.extract_strided_slice vector.insert_strided_slice vector.load vector.store "
    "vector.to_elements vector.fma vector.step vector.bitcast vector.reduction".split()
)


@dataclass(frozen=True)
class CheckSpirvKernels(Pass):
    """Raise `PassFailure` for an operation without a lowering, a type or vector that the device
    does not have, too many threads or too much shared memory.  How much of it a kernel takes is
    noted:

    gpu.func @k(...) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
      %a = memref.alloc() : memref<64xf32, #spirv.storage_class<Workgroup>>
    ->
    gpu.func @k(...) kernel attributes {claw.static_shared = 256, known_block_size = ...} { ... }
    """

    name = "check-spirv-kernels"
    chip: Chip = find("spirv:opencl")

    def run(self, module: ir.Module) -> None:
        _check_kernels(module, self.chip)


def _check_kernels(module: ir.Module, chip: Chip) -> None:
    operations = list(module.body.operations)
    if [op.operation.name for op in operations] != ["gpu.module"]:
        raise PassFailure(
            module.operation, "holds not just one gpu.module; run isolate-kernels before"
        )
    root = operations[0]
    for op in root.regions[0].blocks[0].operations:
        if op.operation.name != "gpu.func":
            raise PassFailure(op, "stands beside kernels; expected gpu.func operations only")
    for function in kernel_functions(root):
        if "known_block_size" not in function.attributes:
            raise PassFailure(function, "has no known_block_size; expected the workgroup's threads")
        threads = math.prod(ir.DenseI32ArrayAttr(function.attributes["known_block_size"]))
        if threads > chip.max_workgroup:
            raise PassFailure(
                function, f"has {threads} threads; {chip.name} allows {chip.max_workgroup}"
            )
        if len(function.regions[0].blocks) != 1:
            raise PassFailure(function, "has unstructured control flow; expected scf operations")
        signature = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value)
        if len(signature.inputs) != len(function.regions[0].blocks[0].arguments):
            raise PassFailure(function, "has attributions; expected memref.global operations")
        shared, known = 0, set[ir.Type]()
        for op in operations_in(function):
            _check_operation(op, chip, known)
            if op.name == "memref.alloc":
                shared += buffer_bytes(ir.MemRefType(op.results[0].type))
        if shared > chip.shared_memory:
            raise PassFailure(
                function,
                f"needs {shared} bytes of shared memory; "
                f"{chip.name} has {chip.shared_memory} a workgroup: choose a smaller tile",
            )
        Kernel(function).set_number(STATIC_SHARED, shared)


def _check_operation(op: ir.Operation, chip: Chip, known: set[ir.Type]) -> None:
    dialect = op.name.partition(".")[0]
    if op.name not in _OPERATIONS and dialect not in _DIALECTS:
        if op.name == "gpu.shuffle":
            raise PassFailure(op, f"exchanges values in a warp; {chip.name} guarantees no warps")
        raise PassFailure(op, "has no SPIR-V lowering")
    if dialect == "vector" and op.name not in _VECTORS:
        raise PassFailure(op, "has no SPIR-V lowering; lower it to extracts and inserts before")
    for result in op.results:
        if result.type not in known:
            _check_type(op, result.type, chip)
            known.add(result.type)


def _check_type(op: ir.Operation, type_: ir.Type, chip: Chip) -> None:
    name = str(element_type(type_))
    if name != "index" and name not in chip.types:
        known = ", ".join(sorted(chip.types))
        raise PassFailure(op, f"uses {name}, which {chip.name} does not have; it has {known}")
    if isinstance(type_, ir.VectorType):
        _check_vector(op, type_, chip)


def _check_vector(op: ir.Operation, type_: ir.VectorType, chip: Chip) -> None:
    lengths = [n for n in (1, 2, 3, 4, 8, 16) if n <= chip.vector_width]
    if type_.rank != 1 or type_.shape[0] not in lengths:
        known = ", ".join(map(str, lengths))
        raise PassFailure(op, f"uses {type_}; {chip.name} has 1-D vectors of length {known}")
