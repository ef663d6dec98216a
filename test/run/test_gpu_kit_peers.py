"""The kit's Triton kernels, in the emulator of a GPU that they are compiled for, against NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("triton")

import triton.language as tl  # noqa: E402
from kit import triton_kernels as kernels  # noqa: E402
from triton_runner import bits, run  # noqa: E402

CHIP = "sm_90"
ERF = np.vectorize(math.erf, otypes=[np.float64])


def normal(dtype: type, *shape: int, seed: int = 0) -> np.ndarray:
    x = np.random.default_rng([seed, *shape]).standard_normal(shape)
    return (4 * x).astype(dtype) if np.dtype(dtype).kind == "i" else x.astype(dtype)


def gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + ERF(x / np.sqrt(2)))


def close(got: np.ndarray, want: np.ndarray, bound: float) -> None:
    np.testing.assert_allclose(got.astype(np.float64), want, rtol=bound, atol=bound)


@pytest.mark.parametrize(
    ("types", "layout", "gelus"),
    [
        (("fp16", "fp16"), "NN", False),
        (("fp16", "fp16"), "NT", True),
        (("fp32", "fp32"), "NN", False),
        (("i8", "i32"), "NN", False),
    ],
)
def test_matmul(types, layout, gelus):
    named = {"fp16": np.float16, "fp32": np.float32, "i8": np.int8, "i32": np.int32}
    m, n, k = 33, 48, 64
    a, b = normal(named[types[0]], m, k), normal(named[types[0]], k, n, seed=1)
    bias = normal(named[types[0]], n, seed=2)
    c = np.zeros((m, n), named[types[1]])
    stored = np.ascontiguousarray(b if layout == "NN" else b.T)
    strides = (n, 1) if layout == "NN" else (1, k)
    sizes = dict(BLOCK_M=16, BLOCK_N=32, BLOCK_K=32, GROUP=2, GELU=gelus)
    pointers = f"*{types[0]}:16 *{types[0]}:16 *{types[1]}:16 *{types[0]}:16"
    total = tl.int32 if types[1] == "i32" else tl.float32
    arguments = [a, stored, c, bias, m, n, k, *strides]
    run(
        kernels.matmul,
        f"{pointers} i32 i32 i32 i32 i32",
        CHIP,
        3 * 2,
        arguments,
        SUM=total,
        **sizes,
    )
    want = a.astype(np.float64) @ b.astype(np.float64)
    if types[1] == "i32":
        np.testing.assert_array_equal(c, want)
    else:
        want = gelu(want + bias.astype(np.float64)) if gelus else want
        close(c, want, 2e-2 if types[0] == "fp16" else 1e-4)


@pytest.mark.parametrize("causal", [False, True])
def test_attention(causal):
    heads, group, queries, keys, depth = 2, 2, 20, 20, 16
    q = normal(np.float16, heads, queries, depth)
    k, v = (normal(np.float16, heads // group, keys, depth, seed=n) for n in (1, 2))
    out = np.zeros_like(q)
    grid, scale = 2 * heads, 1 / math.sqrt(depth)
    types = "*fp16:16 *fp16:16 *fp16:16 *fp16:16 i32 i32 i32 i32 fp32"
    sizes = dict(DEPTH=depth, BLOCK_M=16, BLOCK_N=16, CAUSAL=causal)
    numbers = [queries, keys, heads, group, bits(scale)]
    run(kernels.attention, types, CHIP, grid, [q, k, v, out, *numbers], **sizes)
    q, k, v = (x.astype(np.float64) for x in (q, k.repeat(group, 0), v.repeat(group, 0)))
    scores = q @ k.transpose(0, 2, 1) * scale
    if causal:
        scores = np.where(np.tri(queries, keys, dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    close(out, weights / weights.sum(-1, keepdims=True) @ v, 5e-3)


def test_rows():
    rows, columns, block = 2, 777, 1024
    x, residual = normal(np.float16, rows, columns), normal(np.float16, rows, columns, seed=1)
    scale, bias = normal(np.float16, columns, seed=2), normal(np.float16, columns, seed=3)
    wide, more, factor, shift = (a.astype(np.float64) for a in (x, residual, scale, bias))
    out, half = np.zeros_like(x), "*fp16:16"
    run(kernels.softmax, f"{half} {half} i32", CHIP, rows, [x, out, columns], BLOCK=block)
    powers = np.exp(wide)
    close(out, powers / powers.sum(1, keepdims=True), 2e-3)
    given = [x, scale, bias, out, columns, bits(1e-5)]
    run(kernels.layer_norm, f"{half} {half} {half} {half} i32 fp32", CHIP, rows, given, BLOCK=block)
    deviations = wide - wide.mean(1, keepdims=True)
    spread = np.sqrt((deviations**2).mean(1, keepdims=True) + 1e-5)
    close(out, deviations / spread * factor + shift, 5e-3)
    for add in (False, True):
        given = [x, residual, scale, out, columns, bits(1e-5)]
        types = f"{half} {half} {half} {half} i32 fp32"
        run(kernels.rms_norm, types, CHIP, rows, given, BLOCK=block, ADD=add)
        total = wide + add * more
        close(out, total / np.sqrt((total**2).mean(1, keepdims=True) + 1e-5) * factor, 5e-3)


def test_gelu():
    x = normal(np.float16, 300)
    out = np.zeros_like(x)
    run(kernels.gelu, "*fp16:16 *fp16:16 i32", CHIP, 3, [x, out, 300], BLOCK=128)
    close(out, gelu(x.astype(np.float64)), 2e-3)
