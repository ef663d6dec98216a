"""drop-unread-results: results of a generic that nobody reads are not computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import linalg

from clawc.passes.framework.base import Pass
from clawc.passes.normalize.functions import function_blocks
from clawc.passes.normalize.results import needed_results, with_results


@dataclass(frozen=True)
class DropUnreadResults(Pass):
    """A result that neither a reader nor another result needs goes, with its init: the place of a
    maximum where only its value is wanted.

    Before:

        %max, %place = linalg.generic ins(%x) outs(%lowest, %zero) {
          linalg.yield %larger, %its_place
        }
        return %max

    After:

        %max = linalg.generic ins(%x) outs(%lowest) { linalg.yield %larger }
        return %max
    """

    name: ClassVar[str] = "drop-unread-results"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            for op in list(block.operations):
                if isinstance(op, linalg.GenericOp):
                    _drop(op)


def _drop(op: linalg.GenericOp) -> None:
    """Replace `op` by a generic with the results that are needed."""
    read = [i for i, r in enumerate(op.results) if next(iter(r.uses), None) is not None]
    if not read or len(read) == len(op.results):
        return
    kept = sorted(needed_results(op, read, ()))
    if len(kept) == len(op.results):
        return
    new = with_results(op, kept)
    for i, result in zip(kept, new.results, strict=True):
        op.results[i].replace_all_uses_with(result)
    op.operation.erase()
