"""The bytes of a constant that the program carries."""

from __future__ import annotations

import re

import ml_dtypes
import numpy as np
from mlir import ir

from clawc.passes.base import PassFailure
from clawc.runtime.plan import ConstantData

_RESOURCE = re.compile(r"dense_resource<\"?([^\">]+)\"?>")


def constant_of(op: ir.Operation) -> ConstantData:
    """The values of a `memref.global`."""
    value = op.attributes["initial_value"]
    type_ = ir.MemRefType(ir.TypeAttr(op.attributes["type"]).value)
    dtype, shape = str(type_.element_type), tuple(type_.shape)
    if isinstance(value, ir.DenseElementsAttr):
        return ConstantData(dtype, shape, _dense(value, dtype))
    resource = _RESOURCE.match(str(value))
    if resource is None:
        raise PassFailure(op, f"has values of an unknown form: {str(value)[:60]}; expected dense")
    return ConstantData(dtype, shape, _blob(op, resource[1]))


def _dense(value: ir.DenseElementsAttr, dtype: str) -> bytes:
    if dtype == "bf16":  # not known to the buffer protocol
        shape = ir.ShapedType(value.type).shape
        if value.is_splat:
            number = ir.FloatAttr(value.get_splat_value()).value
            return np.full(shape, number, ml_dtypes.bfloat16).tobytes()
        return np.array(list(value), ml_dtypes.bfloat16).tobytes()
    return np.ascontiguousarray(np.array(value)).tobytes()


def _blob(op: ir.Operation, name: str) -> bytes:
    """A resource, which only a module's text shows: an alignment of 4 bytes, then the values."""
    with op.location:
        module = ir.Module.create()
        module.body.append(op.clone())
    found = re.search(rf"\b{re.escape(name)}\"?: \"0x([0-9A-Fa-f]+)\"", str(module))
    assert found is not None, f"resource {name} is printed with its module"
    return bytes.fromhex(found[1])[4:]
