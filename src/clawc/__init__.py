"""clawc: an open MLIR kernel compiler; one tensor program, every vendor's GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clawc.compiler.compile import compile
    from clawc.compiler.diagnostics import CompileError, Diagnostic
    from clawc.runtime.artifact import Artifact
    from clawc.runtime.executable import load

__all__ = ["Artifact", "CompileError", "Diagnostic", "compile", "load"]

_HOME = {
    "Artifact": "clawc.runtime.artifact",
    "CompileError": "clawc.compiler.diagnostics",
    "Diagnostic": "clawc.compiler.diagnostics",
    "compile": "clawc.compiler.compile",
    "load": "clawc.runtime.executable",
}


def __getattr__(name: str) -> Any:
    """Import on first use: `import clawc` alone stays cheap, and running needs no compiler."""
    if name not in _HOME:
        raise AttributeError(f"module 'clawc' has no attribute {name!r}")
    import importlib

    try:
        home = importlib.import_module(_HOME[name])
    except ModuleNotFoundError as error:
        if error.name != "clawc.compiler":
            raise
        message = f"clawc.{name} needs the compiler, which clawc-runtime has not: pip install clawc"
        raise ImportError(message) from None
    return getattr(home, name)
