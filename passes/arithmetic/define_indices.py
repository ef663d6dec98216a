"""define-indices: indices of bodies have one value on every chip, and read elements that exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from clawc.passes.arithmetic.clamp_indices import ClampIndices
from clawc.passes.arithmetic.clamp_slices import ClampSlices
from clawc.passes.arithmetic.widen_indices import WidenIndices
from clawc.passes.framework.pipeline import NamedPipeline, Step


@dataclass(frozen=True)
class DefineIndices(NamedPipeline):
    """All steps as one pass, before slices and the like become generics, whose indices are right
    by construction.  `unchecked` leaves out the clamps: then it is for the program to see to it
    that every index is one of its tensor.

    Before:

        %i = arith.muli %in, %c3 : index
        %v = tensor.extract %x[%i] : tensor<100xi32>

    After:

        %w = arith.muli %in, %c3 : i64
        %a = arith.maxsi %w, %c0 : i64
        %b = arith.minsi %a, %c99 : i64
        %i = arith.index_cast %b : i64 to index
        %v = tensor.extract %x[%i] : tensor<100xi32>
    """

    name: ClassVar[str] = "define-indices"
    unchecked: bool = False

    def steps(self) -> list[Step]:
        return [WidenIndices(), *([] if self.unchecked else [ClampIndices(), ClampSlices()])]
