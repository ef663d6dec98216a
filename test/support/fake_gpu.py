"""CUDA and HIP drivers without a GPU, which gcc builds from test/unit/runtime/fake_driver/."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import runtime_programs as programs

from clawc.runtime import cuda, hip

SOURCES = Path(__file__).parents[1] / "unit" / "runtime" / "fake_driver"
VENDORS = {"cuda": cuda, "hip": hip}
IMAGES = {
    "cuda": programs.image("nvptx", "sm_80", "ptx", b".version 8.0\n"),
    "hip": programs.image("amdgpu", "gfx90a", "hsaco", b"\x7fELF\0\0"),
}


def build(folder: Path) -> None:
    """`libcuda.so` and `libhip.so` in the folder."""
    for name in VENDORS:
        source, library = SOURCES / f"{name}.c", folder / f"lib{name}.so"
        command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", source, "-o", library]
        subprocess.run(command, check=True)


def use(name: str, library: Path, set_attribute: Callable[[Any, str, Any], Any] = setattr) -> None:
    """Let the vendor's devices be those of a library."""
    vendor = VENDORS[name]
    set_attribute(vendor, "API", replace(vendor.API, libraries=(str(library),)))
    vendor.driver.cache_clear()
