"""tm_tensor.topk as claw.topk; where its inits count, the first of all candidates sorted."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.dialects.order_ops import TopkOp
from clawc.dialects.shapes import DYNAMIC, Label, rank, shape, tensor_type
from clawc.passes.claw_to_linalg.build import Builder, Size, as_index, constant
from clawc.passes.claw_to_linalg.merge import Before, merge_sorted
from clawc.passes.claw_to_linalg.positions import branch, elements_at
from clawc.passes.claw_to_linalg.sort import order_of
from clawc.passes.ir.loops import uniform
from clawc.passes.tm_tensor.operation import TmOp
from clawc.passes.tm_tensor.region import Order, inlined, order
from clawc.passes.tm_tensor.sort import strictly

_P = arith.CmpIPredicate


def convert_topk(op: TmOp, build: Builder) -> list[ir.Value]:
    """Of equal elements the first comes first, as torch-mlir's loop has it."""
    op.expect_operands([1, 2], 2, 2)
    source, (values, indices) = op.ins[0], op.outs
    axis, scalar = op.axis(rank(source)), tensor_type(source).element_type
    op.expect(all(rank(v) == rank(source) for v in (*op.ins, *op.outs)), "tensors of one rank")
    op.expect(tensor_type(values).element_type == scalar, f"a first init of {scalar}")
    number = tensor_type(indices).element_type
    op.expect(str(number) in ("i32", "i64"), f"a second init of i32 or i64, got {number}")
    block = op.block([scalar, scalar], ir.IntegerType.get_signless(1))
    found = order(block)
    if found is not None and _is_filled_up(op, axis, found.descending):
        return _whole(op, build, axis, found)
    if found is None:
        return _of_candidates(op, build, axis, strictly(inlined(block)))
    before = order_of(scalar, found.descending)
    return _of_candidates(op, build, axis, lambda a, b: before(a[0], b[0]))


def _is_filled_up(op: TmOp, axis: int, descending: bool) -> bool:
    """Whether elements of the input take all places, and so the inits do not count."""
    size, k = shape(op.ins[0])[axis], shape(op.outs[0])[axis]
    if DYNAMIC in (size, k) or k > size:
        return False
    worst, last = _number(op.outs[0]), _number(op.outs[1])
    return worst == _worst(op.outs[0], descending) and last == _worst(op.outs[1], False)


def _number(value: ir.Value) -> float | int | None:
    """What a filled tensor holds everywhere, where it is a constant."""
    found = uniform(value)
    if isinstance(found, ir.Value) and not isinstance(found.owner, ir.Block):
        found = found.owner.operation.attributes.get("value")
    is_number = isinstance(found, (ir.FloatAttr, ir.IntegerAttr))
    return found.value if is_number else None


def _worst(value: ir.Value, descending: bool) -> float | int:
    """What no element comes behind."""
    type_ = tensor_type(value).element_type
    if not isinstance(type_, ir.IntegerType):
        return -inf if descending else inf
    least = -(1 << (type_.width - 1))
    return least if descending else -1 - least


def _whole(op: TmOp, build: Builder, axis: int, found: Order) -> list[ir.Value]:
    results = [value.type for value in op.op.results]
    k = shape(op.outs[0])[axis]
    made = TopkOp.build(op.ins[0], results=results, k=k, axis=axis, smallest=not found.descending)
    op.check(made)
    if len(op.ins) == 1:
        return [made.out, made.indices]
    sizes = build.sizes(made.out)
    given = elements_at(build, [op.ins[1]], sizes, lambda here: here, (made.indices, axis))
    return [made.out, *given]


def _of_candidates(op: TmOp, build: Builder, axis: int, before: Before) -> list[ir.Value]:
    """The elements and then what the inits hold, all sorted, of which the first are taken."""
    sizes: dict[Label, Size] = dict(enumerate(build.sizes(op.ins[0])))
    length, k = sizes[axis], build.sizes(op.outs[0])[axis]
    if isinstance(length, int) and isinstance(k, int):
        sizes[axis] = length + k
    else:
        sizes[axis] = arith.addi(as_index(length), as_index(k))
    indices = op.ins[1] if len(op.ins) == 2 else None
    candidates = [
        _behind(build, first, init, axis, as_index(length), sizes)
        for first, init in ((op.ins[0], op.outs[0]), (indices, op.outs[1]))
    ]
    true = constant(ir.IntegerType.get_signless(1), 1)

    def first(a: Sequence[ir.Value], b: Sequence[ir.Value]) -> ir.Value:
        smaller = arith.andi(arith.xori(before(b[:1], a[:1]), true), arith.cmpi(_P.slt, a[1], b[1]))
        return arith.ori(before(a[:1], b[:1]), smaller)

    ordered = merge_sorted(build, candidates, axis, first)
    return elements_at(build, ordered, build.sizes(op.outs[0]), lambda here: here)


def _behind(
    build: Builder,
    first: ir.Value | None,
    init: ir.Value,
    axis: int,
    length: ir.Value,
    sizes: dict[Label, Size],
) -> ir.Value:
    """`first`, by default the indices along the axis, and `init` behind it."""
    element = tensor_type(init).element_type

    def body() -> ir.Value:
        here = [linalg.IndexOp(a).result for a in sizes]

        def at(value: ir.Value, position: ir.Value) -> ir.Value:
            place = [position if a == axis else i for a, i in enumerate(here)]
            return tensor.ExtractOp(value, place).result

        def of_first() -> ir.Value:
            if first is None:
                return arith.index_cast(element, here[axis])
            return at(first, here[axis])

        inside = arith.cmpi(_P.ult, here[axis], length)
        return branch(inside, element, of_first, lambda: at(init, arith.subi(here[axis], length)))

    return build.compute([], list(sizes), sizes, element, body)
