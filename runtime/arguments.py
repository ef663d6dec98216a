"""A call's arguments against an entry's signature, and the element types as NumPy has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clawc.chips.dtypes import DTYPES
from clawc.runtime.errors import ArgumentError, ArgumentTypeError, ArtifactError
from clawc.runtime.plan import Entry, ScalarType, Type
from clawc.runtime.steps import Operand

Shapes = Sequence[tuple[int, ...]]


def numpy_dtype(name: str) -> np.dtype:
    name = "i64" if name == "index" else name
    if name not in DTYPES:
        raise ArtifactError(f"the bundle has the element type {name!r}; known: {', '.join(DTYPES)}")
    return DTYPES[name]


def check_arguments(entry: Entry, given: Sequence[Any]) -> list[np.ndarray]:
    """The arguments as contiguous arrays, once each fits what the entry expects; a scalar's has
    rank 0."""
    expected = entry.arguments
    if len(given) != len(expected):
        signature = ", ".join(map(type_text, expected))
        raise ArgumentError(
            f"{entry.name} takes {len(expected)} arguments ({signature}); {len(given)} were given"
        )
    arrays = [
        as_array(f"argument {i} of {entry.name}", value, numpy_dtype(type_.dtype))
        for i, (value, type_) in enumerate(zip(given, expected, strict=True))
    ]
    for i, (array, type_) in enumerate(zip(arrays, expected, strict=True)):
        if array.ndim != len(shape_of(type_)):
            wanted = "a scalar" if isinstance(type_, ScalarType) else shape_text(type_.shape)
            raise ArgumentError(
                f"argument {i} of {entry.name} has shape {shape_text(array.shape)}; "
                f"expected {wanted}"
            )
    shapes = [array.shape for array in arrays]
    for i, type_ in enumerate(expected):
        shape = shape_of(type_)
        wanted = tuple(shapes[n[1]][n[2]] if isinstance(n, tuple) else n for n in shape)
        if shapes[i] != wanted:
            also = f", here {shape_text(wanted)}" if wanted != shape else ""
            raise ArgumentError(
                f"argument {i} of {entry.name} has shape {shape_text(shapes[i])}; "
                f"expected {shape_text(shape)}{also}"
            )
    return arrays


def shape_of(type_: Type) -> tuple[Operand, ...]:
    return () if isinstance(type_, ScalarType) else type_.shape


def is_masked(value: Any) -> bool:
    """Whether it is a masked array, or a list that has one in it."""
    inside = value if isinstance(value, (list, tuple)) else ()
    return isinstance(value, np.ma.MaskedArray) or any(map(is_masked, inside))


def as_array(what: str, value: Any, dtype: np.dtype) -> np.ndarray:
    if isinstance(value, (bool, int, float, complex)):  # of no type of their own
        fraction = isinstance(value, float) and dtype.kind in "biu"
        imaginary = isinstance(value, complex) and dtype.kind != "c"
        try:
            if not fraction and not imaginary:
                return np.array(value, dtype)
        except OverflowError:
            pass
        raise ArgumentError(f"{what} is {value}, which is no {dtype.name}")
    if is_masked(value):
        raise ArgumentTypeError(
            f"{what} is a masked array, and kernels know no mask; pass array.filled(value)"
        )
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{what} is not an array: {error}") from None
    if array.dtype != dtype:
        raise ArgumentError(f"{what} is an array of {array.dtype}; expected {dtype.name}")
    return np.ascontiguousarray(array).reshape(array.shape)  # which keeps rank 0


def shape_text(shape: Sequence[Operand]) -> str:
    """`[?, 64]`."""
    return f"[{', '.join(str(size) if isinstance(size, int) else '?' for size in shape)}]"


def type_text(type_: Type) -> str:
    """`f32[?, 64]`, or `f32` of a scalar."""
    return type_.dtype + (shape_text(type_.shape) if not isinstance(type_, ScalarType) else "")
