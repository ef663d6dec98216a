"""Products of matrices and attention by Triton on any emulated chip, checked against NumPy."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import triton_kernels as kernels
from triton_runner import bits, run

RNG = np.random.default_rng(1)
F32 = np.finfo(np.float32).eps
DTYPES: dict[str, Any] = {
    **{"fp16": np.float16, "bf16": ml_dtypes.bfloat16, "fp32": np.float32},
    **{"fp8e4nv": ml_dtypes.float8_e4m3fn, "fp8e5": ml_dtypes.float8_e5m2},
}


def matrix(rows: int, columns: int, type_: str) -> np.ndarray:
    return RNG.standard_normal((rows, columns)).astype(np.float32).astype(DTYPES[type_])


def check_product(
    chip: str,
    type_: str,
    m: int,
    n: int,
    k: int,
    *,
    tile: tuple[int, int, int] = (64, 64, 64),
    turned: str = "",  # "a", "b": those whose columns lie together
    **settings: Any,
) -> str:
    """Run the kernel on some sizes; returns its text."""
    a, b = matrix(m, k, type_), matrix(k, n, type_)
    c = np.zeros((m, n), np.float32)
    strides = [*((1, m) if "a" in turned else (k, 1)), *((1, k) if "b" in turned else (n, 1))]
    names = ["a_row", "a_column", "b_row", "b_column"]
    together = {name: 1 for name, stride in zip(names, strides, strict=True) if stride == 1}
    apart = [stride for stride in strides if stride != 1]
    numbers = [m, n, k, *apart]
    even = [" i32:16" if number % 16 == 0 else " i32" for number in numbers]
    types = f"*{type_}:16 *{type_}:16 *fp32:16" + "".join(even)
    block = dict(zip(("BLOCK_M", "BLOCK_N", "BLOCK_K"), tile, strict=True))
    grid = -(-m // tile[0]) * -(-n // tile[1])
    stored = [
        np.ascontiguousarray(x.T) if name in turned else x for name, x in (("a", a), ("b", b))
    ]
    kernel = run(
        kernels.matmul, types, chip, grid, [*stored, c, *numbers],
        **settings, **block, **together,
    )  # fmt: skip
    left, right = a.astype(np.float64), b.astype(np.float64)
    # a rounding for each of the accumulator's sums; tf32 cuts off 13 bits of each operand
    bound = (k * F32 + (2 * 2.0**-10 if type_ == "fp32" else 0)) * (np.abs(left) @ np.abs(right))
    assert (np.abs(c - left @ right) <= bound).all()
    return kernel.code.decode(errors="replace")


def check_integers(chip: str) -> None:
    a, b = RNG.integers(-128, 128, (2, 64, 96)).astype(np.int8)
    c = np.zeros((64, 64), np.int32)
    types = "*i8:16 *i8:16 *i32:16"
    run(kernels.integer_matmul, types, chip, 1, [a[:, :64], b[:, :64], c], M=64, N=64, K=64)
    np.testing.assert_array_equal(c, a[:, :64].astype(np.int32) @ b[:, :64].astype(np.int32).T)


def check_attention(chip: str, type_: str, order: str) -> None:
    length, dim, scale = 150, 64, 0.125
    q, k, v = (matrix(length, dim, type_) for _ in range(3))
    out = np.zeros((length, dim), np.float32)
    pointers = " ".join([f"*{type_}:16"] * 3)
    run(
        kernels.attention, f"{pointers} *fp32:16 i32 fp32", chip, 3,
        [q, k, v, out, length, bits(scale)], order, DIM=dim, BLOCK_M=64, BLOCK_N=64,
    )  # fmt: skip
    wide_q, wide_k, wide_v = (x.astype(np.float64) for x in (q, k, v))
    powers = np.exp(scale * wide_q @ wide_k.T)
    weights = powers / powers.sum(1, keepdims=True)
    # the powers are rounded to the type before the second product; the scores are below 16
    unit = float(ml_dtypes.finfo(DTYPES[type_]).eps)
    assert (np.abs(out - weights @ wide_v) <= (unit + 200 * F32) * (weights @ np.abs(wide_v))).all()
