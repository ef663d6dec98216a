"""What the claw-to-linalg lowerings build with: sizes, checks at run time, and linalg.generic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith, cf, linalg, tensor

from clawc.chips.elements import ELEMENTS
from clawc.dialects.claw_op import ClawOp
from clawc.dialects.shapes import DYNAMIC, UNIT, Label, Labelled, dimensions, shape, tensor_type

Size = int | ir.Value
Sizes = dict[Label, Size]


class Builder:
    """Builds on tensors whose dimensions have names, and knows the sizes of what it built."""

    def __init__(self) -> None:
        self._sizes: dict[ir.Value, list[Size]] = {}

    def sizes(self, value: ir.Value) -> list[Size]:
        """The sizes of `value`; each `tensor.dim` is made once, right after what it measures."""
        if value not in self._sizes:
            self._sizes[value] = _measure(value)
        return self._sizes[value]

    def resolved(self, size: ir.Value) -> Size:
        """`size`, or what is known to equal it if it is the `tensor.dim` of a known tensor."""
        dim = _op_of(size)
        if not isinstance(dim, tensor.DimOp):
            return size
        axis = _op_of(dim.index)
        if not isinstance(axis, arith.ConstantOp) or not _is_ranked(dim.source):
            return size
        return dict(enumerate(self.sizes(dim.source))).get(int(axis.literal_value), size)

    def define(self, value: ir.Value, sizes: Sequence[Size]) -> ir.Value:
        """`value`, of which the dynamic sizes are noted to be `sizes`."""
        known = shape(value)
        self._sizes[value] = [s if k == DYNAMIC else k for k, s in zip(known, sizes, strict=True)]
        return value

    def forget(self, value: ir.Value) -> None:
        """Drop a value that is about to be erased."""
        self._sizes.pop(value, None)

    def agree(self, op: ClawOp) -> Sizes:
        """The size of each dimension of `op`; what the types leave open is checked at run time."""
        tensors = op.labelled()
        agreed: Sizes = {UNIT: 1}
        for label, uses in dimensions(tensors).items():
            measured = [
                (use, self.sizes(tensors[use.tensor][0])[use.axis])
                for use in uses
                if use.size == DYNAMIC and tensors[use.tensor][0].owner != op.operation
            ]
            known = next((use.size for use in uses if use.size != DYNAMIC), None)
            if label == UNIT:
                known = 1
            if known is not None:
                agreed[label] = known
            elif measured:
                agreed[label] = measured[0][1]
            for use, size in measured:
                wanted = f"{uses[0].tensor} axis {uses[0].axis}" if known is None else known
                check_equal(op, size, agreed[label], f"{use.tensor} axis {use.axis}", wanted)
        return agreed

    def compute(
        self,
        inputs: Sequence[Labelled],
        labels: Sequence[Label],
        sizes: Sizes,
        element: ir.Type,
        body: Callable[..., ir.Value],
        wide: ir.Type | None = None,
    ) -> ir.Value:
        """A tensor with an element for each index of `labels`: `body` of the inputs' elements.

        With `wide` the body's arguments have that type, and its result is rounded to `element`.
        """
        init = empty([sizes[label] for label in labels], element)

        def rounded(*scalars: ir.Value) -> ir.Value:
            scalars = scalars[:-1]
            return convert(body(*(convert(s, wide) if wide else s for s in scalars)), element)

        return self._generic(inputs, init, labels, labels, sizes, rounded)

    def accumulate(
        self,
        inputs: Sequence[Labelled],
        labels: Sequence[Label],
        sizes: Sizes,
        element: ir.Type,
        neutral: float | int,
        body: Callable[..., ir.Value],
    ) -> ir.Value:
        """The reduction over the inputs' dimensions that are not in `labels`.

        `body` gets the inputs' elements as `element`, then what is accumulated so far.
        """
        init = filled([sizes[label] for label in labels], element, neutral)
        loops = list(dict.fromkeys([*labels, *(label for _, names in inputs for label in names)]))

        def accumulated(*scalars: ir.Value) -> ir.Value:
            return body(*(convert(s, element) for s in scalars))

        return self._generic(inputs, init, labels, loops, sizes, accumulated)

    def fold(
        self,
        inputs: Sequence[Labelled],
        init: Labelled,
        loops: Sequence[Label],
        sizes: Sizes,
        body: Callable[..., ir.Value],
    ) -> ir.Value:
        """`init` after `body` of the inputs' elements and what it holds so far, for all `loops`."""
        return self._generic(inputs, *init, loops, sizes, body)

    def gather(
        self,
        inputs: Sequence[ir.Value],
        maps: Sequence[ir.AffineMap],
        init: ir.Value,
        sizes: Sequence[Size],
        body: Callable[..., ir.Value],
    ) -> ir.Value:
        """A tensor shaped as `init`; `maps` say which element of each input its element is of."""
        identity = ir.AffineMap.get_identity(len(sizes))
        return self.define(generic(inputs, init, [*maps, identity], len(sizes), body), sizes)

    def _generic(
        self,
        inputs: Sequence[Labelled],
        init: ir.Value,
        labels: Sequence[Label],
        loops: Sequence[Label],
        sizes: Sizes,
        body: Callable[..., ir.Value],
    ) -> ir.Value:
        known = [
            (recast(value, static([sizes[n] for n in names])), names) for value, names in inputs
        ]
        maps = [labels_map(loops, names) for _, names in [*known, (init, labels)]]
        result = generic([v for v, _ in known], init, maps, len(loops), body)
        return self.define(result, [sizes[label] for label in labels])

    def rounded(self, value: ir.Value, element: ir.Type) -> ir.Value:
        """`value` in the type `element`: itself, or an elementwise conversion."""
        if tensor_type(value).element_type == element:
            return value
        sizes = dict(enumerate(self.sizes(value)))
        return self.compute([(value, list(sizes))], list(sizes), sizes, element, lambda x: x)


