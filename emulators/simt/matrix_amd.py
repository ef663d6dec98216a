"""AMD's matrix instructions of a wave: who holds which element, as the manuals draw it.

Written from the manuals and not from the compiler's tables, so that one checks the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import ml_dtypes
import numpy as np
from mlir import ir

from clawc.emulators.simt.values import InterpreterError

Places = tuple[np.ndarray, np.ndarray]  # [lanes, elements]: row and column


def mfma(op: ir.Operation, operands: list[np.ndarray]) -> np.ndarray:
    """CDNA 3 ISA, "Matrix Arithmetic Instructions": one block of 32x32x8 or 16x16x16."""
    a, b, c, *controls = operands
    if any(control.any() for control in controls):
        raise InterpreterError(f"'{op.name}' with broadcasts or permutations is not known here")
    lane, side, deep = np.arange(64)[:, None], *_extents(op)[1:]
    run = a.shape[1]
    k = lane // side * run + np.arange(run)
    r = np.arange(c.shape[1])
    row = r % 4 + 8 * (r // 4) + 4 * (lane // 32) if side == 32 else r + 4 * (lane // 16)
    if run * 64 != side * deep:
        raise InterpreterError(f"'{op.name}' takes {side * deep // 64} elements, not {run}")
    return _product(op, a, b, c, (lane % side, k), (row, lane % side))


def wmma(op: ir.Operation, operands: list[np.ndarray]) -> np.ndarray:
    """RDNA 3 and 4 ISA, "Wave Matrix Multiply Accumulate": 16 elements a lane on RDNA 3, where both
    halves of the wave must hold the same, 8 on RDNA 4."""
    a, b, c = operands
    lane = np.arange(32)[:, None]
    column, half, r = lane % 16, lane // 16, np.arange(8)
    if a.shape[1] == 8:
        return _product(op, a, b, c, (column, 8 * half + r), (8 * half + r, column))
    k, undefined = np.arange(16), np.zeros(len(a) // 32, bool)
    for x in (a, b):
        halves = np.ascontiguousarray(x).view(np.uint16).reshape(-1, 2, 256)
        undefined |= (halves[:, 0] != halves[:, 1]).any(axis=1)
    result = _product(op, a, b, c, (column, k), (2 * r + half, column))
    result[np.repeat(undefined, 32)] = np.nan
    return result


def _extents(op: ir.Operation) -> tuple[int, ...]:
    found = re.search(r"f32\.(\d+)x(\d+)x(\d+)", op.name)
    if found is None:
        raise InterpreterError(f"'{op.name}' is no matrix instruction that is known here")
    return tuple(map(int, found.groups()))


def _product(
    op: ir.Operation, a: np.ndarray, b: np.ndarray, c: np.ndarray, held: Places, result: Places
) -> np.ndarray:
    """D = A B + C in f32; B is held as A is, transposed."""
    m, n, k = _extents(op)
    lanes = len(held[0])
    waves = len(a) // lanes
    left, right = np.zeros((waves, m, k), np.float32), np.zeros((waves, n, k), np.float32)
    left[:, held[0], held[1]] = _real(op, a).reshape(waves, lanes, -1)
    right[:, held[0], held[1]] = _real(op, b).reshape(waves, lanes, -1)
    total = np.zeros((waves, m, n), np.float32)
    total[:, result[0], result[1]] = c.reshape(waves, lanes, -1)
    total += left @ right.swapaxes(1, 2)
    return total[:, result[0], result[1]].reshape(len(a), -1)


def _real(op: ir.Operation, x: np.ndarray) -> np.ndarray:
    kind = ml_dtypes.bfloat16 if "bf16" in op.name else np.float16
    return np.ascontiguousarray(x).view(kind).astype(np.float32)


MATRIX: dict[str, Callable[[ir.Operation, list[np.ndarray]], np.ndarray]] = {
    "rocdl.mfma.f32.32x32x8f16": mfma,
    "rocdl.mfma.f32.16x16x16f16": mfma,
    "rocdl.mfma.f32.32x32x8bf16.1k": mfma,
    "rocdl.mfma.f32.16x16x16bf16.1k": mfma,
    "rocdl.wmma.f32.16x16x16.f16": wmma,
    "rocdl.wmma.f32.16x16x16.bf16": wmma,
}
