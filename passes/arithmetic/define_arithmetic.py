"""define-arithmetic: bodies compute the same on every chip, whatever the values are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from clawc.passes.arithmetic.booleans_to_logic import BooleansToLogic
from clawc.passes.arithmetic.define_conversions import DefineConversions
from clawc.passes.arithmetic.define_division import DefineDivision
from clawc.passes.arithmetic.split_pairs import SplitPairs
from clawc.passes.framework.pipeline import NamedPipeline, Step


@dataclass(frozen=True)
class DefineArithmetic(NamedPipeline):
    """All steps as one pass, after all that computes has become a generic.

    Before:

        %q = arith.divsi %v, %y : i32
        %s = arith.addi %a, %b : i1

    After:

        %d = arith.select %is_zero_or_wraps, %c1, %y : i32
        %r = arith.divsi %v, %d : i32
        %q = arith.select %is_zero, %c0, %r : i32
        %s = arith.xori %a, %b : i1
    """

    name: ClassVar[str] = "define-arithmetic"

    def steps(self) -> list[Step]:
        return [SplitPairs(), BooleansToLogic(), DefineDivision(), DefineConversions()]
