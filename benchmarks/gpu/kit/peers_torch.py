"""What PyTorch offers for a case: cuBLAS, cuDNN, its attention and its own kernels.

A maker takes the tensors of the inputs and the result's shape, and gives a call that launches the
work and returns the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from clawc.chips.dtypes import DTYPES

Launch = Callable[[], Tensor]


def use_stream(index: int, stream: int) -> str:
    """Let PyTorch and Triton launch where we do; the name of the place."""
    place = f"cuda:{index}"
    torch.cuda.set_stream(torch.cuda.ExternalStream(stream, device=place))
    return place


def tensor(array: np.ndarray, dtype: str, place: str) -> Tensor:
    """An array on the device; NumPy and PyTorch share no bf16."""
    if dtype == "bf16":
        return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16).to(place)
    return torch.from_numpy(np.array(array)).to(place)


def array(value: Tensor, dtype: str) -> np.ndarray:
    value = value.detach().contiguous().cpu()
    if dtype == "bf16":
        return value.view(torch.int16).numpy().view(DTYPES["bf16"])
    return value.numpy()


def matmul(tensors: Sequence[Tensor], shape: tuple[int, ...], layout: str) -> Launch:
    a, b = tensors
    b = b if layout == "NN" else b.t()
    if a.dtype == torch.int8:
        return lambda: torch._int_mm(a, b)
    out = torch.empty(shape, dtype=a.dtype, device=a.device)
    return lambda: torch.matmul(a, b, out=out)


def matmul_bias_gelu(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    x, w, bias = tensors
    return lambda: F.gelu(torch.addmm(bias, x, w))


def attention(tensors: Sequence[Tensor], shape: tuple[int, ...], causal: bool) -> Launch:
    q, k, v = tensors
    return lambda: F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=True)


def conv2d(tensors: Sequence[Tensor], shape: tuple[int, ...], layout: str) -> Launch:
    x, w = tensors
    if layout == "nchw":
        return lambda: F.conv2d(x, w, padding=1)
    x = x.permute(0, 3, 1, 2)  # a view, which is in the memory format "channels last"
    w = w.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    return lambda: F.conv2d(x, w, padding=1).permute(0, 2, 3, 1)


def layer_norm(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    x, scale, bias = tensors
    return lambda: F.layer_norm(x, shape[-1:], scale, bias, 1e-5)


def rms_norm(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    x, scale = tensors
    return lambda: F.rms_norm(x, shape[-1:], scale, 1e-5)


def add_rms_norm(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    x, residual, scale = tensors
    return lambda: F.rms_norm(x + residual, shape[-1:], scale, 1e-5)


def of_one(function: Callable[[Tensor], Tensor]) -> Callable[..., Launch]:
    """A maker of what has one input."""

    def make(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
        return lambda: function(tensors[0])

    return make


def ten_matmuls(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Launch:
    def launch() -> Tensor:
        result, factor = tensors
        for _ in range(10):
            result = result @ factor
        return result

    return launch


PEERS: dict[str, Callable[..., Any]] = {
    "matmul": matmul,
    "matmul_bias_gelu": matmul_bias_gelu,
    "attention": attention,
    "conv2d": conv2d,
    "softmax": of_one(lambda x: torch.softmax(x, -1)),
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "add_rms_norm": add_rms_norm,
    "gelu": of_one(F.gelu),
    "transpose": of_one(lambda x: x.t().contiguous()),
    "sum": of_one(torch.sum),
    "cumsum": of_one(lambda x: torch.cumsum(x, 0)),
    "neg": of_one(torch.neg),
    "ten_matmuls": ten_matmuls,
}
