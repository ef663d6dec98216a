"""Kernels in CUDA C++ that NVIDIA's `nvcc` compiles to PTX: another producer of code."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest


def find_nvcc() -> str | None:
    """The one on PATH, or that of PyPI's wheels, which the extra `test` installs."""
    if found := shutil.which("nvcc"):
        return found
    spec = find_spec("nvidia")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (wheel := Path(folder, "cu13", "bin", "nvcc")).is_file():
            return str(wheel)
    return None


@cache
def compiled(source: str, chip: str, *options: str) -> str:
    """The PTX of a file beside this one, or of a full path; gives up without nvcc."""
    nvcc = find_nvcc()
    if nvcc is None:
        give_up("nvcc is not installed")
    path = Path(__file__).parent / source  # a full path stays one
    command = [nvcc, f"-arch={chip}", "-ptx", "-O3", *options, str(path), "-o", "-"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        give_up(f"nvcc: {made.stderr.splitlines()[-1]}")
    return made.stdout


def give_up(why: str) -> NoReturn:
    if os.environ.get("CLAWC_REQUIRE_DRIVERS"):
        pytest.fail(why)
    pytest.skip(why)
