"""tm_tensor.attention as claw.attention."""

from __future__ import annotations

from math import prod

from mlir import ir

from clawc.dialects.attention_op import AttentionOp
from clawc.dialects.shapes import DYNAMIC, rank, tensor_type
from clawc.passes.claw_to_linalg.build import Builder, static
from clawc.passes.claw_to_linalg.reshape import collapse, expand
from clawc.passes.tm_tensor.operation import TmOp


def convert_attention(op: TmOp, build: Builder) -> list[ir.Value]:
    """Leading dimensions beyond batch and heads are joined; the inits hold nothing that counts."""
    op.expect_operands([3, 4], 1, 1)
    ranks = {rank(value) for value in [*op.ins, op.op.results[0]]}
    op.expect(len(ranks) == 1 and min(ranks) >= 3, "tensors of one rank, 3 or more")
    lead = ranks.pop() - 2
    operands = list(op.ins)
    if lead > 2:
        operands = [_joined(build, value, lead) for value in operands]
    sizes = [*build.sizes(op.ins[0])[:-1], build.sizes(op.ins[2])[-1]]
    type_ = tensor_type(op.op.results[0])
    if lead > 2:
        known = static(sizes)
        batch = DYNAMIC if DYNAMIC in known[:lead] else prod(known[:lead])
        type_ = ir.RankedTensorType.get([batch, *known[lead:]], type_.element_type)
    scale = op.number("scale")
    attributes = {} if scale is None else {"scale": scale}
    made = AttentionOp.build(*operands, results=[type_], **attributes)
    op.check(made)
    if lead <= 2:
        return [made.out]
    return [expand(build, made.out, sizes, _groups(lead, len(sizes)))]


def _joined(build: Builder, value: ir.Value, lead: int) -> ir.Value:
    return collapse(build, value, _groups(lead, rank(value)))


def _groups(lead: int, rank: int) -> list[list[int]]:
    return [list(range(lead)), *([axis] for axis in range(lead, rank))]
