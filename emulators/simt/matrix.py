"""NVIDIA's matrix instructions of a warp: who holds which element, as the vendors' manuals draw it.

Written from the manuals and not from the compiler's tables, so that one checks the other.
"""

from __future__ import annotations

import re

import ml_dtypes
import numpy as np
from mlir import ir

from clawc.emulators.simt.values import InterpreterError

_WARP = 32
_PAIRS = {"f16": np.float16, "bf16": ml_dtypes.bfloat16}


def mma_sync(op: ir.Operation, operands: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """D = A B + C of 16xK by Kx8, K 8 or 16; PTX ISA, "Matrix Fragments for mma.m16n8k16"."""
    kind = re.search(r"<(\w+)>", str(op.attributes["multiplicandAPtxType"]))
    if kind is None or kind[1] not in _PAIRS:
        raise InterpreterError(f"'nvvm.mma.sync' of {op.attributes['multiplicandAPtxType']}")
    n_a, n_b, _ = ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"])
    a, b, c = operands[:n_a], operands[n_a : n_a + n_b], operands[n_a + n_b :]
    warps = len(c[0]) // _WARP
    lane = np.arange(_WARP)
    group, pair = lane // 4, lane % 4 * 2
    k = 8 * n_b
    left = np.zeros((warps, 16, k), np.float32)
    right = np.zeros((warps, k, 8), np.float32)
    result = np.zeros((warps, 16, 8), np.float32)
    for half in range(2):
        for i, word in enumerate(a):
            values = _halves(word, kind[1])[:, :, half]
            left[:, group + 8 * (i % 2), pair + half + 8 * (i // 2)] = values
        for i, word in enumerate(b):
            right[:, pair + half + 8 * i, group] = _halves(word, kind[1])[:, :, half]
    for i, value in enumerate(c):
        result[:, group + 8 * (i // 2), pair + i % 2] = value.reshape(warps, _WARP)
    result += left @ right
    return tuple(result[:, group + 8 * (i // 2), pair + i % 2].reshape(-1) for i in range(len(c)))


def _halves(word: np.ndarray, kind: str) -> np.ndarray:
    """[warps, lanes, 2] of 32-bit registers, however they are typed."""
    pairs = np.ascontiguousarray(word).reshape(len(word), -1).view(_PAIRS[kind])
    return pairs.reshape(-1, _WARP, 2).astype(np.float32)


def rows_to_fragments(rows: np.ndarray, count: int, transposed: bool) -> tuple[np.ndarray, ...]:
    """ldmatrix: rows [lanes, 8] of 16 bits as lanes point at them -> a 32-bit register a matrix."""
    lane = np.arange(_WARP)
    matrices = np.ascontiguousarray(rows).view(np.uint16).reshape(-1, _WARP, 8)
    words = []
    for i in range(count):
        matrix = matrices[:, 8 * i : 8 * i + 8, :]
        if transposed:
            matrix = matrix.swapaxes(1, 2)
        parts = [matrix[:, lane // 4, lane % 4 * 2 + e].astype(np.uint32) for e in range(2)]
        words.append((parts[0] | parts[1] << 16).reshape(-1).view(np.int32))
    return tuple(words)
