"""grant-registers: how many registers ptxas may give a thread."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.chips.occupancy import most_registers, occupancy
from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import gpu_kernels, operations_in
from clawc.passes.kernel.kernel import Kernel
from clawc.passes.lower.register_pressure import pressure

# Addresses and predicates, which `pressure` leaves out, and what ptxas keeps to overlap loads: over
# twelve schedules of each of three products for sm_80 it needs about as many as are live at once,
# and up to 13 more where that costs nothing.
_BESIDES = 16
_FOR_A_SIZE = 10  # that only a launch knows: it, what is compared with it, and a stride
_LEAST = 128  # for whoever needs fewer: half of a unit's threads for 256 of a workgroup


@dataclass(frozen=True)
class GrantRegisters(Pass):
    """Where elements are narrow, products are of i64, or long sums are made in blocks, ptxas would
    rather spill a few bytes than let go of a resident workgroup; a limit that is given turns that
    choice off.  The limit is the most that does not cost a resident workgroup more than what the
    kernel holds at once does.

    ```mlir
    gpu.func @k(%a: memref<?xf16>, ...) kernel attributes {known_block_size = array<i32: 128, 1, 1>}
    // ... 130 registers of values are live at once: 146, of which a unit has enough for three
    //     workgroups; with 168 it still has
    ```
    becomes
    ```mlir
    gpu.func @k(%a: memref<?xf16>, ...) kernel attributes {..., nvvm.maxnreg = 168 : i32}
    ```
    """

    name = "grant-registers"
    chip: Chip = find("nvptx")

    def run(self, module: ir.Module) -> None:
        i32 = ir.IntegerType.get_signless(32)
        for kernel in gpu_kernels(module):
            if _needs_telling(kernel):
                limit = ir.IntegerAttr.get(i32, granted(kernel, self.chip))
                kernel.attributes["nvvm.maxnreg"] = limit


def granted(kernel: ir.Operation, chip: Chip) -> int:
    """The limit for a `gpu.func`, which says how many threads a workgroup has."""
    threads = prod(ir.DenseI32ArrayAttr(kernel.attributes["known_block_size"]))
    entry = kernel.regions[0].blocks[0]
    sizes = sum(isinstance(argument.type, ir.IndexType) for argument in entry.arguments)
    need = pressure(entry) + _BESIDES + _FOR_A_SIZE * sizes
    held = occupancy(chip, threads, min(max(need, _LEAST), chip.registers), 0)
    return most_registers(chip, threads, max(1, held.workgroups)) if held else chip.registers


def _needs_telling(kernel: ir.Operation) -> bool:
    """Whether ptxas would spill to keep workgroups resident."""
    arguments = kernel.regions[0].blocks[0].arguments
    buffers = (a.type for a in arguments if isinstance(a.type, ir.MemRefType))
    types = [buffer.element_type for buffer in buffers]
    widths = {getattr(t, "width", 64) for t in types}
    narrow = min(widths, default=64) < 32
    schedule = Kernel(kernel).schedule
    if schedule is not None and schedule.thread:
        return narrow or any(isinstance(t, ir.IntegerType) and t.width == 64 for t in types)
    if 64 in widths:
        return False
    return narrow or any(_sums_in_blocks(op) for op in operations_in(kernel))


def _sums_in_blocks(op: ir.Operation) -> bool:
    """Whether it is a loop of which the values are carried on by another around it."""
    parent = op.parent
    return op.name == "scf.for" and parent is not None and parent.name == "scf.for"
