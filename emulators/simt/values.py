"""Types and constants of the interpreter: how an MLIR type or attribute looks in NumPy.

A value of a kernel is one array with an element for each lane: `[lanes]`, of vectors `[lanes, n]`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from mlir import ir

from clawc.chips.dtypes import DTYPES

_DTYPES = {**DTYPES, "index": np.dtype(np.int64)}
_UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


class InterpreterError(ValueError):
    """The module holds what the interpreter cannot run; the message names it."""


def element_type(type_: ir.Type) -> ir.Type:
    return type_.element_type if isinstance(type_, (ir.VectorType, ir.MemRefType)) else type_


def dtype_of(type_: ir.Type) -> np.dtype:
    """The dtype of a scalar, or of the elements of a vector or memref."""
    text = str(element_type(type_))
    if text not in _DTYPES:
        raise InterpreterError(f"no NumPy type for {text}; known: {', '.join(_DTYPES)}")
    return _DTYPES[text]


def shape_of(type_: ir.Type) -> tuple[int, ...]:
    return tuple(type_.shape) if isinstance(type_, (ir.VectorType, ir.MemRefType)) else ()


def unsigned(x: np.ndarray) -> np.ndarray:
    """The bits of `x` as unsigned integers."""
    return np.ascontiguousarray(x).view(_UNSIGNED[x.dtype.itemsize])


def constant_array(attribute: ir.Attribute, type_: ir.Type) -> np.ndarray:
    """The value of an `arith.constant`, without the lanes' axis."""
    dtype, shape = dtype_of(type_), shape_of(type_)
    if isinstance(attribute, ir.DenseElementsAttr):
        if attribute.is_splat:
            return np.full(shape, _scalar(attribute.get_splat_value()), dtype)
        values: Any = attribute
        return np.array([_plain(x) for x in values]).astype(dtype).reshape(shape)
    return np.asarray(_scalar(attribute), dtype)


def _scalar(attribute: ir.Attribute) -> float | int:
    if isinstance(attribute, (ir.FloatAttr, ir.IntegerAttr, ir.BoolAttr)):
        return attribute.value
    raise InterpreterError(f"no value for the constant {attribute}")


def _plain(x: object) -> object:
    return _scalar(x) if isinstance(x, ir.Attribute) else x