def generic(
    inputs: Sequence[ir.Value],
    init: ir.Value,
    maps: Sequence[ir.AffineMap],
    loops: int,
    body: Callable[..., ir.Value],
) -> ir.Value:
    """`linalg.generic`: loops that the last map uses are parallel, the others reductions."""
    kept = {expr.position for expr in map(ir.AffineDimExpr, maps[-1].results)}
    kinds = ["parallel" if i in kept else "reduction" for i in range(loops)]
    op = linalg.GenericOp([init.type], inputs, [init], maps, kinds)
    elements = [tensor_type(value).element_type for value in [*inputs, init]]
    block = op.regions[0].blocks.append(*elements)
    with ir.InsertionPoint(block):
        linalg.YieldOp([body(*block.arguments)])
    return op.results[0]


def labels_map(loops: Sequence[Label], labels: Sequence[Label]) -> ir.AffineMap:
    """From the dimensions `loops` to those of a tensor."""
    where = {label: i for i, label in enumerate(loops)}
    exprs = [ir.AffineExpr.get_dim(where[label]) for label in labels]
    return ir.AffineMap.get(len(loops), 0, exprs)


def _is_ranked(value: ir.Value) -> bool:
    return isinstance(value.type, ir.RankedTensorType)


def _op_of(value: ir.Value) -> ir.OpView | None:
    """The operation that gives `value`; None for an argument."""
    owner = value.owner
    return None if isinstance(owner, ir.Block) else owner.opview


def _measure(value: ir.Value) -> list[Size]:
    known = shape(value)
    if DYNAMIC not in known:
        return list(known)
    owner = value.owner
    at_start = isinstance(owner, ir.Block)
    place = ir.InsertionPoint.at_block_begin(owner) if at_start else ir.InsertionPoint.after(owner)
    with place:
        return [
            tensor.DimOp(value, index(axis)).result if size == DYNAMIC else size
            for axis, size in enumerate(known)
        ]


def check_equal(op: ClawOp, size: Size, expected: Size, what: str, wanted: object) -> None:
    """Stop the program at run time if the two sizes differ; nothing where they cannot."""
    if size != expected:
        same = arith.cmpi(arith.CmpIPredicate.eq, as_index(size), as_index(expected))
        cf.assert_(same, f"{op.operation.name}: {what} must be {wanted}")


def index(value: int) -> ir.Value:
    return constant(ir.IndexType.get(), value)


def as_index(size: Size) -> ir.Value:
    return index(size) if isinstance(size, int) else size


def static(sizes: Sequence[Size]) -> list[int]:
    """The sizes as a tensor type writes them."""
    return [size if isinstance(size, int) else DYNAMIC for size in sizes]


def dynamic(sizes: Sequence[Size]) -> list[ir.Value]:
    """The sizes that are values."""
    return [size for size in sizes if not isinstance(size, int)]


def recast(value: ir.Value, sizes: Sequence[int]) -> ir.Value:
    """`value` typed with what is known of its sizes."""
    type_ = tensor_type(value)
    if list(type_.shape) == list(sizes):
        return value
    return tensor.cast(ir.RankedTensorType.get(sizes, type_.element_type), value)


def empty(sizes: Sequence[Size], element: ir.Type) -> ir.Value:
    return tensor.EmptyOp(list(sizes), element).result


def filled(sizes: Sequence[Size], element: ir.Type, value: float | int) -> ir.Value:
    """A tensor that holds the Python number `value` everywhere."""
    return linalg.fill(constant(element, value), outs=[empty(sizes, element)])


def constant(element: ir.Type, value: float | int) -> ir.Value:
    """The number `value` as a scalar."""
    is_integer = isinstance(element, (ir.IntegerType, ir.IndexType))
    return arith.ConstantOp(element, int(value) if is_integer else float(value)).result


def wide_type(element: ir.Type) -> ir.Type:
    """The type that arithmetic on `element` is done in."""
    row = ELEMENTS.get(str(element))
    return ir.Type.parse(row.computed_in) if row else element


def convert(value: ir.Value, target: ir.Type) -> ir.Value:
    """A float as another float or a signed integer as another; anything else is kept."""
    source = value.type
    if source == target:
        return value
    if isinstance(source, ir.FloatType) and isinstance(target, ir.FloatType):
        if source.width < target.width:
            return arith.extf(target, value)
        if source.width > target.width:
            return arith.truncf(target, value)
        return arith.truncf(target, arith.extf(ir.F32Type.get(), value))
    if isinstance(source, ir.IntegerType) and isinstance(target, ir.IntegerType):
        if 1 < source.width < target.width:
            return arith.extsi(target, value)
        if source.width > target.width > 1:
            return arith.trunci(target, value)
    return value
