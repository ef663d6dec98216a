"""Run one mathematical operation, expanded for the host, on arrays; no library is called."""

from __future__ import annotations

import ctypes

import llvmlite.binding as llvm
import numpy as np
from mlir import ir
from mlir.dialects import llvm as llvm_dialect
from mlir.passmanager import PassManager

from clawc.chips.known import find
from clawc.passes.math.expand_math import ExpandMath

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()

_LANES = 4
_KERNEL = """
func.func @kernel({arguments}, %n: index) {{
  %zero = arith.constant 0 : index
  %step = arith.constant {lanes} : index
  scf.for %i = %zero to %n step %step {{
    {loads}
    %y = {op}
    vector.store %y, %out[%i] : memref<16777216x{result}>, vector<{lanes}x{result}>
  }}
  return
}}
"""
_LOWER = (
    "builtin.module(convert-scf-to-cf,convert-math-to-llvm,convert-vector-to-llvm,"
    "finalize-memref-to-llvm,convert-arith-to-llvm,convert-cf-to-llvm,"
    "convert-func-to-llvm{use-bare-ptr-memref-call-conv=true},reconcile-unrealized-casts)"
)
_NAMES = {"float16": "f16", "float32": "f32", "float64": "f64", "bfloat16": "bf16"}


def mlir_type(array: np.ndarray) -> str:
    return _NAMES.get(array.dtype.name) or array.dtype.name.replace("int", "i")


def kernel_text(name: str, operands: list[str], result: str) -> str:
    arguments = ", ".join(f"%a{i}: memref<16777216x{t}>" for i, t in enumerate([*operands, result]))
    arguments = arguments.replace(f"%a{len(operands)}", "%out")
    loads = "\n    ".join(
        f"%x{i} = vector.load %a{i}[%i] : memref<16777216x{t}>, vector<{_LANES}x{t}>"
        for i, t in enumerate(operands)
    )
    names = ", ".join(f"%x{i}" for i in range(len(operands)))
    types = [f"vector<{_LANES}x{t}>" for t in operands]
    types = types if name in ("math.fpowi",) else types[:1]
    op = f"{name} {names} : {', '.join(types)}"
    return _KERNEL.format(arguments=arguments, lanes=_LANES, loads=loads, op=op, result=result)


def evaluate(name: str, *arrays: np.ndarray, chip: str = "host") -> np.ndarray:
    """`name`, e.g. `math.exp`, of arrays of equal length; the result has the first one's type.

    Expanded for `chip`, whatever runs it: where a formula is not used on the host.
    """
    count = len(arrays[0])
    padded = -(-count // _LANES) * _LANES
    inputs = [np.ascontiguousarray(np.resize(a, padded)) for a in arrays]
    out = np.empty(padded, arrays[0].dtype)
    types = [mlir_type(a) for a in inputs]
    with ir.Context(), ir.Location.unknown():
        module = ir.Module.parse(kernel_text(name, types, types[0]))
        ExpandMath(find(chip)).run(module)
        module.operation.verify()
        PassManager.parse(_LOWER).run(module.operation)
        text = llvm_dialect.translate_module_to_llvmir(module.operation)
    engine = _compiled(text)
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (len(inputs) + 1), ctypes.c_int64)
    call = function(engine.get_function_address("kernel"))
    call(*(a.ctypes.data for a in inputs), out.ctypes.data, padded)
    return out[:count]


def _compiled(text: str) -> llvm.ExecutionEngine:
    module = llvm.parse_assembly(text)
    declared = [f.name for f in module.functions if f.is_declaration]
    assert all(n.startswith("llvm.") for n in declared), declared
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=2,
        jit=True,
    )
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine
