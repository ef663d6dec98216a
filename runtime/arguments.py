"""A call's arguments against an entry's signature, and the element types as NumPy has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clawc.chips.dtypes import DTYPES
from clawc.runtime.errors import ArgumentError, ArtifactError
from clawc.runtime.plan import Entry, Expr, evaluate

Shapes = Sequence[tuple[int, ...]]


def numpy_dtype(name: str) -> np.dtype:
    if name not in DTYPES:
        raise ArtifactError(f"the bundle has the element type {name!r}; known: {', '.join(DTYPES)}")
    return DTYPES[name]


def check_arguments(entry: Entry, given: Sequence[Any]) -> list[np.ndarray]:
    """The arguments as contiguous arrays, once each fits what the entry expects."""
    expected = entry.arguments
    if len(given) != len(expected):
        signature = ", ".join(f"{a.dtype}{shape_text(a.shape)}" for a in expected)
        raise ArgumentError(
            f"{entry.name} takes {len(expected)} arguments ({signature}); {len(given)} were given"
        )
    arrays = [
        as_array(f"argument {i} of {entry.name}", value, numpy_dtype(tensor.dtype))
        for i, (value, tensor) in enumerate(zip(given, expected, strict=True))
    ]
    for i, (array, tensor) in enumerate(zip(arrays, expected, strict=True)):
        if array.ndim != len(tensor.shape):
            raise ArgumentError(
                f"argument {i} of {entry.name} has shape {shape_text(array.shape)}; "
                f"expected {shape_text(tensor.shape)}"
            )
    shapes = [array.shape for array in arrays]
    for i, tensor in enumerate(expected):
        wanted = tuple(evaluate(size, shapes) for size in tensor.shape)
        if shapes[i] != wanted:
            also = f", here {shape_text(wanted)}" if wanted != tuple(tensor.shape) else ""
            raise ArgumentError(
                f"argument {i} of {entry.name} has shape {shape_text(shapes[i])}; "
                f"expected {shape_text(tensor.shape)}{also}"
            )
    return arrays


def as_array(what: str, value: Any, dtype: np.dtype) -> np.ndarray:
    if isinstance(value, (bool, int, float)):  # of no type of their own
        try:
            return np.array(value, dtype)
        except OverflowError:
            raise ArgumentError(f"{what} is {value}, which is no {dtype.name}") from None
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{what} is not an array: {error}") from None
    if array.dtype != dtype:
        raise ArgumentError(f"{what} is an array of {array.dtype}; expected {dtype.name}")
    return np.ascontiguousarray(array).reshape(array.shape)  # which keeps rank 0


def shape_text(shape: Sequence[Expr]) -> str:
    """`[?, 64]`."""
    return f"[{', '.join(str(size) if isinstance(size, int) else '?' for size in shape)}]"
