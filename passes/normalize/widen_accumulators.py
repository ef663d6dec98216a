"""widen-accumulators: sums and products of half-precision numbers are carried in f32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, linalg

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of, terminator
from clawc.passes.ir.loops import is_empty, uniform, unit_loops
from clawc.passes.ir.maps import indexing_maps, named_loops, output_maps
from clawc.passes.normalize.build import apply, empty, keep_attributes, size_of
from clawc.passes.normalize.functions import function_blocks
from clawc.passes.normalize.rounding import replace_by_rounded

_CARRYING = ("arith.addf", "arith.subf", "arith.mulf", "math.fma")
_NARROW = (ir.F16Type, ir.BF16Type)


@dataclass(frozen=True)
class WidenAccumulators(Pass):
    """A reduction that adds up or multiplies f16 or bf16 numbers does so in f32, the products that
    it adds up too, and rounds once, at the end.

    Before:

        %r = linalg.generic {over k} ins(%x, %w) outs(%c : tensor<3x5xf16>) {
          %p = arith.mulf %a, %b : f16
          %s = arith.addf %o, %p : f16
          yield %s }

    After:

        %c32 = linalg.generic ins(%c) { extf }
        %r32 = linalg.generic {over k} ins(%x, %w) outs(%c32 : tensor<3x5xf32>) {
          %a32 = arith.extf %a, %b32 = arith.extf %b
          %p = arith.mulf %a32, %b32 : f32
          %s = arith.addf %o, %p : f32
          yield %s }
        %r = linalg.generic ins(%r32) { truncf }

    The freedom that this takes: as written, each step rounds to f16, and a sum that passes 65504 on
    the way stays infinite.  What devices do differs there; in f32 all agree, and err less.  A mean
    is divided in f32, too.
    """

    name: ClassVar[str] = "widen-accumulators"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            for op in list(block.operations):
                if isinstance(op, linalg.GenericOp):
                    _widen(op)


def _widen(op: linalg.GenericOp) -> None:
    n_inputs, block = len(op.inputs), body_of(op)
    chains: dict[int, list[ir.Operation]] = {}
    for i, map_ in enumerate(output_maps(op)):
        if isinstance(block.arguments[n_inputs + i].type, _NARROW) and _repeats(op, map_):
            chain = _chain(block, n_inputs + i, i)
            if chain and not any(each in other for other in chains.values() for each in chain):
                chains[i] = chain
    if not chains:
        return
    with ir.InsertionPoint(op), op.location:
        inits = [_extended(v) if i in chains else v for i, v in enumerate(op.outputs)]
        maps = indexing_maps(op)
        kinds = ir.ArrayAttr(op.attributes["iterator_types"])
        types = [init.type for init in inits]
        made = linalg.GenericOp(types, list(op.inputs), inits, maps, kinds)
        new = made.regions[0].blocks.append(*(argument.type for argument in block.arguments))
    keep_attributes(op, made)
    for i in chains:
        new.arguments[n_inputs + i].set_type(ir.F32Type.get())
    for old, argument in zip(block.arguments, new.arguments, strict=True):
        old.replace_all_uses_with(argument)
    for inner in list(block.operations):
        new.append(inner)
    for i, chain in chains.items():
        _carry(chain, new.arguments[n_inputs + i], i)
    for i, result in enumerate(made.results):
        if i in chains:
            with ir.InsertionPoint(op), op.location:
                replace_by_rounded(op.results[i], result)
        else:
            op.results[i].replace_all_uses_with(result)
    op.operation.erase()


def _repeats(op: linalg.GenericOp, map_: ir.AffineMap) -> bool:
    """Whether several iterations may have the same element."""
    units = unit_loops(op, indexing_maps(op), map_.n_dims)
    return len(named_loops(map_).keys() | units) < map_.n_dims


def _chain(block: ir.Block, argument: int, number: int) -> list[ir.Operation]:
    """The operations that carry an accumulator to what is yielded for it; none if it is used
    otherwise."""
    chain: list[ir.Operation] = []
    value: ir.Value = block.arguments[argument]
    end = terminator(block)
    while True:
        users = [use.owner.operation for use in value.uses]
        inside = [user for user in users if user != end]
        if chain and end in users and end.operands[number] == value:
            return chain
        if len(users) != 1 or not inside or inside[0].name not in _CARRYING:
            return []
        user = inside[0]
        if user.block != block or sum(operand == value for operand in user.operands) != 1:
            return []
        if user.name == "math.fma" and user.operands[2] != value:
            return []
        chain.append(user)
        value = user.results[0]


def _carry(chain: list[ir.Operation], accumulator: ir.Value, number: int) -> None:
    """Do the operations of `chain` in f32, from `accumulator` on, and yield the last as `number`;
    what else takes it takes it rounded."""
    carried = accumulator
    end = terminator(chain[0].block)
    narrow = chain[-1].results[0].type
    for op in chain:
        with ir.InsertionPoint(op), op.location:
            operands = [v if v == carried else _wide(v) for v in op.operands]
            attributes = {name: op.attributes[name] for name in op.attributes}
            new = ir.Operation.create(op.name, [ir.F32Type.get()], operands, attributes).results[0]
        if op == chain[-1]:
            end.operands[number] = new
            if any(True for _ in op.results[0].uses):
                with ir.InsertionPoint(op), op.location:
                    op.results[0].replace_all_uses_with(arith.truncf(narrow, new))
        else:
            op.results[0].replace_all_uses_with(new)
        op.erase()
        carried = new


def _wide(value: ir.Value) -> ir.Value:
    """`value` in f32; a product is computed in it."""
    wide, owner = ir.F32Type.get(), value.owner
    if value.type == wide:
        return value
    if not isinstance(owner, ir.Block) and owner.name == "arith.mulf":
        return arith.mulf(*map(_wide, owner.operands))
    return arith.extf(wide, value)


def _extended(init: ir.Value) -> ir.Value:
    """A tensor in f32: a fill where it is one, else with its elements widened."""
    type_, wide = ir.RankedTensorType(init.type), ir.F32Type.get()
    out = empty([size_of(init, i) for i in range(type_.rank)], wide)
    if is_empty(init):
        return out
    scalar = uniform(init)
    if scalar is not None:
        if isinstance(scalar, ir.Attribute):
            scalar = arith.constant(type_.element_type, ir.FloatAttr(scalar).value)
        return linalg.fill(arith.extf(wide, scalar), outs=[out])
    maps = [ir.AffineMap.get_identity(type_.rank)] * 2
    return apply([init], maps, out, ["parallel"] * type_.rank, lambda x, _: arith.extf(wide, x))
