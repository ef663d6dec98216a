"""What both SPIR-V flavours share: checking kernels and running MLIR's conversion."""

from __future__ import annotations

import math

from mlir import ir
from mlir.dialects import vector
from mlir.passmanager import PassManager

from clawc.chips.chip import Chip
from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.typed_values import (
    buffer_bytes,
    element_type,
    kernel_functions,
    operations_in,
)

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


def check_kernels(module: ir.Module, chip: Chip) -> None:
    """Raise `PassFailure` for what the conversion or the device cannot take."""
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
        count = ir.IntegerType.get_signless(64)
        function.attributes["claw.shared"] = ir.IntegerAttr.get(count, shared)


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


def convert_kernels(module: ir.Module, environment: str, index_bits: int) -> ir.Operation:
    """Turn the only `gpu.module` into one that holds a `spirv.module`, which is returned."""
    target = ir.Attribute.parse(environment)
    module.operation.attributes["spirv.target_env"] = target
    root = module.body.operations[0]
    name, location = root.attributes["sym_name"], root.location
    for function in kernel_functions(root):
        size = ", ".join(map(str, ir.DenseI32ArrayAttr(function.attributes["known_block_size"])))
        function.attributes["spirv.entry_point_abi"] = ir.Attribute.parse(
            f"#spirv.entry_point_abi<workgroup_size = [{size}]>"
        )
    # MLIR's own conversion of scf.for leaves the results of a loop without iterations undefined.
    _run(module, "gpu.module(gpu.func(scf-for-to-while,canonicalize,cse))")
    _widen_conditions(module.body.operations[0])
    wide = str(index_bits == 64).lower()
    _run(
        module,
        f"gpu.module(convert-math-to-spirv),convert-gpu-to-spirv{{use-64bit-index={wide}}}",
    )
    # The conversion leaves the new module beside (Shader) or inside (Kernel) the old one.
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "spirv.module":
            found.append(op)
            return ir.WalkResult.SKIP
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    converted = found[0]
    converted.detach_from_parent()
    for op in list(module.body.operations):
        op.operation.erase()
    attributes = {"sym_name": name, "targets": ir.ArrayAttr.get([target])}
    kernels = ir.Operation.create(
        "gpu.module", [], [], attributes, regions=1, loc=location, ip=ir.InsertionPoint(module.body)
    )
    kernels.regions[0].blocks.append().append(converted)
    _run(
        module,
        "gpu.module(spirv.module(spirv-lower-abi-attrs,canonicalize,cse,spirv-update-vce))",
    )
    return module.body.operations[0].regions[0].blocks[0].operations[0].operation


def _widen_conditions(root: ir.OpView) -> None:
    """Selections of vectors need vectors of conditions; canonicalization makes them scalars."""
    for op in operations_in(root):
        if op.name != "arith.select" or not isinstance(op.results[0].type, ir.VectorType):
            continue
        condition = op.operands[0]
        if not isinstance(condition.type, ir.VectorType):
            type_ = ir.VectorType.get(op.results[0].type.shape, condition.type)
            with ir.InsertionPoint(op), op.location:
                op.operands[0] = vector.broadcast(type_, condition)


def _run(module: ir.Module, passes: str) -> None:
    PassManager.parse(f"builtin.module({passes})", module.context).run(module.operation)
