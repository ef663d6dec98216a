"""shuffle-by-dpp: on AMD, shuffles by constant distances move data between lanes, not memory."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, rocdl

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass
from clawc.passes.ir.constants import constant
from clawc.passes.ir.operations import gpu_kernels, operations_in

_ROW = 16  # lanes
# Distances that the data-parallel primitives of every chip reach: four lanes permuted, a row of
# sixteen rotated or mirrored.
_CONTROLS = {1: 0xB1, 2: 0x4E, 3: 0x1B, 7: 0x141, 8: 0x128, 15: 0x140}
_ROW_XMASK = 0x160  # chips that have it: any distance in a row
_ALL = 0xF  # rows, and banks of a row
_IDENTITY = (0x76543210, 0xFEDCBA98)  # the lanes of a row, four bits each
_SWIZZLE_LANES = 32


@dataclass(frozen=True)
class ShuffleByDpp(Pass):
    """Upstream makes every shuffle a permutation through the memory unit, with computed addresses.

    ```mlir
    %y, %valid = gpu.shuffle xor %x, %c1, %width : f32
    ```
    becomes
    ```mlir
    %y = rocdl.update.dpp %x, %x with 177, 15, 15, true : f32
    ```
    """

    name = "shuffle-by-dpp"
    chip: Chip = find("amdgpu")

    def run(self, module: ir.Module) -> None:
        chip = self.chip
        for kernel in gpu_kernels(module):
            for op in operations_in(kernel):
                distance = _distance(op) if op.name == "gpu.shuffle" else None
                if distance is not None:
                    _lower(op, distance, chip)


def _distance(op: ir.Operation) -> int | None:
    """By how much lanes are apart, if that is constant, in reach, and of 32-bit values."""
    offset, width = (value.owner for value in list(op.operands)[1:3])
    if str(op.attributes["mode"]) != "#gpu<shuffle_mode xor>":
        return None
    if not isinstance(offset, ir.OpView | ir.Operation) or offset.name != "arith.constant":
        return None
    if not isinstance(width, ir.OpView | ir.Operation) or width.name != "arith.constant":
        return None
    distance, lanes = (ir.IntegerAttr(c.attributes["value"]).value for c in (offset, width))
    return distance if 0 < distance < min(lanes, _SWIZZLE_LANES) else None


def _lower(op: ir.Operation, distance: int, chip: Chip) -> None:
    value = op.operands[0]
    with ir.InsertionPoint(op), op.location:
        control = _CONTROLS.get(distance)
        if chip.row_xmask and distance < _ROW:
            control = control or _ROW_XMASK + distance
        if control is not None:
            moved = rocdl.update_dpp(value.type, value, value, control, _ALL, _ALL, True)
        elif chip.row_xmask and distance == _ROW:
            low, high = (constant(ir.IntegerType.get_signless(32), lanes) for lanes in _IDENTITY)
            moved = rocdl.permlanex16(value.type, value, value, low, high, True, False)
        else:
            moved = _swizzled(value, distance)
        always = arith.constant(ir.IntegerType.get_signless(1), 1)
    op.results[0].replace_all_uses_with(moved)
    op.results[1].replace_all_uses_with(always)
    op.erase()


def _swizzled(value: ir.Value, distance: int) -> ir.Value:
    """By the memory unit, but without its memory or addresses."""
    i32 = ir.IntegerType.get_signless(32)
    pattern = constant(i32, distance << 10 | 0x1F)
    bits = value if value.type == i32 else arith.bitcast(i32, value)
    moved = rocdl.ds_swizzle(i32, bits, pattern)
    return moved if value.type == i32 else arith.bitcast(value.type, moved)
