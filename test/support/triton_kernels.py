"""Kernels in Triton's language, as its own tutorials write them, for the emulators to run."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def affine(x, y, out, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = i < n
    tl.store(out + i, 2 * tl.load(x + i, inside) + tl.load(y + i, inside), inside)


@triton.jit
def softmax(x, out, columns, BLOCK: tl.constexpr):
    """A row a program."""
    row, i = tl.program_id(0), tl.arange(0, BLOCK)
    inside = i < columns
    values = tl.load(x + row * columns + i, inside, other=-float("inf")).to(tl.float32)
    powers = tl.exp(values - tl.max(values, 0))
    tl.store(out + row * columns + i, powers / tl.sum(powers, 0), inside)


@triton.jit
def layer_norm(x, weight, bias, out, columns, epsilon, BLOCK: tl.constexpr):
    """A row a program."""
    row, i = tl.program_id(0), tl.arange(0, BLOCK)
    inside = i < columns
    values = tl.load(x + row * columns + i, inside, other=0.0).to(tl.float32)
    centred = tl.where(inside, values - tl.sum(values, 0) / columns, 0.0)
    scale = tl.rsqrt(tl.sum(centred * centred, 0) / columns + epsilon)
    result = centred * scale * tl.load(weight + i, inside) + tl.load(bias + i, inside)
    tl.store(out + row * columns + i, result, inside)


@triton.jit
def matmul(
    a, b, c, m, n, k, a_row, a_column, b_row, b_column,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    """c[m, n] = a[m, k] b[k, n]; a tile of c a program; the strides say how a and b lie."""
    tiles = tl.cdiv(n, BLOCK_N)
    i = tl.program_id(0) // tiles * BLOCK_M + tl.arange(0, BLOCK_M)
    j = tl.program_id(0) % tiles * BLOCK_N + tl.arange(0, BLOCK_N)
    inner = tl.arange(0, BLOCK_K)
    a_at = a + i[:, None] * a_row + inner[None, :] * a_column
    b_at = b + inner[:, None] * b_row + j[None, :] * b_column
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for done in range(0, k, BLOCK_K):
        left = tl.load(a_at, (i[:, None] < m) & (inner[None, :] < k - done), other=0.0)
        right = tl.load(b_at, (inner[:, None] < k - done) & (j[None, :] < n), other=0.0)
        total = tl.dot(left, right, total)
        a_at += BLOCK_K * a_column
        b_at += BLOCK_K * b_row
    inside = (i[:, None] < m) & (j[None, :] < n)
    tl.store(c + i[:, None] * n + j[None, :], total, inside)


@triton.jit
def integer_matmul(a, b, c, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    """8-bit integers, one program."""
    i, j, inner = tl.arange(0, M), tl.arange(0, N), tl.arange(0, K)
    left = tl.load(a + i[:, None] * K + inner[None, :])
    right = tl.load(b + inner[:, None] + j[None, :] * K)
    total = tl.dot(left, right, out_dtype=tl.int32)
    tl.store(c + i[:, None] * N + j[None, :], total)


@triton.jit
def attention(
    q, k, v, out, length, scale,
    DIM: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    """Flash attention of one head, forward; a block of queries a program."""
    i = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    d = tl.arange(0, DIM)
    queries = tl.load(q + i[:, None] * DIM + d[None, :], i[:, None] < length, other=0.0)
    largest = tl.full((BLOCK_M,), -float("inf"), tl.float32)
    weight = tl.zeros((BLOCK_M,), tl.float32)
    total = tl.zeros((BLOCK_M, DIM), tl.float32)
    for start in range(0, length, BLOCK_N):
        j = start + tl.arange(0, BLOCK_N)
        keys = tl.load(k + j[None, :] * DIM + d[:, None], j[None, :] < length, other=0.0)
        scores = tl.dot(queries, keys) * (scale * 1.44269504)
        scores = tl.where(j[None, :] < length, scores, -float("inf"))
        highest = tl.maximum(largest, tl.max(scores, 1))
        powers = tl.exp2(scores - highest[:, None])
        shrink = tl.exp2(largest - highest)
        weight = weight * shrink + tl.sum(powers, 1)
        values = tl.load(v + j[:, None] * DIM + d[None, :], j[:, None] < length, other=0.0)
        total = tl.dot(powers.to(values.dtype), values, total * shrink[:, None])
        largest = highest
    result = total / weight[:, None]
    tl.store(out + i[:, None] * DIM + d[None, :], result, i[:, None] < length)


@triton.jit
def sums_by_key(x, keys, out, n, BLOCK: tl.constexpr):
    """out[keys[i]] += x[i], with atomics."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = i < n
    tl.atomic_add(out + tl.load(keys + i, inside, other=0), tl.load(x + i, inside), inside)


@triton.jit
def running_sum(x, out, columns, BLOCK: tl.constexpr):
    """A row a program."""
    row, i = tl.program_id(0), tl.arange(0, BLOCK)
    values = tl.load(x + row * columns + i, i < columns, other=0.0)
    tl.store(out + row * columns + i, tl.cumsum(values, 0), i < columns)


@triton.jit
def gathered(x, index, out, SIZE: tl.constexpr):
    """out[i] = x[index[i]], within registers and shared memory."""
    i = tl.arange(0, SIZE)
    tl.store(out + i, tl.gather(tl.load(x + i), tl.load(index + i), 0))


@triton.jit
def sorted_rows(x, out, SIZE: tl.constexpr):
    """A row a program."""
    at = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    tl.store(out + at, tl.sort(tl.load(x + at)))


