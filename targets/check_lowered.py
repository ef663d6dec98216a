"""Refuse what would crash the translation to LLVM IR or LLVM's code generators, and name it."""

from __future__ import annotations

from mlir import ir

from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.operations import operations_in
from clawc.passes.ir.value_types import element_type

_DIALECTS = ("llvm", "nvvm", "rocdl")
# What a code generator makes a call of, or aborts at, unless it is native to the target.
_LIBRARY = frozenset(
    f"llvm.intr.{name}"
    for name in (
        *("cos", "sin", "tan", "acos", "asin", "atan", "atan2", "cosh", "sinh", "tanh", "sincos"),
        *("exp", "exp2", "exp10", "log", "log2", "log10", "pow", "powi"),
    )
)


def check_lowered(root: ir.Operation, native: frozenset[tuple[str, str]] = frozenset()) -> None:
    """Raises PassFailure at an operation in `root` that is not LLVM's, or that the target lacks.

    `native` names the functions and element types that need no library: `("exp2", "f32")`.
    """
    for op in operations_in(root):
        if op.name.partition(".")[0] not in _DIALECTS and op.name != "gpu.module":
            raise PassFailure(op, f"has no lowering to LLVM for this target: {op.name}")
        if op.name in _LIBRARY:
            function = op.name.removeprefix("llvm.intr.")
            element = str(element_type(op.results[0].type))
            if (function, element) not in native:
                raise PassFailure(op, f"{function} of {element} needs a library; run expand-math")
        if op.name == "llvm.func" and not op.regions[0].blocks:
            name = ir.StringAttr(op.attributes["sym_name"]).value
            raise PassFailure(op, f"calls {name!r}, which no library here defines")
