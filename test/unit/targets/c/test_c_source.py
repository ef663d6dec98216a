"""Programs as C give the runtime's results bit for bit, and every failure is a status with a text.

Covers: targets/c/source.py, arrays.py, blocks.py, entry.py, header.py, host_code.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import runtime_programs
from c_program import WARNINGS, CError, CProgram

import clawc
from clawc.targets.c.source import c_sources
from clawc.targets.emission import EmissionError

EXAMPLES = Path(__file__).parents[4] / "examples"
FAKES = Path(__file__).parents[2] / "runtime" / "fake_driver"
DEVICES = ("host", "opencl")
MAP = "affine_map<(i) -> (i)>"


def each(result: str, operand: str, size: str, body: str) -> str:
    """A computation on each element %a of a vector; the body makes %t."""
    return f"""%{result}_e = tensor.empty({size}) : tensor<?xf32>
  %{result} = linalg.generic {{indexing_maps = [{MAP}, {MAP}], iterator_types = ["parallel"]}}
      ins(%{operand} : tensor<?xf32>) outs(%{result}_e : tensor<?xf32>) {{
  ^bb0(%a: f32, %o: f32):
    {body}
    linalg.yield %t : f32
  }} -> tensor<?xf32>"""


LOOP = f"""func.func @main(%x: tensor<?xf32>, %n: index, %s: f32) -> (tensor<?xf32>, f32, i64) {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %half = arith.constant 0.5 : f32
  %z = arith.constant 0 : i64
  %d = tensor.dim %x, %c0 : tensor<?xf32>
  %r:3 = scf.for %i = %c0 to %n step %c1 iter_args(%v = %x, %w = %s, %k = %z)
      -> (tensor<?xf32>, f32, i64) {{
    %j = arith.index_cast %i : index to i64
    %odd = arith.trunci %j : i64 to i1
    %b = scf.if %odd -> tensor<?xf32> {{
      {each("b1", "v", "%d", "%t = arith.mulf %a, %w : f32")}
      scf.yield %b1 : tensor<?xf32>
    }} else {{
      scf.yield %v : tensor<?xf32>
    }}
    {each("g", "b", "%d", "%f = arith.sitofp %j : i64 to f32 %t = arith.addf %a, %f : f32")}
    %w2 = arith.mulf %w, %half : f32
    %k2 = arith.addi %k, %j : i64
    scf.yield %g, %w2, %k2 : tensor<?xf32>, f32, i64
  }}
  return %r#0, %r#1, %r#2 : tensor<?xf32>, f32, i64
}}"""
UNTIL = f"""func.func @main(%x: tensor<?xf32>, %limit: f32) -> (tensor<?xf32>, i32) {{
  %c0 = arith.constant 0 : index
  %one = arith.constant 1 : i32
  %zero = arith.constant 0 : i32
  %d = tensor.dim %x, %c0 : tensor<?xf32>
  %r:2 = scf.while (%v = %x, %n = %zero) : (tensor<?xf32>, i32) -> (tensor<?xf32>, i32) {{
    %first = tensor.extract %v[%c0] : tensor<?xf32>
    %on = arith.cmpf olt, %first, %limit : f32
    scf.condition(%on) %v, %n : tensor<?xf32>, i32
  }} do {{
  ^bb0(%v: tensor<?xf32>, %n: i32):
    {each("g", "v", "%d", "%t = arith.addf %a, %a : f32")}
    %m = arith.addi %n, %one : i32
    scf.yield %g, %m : tensor<?xf32>, i32
  }}
  return %r#0, %r#1 : tensor<?xf32>, i32
}}"""
KEPT = """ml_program.global private mutable @state(dense<[1, 2]> : tensor<2xi64>) : tensor<2xi64>
func.func @main(%x: tensor<2xi64>) -> tensor<2xi64> {
  %s = ml_program.global_load @state : tensor<2xi64>
  %n = arith.addi %s, %x : tensor<2xi64>
  ml_program.global_store @state = %n : tensor<2xi64>
  return %n : tensor<2xi64>
}
func.func @keep(%x: tensor<2xi64>) -> tensor<2xi64> {
  %s = ml_program.global_load @state : tensor<2xi64>
  ml_program.global_store @state = %x : tensor<2xi64>
  return %s : tensor<2xi64>
}"""


def example(name: str) -> str:
    return (EXAMPLES / f"{name}.mlir").read_text()


def floats(*shape: int, dtype=np.float32) -> np.ndarray:
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(dtype)


PROGRAMS = {
    "softmax": (example("softmax"), [[floats(5, 7)], [floats(1, 1)], [floats(0, 3)]]),
    "mlp": (example("mlp"), None),
    "loop": (
        LOOP,
        [[floats(6), np.int64(n), np.float32(1.5)] for n in (0, 1, 2, 5)],
    ),
    "until": (UNTIL, [[floats(3) ** 2 + 1, np.float32(x)] for x in (0, 100, np.inf, np.nan)]),
}


@pytest.fixture(autouse=True)
def loader(monkeypatch):
    """pyopencl brings a loader of OpenCL's; the drivers are those of the runtime."""
    import pyopencl

    found = sorted((Path(pyopencl.__file__).parent / ".libs").glob("libOpenCL*"))
    if found:
        monkeypatch.setenv("CLAW_OPENCL_LIBRARY", str(found[0]))


