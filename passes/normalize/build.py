"""Building `linalg.generic` ops whose bodies are Python functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith, linalg, scf, tensor

Size = int | ir.Value
DYNAMIC = ir.ShapedType.get_dynamic_size()


def index(value: int) -> ir.Value:
    return arith.constant(ir.IndexType.get(), value)


def as_value(size: Size) -> ir.Value:
    return index(size) if isinstance(size, int) else size


def size_of(value: ir.Value, dim: int) -> Size:
    """The size of a dimension, from where it was decided; static where a type says so."""
    size = _decided(value, dim)
    return tensor.DimOp(size[0], index(size[1])).result if isinstance(size, tuple) else size


def known_size(value: ir.Value, dim: int) -> Size | tuple[ir.Value, int]:
    """What tells sizes apart: equal ones are the same size.  Makes no operation."""
    size = _decided(value, dim)
    while isinstance(size, ir.Value) and not isinstance(size.owner, ir.Block):
        op = size.owner.opview
        number = op.operands[1].owner if isinstance(op, tensor.DimOp) else op
        if not isinstance(number, ir.Operation) or number.name != "arith.constant":
            break
        size = _decided(op.operands[0], ir.IntegerAttr(number.attributes["value"]).value)
    return size


def _decided(value: ir.Value, dim: int) -> Size | tuple[ir.Value, int]:
    """The size of a dimension; the tensor and its dimension where that alone is known."""
    while (size := ir.RankedTensorType(value.type).shape[dim]) == DYNAMIC:
        op = value.owner if isinstance(value.owner, ir.Block) else value.owner.opview
        if isinstance(op, linalg.GenericOp):
            value = op.outputs[ir.OpResult(value).result_number]
        elif isinstance(op, (linalg.FillOp, tensor.CastOp)):
            value = op.operands[-1]
        elif isinstance(op, tensor.EmptyOp):
            return mixed(list(ir.RankedTensorType(value.type).shape), list(op.operands))[dim]
        elif isinstance(op, tensor.ExpandShapeOp):
            return mixed(list(op.static_output_shape), list(op.output_shape))[dim]
        else:
            return value, dim
    return size


def mixed(static: Sequence[int], dynamic: Sequence[ir.Value]) -> list[Size]:
    """Offsets, sizes or strides as an op keeps them: attribute and operands."""
    left = iter(dynamic)
    return [next(left) if value == DYNAMIC else value for value in static]


def empty(sizes: Sequence[Size], element: ir.Type) -> ir.Value:
    return tensor.EmptyOp(list(sizes), element).result


def produce(
    sizes: Sequence[Size],
    element: ir.Type,
    body: Callable[[list[ir.Value]], ir.Value],
) -> ir.Value:
    """A tensor with element `body(indices)` at each place."""
    out = empty(sizes, element)
    rank = len(sizes)
    identity = ir.AffineMap.get_identity(rank)
    generic = linalg.GenericOp([out.type], [], [out], [identity], ["parallel"] * rank)
    block = generic.regions[0].blocks.append(element)
    with ir.InsertionPoint(block):
        indices = [linalg.IndexOp(dim).result for dim in range(rank)]
        linalg.YieldOp([body(indices)])
    return generic.results[0]


def apply(
    inputs: Sequence[ir.Value],
    maps: Sequence[ir.AffineMap],
    init: ir.Value,
    iterators: Sequence[str],
    body: Callable[..., ir.Value],
) -> ir.Value:
    """A generic with one result; `body` gets the elements of the inputs and of `init`."""
    generic = linalg.GenericOp([init.type], list(inputs), [init], list(maps), list(iterators))
    elements = [ir.RankedTensorType(value.type).element_type for value in [*inputs, init]]
    block = generic.regions[0].blocks.append(*elements)
    with ir.InsertionPoint(block):
        linalg.YieldOp([body(*block.arguments)])
    return generic.results[0]


def keep_attributes(old: linalg.GenericOp, new: linalg.GenericOp) -> None:
    """Give `new` what `old` has beside its loops, such as a schedule."""
    for name in old.attributes:
        if name not in new.attributes:
            new.attributes[name] = old.attributes[name]


def choose(
    condition: ir.Value, yes: Callable[[], ir.Value], no: Callable[[], ir.Value], type_: ir.Type
) -> ir.Value:
    """`yes()` or `no()`, of which only one runs: what is guarded may read out of bounds."""
    branch = scf.IfOp(condition, [type_], has_else=True)
    for block, make in ((branch.then_block, yes), (branch.else_block, no)):
        assert block is not None
        with ir.InsertionPoint(block):
            scf.YieldOp([make()])
    return branch.results[0]


def all_of(conditions: Sequence[ir.Value]) -> ir.Value:
    """Whether all of `conditions` hold; there is at least one."""
    result = conditions[0]
    for condition in conditions[1:]:
        result = arith.andi(result, condition)
    return result


def below(left: ir.Value, right: Size) -> ir.Value:
    """`left` < `right`; both are taken as unsigned, so that negative is not below anything."""
    return arith.cmpi(arith.CmpIPredicate.ult, left, as_value(right))


def add(left: Size, right: Size) -> Size:
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    if 0 in (left, right) and isinstance(left, int | ir.Value):
        return right if isinstance(left, int) and left == 0 else left
    return arith.addi(as_value(left), as_value(right))
