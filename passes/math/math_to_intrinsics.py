"""math-to-intrinsics: the mathematical functions that a GPU has itself, as LLVM's intrinsics."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, llvm

from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.ir.operations import gpu_kernels, operations_in

_INTRINSICS = {
    f"math.{name}": f"llvm.{intrinsic}"
    for name, intrinsic in {
        "absf": "fabs",
        **{same: same for same in ("ceil", "copysign", "ctlz", "ctpop", "cttz", "exp2", "floor")},
        **{same: same for same in ("fma", "log2", "roundeven", "sqrt", "trunc")},
    }.items()
}
_ZERO_IS_DEFINED = ("math.ctlz", "math.cttz")  # as the second operand says


@dataclass(frozen=True)
class MathToIntrinsics(Pass):
    """What expand-math leaves.  Upstream's conversions for GPUs would call vendors' libraries.

    ```mlir
    %y = math.exp2 %x : vector<4xf32>
    ```
    becomes
    ```mlir
    %y = llvm.call_intrinsic "llvm.exp2"(%x) : (vector<4xf32>) -> vector<4xf32>
    ```
    """

    name = "math-to-intrinsics"

    def run(self, module: ir.Module) -> None:
        for kernel in gpu_kernels(module):
            for op in operations_in(kernel):
                if op.name.startswith("math."):
                    _lower(op)


def _lower(op: ir.Operation) -> None:
    if op.name not in _INTRINSICS:
        raise PassFailure(op, "needs a library; expand-math has no expansion of it")
    name, result = ir.StringAttr.get(_INTRINSICS[op.name]), op.results[0].type
    with ir.InsertionPoint(op), op.location:
        operands = list(op.operands)
        if op.name in _ZERO_IS_DEFINED:
            operands.append(arith.constant(ir.IntegerType.get_signless(1), 0))
        call = llvm.CallIntrinsicOp(result, name, operands, [], [])
    op.results[0].replace_all_uses_with(call.operation.results[0])
    op.erase()
