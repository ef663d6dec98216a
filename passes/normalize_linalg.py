"""normalize-linalg: everything that computes becomes `linalg.generic`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.passmanager import PassManager

from clawc.passes.base import Pass

_STEPS = (
    "inline,symbol-dce,func.func(convert-elementwise-to-linalg,linalg-generalize-named-ops,"
    "resolve-ranked-shaped-type-result-dims),canonicalize,cse"
)


@dataclass(frozen=True)
class NormalizeLinalg(Pass):
    name: ClassVar[str] = "normalize-linalg"

    def run(self, module: ir.Module) -> None:
        PassManager.parse(f"builtin.module({_STEPS})", module.context).run(module.operation)
