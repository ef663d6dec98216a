"""Tensors of i1 as tensors of i8, since upstream's CPU path cannot keep i1 in memory."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith


def widen_booleans(module: ir.Module) -> None:
    """Give every i1 tensor of `module` elements of i8; linalg bodies still compute on i1."""
    with module.context, ir.Location.unknown():
        operations: list[ir.Operation] = []

        def collect(op: ir.Operation) -> ir.WalkResult:
            operations.append(op)
            return ir.WalkResult.ADVANCE

        module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
        for op in operations:
            for result in op.results:
                _widen(result)
            if op.name.startswith("linalg.") and op.regions:
                _widen_body(op)
        function = module.body.operations[0]
        block = function.regions[0].blocks[0]
        for argument in block.arguments:
            _widen(argument)
        results = [value.type for value in list(block.operations)[-1].operands]
        type_ = ir.FunctionType.get([argument.type for argument in block.arguments], results)
        function.attributes["function_type"] = ir.TypeAttr.get(type_)


def _i8() -> ir.Type:
    return ir.IntegerType.get_signless(8)


def _is_i1(type_: ir.Type) -> bool:
    return isinstance(type_, ir.IntegerType) and type_.width == 1


def _widen(value: ir.Value) -> None:
    type_ = value.type
    if isinstance(type_, ir.RankedTensorType) and _is_i1(type_.element_type):
        value.set_type(ir.RankedTensorType.get(type_.shape, _i8()))


def _widen_body(op: ir.Operation) -> None:
    block = op.regions[0].blocks[0]
    if op.name == "linalg.fill" and _is_i1(op.operands[0].type):
        with ir.InsertionPoint(op):
            op.operands[0] = arith.extui(_i8(), op.operands[0])
        for argument in block.arguments:
            argument.set_type(_i8())
        return
    with ir.InsertionPoint.at_block_begin(block):
        for argument in block.arguments:
            if _is_i1(argument.type):
                argument.set_type(_i8())
                narrow = arith.TruncIOp(ir.IntegerType.get_signless(1), argument)
                argument.replace_all_uses_except(narrow.result, narrow.operation)
    yielded = list(block.operations)[-1]
    if _is_i1(yielded.operands[0].type):
        with ir.InsertionPoint(yielded):
            yielded.operation.operands[0] = arith.extui(_i8(), yielded.operands[0])
