"""Code for processors: loaded into this process and run against NumPy, and cross-compiled.

Covers: targets/host.py.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import llvmlite.binding as llvm
import ml_dtypes
import numpy as np
import pytest
from l4_kernels import INTEGERS, REALS, emit, lit_kernel, module_of, typed_kernel

from clawc.chips import host as chips_host
from clawc.chips.known import find
from clawc.runtime.elf import read_elf
from clawc.targets.emission import EmissionError

DTYPES = {"bf16": ml_dtypes.bfloat16, "f16": np.float16, "f32": np.float32, "f64": np.float64}
DTYPES |= {name: np.dtype(name.replace("i", "int")).type for name in INTEGERS}


class Loaded:
    """An object of kernels in this process."""

    def __init__(self, data: bytes) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
        self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self.engine.add_object_file(llvm.ObjectFileRef.from_data(data))
        self.engine.finalize_object()

    def run(
        self, name: str, buffers: Sequence[np.ndarray], scalars: Sequence[int], groups: range
    ) -> None:
        """Run the workgroups of `groups`."""
        signature = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        kernel = ctypes.CFUNCTYPE(None, *signature)(self.engine.get_function_address(name))
        pointers = (ctypes.c_void_p * len(buffers))(*(b.ctypes.data for b in buffers))
        numbers = (ctypes.c_int64 * len(scalars))(*scalars)
        kernel(ctypes.addressof(pointers), ctypes.addressof(numbers), groups.start, groups.stop)


@pytest.mark.parametrize("n", [1, 15, 16, 17, 1000])
def test_odd_sizes(n: int) -> None:
    loaded = Loaded(emit(lit_kernel("lower/lower-to-host"), "host").data)
    rng = np.random.default_rng(n)
    x, y = rng.standard_normal((2, n + 4)).astype(np.float32)
    expected = np.where(np.arange(n + 4) < n, np.maximum(2 * x + y, 0), y)
    loaded.run("scale_add", (x, y), (n,), range(-(-n // 16)))
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-6)


def test_some_workgroups_only() -> None:
    loaded = Loaded(emit(lit_kernel("lower/lower-to-host"), "host").data)
    x, y = np.ones(64, np.float32), np.zeros(64, np.float32)
    loaded.run("scale_add", (x, y), (64,), range(1, 3))
    assert y.reshape(4, 16).max(axis=1).tolist() == [0, 2, 2, 0]


def reference(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What `typed_kernel` computes of reals, rounded as it rounds."""
    type_ = x.dtype
    total = (x + y).astype(type_)
    quotient = (total / y).astype(type_)
    wide = np.float64 if type_ != np.float64 else np.longdouble
    fma = (quotient.astype(wide) * x.astype(wide) + y.astype(wide)).astype(type_)
    most = np.maximum(np.where(fma < x, fma, y), total)
    return np.minimum(np.trunc((-most).astype(np.float64)).astype(type_), most)


@pytest.mark.parametrize("width", [1, 4, 16])
@pytest.mark.parametrize("element", REALS)
def test_reals(element: str, width: int) -> None:
    loaded = Loaded(emit(module_of(typed_kernel(element, width, threads=1)), "host").data)
    rng = np.random.default_rng(width)
    x, y = rng.uniform(1, 50, (2, 4 * width)).astype(DTYPES[element])
    out = np.zeros_like(x)
    loaded.run(f"compute_{element}_{width}", (x, y, out), (4 * width,), range(4))
    np.testing.assert_array_equal(out.astype(np.float64), reference(x, y).astype(np.float64))


@pytest.mark.parametrize("width", [1, 4, 16])
@pytest.mark.parametrize("element", INTEGERS)
def test_integers(element: str, width: int) -> None:
    loaded = Loaded(emit(module_of(typed_kernel(element, width, threads=1)), "host").data)
    rng = np.random.default_rng(width)
    x, y = rng.integers(1, 8, (2, 4 * width)).astype(DTYPES[element])
    out = np.zeros_like(x)
    loaded.run(f"compute_{element}_{width}", (x, y, out), (4 * width,), range(4))
    quotient = (x + y) * x // y
    expected = np.maximum(np.where(quotient < x, quotient, y), x + y) ^ (quotient < x)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("chip", chips_host.chips(), ids=lambda chip: chip.name)
def test_objects_need_no_library(chip) -> None:
    elements = [e for e in (*REALS, *INTEGERS) if e in chip.types]
    source = module_of(*(typed_kernel(e, n, threads=1) for e in elements for n in (1, 16)))
    undefined = set(read_elf(emit(source, chip.spec).data).undefined)
    assert undefined <= ({"fma", "fmaf"} if chip.name == "x86-64-v2" else set())


