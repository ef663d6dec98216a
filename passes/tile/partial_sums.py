"""A reduction in two: the sums of parts of what is summed, and the sum of those.

    %s = linalg.generic {addf over k} ins(%x : tensor<4x?xf16>) outs(%init : tensor<4xf16>)
becomes
    %p = linalg.generic {addf over k} ins(%x) outs(%neutral : tensor<4xf32>)      // of each part
    %s = linalg.generic {addf over p} ins(%ps : tensor<?x4xf32>) outs(%init : tensor<4xf16>)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlir import ir
from mlir.dialects import arith, linalg, math, tensor

from clawc.passes.ir.body import body_of, terminator
from clawc.passes.ir.neutral import neutral
from clawc.passes.ir.selection import Selection, selection
from clawc.passes.tile.body import Accumulation, accumulation
from clawc.passes.tile.totals import Scalars, added_up, computed, over_parts

Values = Mapping[ir.Value, ir.Value]


def accumulations(op: ir.Operation) -> list[Accumulation]:
    """How each result of a reduction that has a vector form accumulates."""
    inputs = len(op.operands) - len(op.results)
    found = [accumulation(op, inputs + i, i) for i in range(len(op.results))]
    assert None not in found, "the analysis has refused all others"
    return [how for how in found if how is not None]


def partial_types(op: ir.Operation) -> list[ir.RankedTensorType]:
    """The results of a part: the elements are as wide as they are summed."""
    types = [ir.RankedTensorType(result.type) for result in op.results]
    if selection(op):
        return types
    elements = [how.op.results[0].type for how in accumulations(op)]
    return [ir.RankedTensorType.get(t.shape, e) for t, e in zip(types, elements, strict=True)]


def write_partial(op: ir.Operation, known: Values) -> list[ir.Value]:
    """The reduction of `op` from the neutral values, not rounded in between; what selects starts as
    it does.  `known` maps what is outside of it."""
    if selection(op):
        return clone_with(op, known)
    inputs = len(op.operands) - len(op.results)
    hows, types = accumulations(op), partial_types(op)
    inits = [
        _filled(init, type_, how, known)
        for init, type_, how in zip(list(op.operands)[inputs:], types, hows, strict=True)
    ]
    made = _generic(op, types, [known[v] for v in list(op.operands)[:inputs]], inits)
    block, old = body_of(made), body_of(op)
    values = dict(known) | dict(zip(old.arguments, block.arguments, strict=True))
    with ir.InsertionPoint(block):
        for how in hows:
            if how.extension is not None:
                values[how.extension.results[0]] = values[how.extension.operands[0]]
        skipped = [o for how in hows for o in (how.extension, how.truncation) if o is not None]
        for inner in list(old.operations)[:-1]:
            if inner.operation not in skipped:
                _clone(inner.operation, values)
        linalg.YieldOp([values[how.op.results[0]] for how in hows])
    return list(made.results)


def write_total(op: ir.Operation, parts: Sequence[ir.Value], known: Values) -> list[ir.Value]:
    """The results of `op` from those of its parts, which the first dimension of `parts` counts."""
    old = list(op.operands)[len(op.operands) - len(op.results) :]
    inits = [known[v] for v in old]
    if selected := selection(op):
        return over_parts(parts, inits, lambda x, sofar: _selected(op, selected, x, sofar))
    hows, types = accumulations(op), partial_types(op)
    sums = [i for i, how in enumerate(hows) if how.op.name == "arith.addf"]
    zeros = [_filled(old[i], types[i], hows[i], known) for i in sums]

    def first(found: Scalars, sofar: Scalars) -> list[ir.Value]:
        """Of sums a bound, all others at once."""
        return [
            arith.addf(s, math.absf(x)) if i in sums else _combined(how, x, s)
            for i, (how, x, s) in enumerate(zip(hows, found, sofar, strict=True))
        ]

    begun = [zeros[sums.index(i)] if i in sums else init for i, init in enumerate(inits)]
    totals = over_parts(parts, begun, first)
    if not sums:
        return totals
    pairs = added_up([parts[i] for i in sums], [totals[i] for i in sums], zeros)

    def last(found: Scalars, _: Scalars) -> list[ir.Value]:
        return [
            _combined(hows[i], arith.addf(large, rest), onto)
            for i, large, rest, onto in zip(sums, found[::3], found[1::3], found[2::3], strict=True)
        ]

    inputs = [v for i, pair in zip(sums, pairs, strict=True) for v in (*pair, inits[i])]
    targets = [known[empty_of(old[i]).results[0]] for i in sums]
    rank = types[0].rank
    maps = [ir.AffineMap.get_identity(rank)] * (len(inputs) + len(targets))
    ended = computed(inputs, targets, maps, ["parallel"] * rank, last)
    return [ended[sums.index(i)] if i in sums else total for i, total in enumerate(totals)]


def _selected(
    op: ir.Operation, how: Selection, found: Sequence[ir.Value], sofar: Sequence[ir.Value]
) -> list[ir.Value]:
    """The better one of two pairs, as the body of `op` tells."""
    block = body_of(op)
    values = {how.value: found[how.of_value], how.index: found[how.of_index]}
    values |= dict(zip(list(block.arguments)[-2:], sofar, strict=True))
    kept = [v.owner.operation for v in terminator(block).operands]
    for inner in (how.compare, *kept):
        _clone(inner, values)
    return [values[v] for v in terminator(block).operands]


def _combined(how: Accumulation, part: ir.Value, sofar: ir.Value) -> ir.Value:
    """`sofar` with `part`, as the reduction combines it."""
    values = {how.value: part}
    if how.extension is None:
        accumulator = next(v for v in how.op.operands if v != how.value)
        values[accumulator] = sofar
    else:
        values[how.extension.operands[0]] = sofar
        _clone(how.extension, values)
    result = _clone(how.op, values)
    return result if how.truncation is None else _clone(how.truncation, values)


def _filled(
    init: ir.Value, type_: ir.RankedTensorType, how: Accumulation, known: Values
) -> ir.Value:
    """A tensor as large as `init`, of what changes nothing."""
    sizes = [known[v] for v in empty_of(init).operands]
    dynamic = iter(sizes)
    unknown = ir.ShapedType.get_dynamic_size()
    shape = [next(dynamic) if n == unknown else n for n in type_.shape]
    element = type_.element_type
    value = neutral(how.kind, element)
    scalar = arith.constant(element, float(value) if isinstance(element, ir.FloatType) else value)
    return linalg.fill(scalar, outs=[tensor.EmptyOp(shape, element).result])


def empty_of(init: ir.Value) -> ir.Operation:
    """The tensor.empty that a fill, or a fill of a fill, fills."""
    op = init.owner.operation
    while op.name != "tensor.empty":
        op = op.operands[len(op.operands) - 1].owner.operation
    return op


def _generic(
    op: ir.Operation,
    types: Sequence[ir.Type],
    inputs: Sequence[ir.Value],
    inits: Sequence[ir.Value],
) -> ir.Operation:
    """A generic like `op`, with an empty block."""
    maps = [ir.AffineMapAttr(a).value for a in ir.ArrayAttr(op.attributes["indexing_maps"])]
    kinds = ir.ArrayAttr(op.attributes["iterator_types"])
    made = linalg.GenericOp(types, list(inputs), list(inits), maps, kinds)
    old = list(body_of(op).arguments)[: len(inputs)]
    elements = [ir.RankedTensorType(v.type).element_type for v in inits]
    made.regions[0].blocks.append(*(a.type for a in old), *elements)
    return made.operation


def clone_with(op: ir.Operation, known: Values) -> list[ir.Value]:
    """`op` here, and its body, on what `known` says."""
    new = op.clone().operation
    inner = [o.operation for region in new.regions for block in region for o in block.operations]
    for copy in (new, *inner):
        for i, operand in enumerate(copy.operands):
            copy.operands[i] = known.get(operand, operand)
    return list(new.results)


def _clone(op: ir.Operation, values: dict[ir.Value, ir.Value]) -> ir.Value:
    """`op` here, on what `values` says, which learns its results."""
    new = op.clone().operation
    for i, operand in enumerate(op.operands):
        new.operands[i] = values.get(operand, operand)
    values.update(zip(op.results, new.results, strict=True))
    return new.results[0]
