"""The distribution `clawc-runtime` with NumPy and ml_dtypes, in an environment of nothing else.

Covers: runtime/__main__.py, run_report.py.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import runtime_programs as programs

import clawc
from clawc.runtime.__main__ import main

ROOT = Path(__file__).parents[3]
SOURCE = """
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = arith.addf %x, %x : tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder)]
    built = subprocess.run(
        [*command, str(ROOT / "packaging" / "clawc-runtime")], capture_output=True, text=True
    )
    if built.returncode and not os.environ.get("CLAWC_REQUIRE_DRIVERS"):
        pytest.skip(f"the wheel cannot be built: {built.stderr.strip().splitlines()[-1]}")
    assert built.returncode == 0, built.stderr
    return next(folder.glob("clawc_runtime-*.whl"))


@pytest.fixture(scope="session")
def site(wheel, tmp_path_factory) -> Path:
    """Where the packages of that environment are."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps"]
    subprocess.run([*command, str(wheel)], check=True)
    packages = next((folder / "lib").glob("python*/site-packages"))
    for module in (np, ml_dtypes):
        own = Path(str(module.__file__)).parent
        for needed in own.parent.glob(f"{own.name}*"):  # its shared libraries too
            (packages / needed.name).symlink_to(needed)
    return packages


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "double.claw"
    clawc.compile(SOURCE, ["host", "spirv:vulkan", "nvptx:sm_80"]).save(path)
    return path


def python(site: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(site.parents[2] / "bin" / "python"), *map(str, arguments)]
    clean = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return subprocess.run(command, capture_output=True, text=True, env=clean, cwd="/")


@pytest.mark.parametrize("device", ["host", "vulkan", "emulator:sm_80"])
def test_runs_a_bundle(site, bundle, tmp_path, device):
    if device == "vulkan":
        programs.device_or_skip(device).close()
    x = np.random.default_rng(0).random((5, 8), np.float32)
    np.savez(tmp_path / "in.npz", x)
    files = f"--inputs={tmp_path}/in.npz", f"--outputs={tmp_path}/out.npz"
    command = ["-m", "clawc.runtime", bundle, f"--device={device}", *files, "--check=host"]
    ran = python(site, *command, "--kernels")
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"^main\(float32\[5, 8\]\)\ndevice:   " + device, ran.stdout)
    assert "check 0:  agrees with host:0" in ran.stdout
    with np.load(tmp_path / "out.npz") as file:
        np.testing.assert_array_equal(file["result_0"], 2 * x)


def test_every_device_is_listed_or_said_to_be_missing(site):
    ran = python(site, "-m", "clawc.runtime", "--list-devices")
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"^host:0 +.*threads", ran.stdout)
    assert "pyopencl, which is not installed; install it with: pip install pyopencl" in ran.stdout
    assert {line.split(":")[0].split()[0] for line in ran.stdout.splitlines()} == {
        *("host", "opencl", "vulkan", "cuda", "hip", "emulator")
    }


def test_nothing_else_is_imported(site, bundle):
    code = f"""
import sys, clawc, numpy
clawc.load({str(bundle)!r})(numpy.ones((3, 8), numpy.float32))
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
inside = [file.rpartition("site-packages/")[2] for file in files if "site-packages/" in file]
print(*sorted({{file.split("/")[0] for file in inside}}))
"""
    ran = python(site, "-c", code)
    assert ran.stdout.split() == ["clawc_runtime", "ml_dtypes", "numpy"], ran.stderr


def test_the_compiler_is_said_to_be_elsewhere(site):
    ran = python(site, "-c", "import clawc; clawc.compile('x.mlir')")
    message = "clawc.compile needs the compiler, which clawc-runtime has not: pip install clawc"
    assert ran.stderr.splitlines()[-1] == f"ImportError: {message}"


def test_both_distributions_can_be_installed(site, wheel):
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    own = {"clawc_runtime", "clawc_runtime.pth"}
    assert names - own == {f"{wheel.name.rsplit('-', 3)[0]}.dist-info"}
    where = "-c", "import clawc; print(clawc.__path__[0])"
    assert python(site, *where).stdout.strip() == str(site / "clawc_runtime" / "clawc")
    (site / "clawc").symlink_to(ROOT / "src" / "clawc")  # as an installed clawc has it
    assert python(site, *where).stdout.strip() == str(site / "clawc")
    (site / "clawc").unlink()
    assert python(site, *where).stdout.strip() == str(site / "clawc_runtime" / "clawc")


def test_versions_are_one():
    projects = ROOT / "pyproject.toml", ROOT / "packaging" / "clawc-runtime" / "pyproject.toml"
    versions = [re.search(r'^version = "(.*?)"', p.read_text(), re.MULTILINE) for p in projects]
    assert versions[0] and versions[1] and versions[0][1] == versions[1][1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "expected a bundle, or --list-devices"),
        (["{bundle}", "--repeat=0"], 2, "--repeat of 1 or more"),
        (["none.claw"], 1, "clawc.runtime: error: cannot read none.claw"),
        (["{bundle}", "--device=tpu"], 1, "unknown driver 'tpu'"),
        (["{bundle}", "--entry=f"], 1, "no entry 'f'; the bundle has main"),
        (["{bundle}", "--outputs=/no/such/x.npz"], 1, "No such file or directory"),
    ],
)
def test_errors_are_one_line(bundle, capsys, arguments, code, message):
    try:
        exit_code = main([argument.format(bundle=bundle) for argument in arguments])
    except SystemExit as ended:
        exit_code = ended.code
    said = capsys.readouterr().err
    assert exit_code == code and message in said.splitlines()[-1] and "Traceback" not in said


def test_a_difference_is_told_by_the_exit_code(bundle, capsys, monkeypatch):
    monkeypatch.setattr("clawc.runtime.run_report.tolerance", lambda entry: -1.0)
    assert main([str(bundle), "--check=host"]) == 3
    assert "DIFFERS from host:0" in capsys.readouterr().out