def test_what_a_processor_lacks_is_named() -> None:
    with pytest.raises(EmissionError, match="x86-64-v2 lacks instructions.*__extendhfsf2"):
        emit(module_of(typed_kernel("f16", 4, threads=1)), "host:x86-64-v2")


def tile(rows: int, columns: int, width: int) -> str:
    """C = A P with a tile of rows x (columns * width) in registers; P holds B in panels."""
    vector = f"vector<{width}xf32>"
    names = [f"{i}_{j}" for i in range(rows) for j in range(columns)]
    carried = ", ".join([vector] * len(names))
    lines = [
        "gpu.func @tile(%A: memref<?xf32>, %P: memref<?xf32>, %C: memref<?xf32>, %K: index,",
        "    %N: index) kernel attributes {claw.access = ['read', 'read', 'write']} {",
        "%c0 = arith.constant 0 : index",
        "%c1 = arith.constant 1 : index",
        f"%zero = arith.constant dense<0.0> : {vector}",
        f"%panel = arith.constant {columns * width} : index",
        "%group = gpu.block_id x",
        "%n = arith.muli %group, %panel : index",
        "%start = arith.muli %n, %K : index",
        *(f"%o{j} = arith.constant {j * width} : index" for j in range(columns)),
        *(f"%i{i} = arith.constant {i} : index" for i in range(rows)),
        *(f"%a{i} = arith.muli %i{i}, %K : index" for i in range(rows)),
        f"%sums:{len(names)} = scf.for %k = %c0 to %K step %c1 iter_args("
        + ", ".join(f"%s{name} = %zero" for name in names)
        + f") -> ({carried}) {{",
        "%row = arith.muli %k, %panel : index",
        "%at = arith.addi %start, %row : index",
    ]
    for j in range(columns):
        lines += [
            f"%at{j} = arith.addi %at, %o{j} : index",
            f"%b{j} = vector.load %P[%at{j}] {{alignment = 16 : i64}} : memref<?xf32>, {vector}",
        ]
    for i in range(rows):
        lines += [
            f"%p{i} = arith.addi %a{i}, %k : index",
            f"%e{i} = memref.load %A[%p{i}] : memref<?xf32>",
            f"%v{i} = vector.broadcast %e{i} : f32 to {vector}",
            *(f"%f{i}_{j} = math.fma %v{i}, %b{j}, %s{i}_{j} : {vector}" for j in range(columns)),
        ]
    lines += ["scf.yield " + ", ".join(f"%f{name}" for name in names) + f" : {carried} }}"]
    for index, name in enumerate(names):
        i, j = name.split("_")
        lines += [
            f"%q{name} = arith.muli %i{i}, %N : index",
            f"%w{name} = arith.addi %q{name}, %n : index",
            f"%z{name} = arith.addi %w{name}, %o{j} : index",
            f"vector.store %sums#{index}, %C[%z{name}] {{alignment = 16 : i64}}"
            f" : memref<?xf32>, {vector}",
        ]
    return module_of("\n".join([*lines, "gpu.return }"]).replace("'", '"'))


@pytest.mark.parametrize(
    ("spec", "shape"), [("host:x86-64-v4", (8, 2, 16)), ("host:x86-64-v3", (6, 2, 8))]
)
def test_a_matmul_tile_stays_in_registers(spec: str, shape: tuple[int, int, int]) -> None:
    text = emit(tile(*shape), spec, "asm").data.decode()
    register = "%zmm" if find(spec).figures.simd_bytes == 64 else "%ymm"
    multiplied = [line for line in text.splitlines() if "vfmadd" in line]
    assert multiplied and all(register in line for line in multiplied)
    assert not [line for line in text.splitlines() if "rsp" in line and register in line]


def test_a_matmul_tile_is_right() -> None:
    a, b = np.random.default_rng(0).standard_normal((2, 96, 96)).astype(np.float32)
    c = np.zeros((8, 96), np.float32)
    panels = np.ascontiguousarray(b.reshape(96, 3, 32).transpose(1, 0, 2))
    loaded = Loaded(emit(tile(8, 2, 16), "host").data)
    loaded.run("tile", (a[:8].copy(), panels, c), (96, 96), range(3))
    np.testing.assert_allclose(c, a[:8] @ b, rtol=1e-4, atol=1e-4)
