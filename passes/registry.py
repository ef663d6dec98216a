"""Passes by name: `expand-math` is the `Pass` of that name in `expand_math.py`."""

from __future__ import annotations

import importlib.util
import pkgutil

import clawc.passes
from clawc.passes.base import Pass


def find_pass(name: str) -> type[Pass] | None:
    """The Python pass called `name`, or None if it is none of ours (then it is upstream's)."""
    module_name = f"clawc.passes.{name.replace('-', '_')}"
    if not name.replace("-", "").isalnum() or importlib.util.find_spec(module_name) is None:
        return None
    module = importlib.import_module(module_name)
    candidates = (v for v in vars(module).values() if isinstance(v, type) and issubclass(v, Pass))
    return next((c for c in candidates if getattr(c, "name", None) == name), None)


def all_passes() -> list[type[Pass]]:
    """Every Python pass, by name."""
    modules = (m.name for m in pkgutil.iter_modules(clawc.passes.__path__))
    found = (find_pass(name.replace("_", "-")) for name in modules)
    return sorted((p for p in found if p is not None), key=lambda p: p.name)
