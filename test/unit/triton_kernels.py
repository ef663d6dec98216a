"""Kernels in Triton's language, as its own tutorials write them, for the emulators to run."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def affine(x, y, out, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = i < n
    tl.store(out + i, 2 * tl.load(x + i, inside) + tl.load(y + i, inside), inside)
