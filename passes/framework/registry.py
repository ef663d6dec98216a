"""Passes by name: `expand-math` is the `Pass` of that name in `expand_math.py` of some room."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

import clawc.passes
from clawc.passes.framework.base import Pass


@cache
def _files() -> dict[str, list[str]]:
    """The modules of all files of all rooms, by the name that a pass in them has."""
    files: dict[str, list[str]] = {}
    for room in pkgutil.iter_modules(clawc.passes.__path__):
        package = f"clawc.passes.{room.name}"
        for file in pkgutil.iter_modules([f"{clawc.passes.__path__[0]}/{room.name}"]):
            files.setdefault(file.name.replace("_", "-"), []).append(f"{package}.{file.name}")
    return files


def find_pass(name: str) -> type[Pass] | None:
    """The Python pass called `name`, or None if it is none of ours (then it is upstream's)."""
    for module_name in _files().get(name, ()):
        for value in vars(import_module(module_name)).values():
            if isinstance(value, type) and issubclass(value, Pass):
                if getattr(value, "name", None) == name:
                    return value
    return None


def all_passes() -> list[type[Pass]]:
    """Every Python pass, by name."""
    found = (find_pass(name) for name in _files())
    return sorted((p for p in found if p is not None), key=lambda p: p.name)
