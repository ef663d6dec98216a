"""claw operations on whole tensors in NumPy, on float64, int64 and bool arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from clawc.dialects.window_ops import sides

Array = NDArray
Axes = Sequence[int]


def _swapped(x: Array, swap: bool) -> Array:
    return np.swapaxes(x, -1, -2) if swap else x


def matmul(
    lhs: Array, rhs: Array, transpose_lhs: bool = False, transpose_rhs: bool = False
) -> Array:
    """Also `batch_matmul`."""
    return _swapped(lhs, transpose_lhs) @ _swapped(rhs, transpose_rhs)


def broadcast(x: Array, shape: Axes, dims: Axes | None = None) -> Array:
    if dims is not None:
        sizes = [1] * len(shape)
        for axis, size in zip(dims, x.shape, strict=True):
            sizes[axis] = size
        x = x.reshape(sizes)
    return np.broadcast_to(x, shape)


def transpose(x: Array, permutation: Axes) -> Array:
    return np.transpose(x, permutation)


def reshape(x: Array, shape: Axes) -> Array:
    return x.reshape(shape)


def iota(shape: Axes, axis: int = -1) -> Array:
    along = [1] * len(shape)
    along[axis] = shape[axis]
    return np.broadcast_to(np.arange(shape[axis]).reshape(along), shape)


def reduce(x: Array, kind: str, axes: Axes, keepdims: bool = False) -> Array:
    along = tuple(axes)
    if kind == "mean":
        count = math.prod(x.shape[axis] for axis in along)
        total = np.sum(x, along, keepdims=keepdims)
        if x.dtype.kind == "i":
            return np.sign(total) * (np.abs(total) // max(count, 1))
        return np.divide(total, count)
    if kind in ("max", "min"):
        combine = np.maximum if kind == "max" else np.minimum
        return combine.reduce(x, along, keepdims=keepdims, initial=_extreme(x, kind))
    ufuncs = {"sum": np.add, "prod": np.multiply, "and": np.bitwise_and, "or": np.bitwise_or}
    return ufuncs[kind].reduce(x, along, keepdims=keepdims)


def _extreme(x: Array, kind: str) -> float | int | bool:
    """What never wins a maximum or minimum."""
    sign = -1 if kind == "max" else 1
    if x.dtype.kind == "b":
        return kind == "min"
    if x.dtype.kind == "f":
        return sign * math.inf
    limits = np.iinfo(x.dtype)
    return int(limits.min if kind == "max" else limits.max)


def softmax(x: Array, axis: int = -1) -> Array:
    powers = np.exp(x - np.max(x, axis, keepdims=True, initial=-np.inf))
    return powers / np.sum(powers, axis, keepdims=True)


def layer_norm(
    x: Array,
    scale: Array | None = None,
    bias: Array | None = None,
    axis: int = -1,
    eps: float = 1e-5,
) -> Array:
    along = tuple(range(axis % x.ndim, x.ndim))
    count = math.prod(x.shape[a] for a in along)
    centered = x - np.divide(np.sum(x, along, keepdims=True), count)
    variance = np.divide(np.sum(centered**2, along, keepdims=True), count)
    normalized = centered / np.sqrt(variance + eps)
    return normalized * (1.0 if scale is None else scale) + (0.0 if bias is None else bias)


def rms_norm(x: Array, scale: Array | None = None, axis: int = -1, eps: float = 1e-5) -> Array:
    along = tuple(range(axis % x.ndim, x.ndim))
    count = math.prod(x.shape[a] for a in along)
    mean = np.divide(np.sum(x**2, along, keepdims=True), count)
    return x / np.sqrt(mean + eps) * (1.0 if scale is None else scale)


def _windows(
    x: Array, kernel: Axes, stride: Axes, padding: Axes, dilation: Axes, value: float | int
) -> Array:
    """[n, c, y, x, i, j]: the window at each place of an [n, c, h, w] image."""
    top, bottom, left, right = sides(padding)
    around = ((0, 0), (0, 0), (top, bottom), (left, right))
    padded = np.pad(x, around, constant_values=value)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    view = sliding_window_view(padded, reach, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def conv2d(
    x: Array,
    filter: Array,
    stride: Axes | None = None,
    padding: Axes | None = None,
    dilation: Axes | None = None,
    groups: int = 1,
    layout: str = "nchw",
) -> Array:
    if layout == "nhwc":
        x, filter = x.transpose(0, 3, 1, 2), filter.transpose(3, 2, 0, 1)
    windows = _windows(
        x, filter.shape[2:], stride or (1, 1), padding or (0, 0), dilation or (1, 1), 0
    )
    n, c, height, width = windows.shape[:4]
    f = filter.shape[0]
    grouped = windows.reshape(n, groups, c // groups, height, width, *filter.shape[2:])
    weights = filter.reshape(groups, f // groups, c // groups, *filter.shape[2:])
    out = np.einsum("ngcyxij,gfcij->ngfyx", grouped, weights).reshape(n, f, height, width)
    return out.transpose(0, 2, 3, 1) if layout == "nhwc" else out


def pool2d(
    x: Array,
    kind: str,
    kernel: Axes,
    stride: Axes | None = None,
    padding: Axes | None = None,
    dilation: Axes | None = None,
    count_include_pad: bool = True,
    layout: str = "nchw",
) -> Array:
    if layout == "nhwc":
        x = x.transpose(0, 3, 1, 2)
    shape = (stride or kernel, padding or (0, 0), dilation or (1, 1))
    if kind == "max":
        out = np.max(_windows(x, kernel, *shape, _extreme(x, "max")), axis=(4, 5))
    else:
        total = np.sum(_windows(x, kernel, *shape, 0), axis=(4, 5))
        inside = np.ones_like(x, shape=(1, 1, *x.shape[2:]))
        count = np.sum(_windows(inside, kernel, *shape, int(count_include_pad)), axis=(4, 5))
        out = np.divide(total, count)
    return out.transpose(0, 2, 3, 1) if layout == "nhwc" else out


def attention(
    query: Array,
    key: Array,
    value: Array,
    mask: Array | None = None,
    scale: float | None = None,
    causal: bool = False,
) -> Array:
    if query.ndim == 4 and key.shape[1]:
        group = query.shape[1] // key.shape[1]
        key, value = np.repeat(key, group, 1), np.repeat(value, group, 1)
    scale = 1.0 / math.sqrt(max(query.shape[-1], 1)) if scale is None else scale
    scores = query @ np.swapaxes(key, -1, -2) * scale
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    if causal:
        scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf)
    peak = np.max(scores, -1, keepdims=True, initial=-np.inf)
    powers = np.exp(scores - np.where(np.isneginf(peak), 0.0, peak))
    total = np.sum(powers, -1, keepdims=True)
    return powers / np.where(total == 0, 1.0, total) @ value
