"""What claw programs compute, in NumPy: floats in float64, rounded to the result's type at the end.

reference.evaluate(text, [x, y])  ->  [z]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from mlir import ir
from mlir.dialects import arith, func
from mlir.passmanager import PassManager

from clawc.chips.dtypes import DTYPES
from clawc.dialects import reference_elementwise as elementwise
from clawc.dialects import reference_ordered as ordered
from clawc.dialects import reference_tensor as tensors
from clawc.dialects.assembly import parse
from clawc.dialects.claw import CLAW
from clawc.dialects.claw_op import ClawOp
from clawc.dialects.elementwise_ops import CastOp
from clawc.dialects.ext import Operand
from clawc.dialects.order_ops import ScanOp
from clawc.dialects.shape_ops import BroadcastOp, ConstantOp, IotaOp, ReshapeOp
from clawc.dialects.shapes import DYNAMIC, element, shape
from clawc.dialects.violations import violations

_OPS: dict[str, Callable[..., np.ndarray | tuple[np.ndarray, ...]]] = {
    "claw.matmul": tensors.matmul,
    "claw.batch_matmul": tensors.matmul,
    "claw.unary": elementwise.unary,
    "claw.binary": elementwise.binary,
    "claw.compare": elementwise.compare,
    "claw.select": elementwise.select,
    "claw.transpose": tensors.transpose,
    "claw.reduce": tensors.reduce,
    "claw.softmax": tensors.softmax,
    "claw.layer_norm": tensors.layer_norm,
    "claw.rms_norm": tensors.rms_norm,
    "claw.conv2d": tensors.conv2d,
    "claw.pool2d": tensors.pool2d,
    "claw.attention": tensors.attention,
    "claw.scatter": ordered.scatter,
    "claw.sort": ordered.sort,
    "claw.topk": ordered.topk,
}
_WITH_SHAPE = {
    "claw.broadcast": tensors.broadcast,
    "claw.reshape": tensors.reshape,
    "claw.iota": tensors.iota,
}
_INDEX: dict[str, Callable[[int, int], int]] = {
    "arith.addi": int.__add__,
    "arith.subi": int.__sub__,
    "arith.muli": int.__mul__,
    "arith.divsi": int.__floordiv__,
    "arith.divui": int.__floordiv__,
    "arith.remui": int.__mod__,
}


class NotInReference(Exception):
    """An operation that the reference does not know."""


def evaluate(
    program: ir.Module | str, inputs: Sequence[np.ndarray], function: str | None = None
) -> list[np.ndarray]:
    """The results of `function` (the first, if not named) of a claw program.

    Raises `ValueError` with the first violated rule for a program that is not valid.
    """
    if isinstance(program, str):
        context = ir.Context()
        CLAW.load(context)
        program = parse(program, context)
    for op, message in violations(program):
        raise ValueError(f"'{op.operation.name}' op {message}")
    functions = [op for op in program.body.operations if isinstance(op, func.FuncOp)]
    named = [f for f in functions if function in (None, f.name.value)]
    if not named:
        raise ValueError(f"there is no function {function or ''} to evaluate")
    block = named[0].regions[0].blocks[0]
    with np.errstate(all="ignore"):
        return _run(block, inputs)


def _run(block: ir.Block, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    arguments = list(block.arguments)
    if len(arguments) != len(inputs):
        raise ValueError(f"the function takes {len(arguments)} inputs, got {len(inputs)}")
    values: dict[ir.Value, Any] = {}
    for argument, given in zip(arguments, inputs, strict=True):
        is_index = isinstance(argument.type, ir.IndexType)
        values[argument] = int(given) if is_index else exact(given, element(argument))
    for op in block.operations:
        operands = [values[operand] for operand in op.operation.operands]
        if op.operation.name == "func.return":
            types = [element(operand) for operand in op.operation.operands]
            return [rounded(v, t) for v, t in zip(operands, types, strict=True)]
        made = _evaluate(op, values, operands)
        results = list(op.operation.results)
        values |= zip(results, made if isinstance(made, tuple) else (made,), strict=True)
    raise NotInReference("a function without func.return")


def exact(array: np.ndarray, element_type: str) -> np.ndarray:
    """`array` as the reference computes with it: float64, int64 or bool."""
    kinds = {"f": np.float64, "b": np.float64, "i": np.int64}
    kind = np.bool_ if element_type == "i1" else kinds[element_type[0]]
    return np.asarray(array, DTYPES[element_type]).astype(kind)


def rounded(array: np.ndarray, element_type: str) -> np.ndarray:
    """`array` in the element type."""
    with np.errstate(all="ignore"):
        return np.asarray(array).astype(DTYPES[element_type])


def _evaluate(op: ir.OpView, values: dict[ir.Value, Any], operands: list[Any]) -> Any:
    name = op.operation.name
    if isinstance(op, ClawOp):
        return _claw(op, values)
    if name == "tensor.dim":
        return operands[0].shape[operands[1]]
    if isinstance(op, arith.ConstantOp) and isinstance(op.type, ir.IndexType):
        return op.literal_value
    if name in _INDEX:
        return _INDEX[name](*operands)
    raise NotInReference(f"the reference evaluates claw operations only, not {name}")


def _claw(op: ClawOp, values: dict[ir.Value, Any]) -> np.ndarray | tuple[np.ndarray, ...]:
    name, result = op.operation.name, element(op.out)
    attributes = {f.name: getattr(op, f.name) for f in op.fields if f.is_attribute}
    operands: list[Any] = []
    for f in op.fields:
        if f.kind is Operand:
            given = getattr(op, f.name)
            many = given if f.arity == "variadic" else [given]
            operands += [None if each is None else values[each] for each in many]
    if isinstance(op, ConstantOp):
        return np.broadcast_to(exact(_dense(op.value), result), shape(op.out))
    if isinstance(op, CastOp):
        return exact(rounded(elementwise.cast(values[op.input], result), result), result)
    if isinstance(op, (BroadcastOp, ReshapeOp, IotaOp)):
        sizes = [values[size] for size in op.sizes]
        out = _WITH_SHAPE[name](*operands, shape=_result_shape(op, operands, sizes), **attributes)
    elif isinstance(op, ScanOp):
        out = ordered.scan(*operands, element=element(op.input), **attributes)
    else:
        out = _OPS[name](*operands, **attributes)
    if isinstance(out, tuple):
        return tuple(map(_held, out, map(element, op.operation.results)))
    return exact(rounded(out, result), result) if isinstance(op, IotaOp) else _held(out, result)


def _held(out: np.ndarray, element_type: str) -> np.ndarray:
    """A result as the next operation gets it: integers wrap around."""
    return exact(rounded(out, element_type), element_type) if element_type[0] == "i" else out


def _dense(value: ir.DenseElementsAttr) -> np.ndarray:
    """The elements of an attribute; the bindings read no bf16, so those are folded to f32, and of
    one truth value for all they read what lies behind it."""
    if not isinstance(value, ir.DenseElementsAttr):
        raise NotInReference("the reference reads dense<...> constants only, not resources")
    type_ = ir.RankedTensorType(value.type)
    if value.is_splat and str(type_.element_type) == "i1":
        return np.full(type_.shape, ir.BoolAttr(value.get_splat_value()).value)
    if not isinstance(type_.element_type, ir.BF16Type):
        return np.array(value)
    wide = str(type_).replace("xbf16", "xf32").replace("<bf16", "<f32")
    text = f"arith.extf %0 : {type_} to {wide} return %1 : {wide}"
    module = ir.Module.parse(
        f"func.func @f() -> {wide} {{ %0 = arith.constant {value} %1 = {text} }}", value.context
    )
    PassManager.parse("builtin.module(canonicalize)", value.context).run(module.operation)
    block = module.body.operations[0].regions[0].blocks[0]
    return np.array(block.operations[0].operation.attributes["value"])


def _result_shape(
    op: BroadcastOp | ReshapeOp | IotaOp, operands: list[Any], sizes: list[int]
) -> list[int]:
    """The result's shape: what its type leaves open comes from `sizes` or the operand."""
    known, given = list(shape(op.out)), iter(sizes)
    if not isinstance(op, BroadcastOp):
        return [next(given, -1) if size == DYNAMIC else size for size in known]
    for i, axis in enumerate(op.placed):
        if known[axis] == DYNAMIC and i not in op.stretched:
            known[axis] = operands[0].shape[i]
    return [next(given) if size == DYNAMIC else size for size in known]
