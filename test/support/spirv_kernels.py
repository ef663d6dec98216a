"""Kernels at L4 for the SPIR-V tests: written as text, validated, and run on real drivers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.pipeline import Pipeline
from clawc.runtime.artifact import Image
from clawc.runtime.device import Device, shared_device
from clawc.runtime.errors import RunError
from clawc.runtime.plan import Plan
from clawc.targets import spirv
from clawc.targets.emission import Emitted

FLOATS = ("f16", "bf16", "f32", "f64")
INTEGERS = ("i8", "i16", "i32", "i64")
DTYPES = {
    **{f"i{bits}": np.dtype(f"int{bits}") for bits in (8, 16, 32, 64)},
    **{f"f{bits}": np.dtype(f"float{bits}") for bits in (16, 32, 64)},
    "bf16": np.dtype(ml_dtypes.bfloat16),
}
CHIPS = ("spirv:opencl", "spirv:opencl-cpu", "spirv:vulkan")
WIDTHS = {"spirv:opencl": (0, 8), "spirv:opencl-cpu": (2, 16), "spirv:vulkan": (0, 4)}
SPECS = [(chip, width) for chip in CHIPS for width in WIDTHS[chip]]
per_width = pytest.mark.parametrize(("chip", "width"), SPECS)
TOLERANCE = {"f16": 2e-3, "bf16": 1e-2, "f32": 4e-6, "f64": 1e-12}
THREADS = 64
SHARED = "#gpu.address_space<workgroup>"


def device_of(chip: Chip) -> Device:
    """The device that runs code for `chip`; skips the test where there is none."""
    try:
        return shared_device("vulkan" if chip.family == "vulkan" else "opencl")
    except RunError as error:
        if os.environ.get("CLAWC_REQUIRE_DRIVERS"):
            raise
        pytest.skip(str(error))


def module(*functions: str) -> str:
    kernels = "\n".join(functions)
    return f"module attributes {{gpu.container_module}} {{ gpu.module @kernels {{\n{kernels}\n}} }}"


def kernel(name: str, arguments: str, body: str, threads: int = THREADS) -> str:
    """A kernel; its body has the thread %t, the %block, both together in %i, %c0 and %c1."""
    return f"""
