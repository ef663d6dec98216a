"""Kinds of types, as the specifications of levels name them."""

from __future__ import annotations

from mlir import ir

# Index beside the element types of programs; some stand only in what lowering makes.
_SCALARS = (ir.IndexType, ir.IntegerType, ir.FloatType)


def kind_of(type_: ir.Type) -> str:
    """The kind of a type: "scalar", "tensor", "vector", "1-D vector", "buffer", "1-D buffer",
    "shared buffer", "complex", or the dialect that it is of ("llvm", "spirv", …).
    """
    if isinstance(type_, _SCALARS):
        return "scalar"
    if isinstance(type_, ir.ComplexType):
        return "complex"
    if isinstance(type_, ir.VectorType):
        return "1-D vector" if type_.rank == 1 and not any(type_.scalable_dims) else "vector"
    if isinstance(type_, ir.RankedTensorType):
        return "tensor"
    if isinstance(type_, ir.MemRefType):
        if type_.memory_space is not None and "workgroup" in str(type_.memory_space):
            return "shared buffer"
        return "1-D buffer" if type_.rank <= 1 else "buffer"
    text = str(type_)
    return text[1:].partition(".")[0].partition("<")[0] if text.startswith("!") else text
