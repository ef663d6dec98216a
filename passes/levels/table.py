"""The specification of each level, from the program as written to the target's own dialect."""

from __future__ import annotations

from clawc.passes.levels.specification import Level, Rule

_MODULE = "builtin.module func.func"
_SOURCE_MODULE = f"{_MODULE} ml_program.global"
_VARIABLES = "ml_program.global_load ml_program.global_store"
_CONTROL = "scf.for scf.if scf.while scf.yield scf.condition"
_ARITHMETIC = "arith.* math.*"
_VIEWS = "memref.collapse_shape memref.expand_shape memref.cast memref.reinterpret_cast"
_HOST = (
    f"{_VIEWS} {_ARITHMETIC} {_CONTROL} {_VARIABLES} cf.assert func.call func.return memref.alloc "
    "memref.dim memref.get_global memref.load memref.store"
)
_TENSORS = "bufferization.to_tensor bufferization.materialize_in_destination tensor.empty"
_LOOPS = "linalg.generic linalg.fill"
_BODY = Rule.of(
    f"{_ARITHMETIC} linalg.index linalg.yield tensor.yield tensor.dim tensor.extract scf.if "
    "scf.for scf.yield",
    "scalar, tensor",
)
_SOURCE_BODY = _BODY | Rule.of("index.*", "")
_GENERIC_KERNEL = Rule.of(
    f"{_ARITHMETIC} {_TENSORS} {_LOOPS} {_VIEWS} func.return memref.dim memref.load tensor.dim "
    "tensor.pad tensor.extract_slice "
    "tensor.cast tensor.collapse_shape tensor.expand_shape tensor.extract",
    "scalar, tensor, buffer, 1-D buffer",
)
_BUFFERS = "scalar, buffer, 1-D buffer"
_SOURCE_TYPES = "scalar, tensor"
_SOURCE = (
    f"linalg.* tensor.* index.* {_ARITHMETIC} cf.assert func.call func.return scf.* {_VARIABLES}"
)

SOURCE = Level("source", {})  # what others' programs hold besides, CLAW lists as passing
CLAW = Level(
    "claw",
    {
        "module": Rule.of(_SOURCE_MODULE, ""),
        "host": Rule.of(f"claw.* complex.* {_SOURCE}", f"{_SOURCE_TYPES}, complex"),
        "body": _SOURCE_BODY | Rule.of("complex.*", "complex"),
    },
    passing=Rule.of("tm_tensor.*", ""),
)
LINALG = Level(
    "linalg",
    {
        "module": Rule.of(_SOURCE_MODULE, ""),
        "host": Rule.of(_SOURCE, _SOURCE_TYPES),
        "body": _SOURCE_BODY,
    },
    passing=Rule.of("affine.apply", ""),
)
KERNELS = Level(
    "kernels",
    {
        "module": Rule.of(f"{_SOURCE_MODULE} memref.global", ""),
        "host": Rule.of(_HOST, _BUFFERS),
        "vector kernel": _GENERIC_KERNEL,
        "generic kernel": _GENERIC_KERNEL,
        "body": _BODY,
    },
    passing=Rule.of("affine.apply", ""),
)
TILED = Level(
    "tiled",
    {
        **KERNELS.parts,
        "vector kernel": _GENERIC_KERNEL
        | Rule.of(
            "scf.forall scf.forall.in_parallel scf.for scf.yield tensor.extract_slice "
            "tensor.insert_slice tensor.parallel_insert_slice",
            "",
        ),
    },
    passing=Rule.of("affine.apply affine.min", ""),
)
VECTOR = Level(
    "vector",
    {
        **KERNELS.parts,
        "vector kernel": Rule.of(
            f"{_ARITHMETIC} {_VIEWS} func.return gpu.block_id memref.dim memref.load scf.for "
            "scf.yield vector.broadcast vector.contract vector.create_mask vector.gather "
            "vector.multi_reduction "
            "vector.shape_cast vector.step vector.transfer_read vector.transfer_write "
            "vector.transpose ub.poison",
            f"{_BUFFERS}, vector, 1-D vector",
        ),
    },
)
LAYOUTS = Level(
    "layouts",
    {
        **VECTOR.parts,
        "vector kernel": VECTOR.parts["vector kernel"] | Rule.of("claw.convert_layout", ""),
    },
    laid_out=True,
)
PIPELINED = Level(
    "pipelined",
    {
        **LAYOUTS.parts,
        "vector kernel": LAYOUTS.parts["vector kernel"] | Rule.of("claw.stage", ""),
    },
    laid_out=True,
)
_THREAD = (
    f"{_ARITHMETIC} gpu.barrier gpu.block_id gpu.thread_id gpu.return gpu.shuffle "
    "memref.get_global memref.load memref.store memref.extract_aligned_pointer_as_index "
    "scf.for scf.if scf.yield ub.poison nvvm.* rocdl.* nvgpu.* amdgpu.* llvm.* "
    "vector.bitcast vector.broadcast vector.extract vector.insert vector.extract_strided_slice "
    "vector.insert_strided_slice vector.from_elements vector.to_elements vector.load vector.store "
    "vector.shuffle vector.step vector.fma vector.reduction vector.maskedload "
    "vector.gather"
)
SIMT = Level(
    "simt",
    {
        "module": Rule.of(f"{_SOURCE_MODULE} memref.global gpu.module gpu.func", ""),
        "host": Rule.of(f"{_HOST} gpu.launch_func", _BUFFERS),
        "thread": Rule.of(_THREAD, "scalar, 1-D vector, 1-D buffer, shared buffer, llvm"),
    },
    passing=Rule.of("memref.dim gpu.launch_func", ""),
)
LLVM = Level(
    "llvm",
    {
        "module": Rule.of(
            "builtin.module gpu.module llvm.func llvm.mlir.global spirv.module", "llvm"
        ),
        "code": Rule.of("llvm.* nvvm.* rocdl.* spirv.*", "scalar, 1-D vector, vector, llvm, spirv"),
    },
    passing=Rule.of(
        "builtin.unrealized_conversion_cast cf.* func.* gpu.* index.* scf.while scf.condition "
        "memref.* vector.* ub.* llvm.* spirv.*",
        "llvm, spirv, scalar, 1-D vector, vector, 1-D buffer, buffer, shared buffer",
    ),
)

# By their names, in the order of the road.
LEVELS = {
    level.stage: level
    for level in (CLAW, LINALG, KERNELS, TILED, VECTOR, LAYOUTS, PIPELINED, SIMT, LLVM)
}
