"""Tensors of PyTorch as arrays that the runtime takes, and back, without a copy on the host."""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from clawc.chips.dtypes import DTYPES

# NumPy has these as types of ml_dtypes; the bits of a tensor pass as integers.
_BY_BITS = {
    torch.bfloat16: ("bf16", torch.int16),
    torch.float8_e4m3fn: ("f8E4M3FN", torch.int8),
    torch.float8_e5m2: ("f8E5M2", torch.int8),
    torch.float8_e4m3fnuz: ("f8E4M3FNUZ", torch.int8),
    torch.float8_e5m2fnuz: ("f8E5M2FNUZ", torch.int8),
}
# MLIR's integers have no sign of their own.
_UNSIGNED = {torch.uint8: np.int8, torch.uint16: np.int16, torch.uint32: np.int32}


def array_of(value: Any) -> Any:
    """The values of a tensor, where they are if they lie close together on the host; a number as it
    is.  A gradient is not followed."""
    if not isinstance(value, torch.Tensor):
        return value
    tensor = value.detach().resolve_conj().resolve_neg().cpu()
    if tensor.dtype in _BY_BITS:
        name, bits = _BY_BITS[tensor.dtype]
        return tensor.view(bits).numpy().view(DTYPES[name])
    array = tensor.numpy()
    return array.view(_UNSIGNED[tensor.dtype]) if tensor.dtype in _UNSIGNED else array


def tensor_of(array: np.ndarray, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """The tensor of PyTorch's `dtype` that `array` holds, on `device`."""
    if dtype in _BY_BITS:
        bits = array.view(np.dtype(f"i{array.itemsize}"))
        return torch.from_numpy(bits).view(dtype).to(device)
    tensor = torch.from_numpy(array)
    return (tensor.view(dtype) if dtype in _UNSIGNED else tensor.to(dtype)).to(device)
