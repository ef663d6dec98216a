"""What kernels miss of their chip, and why: lines of the report, and remarks at the source.

Each belongs to the pass that decides it, by which `-Rpass-missed` chooses: `assign-layouts` whether
matrix units multiply, `grant-registers` how many registers there are before a tile spills,
`distribute` how shared memory is laid out, `tile` how many workgroups there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.matrix import obstacle
from clawc.compiler.context import position
from clawc.compiler.diagnostics import Diagnostic, UsageError
from clawc.compiler.source import Source
from clawc.passes.framework.pipeline import Observer
from clawc.passes.ir.operations import gpu_kernels, operations_in
from clawc.passes.kernel.kernel import Kernel, kernels_of
from clawc.passes.layout.contraction import FMA, facts_of
from clawc.passes.layout.encoding import written_instruction
from clawc.passes.layout.ops import ContractOp

FACT = "missed"  # of a kernel, in a bundle: lists of a pass and what it says
_TOLERATED = 1.02  # passes over the banks for each that is needed: an edge is no pattern

Place = tuple[str, int, int]


@dataclass
class Watch(Observer):
    """Sees what a chip's kernels are made of, and where they come from."""

    chip: Chip
    products: dict[str, tuple[str, Place]] = field(default_factory=dict)  # kernel: reason
    places: dict[str, Place] = field(default_factory=dict)

    def reached(self, stage: str, module: ir.Module) -> None:
        if stage == "layouts":
            for kernel in kernels_of(module, "vector"):
                self._see(kernel)
        elif stage == "simt":
            for op in gpu_kernels(module):
                self.places[Kernel(op).name] = position(op.location)

    def _see(self, kernel: Kernel) -> None:
        for op in operations_in(kernel.op):
            if op.name == "vector.contract" and written_instruction(op) == FMA:
                what = facts_of(ContractOp.of(op))
                shape = (what.m, what.n, what.k)
                reason = obstacle(self.chip, what.operand, what.accumulator, shape)
                if reason:
                    self.products[kernel.name] = reason, position(op.location)


@dataclass(frozen=True)
class Missed:
    """By which pass, of which kernel, where its source is."""

    by: str
    kernel: str
    message: str
    place: Place

    def diagnostic(self, source: Source) -> Diagnostic:
        """As LLVM writes it."""
        said = f"{self.kernel}: {self.message} [-Rpass-missed={self.by}]"
        return Diagnostic(said, *source.place(*self.place), severity="remark")


def missed(
    watch: Watch, facts: Mapping[str, Mapping[str, Any]], grids: Mapping[str, list[int]]
) -> list[Missed]:
    """Of all kernels of a chip, whose facts are in; `grids`: of the launches with known sizes."""
    found = []
    for name, known in facts.items():
        place = watch.places.get(name, ("", 0, 0))
        if name in watch.products:
            reason, at = watch.products[name]
            said = f"products of matrices by the vector units: {reason}"
            found.append(Missed("assign-layouts", name, said, at))
        if known.get("spills"):
            said = f"registers are spilled to memory ({known['spills']}): a smaller `tile`, or more"
            found.append(Missed("grant-registers", name, f"{said} `warps`", place))
        found += (Missed("distribute", name, said, place) for said in _conflicts(known))
        units = watch.chip.figures.units
        if grids.get(name) and max(grids[name]) < units:
            most = max(grids[name])
            said = f"{most} workgroups leave {units - most} of the chip's {units} units idle"
            found.append(Missed("tile", name, said, place))
    return found


def _conflicts(facts: Mapping[str, Any]) -> Iterator[str]:
    """Where lanes meet in a bank: passes over the banks, by the estimates of one workgroup."""
    figures = facts.get("estimates", {})
    for verb in ("read", "write"):
        passes, fewest = (
            figures.get(f"shared {verb} {kind}") for kind in ("transactions", "fewest")
        )
        if isinstance(passes, int) and isinstance(fewest, int) and passes > _TOLERATED * fewest:
            each = f"{passes / fewest:.2f} passes over its banks"
            yield f"{verb}s of shared memory take {each} where 1 would do"


def chosen(found: list[Missed], pattern: str) -> list[Missed]:
    """Those whose pass matches.  Raises UsageError where the pattern is none."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError.of(f"-Rpass-missed={pattern}: no regular expression: {error}") from None
    return [each for each in found if expression.search(each.by)]
