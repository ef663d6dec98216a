"""Code for NVIDIA and AMD from per-thread kernels: every chip, every type, and what is refused.

Covers: targets/nvptx.py, amdgpu.py, ptxas.py, kernel_facts.py, check_lowered.py.
"""

from __future__ import annotations

import os
import re

import pytest
from l4_kernels import INTEGERS, REALS, emit, lit_kernel, module_of, typed_kernel

import clawc
from clawc.chips import amdgpu as chips_amdgpu
from clawc.chips import nvptx as chips_nvptx
from clawc.chips.known import find
from clawc.passes.framework.base import PassFailure
from clawc.targets.emission import EmissionError
from clawc.targets.ptxas import find_ptxas

REQUIRED = "CLAWC_REQUIRE_DRIVERS" in os.environ
NVIDIA = [chip.spec for chip in chips_nvptx.CHIPS]
AMD = [chip.spec for chip in chips_amdgpu.CHIPS]
KERNELS = (
    *(f"lower/lower-to-nvvm{topic}" for topic in ("", "-shared", "-shuffles")),
    "lower/place-shared-memory",
    "math/math-to-intrinsics",
)
TYPES = [(element, width) for element in (*REALS, *INTEGERS) for width in (1, 2, 4, 8)]


def cubin(source: str, spec: str):
    if find_ptxas() is None and not REQUIRED:
        pytest.skip("no ptxas")
    try:
        return emit(source, spec, "bin")
    except EmissionError as error:
        if "does not know" in str(error) and not REQUIRED:
            pytest.skip(str(error))
        raise


@pytest.mark.parametrize("spec", NVIDIA)
def test_ptx_assembles_without_spills(spec: str) -> None:
    for name in KERNELS:
        emitted = cubin(lit_kernel(name), spec)
        assert emitted.kind == "cubin" and emitted.data[:4] == b"\x7fELF"
        for facts in emitted.facts.values():
            assert 0 < facts["registers"] <= 40 and facts["spills"] == 0


@pytest.mark.parametrize("spec", NVIDIA)
def test_ptx_of_every_type(spec: str) -> None:
    emitted = cubin(module_of(*(typed_kernel(*each) for each in TYPES)), spec)
    assert len(emitted.facts) == len(TYPES)
    for name, facts in emitted.facts.items():
        # The division of f64 is a subroutine of ptxas, and saves registers around its calls.
        assert facts["spills"] == 0 or name == "compute_f64_8"


@pytest.mark.parametrize("spec", AMD)
def test_hsaco_of_every_type(spec: str) -> None:
    emitted = emit(module_of(*(typed_kernel(*each) for each in TYPES[::3])), spec)
    for facts in emitted.facts.values():
        assert facts["lanes"] == find(spec).lanes and facts["spills"] == 0


@pytest.mark.parametrize("spec", AMD)
def test_hsaco_without_spills(spec: str) -> None:
    for name in KERNELS:
        for facts in emit(lit_kernel(name), spec).facts.values():
            assert 0 < facts["registers"] <= 64 and facts["spills"] == 0


@pytest.mark.parametrize("spec", AMD)
def test_hsaco_facts(spec: str) -> None:
    facts = emit(lit_kernel("lower/lower-to-nvvm-shared"), spec).facts["reverse"]
    assert facts["shared"] == 4100 and facts["spills"] == 0 and facts["kernarg"] == 16


def test_ptx_accesses_are_wide_and_cached_apart() -> None:
    text = emit(lit_kernel("lower/lower-to-nvvm-shared"), "nvptx:sm_80").data.decode()
    assert "ld.global.nc.v4.b32" in text and "st.global.v4.b32" in text
    assert "ld.shared.v4.b32" in text and ".maxntid 256" in text
    assert re.search(r"\.shared \.align 16 \.b8 reverse_tile\[4096\]", text)


def test_ptx_versions() -> None:
    kernel = lit_kernel("lower/lower-to-nvvm")
    versions = {
        spec: re.search(r"\.version (\S+)", emit(kernel, spec, "asm").data.decode())[1]
        for spec in ("nvptx:sm_70", "nvptx:sm_90", "nvptx:sm_100", "nvptx:sm_120")
    }
    assert list(versions.values()) == ["8.0", "8.0", "8.6", "8.7"]


def test_dynamic_shared_memory_only_where_needed() -> None:
    emitted = emit(lit_kernel("lower/place-shared-memory"), "nvptx:sm_80")
    assert emitted.facts["big"] == {"shared": 0, "dynamic_shared": 53264}
    assert emitted.facts["small"] == {"shared": 4096, "dynamic_shared": 0}
    assert ".extern .shared .align 16 .b8 dynamic_shared[]" in emitted.data.decode()


