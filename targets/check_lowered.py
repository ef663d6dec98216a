"""Refuse what would crash the translation to LLVM IR or LLVM's code generators, and name it."""

from __future__ import annotations

from collections.abc import Collection

from mlir import ir

from clawc.passes.base import PassFailure
from clawc.passes.typed_values import operations_in

_DIALECTS = ("llvm", "nvvm", "rocdl")


def check_lowered(root: ir.Operation, unsupported: Collection[str] = ()) -> None:
    """Raises PassFailure at an operation in `root` that is not LLVM's, or that the target lacks.

    `unsupported` names operations of the LLVM dialect that its code generator cannot take.
    """
    for op in operations_in(root):
        if op.name.partition(".")[0] not in _DIALECTS and op.name != "gpu.module":
            raise PassFailure(op, f"has no lowering to LLVM for this target: {op.name}")
        if op.name in unsupported:
            raise PassFailure(op, "has no machine code here; expand-math must replace it")
        if op.name == "llvm.func" and not op.regions[0].blocks:
            name = ir.StringAttr(op.attributes["sym_name"]).value
            raise PassFailure(op, f"calls {name!r}, which no library here defines")
