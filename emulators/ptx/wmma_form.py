"""The forms of `wmma`: types, shapes and the chips that have them, and how a warp holds a matrix.

PTX ISA, "Matrix multiply-accumulate operation using wmma instructions".  Which lane holds which
element is for the chip to decide, but the same for all accumulators of a shape here, so that code
may add, scale or convert them element by element: lanes hold equal parts of A by rows, of B by
columns, of the accumulators by rows.
"""

from __future__ import annotations

import re

import numpy as np

from clawc.emulators.ptx.layout import WARP
from clawc.emulators.ptx.matrix_fragment import MatrixFragment
from clawc.emulators.ptx.matrix_numbers import ELEMENT_BITS
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.target import check_target

_WIDE = ("m16n16k16", "m8n32k16", "m32n8k16")
_INPUTS = {  # types of A and B: shapes, types of the accumulators, the first chip
    "f16": (_WIDE, ("f16", "f32"), "sm_70"),
    "bf16": (_WIDE, ("f32",), "sm_80"),
    "tf32": (("m16n16k8",), ("f32",), "sm_80"),
    "f64": (("m8n8k4",), ("f64",), "sm_80"),
    **dict.fromkeys(("s8", "u8"), (_WIDE, ("s32",), "sm_72")),
    **dict.fromkeys(("s4", "u4"), (("m8n8k32",), ("s32",), "sm_75")),
    "b1": (("m8n8k128",), ("s32",), "sm_75"),
}
_HALVES_HELD = 16  # of A or B in f16 by a lane, more than its part: some or all are there twice
PARTS_OF_BYTES = ("s4", "u4", "b1")  # A is stored by rows only, B by columns


def take_shape(op: Opcode) -> str:
    """The shape, as it is written."""
    shape = next((word for word in op.rest if re.fullmatch(r"m\d+n\d+k\d+", word)), "")
    if not op.flag(shape):
        raise op.unknown()
    return shape


def input_types(op: Opcode, target: str, shape: str, sums: str) -> list[str]:
    """The types of A and B that have such a shape and such sums on the target."""
    found = [
        (name, first)
        for name, (shapes, results, first) in _INPUTS.items()
        if shape in shapes and sums in results
    ]
    if not found:
        raise op.unknown()
    earliest = min((first for _, first in found), key=lambda first: int(first[3:]))
    check_target(op, target, earliest)
    return [name for name, _ in found]


def check_inputs(op: Opcode, target: str, shape: str, type_: str) -> None:
    """Raise unless A and B may have the type, in the shape and on the target."""
    shapes, _, first = _INPUTS.get(type_, ((), (), ""))
    if shape not in shapes:
        raise op.unknown()
    check_target(op, target, first)


def fragment(which: str, shape: str, type_: str) -> MatrixFragment:
    """How a warp holds A, B, C or D."""
    m, n, k = map(int, re.findall(r"\d+", shape))
    rows, columns = {"a": (m, k), "b": (k, n)}.get(which, (m, n))
    order = np.arange(rows * columns)
    if which == "b":
        order = order.reshape(rows, columns).T.reshape(-1)
    places = order.reshape(WARP, -1)
    if type_ == "f16" and which in "ab":
        places = np.tile(places, (1, _HALVES_HELD // places.shape[1]))
    return MatrixFragment(type_, rows, columns, places)


def part_bytes(held: MatrixFragment) -> int:
    """What a lane holds of the matrix, each element once."""
    return held.rows * held.columns * ELEMENT_BITS[held.type_] // 8 // WARP
