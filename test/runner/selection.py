"""What `python test NAME…` means: the lit files and the pytest tests that belong to the names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from belonging import belongs, did_you_mean
from runner.parts import ROOT
from tool_path import with_tools

TEST = ROOT / "test"
NONE_COLLECTED = 5  # pytest's exit code


class UnknownName(Exception):
    """A name that no test belongs to."""


@dataclass(frozen=True)
class Selection:
    """Arguments for each part; None where nothing of it belongs to the names."""

    lit: list[str] | None
    pytest: list[str] | None


def everything() -> Selection:
    return Selection([str(TEST)], [])


def select(names: Sequence[str]) -> Selection:
    """The tests of all names together.  Raises UnknownName."""
    lit: list[Path] = []
    asked: list[str] = []  # arguments of pytest that name what is wanted
    for name in names:
        files, arguments = _of_path(Path(name)) or _of_name(_stem(name))
        if not files and not arguments:
            known = did_you_mean(_stem(name), _known())
            raise UnknownName(f"no test belongs to '{name}'{known}")
        lit += [file for file in files if file not in lit]
        asked += arguments
    return Selection([str(file) for file in lit] or None, asked or None)


def _of_path(path: Path) -> tuple[list[Path], list[str]] | None:
    """The tests in a file or folder under test/; None if the path is not such a one."""
    full = path.resolve()
    if not full.exists() or not full.is_relative_to(TEST):
        return None
    lit = sorted(full.rglob("*.mlir")) if full.is_dir() else [full][: full.suffix == ".mlir"]
    has_python = any(full.rglob("test_*.py")) if full.is_dir() else full.suffix == ".py"
    return lit, [f"--below={full.relative_to(ROOT).as_posix()}"] if has_python else []


def _stem(name: str) -> str:
    """A source stands for the tests of its name: passes/tile/tile.py is `tile`."""
    return Path(name).stem if Path(name).exists() else name


def _of_name(name: str) -> tuple[list[Path], list[str]]:
    lit = [
        file for file in sorted(TEST.rglob("*.mlir")) if belongs(name, file.relative_to(TEST).parts)
    ]
    argument = f"--belongs-to={name}"
    return lit, [argument] if _python_tests_belong(name, argument) else []


def _python_tests_belong(name: str, argument: str) -> bool:
    """By the files' names, else by asking pytest, who knows the parameters."""
    if any(belongs(name, file.relative_to(TEST).parts) for file in TEST.rglob("test_*.py")):
        return True
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", argument]
    done = subprocess.run(command, cwd=ROOT, env=with_tools(os.environ), capture_output=True)
    return done.returncode != NONE_COLLECTED


def _known() -> set[str]:
    """Names to suggest: of tests' files and folders, of sources, of chips and of devices."""
    from clawc.chips.known import known  # here, since tests of a broken clawc must start too

    paths = [p for p in TEST.rglob("*") if p.suffix in (".mlir", ".py", "") and "__" not in p.name]
    paths += ROOT.glob("passes/*/*.py")
    names = {path.stem.removeprefix("test_").replace("_", "-") for path in paths}
    for target, chips in known().items():
        names |= {target, *(chip.name for chip in chips)}
        names |= {f"emulator:{chip.name}" for chip in chips if target in ("nvptx", "amdgpu")}
    return names | {"opencl", "vulkan"}
