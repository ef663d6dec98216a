"""The kit for machines with a GPU, on the devices that there are: what it finds, and that nothing
that a case does ends a run (`benchmarks/gpu`)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import build
import fake_gpu
import numpy as np
import pytest
import runtime_programs
from harness import device
from kit import numbers
from kit.case import Case, Kit, Result, Speed
from kit.expected import Whole, from_arrays, to_arrays
from kit.results import Results
from programs.order import all_programs, small_programs
from programs.program import Program, by_arrays

from clawc.dialects.claw import SOURCE_OPS
from clawc.dialects.elementwise_ops import BINARY, UNARY, binary_elements, unary_elements
from clawc.dialects.order_ops import SCAN
from clawc.dialects.reduction_ops import REDUCE, reduce_elements
from clawc.dialects.scatter_op import SCATTER, scatter_elements
from clawc.runtime.artifact import Artifact

CHIPS = ("nvptx:sm_90", "spirv:vulkan", "spirv:opencl-cpu", "host:native")
DEVICES = {  # and which cases; Intel's runtime compiles each kernel for seconds
    "emulator:sm_90": "",
    "vulkan": "",
    "opencl": "matmul f16 NN|softmax|add f32",
    "host": "",
}
ENDLESS = """func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {
  %true = arith.constant true
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %n = scf.while (%i = %c0) : (i32) -> i32 {
    %s = arith.addi %i, %c1 : i32
    scf.condition(%true) %s : i32
  } do {
  ^bb0(%i: i32):
    scf.yield %i : i32
  }
  %e = tensor.empty() : tensor<4xi32>
  %0 = linalg.fill ins(%n : i32) outs(%e : tensor<4xi32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}"""
FAULT = """
define void @{kernel}(ptr %buffers, ptr %scalars, i64 %first, i64 %end) {{
  store volatile i32 1, ptr inttoptr (i64 8 to ptr)
  ret void
}}
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kit")
    made = build.build(folder, small_programs(), CHIPS, 2, small=True)
    assert not any(case.refused for case in made.cases)
    return folder


def run(
    folder: Path, *arguments: str, python: str = sys.executable, **variables: str
) -> tuple[int, str]:
    """The exit status of the kit's runner, and what it printed."""
    command = [python, str(folder / "run.py"), *arguments]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | variables
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/")
    return done.returncode, done.stdout + done.stderr


def results(folder: Path) -> dict[str, str]:
    """What became of each case."""
    return {case.name: case.state for case in Results.load(folder / "result.json").cases}


@pytest.mark.parametrize(("name", "match"), DEVICES.items(), ids=DEVICES)
def test_all_is_right_and_timed(kit, name, match):
    device(name)  # skips where its driver is not there
    status, said = run(kit, "--device", name, "--match", match)
    assert status == 0, said
    found = Results.load(kit / "result.json")
    assert found.counts() == {"right": len(found.cases)}
    assert all(case.fast["times"]["clawc"]["warm"] > 0 for case in found.cases if case.peak)
    kernels = [launch["kernel"] for case in found.cases for launch in case.why]
    assert any("matmul" in kernel for kernel in kernels)
    lines = [json.loads(line) for line in (kit / "results.jsonl").read_text().splitlines()]
    assert [line["name"] for line in lines] == [case.name for case in found.cases]
    shown = subprocess.run(
        [sys.executable, kit / "show.py", kit / "result.json", kit / "result.json"],
        *(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert re.search(r"matmul f16 NN 33x17x20 +\d\S+ +1\.00", shown.stdout)


def test_a_machine_with_numpy_alone(kit, tmp_path):
    """No compiler, no ml_dtypes: bf16 too is right there."""
    site = tmp_path / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    installed = Path(np.__file__).parents[1]
    for name in ("numpy", "numpy.libs"):
        if (installed / name).exists():
            (site / name).symlink_to(installed / name)
    python = str(tmp_path / "venv" / "bin" / "python")
    status, said = run(kit, "--device", "emulator:sm_90", "--match", "bf16", python=python)
    assert status == 0 and "1 right" in said, said
    missing = subprocess.run([python, "-c", "import ml_dtypes"], capture_output=True)
    assert missing.returncode


def changed(kit: Path, folder: Path) -> Path:
    """A copy of the kit to break."""
    shutil.copytree(kit, folder)
    return folder


def test_a_wrong_result_is_found(kit, tmp_path):
    """One number of the expected ones is changed by little: the case fails, and says where."""
    folder = changed(kit, tmp_path / "kit")
    case = next(case for case in Kit.load(folder).cases if case.name == "binary add f32")
    arrays = case.arrays(folder / "cases")
    right = from_arrays(0, arrays)
    assert isinstance(right, Whole)
    right.values[2, 30] += 1e-4
    np.savez(case.file(folder / "cases", ".npz"), **to_arrays(0, right))
    status, said = run(folder, "--device", "host", "--only", "right", "--match", "binary|reduce")
    assert status == 1 and results(folder) == {"binary add f32": "wrong", "reduce sum f32": "right"}
    assert "result 0[2, 30]: got" in said and "1 of 111" in said
    left = folder / "failures" / f"{case.number:04}-binary-add-f32"
    assert {file.name for file in left.iterdir()} == {
        "got.npz", "inputs.npz", "program.claw", "program.mlir", "what.txt",
    }  # fmt: skip
    again = subprocess.run(
        [sys.executable, "-m", "clawc.compiler.tools.claw_run", left / "program.claw"],
        *(), capture_output=True, text=True,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr


def test_a_kernel_that_faults_and_one_that_hangs(tmp_path):
    """They are said to have done so, and those after them run."""
    x = numbers.Seeded("i32", (4,), 0)
    names = ("good", "fault", "hang", "better")
    sound = build.small_programs()[0]
    answer = by_arrays([np.zeros(4, np.int32)])
    programs = [
        Program(name, ENDLESS, (x,), answer) if name == "hang" else renamed(sound, name)
        for name in names
    ]
    kit = build.build(tmp_path / "kit", programs, ["host:native"], 1, small=True)
    bundle = kit.cases[1].file(tmp_path / "kit" / "cases", ".claw")
    (image,) = Artifact.load(bundle).images
    (kernel,) = image.kernels
    code = runtime_programs.host_object(FAULT.format(kernel=kernel))
    Artifact([replace(image, data=code)]).save(bundle)
    status, said = run(tmp_path / "kit", "--device", "host", "--limit", "3")
    found = results(tmp_path / "kit")
    assert found == dict(zip(names, ("right", "died", "hung", "right"), strict=True)), said
    assert status == 1 and "SIGSEGV" in said and "nothing for 3 seconds" in said
    assert (tmp_path / "kit" / "failures" / "0001-fault" / "inputs.npz").exists()


def test_the_way_through_cuda(tmp_path):
    """Events, attributes, cold launches and a context that is lost, on a driver that knows one
    kernel, `scale`."""
    if not shutil.which("gcc"):
        pytest.skip("gcc builds the fake driver")
    folder = tmp_path / "kit"
    (folder / "cases").mkdir(parents=True)
    build.carry_runtime(folder)
    fake_gpu.build(tmp_path)
    x = numbers.Seeded("f32", (10, 3), 0)
    speed = Speed(flops=0, bytes=240, peak="f32")
    case = Case(0, "scale", "", (x,), (Result("0", "f32", (10, 3)),), speed)
    right = Whole(4.0 * x.array().astype(np.float64), np.zeros((10, 3), np.float32))
    np.savez(case.file(folder / "cases", ".npz"), **to_arrays(0, right))
    runtime_programs.artifact(fake_gpu.IMAGES["cuda"]).save(case.file(folder / "cases", ".claw"))
    made = {"clawc": "0", "date": "today", "chips": ["nvptx:sm_80"], "small": True}
    Kit(made, [case]).save(folder)
    status, said = run(folder, "--device", "cuda", LD_LIBRARY_PATH=str(tmp_path))
    (found,) = Results.load(folder / "result.json").cases
    assert (status, found.state) == (0, "right"), said
    assert found.fast["clock"] == "driver's events" and found.fast["launches"] == 2
    assert found.fast["times"]["clawc"]["cold"] > 0
    assert found.fast["call"] > 0
    facts = found.why[0]["driver"]
    assert (facts["registers"], facts["local bytes"]) == (40, 16)
    assert facts["workgroups"] == 2048 // runtime_programs.THREADS
    lost = {"LD_LIBRARY_PATH": str(tmp_path), "FAKE_FAIL": "crash"}
    status, said = run(folder, "--device", "cuda", **lost)
    assert status == 1 and results(folder) == {"scale": "error"}
    assert "CUDA_ERROR_ILLEGAL_ADDRESS (700)" in said and "after scale" in said


def renamed(program: Program, name: str) -> Program:
    return Program(name, program.text, program.inputs, program.answer)


def test_a_program_that_was_refused(tmp_path):
    """It is told from one that fails, though the bundle has an image for another chip."""
    wide = "tensor<3000x3000x300xi8>"
    body = f'  %r0 = claw.unary %0 {{kind = "neg"}} : ({wide}) -> {wide}'
    text = f"func.func @main(%0: {wide}) -> {wide} {{\n{body}\n  return %r0 : {wide}\n}}"
    x = numbers.Seeded("i8", (1,), 0)
    program = Program("wide", text, (x,), by_arrays([np.zeros(1, np.int8)]))
    chips = ["nvptx:sm_90", "host:native"]
    kit = build.build(tmp_path / "kit", [program], chips, 1, small=True)
    assert list(kit.cases[0].refused) == ["nvptx:sm_90"]
    status, said = run(tmp_path / "kit", "--device", "emulator:sm_90")
    assert status == 1 and results(tmp_path / "kit") == {"wide": "not compiled"}
    assert "2147483647 elements at most" in said


def test_a_run_that_is_cut_off(kit):
    status, said = run(kit, "--device", "host", "--minutes", "0")
    assert status == 0 and set(results(kit).values()) == {"not run"}, said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--device", "cuda:7"), "no CUDA driver|no device"),
        (("--device", "abacus"), "unknown driver 'abacus'"),
        (("--match", "no such case"), "no case of .* matches"),
    ],
)
def test_usage(kit, arguments, message):
    status, said = run(kit, *arguments)
    assert status in (1, 2) and re.search(f"run.py: error: .*{message}", said), said


def test_every_operation_in_every_type_has_a_program():
    """As docs/ops.md lists them."""
    programs = all_programs()
    names = {program.name for program in programs}
    for op, kinds, elements in (
        ("unary", UNARY, unary_elements),
        ("binary", BINARY, binary_elements),
        ("reduce", REDUCE, reduce_elements),
        ("scan", SCAN, reduce_elements),
        ("scatter", SCATTER, scatter_elements),
    ):
        assert {f"{op} {k} {t}" for k in kinds for t in elements(k)} <= names
    text = "\n".join(program.text for program in programs)
    for op in SOURCE_OPS:
        assert f"{op.OPERATION_NAME} " in text, op.OPERATION_NAME
    first = [program.name for program in programs[:40]]
    assert {"binary add f32", "matmul f16 NN 4096x4096x4096"} <= set(first)


def test_arrays_by_seed_are_the_same_everywhere():
    """SplitMix64 in Python's own integers, and what is made of its numbers."""
    state, found = 6 * 0x94D049BB133111EB, []
    for _ in range(3):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        found.append(z ^ z >> 31)
    assert numbers.random_bits(5, 3).tolist() == found
    x = numbers.Seeded("f64", (1 << 16,), 3).array()
    assert abs(x.mean()) < 0.02 and abs(x.var() - 1.02) < 0.02 and np.abs(x).max() < 3.5
    from ml_dtypes import bfloat16

    assert (numbers.narrow(x, "bf16") == x.astype(np.float32).astype(bfloat16)).all()
    rows = numbers.Seeded("i8", (3000, 1024), 0).array()
    assert len(np.unique(rows, axis=0)) == 3000