gpu.func @{name}({arguments}) kernel
    attributes {{known_block_size = array<i32: {threads}, 1, 1>}} {{
  %t = gpu.thread_id x
  %block = gpu.block_id x
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %threads = arith.constant {threads} : index
  %before = arith.muli %block, %threads : index
  %i = arith.addi %before, %t : index
  {body}
  gpu.return
}}"""


def of_width(type_: str, width: int) -> str:
    return f"vector<{width}x{type_}>" if width else type_


@dataclass(frozen=True)
class Elementwise:
    """%r of type `output` from %a, %b, ... of types `inputs`; in the body `T{f32}` is a type."""

    name: str
    inputs: tuple[str, ...]
    output: str
    body: str

    def text(self, width: int) -> str:
        names = "abc"[: len(self.inputs)]
        buffers = [f"%m{n}: memref<?x{t}>" for n, t in zip(names, self.inputs, strict=True)]
        body = re.sub(r"T\{(\w+)\}", lambda m: of_width(m[1], width), self.body)
        body = re.sub(
            r"constant (\S+) : (vector\S+)", lambda m: f"constant dense<{m[1]}> : {m[2]}", body
        )
        loads = "\n".join(
            access("load", f"%m{n}", n, t, width) for n, t in zip(names, self.inputs, strict=True)
        )
        store = access("store", "%mo", "r", self.output, width)
        return kernel(
            self.name,
            ", ".join([*buffers, f"%mo: memref<?x{self.output}>", "%n: index"]),
            f"""%width = arith.constant {max(width, 1)} : index
            %at = arith.muli %i, %width : index
            %inside = arith.cmpi slt, %at, %n : index
            scf.if %inside {{ {loads}\n{body}\n{store} }}""",
        )


def access(what: str, memory: str, name: str, type_: str, width: int) -> str:
    if what == "load":
        if width:
            vector = of_width(type_, width)
            return f"%{name} = vector.load {memory}[%at] : memref<?x{type_}>, {vector}"
        return f"%{name} = memref.load {memory}[%at] : memref<?x{type_}>"
    if width:
        return f"vector.store %{name}, {memory}[%at] : memref<?x{type_}>, {of_width(type_, width)}"
    return f"memref.store %{name}, {memory}[%at] : memref<?x{type_}>"


def emit(text: str, spec: str, stage: str = "image") -> Emitted:
    """Code of a module at L4; SPIR-V is validated."""
    chip = find(spec)
    with ir.Context():
        parsed = ir.Module.parse(text)
        Pipeline(spirv.lowering(chip)).run(parsed)
        emitted = spirv.emit(parsed, chip, stage=stage)
    if stage == "image":
        validate(emitted.data, "vulkan1.2" if chip.family == "vulkan" else "opencl2.2")
    return emitted


def validate(data: bytes, environment: str) -> None:
    beside = Path(sys.executable).with_name("spirv-val")
    tool = str(beside) if beside.exists() else shutil.which("spirv-val")
    if tool:
        command = [tool, "--target-env", environment, "-"]
        result = subprocess.run(command, input=data, capture_output=True)
        assert result.returncode == 0, result.stderr.decode()


class Program:
    """A module on its device."""

    def __init__(self, text: str, spec: str) -> None:
        chip = find(spec)
        self.emitted = emit(text, spec)
        self.device = device_of(chip)
        image = Image("spirv", chip.name, "spv", self.emitted.data, Plan({}, {}))
        self.loaded = self.device.load(image)

    def __call__(
        self,
        name: str,
        arrays: Sequence[np.ndarray],
        scalars: Sequence[int] = (),
        grid: int = 1,
        threads: int = THREADS,
    ) -> list[np.ndarray]:
        """The arrays after the kernel."""
        buffers = [self.device.alloc(a.nbytes) for a in arrays]
        for buffer, array in zip(buffers, arrays, strict=True):
            self.device.write(buffer, np.ascontiguousarray(array))
        kernel = self.loaded.kernel(name)
        self.device.launch(kernel, grid, threads, 0, buffers, scalars)
        self.device.synchronize()
        results = [np.empty_like(a) for a in arrays]
        for buffer, result in zip(buffers, results, strict=True):
            self.device.read(buffer, result)
            self.device.free(buffer)
        return results


def samples(type_: str, seed: int, count: int = 256) -> np.ndarray:
    """Ordinary values, and among the first ones all special ones."""
    rng, dtype = np.random.default_rng(seed), DTYPES[type_]
    if type_ in INTEGERS:
        limits = np.iinfo(dtype)
        values = rng.integers(limits.min, limits.max, count, dtype, endpoint=True)
        special = [0, 1, -1, limits.min, limits.max, 2, -2]
    else:
        values = (rng.standard_normal(count) * 4).astype(dtype)
        special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 0.5, 1e-3, 3.5, 2.5, -2.5]
    values[: len(special)] = np.array(special).astype(dtype)
    rng.shuffle(values[:40])
    return values


def unsigned(a: np.ndarray) -> np.ndarray:
    return a.view(f"uint{8 * a.itemsize}")


def check(chip: str, width: int, cases: list[tuple[Elementwise, list[np.ndarray], np.ndarray]]):
    """All cases in one module, each run; a name that starts with `exact` means what it says."""
    program = Program(module(*(case.text(width) for case, _, _ in cases)), chip)
    for case, arrays, wanted in cases:
        count = arrays[0].size
        out = np.zeros(count, DTYPES[case.output])
        grid = -(-count // (THREADS * max(width, 1)))
        got = program(case.name, [*arrays, out], [count], grid)[-1]
        if case.output in INTEGERS:
            np.testing.assert_array_equal(got, wanted.astype(got.dtype), case.name)
        else:
            exact = case.name.startswith("exact")
            tolerance = 0.0 if exact else TOLERANCE[case.output]
            wide = [a.astype(np.float64) for a in (got, wanted)]
            np.testing.assert_allclose(*wide, rtol=tolerance, atol=0, err_msg=case.name)
