"""claw-run on bundles: what it prints, the arrays it takes and gives, its errors and exit codes.

Covers: compiler/tools/claw_run.py; runtime/sample_inputs.py, compare_results.py.
"""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
import runtime_programs as programs
from click.testing import CliRunner

from clawc.chips.of_device import target_of_device
from clawc.compiler.tools.claw_run import main
from clawc.runtime import device as devices
from clawc.runtime.compare_results import compare, tolerance
from clawc.runtime.plan import ConstantData, Entry, TensorType
from clawc.runtime.sample_inputs import random_arguments


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    images = programs.host_image(), programs.opencl_image(folder), programs.vulkan_image(folder)
    programs.artifact(*images).save(folder / "scale.claw")
    return str(folder / "scale.claw")


def claw_run(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_what_it_prints(bundle):
    ran = claw_run(bundle, "-repeat=3", "-kernels", "-size=1000")
    assert ran.exit_code == 0
    lines = ran.stdout.splitlines()
    assert lines[0] == "main(float32[1000, 3])"
    assert re.match(r"device:   host:0 \(.*\), image host:native", lines[1])
    assert re.match(r"time:     min [\d.]+ ms, median [\d.]+ ms of 3 after a warm-up", lines[2])
    assert re.match(r"  scale +[\d.]+ ms  grid 47 of 64 threads", lines[3])
    assert re.match(r"result 0: float32\[1000, 3\]  crc32 [0-9a-f]{8}  min -3.99", lines[5])


def test_the_seed_decides(bundle):
    first, again = claw_run(bundle), claw_run(bundle)
    other = claw_run(bundle, "--seed=1")
    checksums = [re.findall("crc32 .*", ran.stdout) for ran in (first, again, other)]
    assert checksums[0] == checksums[1] != checksums[2]
    assert "main(float32[64, 3])" in first.stdout


@pytest.mark.parametrize("device", ["opencl", "vulkan"])
def test_another_device_agrees(bundle, device):
    programs.device_or_skip(device).close()
    ran = claw_run(bundle, f"-device={device}", "-check=host")
    assert ran.exit_code == 0
    assert "check 0:  agrees with host:0, apart by 0.0e+00, allowed 3.1e-05" in ran.stdout


def test_a_difference_fails(tmp_path, monkeypatch):
    squares = programs.host_object(programs.HOST.replace("fadd", "fmul"))
    wrong = programs.image("other", "o", "object", squares)
    programs.artifact(programs.host_image(), wrong).save(tmp_path / "a.claw")

    class OtherHost(devices.find_driver("host").HostDevice):
        target, chip = "other", "o"
        fit = devices.Device.fit

    monkeypatch.setitem(devices._shared, "other:0", OtherHost(0))
    monkeypatch.setattr(devices, "driver_names", lambda: ["host", "other"])
    ran = claw_run(tmp_path / "a.claw", "-device=other:0", "-check=host")
    assert ran.exit_code == 3
    assert "check 0:  DIFFERS from host:0, apart by" in ran.stdout


def test_arrays_in_and_out(bundle, tmp_path):
    x = np.arange(30, dtype=np.float32).reshape(10, 3)
    np.savez(tmp_path / "in.npz", x)
    ran = claw_run(bundle, f"-inputs={tmp_path}/in.npz", f"-outputs={tmp_path}/out.npz")
    assert ran.exit_code == 0
    with np.load(tmp_path / "out.npz") as file:
        assert file.files == ["result_0"]
        np.testing.assert_array_equal(file["result_0"], 4 * x)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.npz", "out.npz"]


def test_bfloat16_in_files(tmp_path):
    type_ = TensorType("bf16", (4,))
    entry = Entry("main", (type_,), (type_,), (), (), (("buffer", 0),))
    programs.artifact(programs.host_image(programs.scale_plan(entry))).save(tmp_path / "a.claw")
    np.savez(tmp_path / "in.npz", np.array([1, 2, -0.5, 3], np.float32))
    command = [tmp_path / "a.claw", f"-inputs={tmp_path}/in.npz", f"-outputs={tmp_path}/out.npz"]
    assert claw_run(*command).exit_code == 0
    with np.load(tmp_path / "out.npz") as file:
        np.testing.assert_array_equal(file["result_0"], np.float32([1, 2, -0.5, 3]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-device=tpu"], "unknown driver 'tpu'; known: host, opencl"),
        (["-device=host:7"], "no device host:7"),
        (["-entry=f"], "no entry 'f'; the bundle has main"),
        (["-inputs=none.npz"], "cannot read none.npz: No such file or directory"),
        (["-inputs={bundle}"], "is not an .npz file of arrays"),
        (["-outputs=/no/such/folder/x.npz"], "cannot write: No such file"),
        (["-size=0.1=4"], "dimension 0.1 of main is not open"),
        (["-size=3.0=4"], "main has no dimension 3.0"),
        (["-size=9999999999999"], "argument 0 of main does not fit into memory: f32[9999999999999"),
        (["-size=9999999999999999999"], "argument 0 of main does not fit into memory"),
    ],
)
def test_errors_are_one_line(bundle, arguments, message):
    ran = claw_run(bundle, *(argument.format(bundle=bundle) for argument in arguments))
    assert ran.exit_code == (2 if "unknown driver" in message else 1)
    assert message in ran.stderr and ran.stderr.count("\n") == 1
    assert "Traceback" not in ran.output


@pytest.mark.parametrize("size", ["x", "0=4", "0.1", "-1", "0.0=", "a.b=3"])
def test_sizes_that_are_none(bundle, size):
    ran = claw_run(bundle, f"--size={size}")
    assert ran.exit_code == 2
    assert "expected N, or ARGUMENT.DIMENSION=N like 0.1=128" in ran.stderr


def test_the_only_entry_needs_no_name(tmp_path):
    plan = programs.scale_plan(programs.scale_entry("forward"))
    programs.artifact(programs.host_image(plan)).save(tmp_path / "one.claw")
    assert "forward(float32[64, 3])" in claw_run(tmp_path / "one.claw").stdout
    plan = programs.scale_plan(*(programs.scale_entry(name) for name in ("f", "g")))
    programs.artifact(programs.host_image(plan)).save(tmp_path / "two.claw")
    assert "no entry 'main'; the bundle has f, g" in claw_run(tmp_path / "two.claw").stderr
    assert "g(float32[64, 3])" in claw_run(tmp_path / "two.claw", "-entry=g").stdout


def test_bundles_that_cannot_be_read(tmp_path):
    (tmp_path / "a.claw").write_bytes(b"junk")
    assert "a.claw: not a bundle" in claw_run(tmp_path / "a.claw").stderr
    assert "cannot read" in claw_run(tmp_path / "b.claw").stderr


def test_help_is_quick():
    code = "import sys, clawc.compiler.tools.claw_run; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert not {"numpy", "mlir", "llvmlite"} & set(loaded.stdout.split())


def test_list_devices():
    ran = claw_run("--list-devices")
    assert ran.exit_code == 0
    assert re.search(r"^host:0     .*threads", ran.stdout)


@pytest.mark.parametrize(
    ("target", "chip", "spec"),
    [
        ("host", "native", "host:native"),
        ("spirv", "opencl-cpu", "spirv:opencl-cpu"),
        ("amdgpu", "gfx942", "amdgpu:gfx942"),
        ("nvptx", "sm_86", "nvptx:sm_86"),
        ("nvptx", "sm_87", "nvptx:sm_86"),
        ("nvptx", "sm_121", "nvptx:sm_120"),
        ("nvptx", "sm_52", "nvptx:sm_52"),
    ],
)
def test_what_to_compile_for(target, chip, spec):
    assert target_of_device(target, chip) == spec


def typed(*dtypes: str) -> Entry:
    return Entry("f", tuple(TensorType(d, (2,)) for d in dtypes), (), (), (), ())


def test_tolerances_follow_the_types():
    assert tolerance(typed("i32")) == 0
    assert tolerance(typed("f64")) < 1e-12
    assert tolerance(typed("f32", "i64")) < tolerance(typed("f16")) < tolerance(typed("bf16"))
    held = Entry("f", (), (), (ConstantData("bf16", (1,), b"\0\0"),), (), ())
    assert tolerance(held) == tolerance(typed("bf16"))


def test_comparing():
    x = np.array([1, -2, np.nan, np.inf], np.float32)
    assert compare(x, x, 0).agrees
    assert compare(x + np.float32(1e-6), x, 1e-5).agrees
    assert not compare(x + np.float32(1e-3), x, 1e-5).agrees
    for at, value in ((0, np.nan), (2, 0), (3, -np.inf), (3, 1e30)):
        other = x.copy()
        other[at] = value
        assert not compare(other, x, 1).agrees and not compare(x, other, 1).agrees
    whole = np.array([1, 2, 3])
    assert compare(whole, whole, 1).agrees
    assert compare(whole, whole + [0, 1, 1], 1) == (False, 2, 0)
    assert not compare(whole[:2], whole, 1).agrees
    assert compare(x[:0], x[:0], 0).agrees


def test_random_arguments():
    entry = Entry(
        "f",
        tuple(TensorType(d, (("dim", i, 0), 5)) for i, d in enumerate(("i1", "i8", "bf16", "f64"))),
        *((), (), (), ()),
    )
    arrays = random_arguments(entry, {(1, 0): 1000}, 7, seed=3)
    assert [a.shape for a in arrays] == [(7, 5), (1000, 5), (7, 5), (7, 5)]
    assert set(np.unique(arrays[1])) == set(range(8))
    assert set(np.unique(arrays[0])) == {False, True}
    assert all(np.abs(a.astype(float)).max() <= 8 for a in arrays)
