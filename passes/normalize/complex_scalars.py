"""Complex scalars as two real ones: what upstream's conversion to arithmetic leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
from mlir import ir
from mlir.dialects import arith, tensor

from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.constants import constant_from
from clawc.passes.normalize.complex_control import (
    CONTROL,
    ENDS,
    carries_complex,
    flat,
    split_control,
)
from clawc.passes.normalize.complex_parts import Pair, Parts, is_complex, part_types

_F = arith.CmpFPredicate
_DENSE = re.compile(r"dense<(.*)> : tensor<[^<>]*complex<\w+>>", re.DOTALL)
_BRACKETS = str.maketrans("()", "[]")


def split_scalars(operations: Iterable[ir.Operation], parts: Parts) -> list[ir.Operation]:
    """Replace what computes complex scalars among `operations`, which are in order; `parts` says
    what complex values have become, and is added to.  What is returned has no use any more, once
    all that follows is split."""
    dead: list[ir.Operation] = []
    for op in operations:
        if not any(is_complex(v.type) or v in parts for v in [*op.operands, *op.results]):
            continue
        with ir.InsertionPoint(op), op.location:
            if op.name == "tensor.yield":
                continue
            if op.name in CONTROL and carries_complex(op):
                split_control(op, parts)  # what was in it follows
                dead.append(op)
                continue
            if op.name in ("linalg.yield", *ENDS):
                ir.Operation.create(op.name, [], flat(op.operands, parts))
                dead.append(op)
                continue
            made = _made(op, parts)
        if is_complex(op.results[0].type):
            parts[op.results[0]] = made
        else:
            op.results[0].replace_all_uses_with(made)
        dead.append(op)
    return dead


def _made(op: ir.Operation, parts: Parts):
    """The value that `op` computes, or both parts of it."""
    rule = _RULES.get(op.name)
    if rule is None:
        raise PassFailure(
            op,
            "takes or gives complex numbers, which only operations of complex, arith.select and "
            "moves of tensors do; take their parts (complex.re, complex.im) before",
        )
    return rule(op, parts)


def _constant(op: ir.Operation, _: Parts) -> Pair:
    real, imaginary = ir.ArrayAttr(op.attributes["value"])
    type_ = part_types(op.results[0].type)[0]
    return constant_from(type_, real), constant_from(type_, imaginary)


def _select(op: ir.Operation, parts: Parts) -> Pair:
    condition, yes, no = op.operands
    pairs = zip(parts[yes], parts[no], strict=True)
    real, imaginary = (arith.select(condition, a, b) for a, b in pairs)
    return real, imaginary


def _extract(op: ir.Operation, parts: Parts) -> Pair:
    source, *at = op.operands
    real, imaginary = (tensor.ExtractOp(part, at).result for part in parts[source])
    return real, imaginary


def _equal(op: ir.Operation, parts: Parts) -> ir.Value:
    a, b = (parts[v] for v in op.operands)
    return arith.andi(*(arith.cmpf(_F.OEQ, x, y) for x, y in zip(a, b, strict=True)))


def _not_equal(op: ir.Operation, parts: Parts) -> ir.Value:
    a, b = (parts[v] for v in op.operands)
    return arith.ori(*(arith.cmpf(_F.UNE, x, y) for x, y in zip(a, b, strict=True)))


_RULES: dict[str, Callable[[ir.Operation, Parts], ir.Value | Pair]] = {
    "complex.create": lambda op, _: (op.operands[0], op.operands[1]),
    "complex.re": lambda op, parts: parts[op.operands[0]][0],
    "complex.im": lambda op, parts: parts[op.operands[0]][1],
    "complex.constant": _constant,
    "complex.eq": _equal,
    "complex.neq": _not_equal,
    "arith.select": _select,
    "tensor.extract": _extract,
}


def split_constant(op: ir.OpView) -> Pair:
    """A constant tensor of complex numbers as two of real ones.  The bindings give no access to
    such a constant but as text, which is that of a tensor of pairs, save for the brackets."""
    part = ir.RankedTensorType(part_types(op.results[0].type)[0])
    found = _DENSE.search(str(op.operation))
    if found is None:
        raise PassFailure(op, "holds complex numbers as a resource; expected dense<...>")
    text, shape = found[1], [*part.shape, 2]
    if text.startswith("("):  # the same everywhere
        shape = [2]
    text = text.translate(_BRACKETS)
    pairs = ir.RankedTensorType.get(shape, part.element_type)
    numbers = np.array(ir.DenseElementsAttr(ir.Attribute.parse(f"dense<{text}> : {pairs}")))
    real, imaginary = (
        constant_from(part, _dense(np.broadcast_to(numbers[..., i], part.shape), part))
        for i in range(2)
    )
    return real, imaginary


def _dense(values: np.ndarray, type_: ir.RankedTensorType) -> ir.Attribute:
    return ir.DenseElementsAttr.get(np.ascontiguousarray(values).data, type=type_)