def test_i64_is_accessed_whole() -> None:
    text = emit(module_of(typed_kernel("i64", 1)), "nvptx:sm_80").data.decode()
    assert "ld.global.nc.b64" in text


def test_stages() -> None:
    kernel = lit_kernel("lower/lower-to-nvvm")
    assert "define ptx_kernel void @scale_add" in emit(kernel, "nvptx", "llvm").data.decode()
    assert "define amdgpu_kernel void @scale_add" in emit(kernel, "amdgpu", "llvm").data.decode()
    assert ".amdhsa_code_object_version 5" in emit(kernel, "amdgpu", "asm").data.decode()
    assert emit(kernel, "amdgpu", "bin").data == emit(kernel, "amdgpu", "image").data


@pytest.mark.parametrize("spec", ["nvptx", "amdgpu", "host"])
def test_emission_leaves_the_module_as_it_was(spec: str) -> None:
    name = "lower/lower-to-host" if spec == "host" else "lower/lower-to-nvvm"
    assert emit(lit_kernel(name), spec, twice=True).data


def test_names_that_ptx_cannot_have() -> None:
    named = lit_kernel("lower/lower-to-nvvm").replace("@scale_add", '@"scale.add"')
    with pytest.raises(EmissionError, match="cannot name a kernel 'scale.add'"):
        emit(named, "nvptx")
    assert emit(named, "amdgpu").facts["scale.add"]["registers"]


def test_a_cubin_needs_ptxas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("PTXAS", raising=False)
    monkeypatch.setattr("clawc.targets.ptxas.util.find_spec", lambda name: None)
    with pytest.raises(EmissionError, match="pip install nvidia-cuda-nvcc"):
        emit(lit_kernel("lower/lower-to-nvvm"), "nvptx", "bin")


UNLOWERED = """
gpu.module @kernels {
  gpu.func @k(%x: memref<?xf32>) kernel {
    %i = gpu.thread_id x
    %t = builtin.unrealized_conversion_cast %i : index to f32
    memref.store %t, %x[%i] : memref<?xf32>
    gpu.return
  }
}
"""


@pytest.mark.parametrize("spec", ["nvptx", "amdgpu", "host"])
def test_what_is_not_lowered_is_named(spec: str) -> None:
    with pytest.raises(PassFailure, match="has no lowering to LLVM") as failure:
        emit(UNLOWERED, spec)
    assert failure.value.op_name == "builtin.unrealized_conversion_cast"


LIBRARY = """
gpu.module @kernels {
  llvm.func @library(f32) -> f32
  gpu.func @k(%x: memref<?xf32>) kernel {
    %i = gpu.thread_id x
    %v = memref.load %x[%i] : memref<?xf32>
    %w = OP
    memref.store %w, %x[%i] : memref<?xf32>
    gpu.return
  }
}
"""


@pytest.mark.parametrize("spec", ["nvptx", "amdgpu"])
def test_what_needs_a_library_is_named(spec: str) -> None:
    tangent = LIBRARY.replace("OP", "llvm.intr.tan(%v) : (f32) -> f32")
    with pytest.raises(PassFailure, match="tan of f32 needs a library"):
        emit(tangent.replace("llvm.func @library(f32) -> f32", ""), spec)
    call = LIBRARY.replace("OP", "llvm.call @library(%v) : (f32) -> f32")
    with pytest.raises(PassFailure, match="'library', which no library here defines"):
        emit(call, spec)


PROGRAM = """
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = arith.addf %x, %x : tensor<8xf32>
  return %y : tensor<8xf32>
}
"""


@pytest.mark.skipif(find_ptxas() is None and not REQUIRED, reason="no ptxas")
def test_a_bundle_can_have_cubins_beside_ptx() -> None:
    images = clawc.compile(PROGRAM, ["nvptx:sm_80", "amdgpu"], cubin=True, cache=False).images
    assert [image.kind for image in images] == ["ptx", "cubin", "hsaco"]
    assert images[0].plan.entries == images[1].plan.entries
    assert "registers" in images[1].kernels["main_map_0"]
    assert "registers" not in images[0].kernels["main_map_0"]


def test_a_bundle_with_cubins_needs_ptxas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clawc.targets.ptxas.find_ptxas", lambda: None)
    with pytest.raises(clawc.CompileError, match="a cubin needs NVIDIA's ptxas"):
        clawc.compile(PROGRAM, "nvptx:sm_80", cubin=True, cache=False)
