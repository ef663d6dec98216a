"""What the operations on 1-D vectors of L4 do, on arrays [lanes, n]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mlir import ir

from clawc.emulators.simt.values import dtype_of, shape_of

Array = Any  # np.ndarray; its operators are typed too narrowly to be of use here
Function = Callable[..., Any]


def _bitcast(op: ir.Operation) -> Function:
    """Also between a scalar and a vector of its parts."""
    dtype, shape = dtype_of(op.results[0].type), shape_of(op.results[0].type)
    return lambda x: np.ascontiguousarray(x).view(dtype).reshape(x.shape[0], *shape)


def _integers(op: ir.Operation, name: str) -> list[int]:
    attribute = op.attributes[name]
    if isinstance(attribute, ir.DenseI64ArrayAttr):
        return list(attribute)
    return [ir.IntegerAttr(a).value for a in ir.ArrayAttr(attribute)]


def _extract(op: ir.Operation) -> Function:
    (position,) = _integers(op, "static_position") or (0,)
    if len(op.operands) > 1:
        return lambda x, i: np.take_along_axis(x, i[:, None].clip(0, x.shape[1] - 1), 1)[:, 0]
    return lambda x: x[:, position]


def _insert(op: ir.Operation) -> Function:
    (position,) = _integers(op, "static_position") or (0,)

    def insert(value: Array, into: Array) -> Array:
        result = into.copy()
        result[:, position] = value
        return result

    return insert


def _slice(op: ir.Operation) -> Function:
    (offset,), (size,) = _integers(op, "offsets"), _integers(op, "sizes")
    return lambda x: x[:, offset : offset + size]


def _insert_slice(op: ir.Operation) -> Function:
    (offset,) = _integers(op, "offsets")

    def insert(part: Array, into: Array) -> Array:
        result = into.copy()
        result[:, offset : offset + part.shape[1]] = part
        return result

    return insert


def _shuffle(op: ir.Operation) -> Function:
    mask = _integers(op, "mask")
    return lambda a, b: np.concatenate([a, b], axis=1)[:, mask]


def _broadcast(op: ir.Operation) -> Function:
    shape = shape_of(op.results[0].type)
    return lambda x: np.broadcast_to(x.reshape(len(x), -1), (len(x), *shape))


def _step(op: ir.Operation) -> Function:
    (n,) = shape_of(op.results[0].type)
    return lambda: np.arange(n, dtype=np.int64)[None, :]


def _fields(op: ir.Operation) -> Function:
    (position,) = _integers(op, "position")
    return lambda struct: struct[position]


VECTOR: dict[str, Callable[[ir.Operation], Function]] = {
    "llvm.bitcast": _bitcast,
    "llvm.extractvalue": _fields,
    "vector.bitcast": _bitcast,
    "vector.broadcast": _broadcast,
    "vector.extract": _extract,
    "vector.extract_strided_slice": _slice,
    "vector.from_elements": lambda op: lambda *parts: np.stack(parts, axis=1),
    "vector.insert": _insert,
    "vector.insert_strided_slice": _insert_slice,
    "vector.shuffle": _shuffle,
    "vector.step": _step,
    "arith.bitcast": _bitcast,
}
