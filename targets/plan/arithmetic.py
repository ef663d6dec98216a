"""Operations of `arith` and `math` on scalars, as computations of a plan."""

from __future__ import annotations

from mlir import ir

from clawc.runtime.scalar_conversions import FLOAT_PREDICATES, INTEGER_PREDICATES
from clawc.runtime.scalar_operations import OPERATIONS
from clawc.runtime.scalar_types import is_type, wrapped
from clawc.runtime.steps import Operand
from clawc.targets.plan.scalars import Scalars


def read_scalar(op: ir.OpView, known: dict[ir.Value, Operand], made: Scalars) -> bool:
    """Write what an operation of `arith` or `math` computes; False: it is none."""
    name = op.operation.name
    if name == "arith.constant":
        value = op.attributes["value"]
        type_ = str(op.results[0].type)
        if isinstance(value, (ir.IntegerAttr, ir.BoolAttr)):
            known[op.results[0]] = wrapped(int(value.value), type_)
        elif isinstance(value, ir.FloatAttr):
            known[op.results[0]] = value.value
        return True
    if name in ("arith.cmpi", "arith.cmpf"):
        predicates = INTEGER_PREDICATES if name == "arith.cmpi" else FLOAT_PREDICATES
        name += f".{predicates[ir.IntegerAttr(op.attributes['predicate']).value]}"
    for number, result in enumerate(op.results):
        operation = f"{name}#{number}" if number else name
        types = (str(op.operands[-1].type) if len(op.operands) else "", str(result.type))
        if operation not in OPERATIONS or not all(map(is_type, types)):
            return False
        operands = tuple(known[v] for v in op.operands)
        known[result] = made.compute(operation, types, operands)
    return len(op.results) > 0
