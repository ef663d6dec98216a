"""Plain kernels in Triton's language, of our own writing: no tuning, no tricks of one chip.

Each has the sizes that Triton's tutorials and documentation recommend for large matrices; what a
tuned library does beyond that shows in PyTorch's column.
"""

from __future__ import annotations

import triton
import triton.language as tl

LOG2E = tl.constexpr(1.4426950408889634)


@triton.jit
def gelu_of(x):
    return 0.5 * x * (1.0 + tl.erf(x * 0.7071067811865476))


@triton.jit
def matmul(
    a, b, c, bias, m, n, k, b_row, b_column,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
    GROUP: tl.constexpr, GELU: tl.constexpr, SUM: tl.constexpr,
):  # fmt: skip
    """c[m, n] = a[m, k] b[k, n], with GELU of that and a bias; a tile of c a program.

    Tiles are walked GROUP rows of them at a time, so that their operands stay in the cache.
    """
    across, down = tl.cdiv(n, BLOCK_N), tl.cdiv(m, BLOCK_M)
    group = tl.program_id(0) // (GROUP * across)
    rows = tl.minimum(down - group * GROUP, GROUP)
    within = tl.program_id(0) % (GROUP * across)
    i = (group * GROUP + within % rows) * BLOCK_M + tl.arange(0, BLOCK_M)
    j = within // rows * BLOCK_N + tl.arange(0, BLOCK_N)
    inner = tl.arange(0, BLOCK_K)
    a_at = a + i[:, None].to(tl.int64) * k + inner[None, :]
    b_at = b + inner[:, None].to(tl.int64) * b_row + j[None, :].to(tl.int64) * b_column
    total = tl.zeros((BLOCK_M, BLOCK_N), SUM)
    for done in range(0, k, BLOCK_K):
        left = tl.load(a_at, (i[:, None] < m) & (inner[None, :] < k - done), other=0)
        right = tl.load(b_at, (inner[:, None] < k - done) & (j[None, :] < n), other=0)
        total = tl.dot(left, right, total, input_precision="ieee", out_dtype=SUM)
        a_at += BLOCK_K
        b_at += BLOCK_K * b_row
    if GELU:
        total = gelu_of(total + tl.load(bias + j, j < n, other=0.0)[None, :].to(tl.float32))
    inside = (i[:, None] < m) & (j[None, :] < n)
    tl.store(c + i[:, None].to(tl.int64) * n + j[None, :], total.to(c.dtype.element_ty), inside)


@triton.jit
def attention(
    q, k, v, out, queries, keys, heads, group, scale,
    DEPTH: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, CAUSAL: tl.constexpr,
):  # fmt: skip
    """Attention in one pass over the keys, with the maximum and the sum so far; a block of the
    queries of a head a program.  `group` query heads share one of keys."""
    blocks = tl.cdiv(queries, BLOCK_M)
    head, block = tl.program_id(0) // blocks, tl.program_id(0) % blocks
    i = block * BLOCK_M + tl.arange(0, BLOCK_M)
    d = tl.arange(0, DEPTH)
    own = head.to(tl.int64) * queries * DEPTH
    shared = (head // heads * (heads // group) + head % heads // group).to(tl.int64) * keys * DEPTH
    at = own + i[:, None] * DEPTH + d[None, :]
    query = tl.load(q + at, i[:, None] < queries, other=0.0)
    largest = tl.full((BLOCK_M,), -float("inf"), tl.float32)
    weight = tl.zeros((BLOCK_M,), tl.float32)
    total = tl.zeros((BLOCK_M, DEPTH), tl.float32)
    end = keys
    if CAUSAL:
        end = tl.minimum(keys, (block + 1) * BLOCK_M)
    for start in range(0, end, BLOCK_N):
        j = start + tl.arange(0, BLOCK_N)
        key = tl.load(k + shared + j[None, :] * DEPTH + d[:, None], j[None, :] < keys, other=0.0)
        scores = tl.dot(query, key) * (scale * LOG2E)
        seen = j[None, :] < keys
        if CAUSAL:
            seen = seen & (j[None, :] <= i[:, None])
        scores = tl.where(seen, scores, -float("inf"))
        highest = tl.maximum(largest, tl.max(scores, 1))
        powers = tl.exp2(scores - highest[:, None])
        shrink = tl.exp2(largest - highest)
        weight = weight * shrink + tl.sum(powers, 1)
        value = tl.load(v + shared + j[:, None] * DEPTH + d[None, :], j[:, None] < keys, other=0.0)
        total = tl.dot(powers.to(value.dtype), value, total * shrink[:, None])
        largest = highest
    result = (total / weight[:, None]).to(out.dtype.element_ty)
    tl.store(out + at, result, i[:, None] < queries)


@triton.jit
def softmax(x, out, columns, BLOCK: tl.constexpr):
    """A row a program."""
    at = tl.program_id(0).to(tl.int64) * columns
    i = tl.arange(0, BLOCK)
    inside = i < columns
    values = tl.load(x + at + i, inside, other=-float("inf")).to(tl.float32)
    powers = tl.exp2((values - tl.max(values, 0)) * LOG2E)
    tl.store(out + at + i, (powers / tl.sum(powers, 0)).to(out.dtype.element_ty), inside)


@triton.jit
def layer_norm(x, scale, bias, out, columns, epsilon, BLOCK: tl.constexpr):
    """A row a program."""
    at = tl.program_id(0).to(tl.int64) * columns
    i = tl.arange(0, BLOCK)
    inside = i < columns
    values = tl.load(x + at + i, inside, other=0.0).to(tl.float32)
    centred = tl.where(inside, values - tl.sum(values, 0) / columns, 0.0)
    inverse = tl.rsqrt(tl.sum(centred * centred, 0) / columns + epsilon)
    factor = tl.load(scale + i, inside, other=0.0).to(tl.float32)
    result = centred * inverse * factor + tl.load(bias + i, inside, other=0.0).to(tl.float32)
    tl.store(out + at + i, result.to(out.dtype.element_ty), inside)


@triton.jit
def rms_norm(x, residual, scale, out, columns, epsilon, BLOCK: tl.constexpr, ADD: tl.constexpr):
    """A row a program; with ADD of the sum of two rows."""
    at = tl.program_id(0).to(tl.int64) * columns
    i = tl.arange(0, BLOCK)
    inside = i < columns
    values = tl.load(x + at + i, inside, other=0.0).to(tl.float32)
    if ADD:
        values += tl.load(residual + at + i, inside, other=0.0).to(tl.float32)
    inverse = tl.rsqrt(tl.sum(values * values, 0) / columns + epsilon)
    factor = tl.load(scale + i, inside, other=0.0).to(tl.float32)
    tl.store(out + at + i, (values * inverse * factor).to(out.dtype.element_ty), inside)


@triton.jit
def gelu(x, out, length, BLOCK: tl.constexpr):
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = i < length
    result = gelu_of(tl.load(x + i, inside, other=0.0).to(tl.float32))
    tl.store(out + i, result.to(out.dtype.element_ty), inside)
