"""Functions of JAX to bundles, ahead of time: no JAX is needed to run them."""

# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax.export import export
from jax.interpreters import mlir
from jaxlib.mlir import ir

from clawc.compiler.compile import compile
from clawc.compiler.diagnostics import CompileError, Diagnostic
from clawc.frontends.jax_functions.control_flow import rewrite_control_flow
from clawc.runtime.artifact import Artifact


def compile_function(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    target: str | Sequence[str] = "host",
    **options: Any,
) -> Artifact:
    """A bundle of `function`, which JAX can trace, for the targets.

    `arguments` are examples, of arrays, `jax.ShapeDtypeStruct`s or trees of them; the bundle's
    `main` takes their leaves in the order of `jax.tree.leaves`, and returns the result's so.
    Arguments that the result does not depend on stay.  `options` are those of `clawc.compile`.
    Raises CompileError where the function cannot be traced or compiled.
    """
    try:
        exported = export(jax.jit(function, keep_unused=True))(*arguments)
    except Exception as error:  # tracing runs the function, which raises what it likes
        said = Diagnostic(f"JAX cannot trace the function: {error or type(error).__name__}")
        raise CompileError([said]) from error
    return compile(_text(exported.mlir_module()), target, **options)


def _text(exported: str) -> str:
    """What JAX exports, with control flow that torch-mlir-opt lowers, in the generic form."""
    with mlir.make_ir_context():
        module = ir.Module.parse(exported)
    rewrite_control_flow(module)
    return str(module.operation.get_asm(print_generic_op_form=True))
