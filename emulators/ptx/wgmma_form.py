"""The forms of `wgmma.mma_async`: types, shapes and immediate operands, as a table and a reader.

PTX ISA, "Asynchronous Warpgroup Level Matrix Multiply-Accumulate Operation using wgmma.mma_async",
and the same for `wgmma.mma_async.sp`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from clawc.emulators.ptx.mma_sparse import Metadata
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Immediate, Instruction, Operand, Vector
from clawc.emulators.ptx.warp_matrix import elements

ROWS = 64
_BITS = {"f16": 16, "bf16": 16, "tf32": 32, "e4m3": 8, "e5m2": 8, "s8": 8, "u8": 8, "b1": 1}
_FORMS = {  # of each type of A: those of B, those of the accumulator
    "f16": (("f16",), ("f32", "f16")),
    "bf16": (("bf16",), ("f32",)),
    "tf32": (("tf32",), ("f32",)),
    "e4m3": (("e4m3", "e5m2"), ("f32", "f16")),
    "e5m2": (("e4m3", "e5m2"), ("f32", "f16")),
    "s8": (("s8", "u8"), ("s32",)),
    "u8": (("s8", "u8"), ("s32",)),
    "b1": (("b1",), ("s32",)),
}
_ROW_BITS = 256  # of A and B along K, in all types; of B twice as many where A is sparse
_COLUMNS = range(8, 257, 8)
_INTEGER_COLUMNS = (8, 16, 24, *range(32, 257, 16))


@dataclass(frozen=True)
class Form:
    """What an instruction's modifiers and immediate operands say."""

    columns: int
    k: int
    a_type: str
    b_type: str
    result_type: str
    saturate: bool
    sign: int  # of the products
    a_k_major: bool
    b_k_major: bool
    metadata: Metadata | None  # where A is sparse


def form_of(op: Opcode, instruction: Instruction) -> Form:
    """The form of an instruction whose modifiers `sync` and `aligned` have been taken."""
    shape = next((word for word in op.rest if re.fullmatch(r"m64n\d+k\d+", word)), "")
    if not op.flag(shape):
        raise op.unknown()
    sparse = op.flag("sp")
    _, columns, k = map(int, re.findall(r"\d+", shape))
    saturate, counts_ones = op.flag("satfinite"), op.flag("and") and op.flag("popc")
    if len(op.rest) != 3:
        raise op.unknown()
    result_type, a_type, b_type = op.rest
    b_types, result_types = _FORMS.get(a_type, ((), ()))
    integer = result_type == "s32"
    if b_type not in b_types or result_type not in result_types:
        raise op.unknown()
    if k * _BITS[a_type] != _ROW_BITS * (1 + sparse) or columns not in (
        _INTEGER_COLUMNS if integer else _COLUMNS
    ):
        raise op.unknown()
    if (
        sparse
        and a_type == "b1"
        or counts_ones != (a_type == "b1")
        or saturate
        and a_type not in ("s8", "u8")
    ):
        raise op.unknown()
    result, a, _, *rest = instruction.operands
    metadata = _metadata(op, a_type, k, rest) if sparse else None
    rest = rest[3 if sparse else 1 :]
    if len(elements(result)) * (4 if result_type == "f16" else 2) != columns:
        raise op.unknown()
    from_registers = isinstance(a, Vector)
    if from_registers and len(elements(a)) != 4:
        raise op.unknown()
    turns = 0 if _BITS[a_type] != 16 else 1 if from_registers else 2
    numbers = [_immediate(op, operand) for operand in rest]
    if len(numbers) != (0 if integer else 2 + turns):
        raise op.unknown()
    scales, turned = numbers[:2] or [1, 1], [0, 0, *numbers[2:]][-2:]
    if not set(scales) <= {1, -1} or not set(turned) <= {0, 1}:
        raise op.unknown()
    if from_registers:
        turned[0] = 0
    return Form(
        *(columns, k, a_type, b_type, result_type, saturate, scales[0] * scales[1]),
        *(not turned[0], not turned[1], metadata),
    )


def _metadata(op: Opcode, a_type: str, k: int, operands: list[Operand]) -> Metadata:
    """Of a sparse A; the operands after B are the register and the selector."""
    if len(operands) < 3:
        raise op.unknown()
    found = Metadata(a_type, k, _immediate(op, operands[1]), ordered=False)
    if found.selector not in range(found.selectors):
        raise op.unknown()
    return found


def _immediate(op: Opcode, operand: Operand) -> int:
    if not isinstance(operand, Immediate):
        raise op.unknown()
    return int(operand.value)
