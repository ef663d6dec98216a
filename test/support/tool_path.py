"""Where tests find tools: beside the interpreter, in LLVM's package, and only then on the PATH.

A virtual environment need not be activated: its `bin` is looked up by the interpreter that runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path


def tool_folders() -> list[str]:
    """The interpreter's own folder of programs, and that of LLVM's tools (FileCheck, not, …)."""
    return [os.path.dirname(sys.executable), *package_files("llvm", "bin")]


def package_files(package: str, place: str) -> list[str]:
    """The paths of `place` in an installed package, which is not imported."""
    try:
        spec = find_spec(package)
    except ModuleNotFoundError:  # a parent package is missing
        return []
    roots = (spec.submodule_search_locations or ()) if spec else ()
    return [str(path) for root in roots if (path := Path(root, place)).exists()]


def with_tools(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the tools' folders first on its PATH.

    PTXAS names the assembler that the extra `test` installs, unless it is set: one on the PATH may
    be of a release that has dropped chips of the table.
    """
    path = environment.get("PATH", os.defpath).split(os.pathsep)
    folders = tool_folders()
    path = [*folders, *(folder for folder in path if folder not in folders)]
    found = {**environment, "PATH": os.pathsep.join(path)}
    for ptxas in package_files("nvidia.cuda_nvcc", "bin/ptxas"):
        found.setdefault("PTXAS", ptxas)
    return found
