"""Runs a module of kernels on the CPU with MLIR's own passes, to compare it with NumPy."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import ml_dtypes
import numpy as np
from mlir import ir
from mlir.dialects import arith, linalg, memref
from mlir.execution_engine import ExecutionEngine
from mlir.passmanager import PassManager

from clawc.passes.form_kernels.form_kernels import FormKernels
from clawc.passes.framework.pipeline import Pipeline
from clawc.passes.normalize.normalize_linalg import NormalizeLinalg

_TO_LOOPS = "convert-linalg-to-loops,canonicalize"
_TO_LLVM = (
    "expand-strided-metadata,lower-affine,"
    "convert-scf-to-cf,arith-expand,convert-math-to-llvm,convert-math-to-libm,"
    "finalize-memref-to-llvm,convert-cf-to-llvm,convert-arith-to-llvm,convert-index-to-llvm,"
    "convert-func-to-llvm,reconcile-unrealized-casts"
)
_DTYPES = {
    "f16": np.float16,
    "bf16": ml_dtypes.bfloat16,
    "f32": np.float32,
    "f64": np.float64,
    "i8": np.int8,
    "i16": np.int16,
    "i32": np.int32,
    "i64": np.int64,
}


def form(text: str) -> ir.Module:
    """`text` after normalize-linalg and form-kernels, in the current context."""
    module = ir.Module.parse(text)
    Pipeline([NormalizeLinalg(), FormKernels()]).run(module)
    return module


def kernels(module: ir.Module) -> list[tuple[str, int]]:
    """The kind of each kernel, and how many generics it holds."""
    found = []
    for op in module.body.operations:
        if "claw.kernel" in op.attributes:
            body = op.regions[0].blocks[0].operations
            count = sum(inner.operation.name == "linalg.generic" for inner in body)
            found.append((ir.StringAttr(op.attributes["claw.kind"]).value, count))
    return found


def run(module: ir.Module, arguments: Sequence[np.ndarray], name: str = "f") -> list[np.ndarray]:
    """Call a host function; the module is lowered to LLVM as a copy."""
    module = ir.Module.parse(str(module))
    function = next(
        op
        for op in module.body.operations
        if op.operation.name == "func.func"
        and ir.StringAttr(op.attributes["sym_name"]).value == name
    )
    type_ = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value)
    results = [ir.MemRefType(t) for t in type_.results]
    function.attributes["llvm.emit_c_interface"] = ir.UnitAttr.get()
    PassManager.parse("builtin.module(one-shot-bufferize)").run(module.operation)
    _copy_in_loops(module)
    PassManager.parse(f"builtin.module({_TO_LOOPS})").run(module.operation)
    _store_bits_as_bytes(module)
    PassManager.parse(f"builtin.module({_TO_LLVM})").run(module.operation)
    engine = ExecutionEngine(module, opt_level=1)
    layouts = [_descriptor(t.rank) for t in results]
    returned = type(
        "Returned", (ctypes.Structure,), {"_fields_": [(f"r{i}", t) for i, t in enumerate(layouts)]}
    )()
    arrays = [np.ascontiguousarray(a).reshape(np.shape(a)) for a in arguments]
    given = [ctypes.pointer(_describe(a)) for a in arrays]
    pointers = [ctypes.pointer(ctypes.pointer(returned)), *(ctypes.pointer(g) for g in given)]
    engine.invoke(name, *pointers)
    return [_array(getattr(returned, f"r{i}"), t).copy() for i, t in enumerate(results)]


def _copy_in_loops(module: ir.Module) -> None:
    """LLVM's lowering calls a library to copy a part of a memref, as of what is padded."""
    copies: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "memref.copy":
            with ir.InsertionPoint(op), op.location:
                linalg.copy(op.operands[0], outs=[op.operands[1]])
            copies.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    for copy in copies:
        copy.erase()


def _store_bits_as_bytes(module: ir.Module) -> None:
    """LLVM's lowering has no memory of i1; temporaries between generics may be."""
    bit, byte = ir.IntegerType.get_signless(1), ir.IntegerType.get_signless(8)

    def visit(op: ir.Operation) -> ir.WalkResult:
        for result in op.results:
            if isinstance(result.type, ir.MemRefType) and result.type.element_type == bit:
                result.set_type(ir.MemRefType.get(result.type.shape, byte))
        if op.name == "memref.store" and op.operands[0].type == bit:
            with ir.InsertionPoint(op):
                op.operands[0] = arith.extui(byte, op.operands[0])
        elif op.name == "memref.load" and op.result.type == bit:
            with ir.InsertionPoint(op):
                loaded = memref.LoadOp(op.operands[0], list(op.operands)[1:]).result
                narrow = arith.trunci(bit, loaded)
            op.result.replace_all_uses_with(narrow)
            loads.append(op)
        return ir.WalkResult.ADVANCE

    loads: list[ir.Operation] = []
    module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    for load in loads:
        load.erase()


def _descriptor(rank: int) -> type[ctypes.Structure]:
    fields = [
        ("allocated", ctypes.c_void_p),
        ("aligned", ctypes.c_void_p),
        ("offset", ctypes.c_int64),
    ]
    if rank:
        fields += [("sizes", ctypes.c_int64 * rank), ("strides", ctypes.c_int64 * rank)]
    return type("Descriptor", (ctypes.Structure,), {"_fields_": fields})


def _describe(array: np.ndarray) -> ctypes.Structure:
    found = _descriptor(array.ndim)()
    found.allocated = found.aligned = array.ctypes.data
    if array.ndim:
        found.sizes = type(found.sizes)(*array.shape)
        found.strides = type(found.strides)(*(s // array.itemsize for s in array.strides))
    return found


def _array(found: ctypes.Structure, type_: ir.MemRefType) -> np.ndarray:
    dtype = np.dtype(_DTYPES[str(type_.element_type)])
    shape = tuple(found.sizes) if type_.rank else ()
    count = int(np.prod(shape))
    if count == 0:
        return np.empty(shape, dtype)
    start = found.aligned + found.offset * dtype.itemsize
    raw = (ctypes.c_char * (count * dtype.itemsize)).from_address(start)
    return np.frombuffer(raw, dtype).reshape(shape)
