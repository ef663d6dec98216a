"""Per-thread kernels for tests of code generation: those of the lit tests, one for each type."""

from __future__ import annotations

import importlib
from pathlib import Path

from mlir import ir

from clawc.chips.known import find
from clawc.compiler.context import make_context
from clawc.passes.framework.pipeline import Pipeline
from clawc.targets.emission import Emitted

REALS, INTEGERS = ("f16", "bf16", "f32", "f64"), ("i8", "i16", "i32", "i64")
BYTES = {"f16": 2, "bf16": 2, "f32": 4, "f64": 8, "i8": 1, "i16": 2, "i32": 4, "i64": 8}

_REAL = """
  %sum = arith.addf %x, %y : V
  %quotient = arith.divf %sum, %y : V
  %fma = math.fma %quotient, %x, %y : V
  %less = arith.cmpf olt, %fma, %x : V
  %chosen = arith.select %less, %fma, %y : MASK, V
  %most = arith.maximumf %chosen, %sum : V
  %negated = arith.negf %most : V
  %whole = arith.fptosi %negated : V to vector<Nxi32>
  %back = arith.sitofp %whole : vector<Nxi32> to V
  %result = arith.minimumf %back, %most : V
"""
_INTEGER = """
  %sum = arith.addi %x, %y : V
  %product = arith.muli %sum, %x : V
  %quotient = arith.divsi %product, %y : V
  %less = arith.cmpi slt, %quotient, %x : V
  %chosen = arith.select %less, %quotient, %y : MASK, V
  %most = arith.maxsi %chosen, %sum : V
  %real = arith.sitofp %most : V to vector<Nxf32>
  %whole = arith.fptosi %real : vector<Nxf32> to V
  %bit = arith.extui %less : MASK to V
  %result = arith.xori %whole, %bit : V
"""
_KERNEL = """
gpu.func @NAME(%a: memref<?xT>, %b: memref<?xT>, %out: memref<?xT>, %n: index) kernel
    attributes {known_block_size = array<i32: THREADS, 1, 1>,
                claw.access = ["read", "read", "write"]} {
  %c_threads = arith.constant THREADS : index
  %c_width = arith.constant N : index
  %thread = gpu.thread_id x
  %group = gpu.block_id x
  %first = arith.muli %group, %c_threads : index
  %item = arith.addi %first, %thread : index
  %i = arith.muli %item, %c_width : index
  %inside = arith.cmpi slt, %i, %n : index
  scf.if %inside {
  %x = vector.load %a[%i] {alignment = ALIGN : i64} : memref<?xT>, V
  %y = vector.load %b[%i] {alignment = ALIGN : i64} : memref<?xT>, V
  BODY
  vector.store %result, %out[%i] {alignment = ALIGN : i64} : memref<?xT>, V
  }
  gpu.return
}
"""


def lit_kernel(name: str) -> str:
    """The module of a lit test of a pass, such as "lower/lower-to-nvvm"."""
    return (Path(__file__).parents[1] / "passes" / f"{name}.mlir").read_text()


def typed_kernel(element: str, width: int, threads: int = 64) -> str:
    """A kernel that computes a bit of everything in `element`, `width` a thread."""
    text = _KERNEL.replace("BODY", _REAL if element in REALS else _INTEGER)
    values = {
        "NAME": f"compute_{element}_{width}",
        "THREADS": str(threads),
        "ALIGN": str(min(16, BYTES[element] * width)),
        "MASK": f"vector<{width}xi1>",
    }
    for key, value in values.items():
        text = text.replace(key, value)
    text = text.replace("vector<Nx", f"vector<{width}x").replace(" N :", f" {width} :")
    text = text.replace(": V", f": vector<{width}x{element}>")
    text = text.replace("to V", f"to vector<{width}x{element}>")
    text = text.replace(", V", f", vector<{width}x{element}>")
    return text.replace("xT>", f"x{element}>")


def module_of(*kernels: str) -> str:
    """A module with these kernels."""
    return f"gpu.module @kernels {{ {' '.join(kernels)} }}"


def emit(source: str, spec: str, stage: str = "image", twice: bool = False) -> Emitted:
    """Lower and emit a module of per-thread kernels, `twice` to see that nothing is left behind."""
    chip = find(spec)
    target = importlib.import_module(f"clawc.targets.{chip.target}")
    with make_context():
        module = ir.Module.parse(source)
        Pipeline(target.lowering(chip)).run(module)
        emitted = target.emit(module, chip, stage=stage)
        if twice:
            assert target.emit(module, chip, stage=stage) == emitted
        return emitted
