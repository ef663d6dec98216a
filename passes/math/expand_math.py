"""expand-math: every mathematical function as arithmetic that the target has.

At L4.  Before:

    %y = math.exp %x : vector<4xf32>

After, for a target without an exponential of its own:

    %n = ...                                   // round(x log2(e)), by an addition and a subtraction
    %r = math.fma %n, %minus_ln2, ... : vector<4xf32>
    %p = math.fma ...                          // a polynomial in r, by Horner's rule
    %y = arith.mulf %p, %power_of_two : vector<4xf32>

Vectors stay vectors.  f16 and bf16 are computed in f32.  Special values come out as in C: NaN,
infinities, zeros of either sign, denormals.  What stays is data (`native`); the formulas and
their error bounds are in `exp`, `log`, `trig`, `arc`, `erf` and `power`; `exact` needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith

from clawc.chips.chip import Chip
from clawc.chips.elements import NARROW
from clawc.chips.known import find
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.math import arc, erf, exact, exp, log, power, trig
from clawc.passes.math.native import is_native
from clawc.passes.math.parts import parts_of
from clawc.passes.math.values import Num, real_type

Formula = Callable[..., "Num | tuple[Num, ...]"]

FORMULAS: dict[str, Formula] = {
    "math.absi": exact.absi,
    "math.acos": arc.acos,
    "math.acosh": log.acosh,
    "math.asin": arc.asin,
    "math.asinh": log.asinh,
    "math.atan": arc.atan,
    "math.atan2": arc.atan2,
    "math.atanh": log.atanh,
    "math.cbrt": power.cbrt,
    "math.clampf": exact.clampf,
    "math.copysign": exact.copysign,
    "math.cos": trig.cos,
    "math.cosh": exp.cosh,
    "math.ctlz": exact.ctlz,
    "math.ctpop": exact.ctpop,
    "math.cttz": exact.cttz,
    "math.erf": erf.erf,
    "math.erfc": erf.erfc,
    "math.exp": exp.exp,
    "math.exp2": exp.exp2,
    "math.expm1": exp.expm1,
    "math.fpowi": power.fpowi,
    "math.ipowi": power.ipowi,
    "math.isfinite": exact.isfinite,
    "math.isinf": exact.isinf,
    "math.isnan": exact.isnan,
    "math.isnormal": exact.isnormal,
    "math.log": log.log,
    "math.log10": log.log10,
    "math.log1p": log.log1p,
    "math.log2": log.log2,
    "math.powf": power.powf,
    "math.round": exact.round_away,
    "math.rsqrt": power.rsqrt,
    "math.sin": trig.sin,
    "math.sincos": trig.sin_and_cos,
    "math.sinh": exp.sinh,
    "math.tan": trig.tan,
    "math.tanh": exp.tanh,
    "arith.ceildivsi": exact.ceildivsi,
    "arith.ceildivui": exact.ceildivui,
    "arith.floordivsi": exact.floordivsi,
    "arith.remf": exact.remf,
}
# Those of so many steps that a wide vector's temporaries would not fit in the registers of a lane.
IN_PARTS = frozenset({"math.erf", "math.erfc"})


@dataclass(frozen=True)
class ExpandMath(Pass):
    """Leaves of `math` only what `chip` computes itself."""

    name = "expand-math"
    chip: Chip = find("nvptx")

    def run(self, module: ir.Module) -> None:
        chip = self.chip
        found: list[ir.Operation] = []

        def visit(op: ir.Operation) -> ir.WalkResult:
            if op.name.startswith("math.") or op.name in FORMULAS:
                found.append(op)
            return ir.WalkResult.ADVANCE

        module.operation.walk(visit, ir.WalkOrder.POST_ORDER)
        for op in found:
            if _is_native(op, chip):
                continue
            for part in parts_of(op, chip) if op.name in IN_PARTS else [op]:
                expand(part, chip)


def _is_native(op: ir.Operation, chip: Chip) -> bool:
    return is_native(chip, op.name.removeprefix("math."), str(Num(op.operands[0]).element))


def expand(op: ir.Operation, chip: Chip) -> None:
    """Replace `op`, which `chip` does not compute, by its formula."""
    operands = [Num(v) for v in op.operands]
    element = operands[0].element
    kind = op.name.removeprefix("math.")
    narrow = str(element) in NARROW
    formula = _formula(op, kind, chip, narrow)
    with ir.InsertionPoint(op), op.location:
        results = formula(*(_widened(n) if narrow else n for n in operands))
        results = results if isinstance(results, tuple) else (results,)
        values = [_narrowed(n, v) for n, v in zip(results, op.results, strict=True)]
    for old, new in zip(op.results, values, strict=True):
        old.replace_all_uses_with(new)
    op.erase()


def _formula(op: ir.Operation, kind: str, chip: Chip, narrow: bool) -> Formula:
    width = "f32" if narrow else str(Num(op.operands[0]).element)
    if narrow and is_native(chip, kind, "f32"):
        return lambda *operands: _rebuilt(op, operands)
    if kind == "exp" and width == "f32" and is_native(chip, "exp2", "f32"):
        return exp.exp_by_hardware
    if op.name not in FORMULAS:
        raise PassFailure(op, f"has no expansion; expected one of {', '.join(sorted(FORMULAS))}")
    if "f" in width and width not in ("f32", "f64"):
        raise PassFailure(op, f"computes in {width}; expected f16, bf16, f32 or f64")
    return FORMULAS[op.name]


def _rebuilt(op: ir.Operation, operands: tuple[Num, ...]) -> Num:
    """The same operation on wider operands."""
    result = ir.Operation.create(
        op.name, [operands[0].value.type], [n.value for n in operands], ip=ir.InsertionPoint(op)
    )
    return Num(result.result)


def _widened(n: Num) -> Num:
    return Num(arith.ExtFOp(n.shaped(real_type(32)), n.value).result) if n.is_real else n


def _narrowed(n: Num, like: ir.Value) -> ir.Value:
    if n.value.type == like.type:
        return n.value
    return arith.TruncFOp(like.type, n.value).result
