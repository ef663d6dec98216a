"""check-chip: refuse kernels that a chip cannot run, before they are cut for it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass, PassFailure


@dataclass(frozen=True)
class CheckChip(Pass):
    """Nothing is changed.  Refused are element types that the chip has not, and buffers with more
    elements than the chip's kernels can count.

    func.func private @k(%x: memref<100000x100000xf32>)    error for nvptx: ... elements
    """

    name = "check-chip"
    chip: Chip = find("nvptx")

    def run(self, module: ir.Module) -> None:
        chip = self.chip
        for op in module.body.operations:
            if op.operation.name == "func.func":
                for type_ in ir.FunctionType(_function_type(op)).inputs:
                    if isinstance(type_, ir.MemRefType):
                        _check(op, ir.MemRefType(type_), chip)


def _function_type(op: ir.OpView) -> ir.Type:
    return ir.TypeAttr(op.operation.attributes["function_type"]).value


def _check(op: ir.OpView, buffer: ir.MemRefType, chip: Chip) -> None:
    element = str(buffer.element_type)
    if element not in chip.types:
        raise PassFailure(
            op,
            f"needs {element}, which {chip.spec} has not; it has {', '.join(sorted(chip.types))}",
        )
    count = prod(n for n in buffer.shape if n != ir.ShapedType.get_dynamic_size())
    if count > chip.most_elements:
        raise PassFailure(
            op,
            f"takes a buffer of {count} elements; kernels for {chip.spec} count with "
            f"{chip.index_bits} bits, {chip.most_elements} elements at most: split the tensor",
        )