def arguments(artifact: clawc.Artifact) -> list[np.ndarray]:
    from clawc.runtime.sample_inputs import random_arguments

    return random_arguments(artifact.images[0].plan.entries["main"], {}, 20, 0)


@pytest.mark.parametrize("name", PROGRAMS)
def test_results_are_the_runtimes(name, tmp_path):
    text, calls = PROGRAMS[name]
    artifact = clawc.compile(text, ["host", "spirv:opencl", "nvptx", "amdgpu"])
    program = CProgram(artifact, tmp_path)
    for device in DEVICES:
        run = clawc.load(artifact, device)
        program.open(device)
        assert program.device == device
        for given in calls or [arguments(artifact)]:
            for _ in range(2):
                right = run(*given)
                right = right if isinstance(right, tuple) else (right,)
                found = program(*given)
                assert len(found) == len(right)
                for one, other in zip(found, right, strict=True):
                    assert one.dtype == np.asarray(other).dtype and one.shape == np.shape(other)
                    assert one.tobytes() == np.asarray(other).tobytes()
        program.close()


def test_what_is_kept_between_calls_is_each_contexts_own(tmp_path):
    program = CProgram(clawc.compile(KEPT), tmp_path)
    x = np.array([10, 20])
    for _ in range(2):
        program.open("host")
        for call in range(1, 4):
            np.testing.assert_array_equal(program(x)[0], np.array([1, 2]) + call * x)
        for kept in ([1, 2], [10, 20]):
            np.testing.assert_array_equal(program(x, entry="keep")[0], kept)
        program.close()


@pytest.fixture(scope="module")
def fakes(tmp_path_factory) -> Path:
    if not shutil.which("gcc"):
        pytest.skip("needs gcc")
    folder = tmp_path_factory.mktemp("drivers")
    for name in ("cuda", "hip"):
        command = ["gcc", "-shared", "-fPIC", FAKES / f"{name}.c", "-o", folder / f"lib{name}.so"]
        subprocess.run(command, check=True)
    return folder


FAKED = {
    "cuda": ("nvptx", "sm_80", "ptx", b".version 8.0\n"),
    "hip": ("amdgpu", "gfx90a", "hsaco", b"\x7fELF\0\0"),
}


@pytest.mark.parametrize("vendor", FAKED)
def test_a_drivers_calls(vendor, fakes, tmp_path, monkeypatch):
    monkeypatch.setenv(f"CLAW_{vendor.upper()}_LIBRARY", str(fakes / f"lib{vendor}.so"))
    artifact = runtime_programs.artifact(runtime_programs.image(*FAKED[vendor]))
    program = CProgram(artifact, tmp_path)
    for device in (vendor, None, f"{vendor}:0"):
        program.open(device)
        assert program.device == vendor
        for rows in (0, 1, 1000, 1):
            x = np.random.default_rng(rows).random((rows, 3), np.float32)
            np.testing.assert_array_equal(program(x)[0], 4 * x)
        program.close()


def test_a_driver_that_is_not_there_and_one_that_refuses(fakes, tmp_path, monkeypatch):
    monkeypatch.setenv("CLAW_CUDA_LIBRARY", str(tmp_path / "none"))
    broken = runtime_programs.image("nvptx", "sm_80", "ptx", b"no PTX")
    program = CProgram(runtime_programs.artifact(broken), tmp_path)
    for device in ("cuda", None):
        with pytest.raises(
            CError, match=r"no device: no CUDA driver on this machine \(libcuda.so.1"
        ):
            program.open(device)
        program.close()
    for device in ("hip", "cud", "cuda:x", "host"):
        with pytest.raises(CError, match=f"no device: the program has no code for {device}"):
            program.open(device)
        program.close()
    monkeypatch.setenv("CLAW_CUDA_LIBRARY", str(fakes / "libcuda.so"))
    with pytest.raises(CError, match="cuModuleLoadDataEx failed: .*ptxas application ptx input"):
        program.open("cuda")
    program.close()


