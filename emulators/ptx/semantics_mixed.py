"""Arithmetic of halves with f32: the half is widened, which is exact, and the rest is f32's.

PTX ISA, section "Mixed Precision Floating Point Instructions" (sm_100 and later).
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.opcode import Opcode, Semantics, find_semantics, semantics
from clawc.emulators.ptx.values import Array, widened_bf16

_HALVES = {"add": 1, "sub": 1, "fma": 2}  # operands, from the first


@semantics(*_HALVES)
def mixed(op: Opcode) -> Semantics:
    narrow, wide = op.type(), op.type()
    if narrow not in ("f16", "bf16") or wide != "f32" or op.flag("ftz"):
        raise op.unknown()
    same = find_semantics(".".join([op.base, *op.rest, wide]))
    op.rest.clear()
    if same is None:
        raise op.unknown()
    count = _HALVES[op.base]

    def run(*operands: Array) -> Array:
        halves = (_widened(x, narrow) for x in operands[:count])
        return same.compute(*halves, *operands[count:])

    return Semantics(wide, (narrow,) * count + same.operands[count:], run)


def _widened(x: Array, type_: str) -> Array:
    return widened_bf16(x) if type_ == "bf16" else x.astype(np.float32)
