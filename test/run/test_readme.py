"""Every command and program of README's tour does what it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)
PROGRAMS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tour")
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder


def run(command, folder):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr


def test_the_commands(folder):
    assert len(COMMANDS) > 10
    for command in COMMANDS:
        run(["sh", "-c", command], folder)
    for made in ("matmul.ptx", "matmul.s", "matmul.spv", "mlp.claw", "y.npz", "softmax.o"):
        assert (folder / made).stat().st_size > 0
    assert len(list((folder / "passes").iterdir())) > 5


def test_the_program(folder):
    assert len(PROGRAMS) == 1
    run([sys.executable, "-c", PROGRAMS[0]], folder)
