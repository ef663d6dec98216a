"""Lower claw programs through claw-to-linalg and upstream's own CPU path, and run them."""

from __future__ import annotations

import ctypes
import math

import numpy as np
from i1_in_memory import widen_booleans
from mlir import ir
from mlir.dialects import linalg
from mlir.execution_engine import ExecutionEngine
from mlir.passmanager import PassManager

from clawc.dialects import reference
from clawc.dialects.assembly import parse
from clawc.dialects.claw import CLAW
from clawc.dialects.shapes import element
from clawc.passes.claw_to_linalg.claw_to_linalg import ClawToLinalg

_TO_BUFFERS = (
    "builtin.module(one-shot-bufferize{bufferize-function-boundaries "
    "function-boundary-type-conversion=identity-layout-map})"
)
_TO_LLVM = (
    "builtin.module(convert-linalg-to-loops,expand-strided-metadata,lower-affine,convert-scf-to-cf,convert-math-to-funcs,"
    "convert-scf-to-cf,convert-math-to-llvm,convert-math-to-libm,convert-arith-to-llvm,"
    "finalize-memref-to-llvm,convert-cf-to-llvm,convert-func-to-llvm,convert-index-to-llvm,"
    "reconcile-unrealized-casts)"
)

ULPS = {"f16": 2.0**-10, "bf16": 2.0**-7, "f32": 2.0**-23, "f64": 2.0**-52}
"""The distance from 1 to the next number."""


def lowered(text: str) -> ir.Module:
    """`text`, a program whose function is called `f`, after claw-to-linalg."""
    context = ir.Context()
    context.emit_error_diagnostics = True
    CLAW.load(context)
    module = parse(text, context)
    with context:
        ClawToLinalg().run(module)
    assert module.operation.verify()
    return module


def run(text: str, *inputs: np.ndarray) -> np.ndarray:
    """The result of the function `f` on `inputs`."""
    module = lowered(text)
    function = module.body.operations[0]
    terminator = list(function.regions[0].blocks[0].operations)[-1]
    result = terminator.operands[0]
    dtype, rank = reference.DTYPES[element(result)], len(result.type.shape)
    dtypes = [reference.DTYPES[element(a)] for a in function.regions[0].blocks[0].arguments]
    widen_booleans(module)
    with module.context:
        function.attributes["llvm.emit_c_interface"] = ir.UnitAttr.get()
    PassManager.parse(_TO_BUFFERS, module.context).run(module.operation)
    _copy_by_loops(module)
    PassManager.parse(_TO_LLVM, module.context).run(module.operation)
    engine = ExecutionEngine(module, opt_level=0)
    out = (ctypes.c_int64 * (3 + 2 * rank))()
    arrays = [np.ascontiguousarray(x, t) for x, t in zip(inputs, dtypes, strict=True)]
    descriptors = [out, *map(_descriptor, arrays)]
    pointers = [ctypes.pointer(ctypes.c_void_p(ctypes.addressof(d))) for d in descriptors]
    engine.invoke("f", *pointers)
    return _array(out, dtype, rank)


def _copy_by_loops(module: ir.Module) -> None:
    """memref.copy as linalg.copy: the former may call a library that the bindings lack."""
    copies: list[ir.Operation] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        if op.name == "memref.copy":
            copies.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
    for op in copies:
        with ir.InsertionPoint(op), op.location:
            linalg.copy(op.operands[0], outs=[op.operands[1]])
        op.erase()


def _descriptor(array: np.ndarray) -> ctypes.Array:
    strides = [stride // array.itemsize for stride in array.strides]
    fields = [array.ctypes.data, array.ctypes.data, 0, *array.shape, *strides]
    return (ctypes.c_int64 * len(fields))(*fields)


def _array(fields: ctypes.Array, dtype: np.dtype, rank: int) -> np.ndarray:
    shape, strides = list(fields[3 : 3 + rank]), list(fields[3 + rank :])
    if 0 in shape:
        return np.empty(shape, dtype)
    reach = sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) + 1
    start = fields[1] + fields[2] * dtype.itemsize
    data = np.frombuffer(ctypes.string_at(start, reach * dtype.itemsize), dtype)
    bytes_ = [stride * dtype.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(data, shape, bytes_).copy()


def tolerance(name: str, terms: int = 1) -> float:
    """The relative error allowed where `terms` numbers of type `name` are combined."""
    wide = ULPS["f32"] if name in ("f16", "bf16") else ULPS[name]
    return 2 * ULPS[name] + 8 * wide * (1 + math.log2(max(terms, 1))) * math.sqrt(max(terms, 1))


def check(text: str, *inputs: np.ndarray, terms: int = 1, scale: float = 1.0) -> np.ndarray:
    """The program gives what the reference gives; `terms` and `scale` widen what is allowed."""
    found = run(text, *inputs)
    (expected,) = reference.evaluate(text, list(inputs))
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    if found.dtype.kind in "ib":
        np.testing.assert_array_equal(found, expected)
        return found
    name = next(n for n, dtype in reference.DTYPES.items() if dtype == found.dtype)
    allowed = tolerance(name, terms) * scale
    wide = np.float64
    np.testing.assert_allclose(found.astype(wide), expected.astype(wide), allowed, allowed)
    return found


def draw(shape: tuple[int, ...], name: str, seed: int = 0, spread: float = 1.0) -> np.ndarray:
    """Numbers of the element type `name`: normal floats, small integers."""
    random = np.random.default_rng(seed)
    if name == "i1":
        return random.integers(0, 2, shape).astype(bool)
    if name.startswith("i"):
        return random.integers(-20, 21, shape).astype(reference.DTYPES[name])
    return (random.standard_normal(shape) * spread).astype(reference.DTYPES[name])


def tensor(shape: tuple[int, ...], name: str, dynamic: bool = False) -> str:
    """The type `tensor<4x8xf32>`, with unknown sizes if `dynamic`."""
    return f"tensor<{''.join('?x' if dynamic else f'{n}x' for n in shape)}{name}>"


def program(
    op: str, arguments: list[str], result: str, operands: str = "", attributes: str = ""
) -> str:
    """A function `f` of one claw operation on its arguments."""
    names = [f"%{i}" for i in range(len(arguments))]
    listed = ", ".join(f"{n}: {t}" for n, t in zip(names, arguments, strict=True))
    return (
        f"func.func @f({listed}) -> {result} {{\n"
        f"  %r = claw.{op} {operands or ', '.join(names)} {attributes}"
        f" : ({', '.join(arguments)}) -> {result}\n"
        f"  return %r : {result}\n}}\n"
    )