@triton.jit
def arg_max(x, out, index, columns, BLOCK: tl.constexpr):
    """A row a program: the largest, and the first place of it."""
    row, i = tl.program_id(0), tl.arange(0, BLOCK)
    values = tl.load(x + row * columns + i, i < columns, other=-float("inf"))
    best, place = tl.max(values, 0, return_indices=True)
    tl.store(out + row, best)
    tl.store(index + row, place)


@triton.jit
def described_matmul(
    a, b, c, n, k,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
    SPECIALIZE: tl.constexpr = False,
):  # fmt: skip
    """c[m, n] = a[m, k] b[k, n] by descriptors of tensors, which the host makes.

    SPECIALIZE: some warps copy and others compute.
    """
    tiles = tl.cdiv(n, BLOCK_N)
    i = tl.program_id(0) // tiles * BLOCK_M
    j = tl.program_id(0) % tiles * BLOCK_N
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for inner in tl.range(0, k, BLOCK_K, warp_specialize=SPECIALIZE):
        total = tl.dot(a.load([i, inner]), b.load([inner, j]), total)
    c.store([i, j], total.to(c.dtype))


@triton.jit
def describing_matmul(
    a, b, c, m, n, k,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    """The same by descriptors that the kernel makes."""
    left = tl.make_tensor_descriptor(a, [m, k], [k, 1], [BLOCK_M, BLOCK_K])
    right = tl.make_tensor_descriptor(b, [k, n], [n, 1], [BLOCK_K, BLOCK_N])
    result = tl.make_tensor_descriptor(c, [m, n], [n, 1], [BLOCK_M, BLOCK_N])
    described_matmul(left, right, result, n, k, BLOCK_M, BLOCK_N, BLOCK_K)


@triton.jit
def reduced(out, x, KIND: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """out = out KIND x[program], for all programs at the same place (out is a descriptor)."""
    i, j = tl.arange(0, ROWS), tl.arange(0, COLUMNS)
    at = (tl.program_id(0) * ROWS + i[:, None]) * COLUMNS + j[None, :]
    values = tl.load(x + at)
    if KIND == "add":
        out.atomic_add([0, 0], values)
    elif KIND == "min":
        out.atomic_min([0, 0], values)
    elif KIND == "max":
        out.atomic_max([0, 0], values)
    elif KIND == "and":
        out.atomic_and([0, 0], values)
    else:
        out.atomic_xor([0, 0], values)


@triton.jit
def scaled_matmul(
    a, a_scale, b, b_scale, c, N: tl.constexpr, K: tl.constexpr,
    A_TYPE: tl.constexpr, A_HELD: tl.constexpr, B_TYPE: tl.constexpr, B_HELD: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """A tile of BLOCK x N; `A_HELD` elements of A lie in a byte, and each 32 have a scale."""
    i, j, scales = tl.arange(0, BLOCK), tl.arange(0, N), tl.arange(0, K // 32)
    of_a, of_b = tl.arange(0, K // A_HELD), tl.arange(0, K // B_HELD)
    left = tl.load(a + i[:, None] * (K // A_HELD) + of_a[None, :])
    right = tl.load(b + of_b[:, None] * N + j[None, :])
    left_scale = tl.load(a_scale + i[:, None] * (K // 32) + scales[None, :])
    right_scale = tl.load(b_scale + j[:, None] * (K // 32) + scales[None, :])
    total = tl.dot_scaled(left, left_scale, A_TYPE, right, right_scale, B_TYPE)
    tl.store(c + i[:, None] * N + j[None, :], total)


@triton.jit
def described_attention(
    q, k, v, out, length, scale,
    DIM: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, SPECIALIZE: tl.constexpr,
):  # fmt: skip
    """Flash attention of one head by descriptors of tensors, whose length the blocks divide."""
    first = tl.program_id(0) * BLOCK_M
    queries = q.load([first, 0])
    largest = tl.full((BLOCK_M,), -float("inf"), tl.float32)
    weight = tl.zeros((BLOCK_M,), tl.float32)
    total = tl.zeros((BLOCK_M, DIM), tl.float32)
    for start in tl.range(0, length, BLOCK_N, warp_specialize=SPECIALIZE):
        scores = tl.dot(queries, k.load([start, 0]).T) * (scale * 1.44269504)
        highest = tl.maximum(largest, tl.max(scores, 1))
        powers = tl.exp2(scores - highest[:, None])
        shrink = tl.exp2(largest - highest)
        weight = weight * shrink + tl.sum(powers, 1)
        total = tl.dot(powers.to(v.dtype), v.load([start, 0]), total * shrink[:, None])
        largest = highest
    out.store([first, 0], (total / weight[:, None]).to(out.dtype))


@triton.jit
def half_scaled_matmul(
    a, b, b_scale, c, N: tl.constexpr, K: tl.constexpr, A_TYPE: tl.constexpr,
    B_TYPE: tl.constexpr, B_HELD: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """The same with an A of 16 bits, which has no scales."""
    i, j, scales = tl.arange(0, BLOCK), tl.arange(0, N), tl.arange(0, K // 32)
    of_a, of_b = tl.arange(0, K), tl.arange(0, K // B_HELD)
    left = tl.load(a + i[:, None] * K + of_a[None, :])
    right = tl.load(b + of_b[:, None] * N + j[None, :])
    right_scale = tl.load(b_scale + j[:, None] * (K // 32) + scales[None, :])
    total = tl.dot_scaled(left, None, A_TYPE, right, right_scale, B_TYPE)
    tl.store(c + i[:, None] * N + j[None, :], total)


@triton.jit
def converted(x, out, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    tl.store(out + i, tl.load(x + i).to(out.dtype.element_ty))