def test_arguments_that_do_not_fit(tmp_path):
    text = """func.func @main(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = claw.binary %x, %y {kind = "add"} : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}"""
    program = CProgram(clawc.compile(text), tmp_path).open("host")
    right, other = np.ones((2, 3), np.float32), np.ones((2, 4), np.float32)
    with pytest.raises(CError, match="bad argument: argument 1 has size 4 in dimension 1, not 3"):
        program(right, other)
    with pytest.raises(CError, match="argument 0 has 48 bytes; its shape takes 24"):
        program(right.astype(np.float64), right)
    with pytest.raises(CError, match="check failed|bad argument"):
        program(right, np.ones((3, 3), np.float32))
    np.testing.assert_array_equal(program(right, right)[0], right + right)  # it still works
    program.close()
    with pytest.raises(CError, match="no device"):
        program(right, right)


def test_a_check_of_the_program(tmp_path):
    text = LOOP.replace("step %c1 iter", "step %n iter").replace("to %n", "to %d")
    program = CProgram(clawc.compile(text), tmp_path).open("host")
    for step in (0, -1):
        with pytest.raises(CError, match="check failed: main: a loop's step is not above 0"):
            program(floats(3), np.int64(step), np.float32(1))
    assert len(program(floats(3), np.int64(2), np.float32(1))) == 3
    program.close()


MAIN = r"""
#include "model.h"
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  model_context *context;
  float x[2][3] = {{1, 2, 3}, {4, 5, 6}}, y[2][3];
  if (model_open(&context, "host")) return printf("%s\n", model_error(context)), 1;
  for (int i = 0; i < 100; i++) {
    claw_tensor in = {x, sizeof x, {2, 3}}, out = {i % 2 ? y[0] : NULL, sizeof y, {0}};
    claw_status status = model_main(context, &in, &out);
    if (status) return printf("%s: %s\n", model_status(status), model_error(context)), 1;
    if (i % 2 == 0) free(out.data);
    out.data = y;
    out.bytes = sizeof y - 1;
    if (model_main(context, &in, &out) != CLAW_BAD_ARGUMENT) return 2;
    in.shape[0] = -1;
    if (!model_main(context, &in, &out)) return 3;
  }
  puts(model_error(context));
  printf("%.3f %.3f\n", (double)y[0][0], (double)(y[1][0] + y[1][1] + y[1][2]));
  model_close(context);
  return 0;
}
"""


def test_a_program_of_its_own_without_leaks(tmp_path):
    source, header = c_sources(clawc.compile(example("softmax")), "model")
    for name, text in (("model.c", source), ("model.h", header), ("main.c", MAIN)):
        (tmp_path / name).write_text(text)
    checks = "-fsanitize=address,undefined"
    command = ["gcc", "-std=c11", "-g", checks, "-fno-sanitize-recover", *WARNINGS[:3], "main.c"]
    subprocess.run([*command, "model.c", "-lm", "-ldl", "-o", "main"], cwd=tmp_path, check=True)
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1"}
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "0.090 1.000"


def test_the_header_is_read_by_cpp_and_twice(tmp_path):
    _, header = c_sources(clawc.compile(KEPT), "model")
    (tmp_path / "model.h").write_text(header)
    (tmp_path / "a.cpp").write_text('#include "model.h"\n#include "model.h"\nclaw_tensor t;')
    subprocess.run(["g++", "-Wall", "-Werror", "-fsyntax-only", "a.cpp"], cwd=tmp_path, check=True)
    assert "/* (i64[2]) -> (i64[2]) */" in header and "model_keep(model_context *context" in header


@pytest.mark.parametrize("name", ["", "1a", "a-b", "é"])
def test_names_that_c_has_not(name):
    with pytest.raises(EmissionError, match="is no name in C"):
        c_sources(clawc.compile(KEPT), name)


def test_targets_without_a_loader():
    with pytest.raises(EmissionError, match="there is no loader in C for spirv:vulkan"):
        c_sources(clawc.compile(KEPT, ["host", "spirv:vulkan"]), "model")
