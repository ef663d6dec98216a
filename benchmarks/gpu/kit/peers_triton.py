"""The kernels of `triton_kernels.py` for a case; makers are as in `peers_torch.py`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import triton
import triton.language as tl
from kit import triton_kernels as kernels
from torch import Tensor

Launch = Callable[[], Tensor]
EPSILON = 1e-5


def tile(m: int, n: int, element_bytes: int) -> dict[str, Any]:
    """Sizes of a product's tile: of few rows a low one, of f32 a small one."""
    if m <= 64:
        return dict(BLOCK_M=16, BLOCK_N=64, BLOCK_K=128, num_warps=4, num_stages=4)
    if element_bytes == 4:
        return dict(BLOCK_M=64, BLOCK_N=64, BLOCK_K=32, num_warps=4, num_stages=3)
    return dict(BLOCK_M=128, BLOCK_N=128, BLOCK_K=64, num_warps=8, num_stages=3)


def product(a: Tensor, b: Tensor, bias: Tensor | None, layout: str, out: Tensor) -> Launch:
    (m, k), n = a.shape, out.shape[1]
    strides = (n, 1) if layout == "NN" else (1, k)
    sizes = tile(m, n, a.element_size())
    grid = (triton.cdiv(m, sizes["BLOCK_M"]) * triton.cdiv(n, sizes["BLOCK_N"]),)
    total = tl.int32 if a.dtype == torch.int8 else tl.float32
    more = dict(GROUP=8, GELU=bias is not None, SUM=total, **sizes)

    def launch() -> Tensor:
        kernels.matmul[grid](a, b, out, a if bias is None else bias, m, n, k, *strides, **more)
        return out

    return launch


def matmul(tensors: Sequence[Tensor], shape: tuple[int, ...], layout: str) -> Launch:
    a, b = tensors
    dtype = torch.int32 if a.dtype == torch.int8 else a.dtype
    return product(a, b, None, layout, torch.empty(shape, dtype=dtype, device=a.device))


def matmul_bias_gelu(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    x, w, bias = tensors
    return product(x, w, bias, "NN", torch.empty(shape, dtype=x.dtype, device=x.device))


def attention(tensors: Sequence[Tensor], shape: tuple[int, ...], causal: bool) -> Launch:
    q, k, v = tensors
    batch, heads, queries, depth = q.shape
    keys, group = k.shape[2], heads // k.shape[1]
    out = torch.empty_like(q)
    rows = 128 if queries > 64 else 16
    grid = (triton.cdiv(queries, rows) * batch * heads,)
    sizes = dict(DEPTH=depth, BLOCK_M=rows, BLOCK_N=64, CAUSAL=causal)
    options = dict(num_warps=8 if rows == 128 and depth == 128 else 4, num_stages=3)
    scale = 1 / math.sqrt(depth)

    def launch() -> Tensor:
        numbers = queries, keys, heads, group, scale
        kernels.attention[grid](q, k, v, out, *numbers, **sizes, **options)
        return out

    return launch


def of_rows(tensors: Sequence[Tensor], kernel: Any, *more: Any, **constants: Any) -> Launch:
    """A kernel that takes a row of the first tensor a program."""
    x = tensors[0]
    out = torch.empty_like(x)
    rows, columns = x.shape
    block = triton.next_power_of_2(columns)
    warps = min(16, max(4, block // 512))

    def launch() -> Tensor:
        numbers = columns, *more
        kernel[(rows,)](*tensors, out, *numbers, BLOCK=block, num_warps=warps, **constants)
        return out

    return launch


def softmax(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    return of_rows(tensors, kernels.softmax)


def layer_norm(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    return of_rows(tensors, kernels.layer_norm, EPSILON)


def rms_norm(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    x, scale = tensors
    return of_rows([x, x, scale], kernels.rms_norm, EPSILON, ADD=False)


def add_rms_norm(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    return of_rows(tensors, kernels.rms_norm, EPSILON, ADD=True)


def gelu(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    (x,) = tensors
    out, length = torch.empty_like(x), x.numel()

    def launch() -> Tensor:
        kernels.gelu[(triton.cdiv(length, 1024),)](x, out, length, BLOCK=1024)
        return out

    return launch


PEERS: dict[str, Callable[..., Any]] = {
    "matmul": matmul,
    "matmul_bias_gelu": matmul_bias_gelu,
    "attention": attention,
    "softmax": softmax,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "add_rms_norm": add_rms_norm,
    "gelu": gelu,
}
