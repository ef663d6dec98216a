"""Modules of PyTorch to bundles, ahead of time: weights inside, no PyTorch needed to run them."""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from clawc.compiler.compile import compile
from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.runtime.artifact import Artifact


def compile_module(
    module: torch.nn.Module | torch.export.ExportedProgram,
    arguments: Sequence[Any] = (),
    target: str | Sequence[str] = "host",
    *,
    dynamic_shapes: Any = None,
    entry: str = "main",
    **options: Any,
) -> Artifact:
    """A bundle of `module`, or of a program that `torch.export` made, for the targets.

    `arguments` are examples; `dynamic_shapes` says which of their dimensions may differ, as
    `torch.export.export` has it.  The bundle's function is called `entry`; `options` are those of
    `clawc.compile`.  Raises CompileError where the module cannot be exported or compiled.
    """
    return compile(_exported(module, tuple(arguments), dynamic_shapes, entry), target, **options)


def _exported(module: Any, arguments: tuple[Any, ...], dynamic_shapes: Any, entry: str) -> Any:
    from torch_mlir.fx import export_and_import

    settings: Mapping[str, Any] = {"output_type": "raw", "func_name": entry}
    try:
        return export_and_import(module, *arguments, dynamic_shapes=dynamic_shapes, **settings)
    except Exception as error:  # the exporter raises whatever it stumbles over
        reason = str(error).strip() or type(error).__name__
        said = Diagnostic(f"the module cannot be exported: {reason}")
        raise CompileError([said]) from error
