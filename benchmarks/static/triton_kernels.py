"""The programs as kernels in Triton's language, as its own tutorials write them."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def matmul(
    a, b, c, bias, m, n, k,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GELU: tl.constexpr,
    EVEN_K: tl.constexpr,
):  # fmt: skip
    """c[m, n] = a[m, k] b[k, n], a tile a program; with GELU: gelu(that + bias[n]) as f16."""
    tiles = tl.cdiv(n, BLOCK_N)
    i = tl.program_id(0) // tiles * BLOCK_M + tl.arange(0, BLOCK_M)
    j = tl.program_id(0) % tiles * BLOCK_N + tl.arange(0, BLOCK_N)
    inner = tl.arange(0, BLOCK_K)
    a_at = a + (i % m)[:, None] * k + inner[None, :]
    b_at = b + inner[:, None] * n + (j % n)[None, :]
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for done in range(0, k, BLOCK_K):
        if EVEN_K:
            left, right = tl.load(a_at), tl.load(b_at)
        else:
            left = tl.load(a_at, inner[None, :] < k - done, other=0.0)
            right = tl.load(b_at, inner[:, None] < k - done, other=0.0)
        total = tl.dot(left, right, total, input_precision="ieee")
        a_at += BLOCK_K
        b_at += BLOCK_K * n
    inside = (i[:, None] < m) & (j[None, :] < n)
    if GELU:
        total += tl.load(bias + j)[None, :]
        total = 0.5 * total * (1 + tl.erf(total * 0.7071067811865476))
    tl.store(c + i[:, None] * n + j[None, :], total.to(c.dtype.element_ty), inside)


@triton.jit
def attention(
    q, k, v, out, length,
    DIM: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    """Causal flash attention, forward; a block of queries of one head a program.  The keys before
    the block need no mask."""
    first = tl.program_id(0) * BLOCK_M
    head = tl.program_id(1) * length * DIM
    i, d = first + tl.arange(0, BLOCK_M), tl.arange(0, DIM)
    queries = tl.load(q + head + i[:, None] * DIM + d[None, :])
    largest = tl.full((BLOCK_M,), -float("inf"), tl.float32)
    weight = tl.zeros((BLOCK_M,), tl.float32)
    total = tl.zeros((BLOCK_M, DIM), tl.float32)
    for masked in tl.static_range(2):
        low = first if masked else 0
        high = first + BLOCK_M if masked else first
        for start in range(low, high, BLOCK_N):
            j = start + tl.arange(0, BLOCK_N)
            keys = tl.load(k + head + j[None, :] * DIM + d[:, None])
            scores = tl.dot(queries, keys) * (0.125 * 1.44269504)
            if masked:
                scores = tl.where(i[:, None] >= j[None, :], scores, -float("inf"))
            highest = tl.maximum(largest, tl.max(scores, 1))
            powers = tl.exp2(scores - highest[:, None])
            shrink = tl.exp2(largest - highest)
            weight = weight * shrink + tl.sum(powers, 1)
            values = tl.load(v + head + j[:, None] * DIM + d[None, :])
            total = tl.dot(powers.to(values.dtype), values, total * shrink[:, None])
            largest = highest
    result = (total / weight[:, None]).to(out.dtype.element_ty)
    tl.store(out + head + i[:, None] * DIM + d[None, :], result)


@triton.jit
def softmax(x, out, columns, BLOCK: tl.constexpr):
    """A row a program."""
    row, i = tl.program_id(0), tl.arange(0, BLOCK)
    values = tl.load(x + row * columns + i, i < columns, other=-float("inf"))
    powers = tl.exp(values - tl.max(values, 0))
    tl.store(out + row * columns + i, powers / tl.sum(powers, 0), i < columns)


@triton.jit
def rms_norm(x, scale, out, columns, BLOCK: tl.constexpr):
    """A row a program."""
    row, i = tl.program_id(0), tl.arange(0, BLOCK)
    values = tl.load(x + row * columns + i, i < columns, other=0.0).to(tl.float32)
    factor = tl.rsqrt(tl.sum(values * values, 0) / columns + 1e-5)
    result = values * factor * tl.load(scale + i, i < columns).to(tl.float32)
    tl.store(out + row * columns + i, result.to(out.dtype.element_ty), i < columns)


@triton.jit
def transpose(x, out, rows, columns, SIDE: tl.constexpr):
    """A square a program."""
    i = tl.program_id(0) * SIDE + tl.arange(0, SIDE)
    j = tl.program_id(1) * SIDE + tl.arange(0, SIDE)
    values = tl.load(x + i[:, None] * columns + j[None, :])
    tl.store(out + j[:, None] * rows + i[None, :], tl.trans(values))
