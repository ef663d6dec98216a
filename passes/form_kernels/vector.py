"""The kernel of a contraction, reduction or elementwise group, on its merged domain."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from mlir import ir
from mlir.dialects import arith, linalg, memref, tensor

from clawc.passes.form_kernels.body import Body
from clawc.passes.form_kernels.cut import cut
from clawc.passes.form_kernels.domain import Domain, View
from clawc.passes.form_kernels.groups import Binding, Dims
from clawc.passes.form_kernels.host import Host
from clawc.passes.form_kernels.padding import read_padding
from clawc.passes.form_kernels.sizes import Node, Sizes
from clawc.passes.form_kernels.tables import read_bytes
from clawc.passes.ir.body import body_of
from clawc.passes.ir.loops import KernelOp, Read, shape_of, uniform
from clawc.passes.ir.windows import Window, loops_of
from clawc.passes.kernel.kernel import hand_schedule_on


class VectorKernel:
    """Writes the kernel; `scalars` are what the call has to pass after the buffers."""

    def __init__(
        self,
        name: str,
        host: Host,
        domain: Domain,
        inputs: list[tuple[ir.Value, ir.Value]],
        tables: list[tuple[ir.Value, ir.Value]],
        outputs: list[tuple[ir.Value, ir.Value]],
        sizes: Sizes,
    ) -> None:
        group = domain.group
        first = next(iter(group.ops))
        self.domain = domain
        self._sizes: dict[int, ir.Value] = {}
        self._empties: dict[tuple, ir.Value] = {}
        self._read: dict[View, ir.Value] = {}
        self._tensors: dict[ir.Value, ir.Value] = {}  # made here
        read = domain.inputs()
        first_output = len(inputs) + len(tables)
        self._dims = {number: domain.merge(dims) for number, (_, dims) in enumerate(read)}
        for number, (value, _) in enumerate(outputs, first_output):
            self._dims[number] = domain.merge(group.values[value])
        buffers = [buffer for _, buffer in [*inputs, *tables, *outputs]]
        places = self._places()
        for number, (value, _) in enumerate(tables, len(inputs)):
            for dim in range(len(shape_of(value))):
                if not isinstance(size := sizes.size(value, dim), int):
                    places.setdefault(size, (number, dim))
        self.body = Body(name, host, buffers, first.op.location, sizes, places)
        for number, (value, dims) in enumerate(read):
            self._read[domain.view(value, dims)] = self.body.load(number)
        self._tables = {
            value: self.body.load(number) for number, (value, _) in enumerate(tables, len(inputs))
        }
        for op, binding in group.ops.items():
            self._write(op, binding)
        for number, (value, _) in enumerate(outputs, first_output):
            self.body.store(self._tensors[value], number)
        self.body.finish(group.kind)

    def _places(self) -> dict[Node, tuple[int, int]]:
        """Where each dynamic dimension of the group that is not merged can be found."""
        places: dict[Node, tuple[int, int]] = {}
        for number, dims in self._dims.items():
            for place, dim in enumerate(dims):
                parts = () if isinstance(dim, Window) else self.domain.dims[dim]
                size = self.domain.group.sizes[parts[0]] if len(parts) == 1 else 1
                if not isinstance(size, int):
                    places.setdefault(size, (number, place))
        return places

    def _size(self, dim: int) -> ir.Value | int:
        """The size of a dimension of the domain, from the first argument that has it."""
        if (static := self.domain.size(dim)) >= 0:
            return static
        if dim not in self._sizes:
            self._sizes[dim] = self._dynamic_size(dim)
        return self._sizes[dim]

    def _dynamic_size(self, dim: int) -> ir.Value:
        body = self.body
        for number, dims in self._dims.items():
            if dim in dims:
                with body.point, body.location:
                    place = arith.constant(ir.IndexType.get(), dims.index(dim))
                    return memref.DimOp(body.entry.arguments[number], place).result
        total: ir.Value | None = None
        for part in self.domain.dims[dim]:
            size = self._length(self.domain.group.sizes[part])
            total = size if total is None else body.host.multiply(total, size)
        return body.pass_index(total)

    def _length(self, node: int | Node) -> ir.Value:
        """The host's value of a size of the group."""
        host = self.body.host
        if isinstance(node, int):
            return host.constant(node)
        value, dim = node
        size = host.size(value, dim) if dim >= 0 else host.scalar(value)
        assert size is not None, "the host knows every size"
        return size

    def _empty(self, dims: Sequence[int | Window], element: ir.Type) -> ir.Value:
        key = (tuple(dims), str(element))
        if key not in self._empties:
            sizes = [self._size(dim) for dim in loops_of(dims)]
            with self.body.point, self.body.location:
                self._empties[key] = tensor.EmptyOp(sizes, element).result
        return self._empties[key]

    def _write(self, op: KernelOp, binding: Binding) -> None:
        group, domain, body = self.domain.group, self.domain, self.body
        loops = sorted(loops_of(domain.merge(tuple(binding[loop] for loop in op.loops))))

        def map_of(dims: list[int | Window]) -> ir.AffineMap:
            exprs = [
                dim.renamed(loops.index).expression()
                if isinstance(dim, Window)
                else ir.AffineDimExpr.get(loops.index(dim))
                for dim in dims
            ]
            return ir.AffineMap.get(len(loops), 0, exprs)

        inputs, placed = [], []
        for read in op.reads:
            value, dims = self._input(read, group.place(read, binding))
            inputs.append(value)
            placed.append(dims)
        placed += [domain.merge(group.place(write, binding)) for write in op.writes]
        inits = [self._init(op, i, placed[len(inputs) + i]) for i in range(len(op.writes))]
        if unsized := [loop for loop in loops if all(loop not in dims for dims in placed)]:
            element = ir.RankedTensorType(inits[0].type).element_type
            placed.insert(len(inputs), [*unsized])
            inputs.append(self._empty(unsized, element))  # as the window of a pooling
        iterators = [domain.iterators[loop] for loop in loops]
        if op.kind == "elementwise":
            iterators = ["parallel"] * len(loops)
        with body.point, op.op.location:
            types = [init.type for init in inits]
            maps = [map_of(dims) for dims in placed]
            made = linalg.GenericOp(types, inputs, inits, maps, iterators)
            hand_schedule_on(op.op.operation, made.operation)
            elements = [ir.RankedTensorType(v.type).element_type for v in [*inputs, *inits]]
            block = made.regions[0].blocks.append(*elements)
        self._fill(op, binding, loops, block)
        for write, result in zip(op.writes, made.results, strict=True):
            self._tensors[write.value] = result

    def _input(self, read: Read, dims: Dims) -> tuple[ir.Value, list[int | Window]]:
        """The tensor that is read, with the padding around it, and what indexes it."""
        merged = self.domain.merge(dims)
        source = self._tensor(read.value, dims)
        if read.padding is not None:
            return self._padded(source, read, dims), merged
        if any(read.places):
            places = zip(read.places, dims, strict=True)
            found = iter([place for place, dim in places if isinstance(dim, Window)])
            at = [next(found) if isinstance(dim, Window) else None for dim in merged]
            with self.body.point, self.body.location:
                return cut(source, merged, at, self._size, self.body.scalar)
        return source, merged

    def _tensor(self, value: ir.Value, dims: Dims) -> ir.Value:
        """A value as it was made here, or as it is read from memory over `dims`."""
        made = self._tensors.get(value)
        return self._read[self.domain.view(value, dims)] if made is None else made

    def _padded(self, inner: ir.Value, read: Read, dims: Dims) -> ir.Value:
        """`inner` with the padding of `read` around it."""
        padding = read.padding
        assert padding is not None
        groups = self.domain.reassociation(dims)
        low, high = ([sum(x[i] for i in g) for g in groups] for x in (padding.low, padding.high))
        shape = [self._joint([padding.shape[i] for i in group]) for group in groups]
        type_ = ir.RankedTensorType(inner.type)
        scalar = self.body.scalar(padding.value)
        with self.body.point, self.body.location:
            if scalar.type != type_.element_type:
                scalar = arith.extui(type_.element_type, scalar)
            result = ir.RankedTensorType.get(shape, type_.element_type)
            op = tensor.PadOp(result, inner, [], [], low, high)
            block = op.regions[0].blocks.append(*[ir.IndexType.get()] * len(shape))
            with ir.InsertionPoint(block):
                tensor.YieldOp(scalar)
        return op.result

    @staticmethod
    def _joint(sizes: Sequence[int]) -> int:
        return ir.ShapedType.get_dynamic_size() if -1 in sizes else prod(sizes)

    def _init(self, op: KernelOp, number: int, dims: list[int | Window]) -> ir.Value:
        write = op.writes[number]
        empty = self._empty(dims, ir.RankedTensorType(write.value.type).element_type)
        if op.kind == "elementwise":
            return empty
        source = uniform(op.op.operands[write.argument])
        assert source is not None, "reductions start from a scalar"
        scalar = self.body.scalar(source)
        with self.body.point, op.op.location:
            return linalg.fill(scalar, outs=[empty])

    def _fill(self, op: KernelOp, binding: Binding, loops: list[int], block: ir.Block) -> None:
        """Move the body over, arguments and indices renumbered, bits unpacked."""
        if isinstance(op.op, linalg.GenericOp) and read_padding(op.op) is not None:
            element = ir.RankedTensorType(op.writes[0].value.type).element_type
            with ir.InsertionPoint(block), op.op.location:
                linalg.YieldOp([_bit(block.arguments[0], element)])
            return
        arguments: dict[int, ir.Value] = {}
        point = ir.InsertionPoint(block)
        old = body_of(op.op)
        for i, read in enumerate(op.reads):
            wanted = old.arguments[read.argument].type
            with point, op.op.location:
                arguments[read.argument] = _bit(block.arguments[i], wanted)
        if op.kind != "elementwise":
            inits = list(block.arguments)[-len(op.writes) :]
            for write, init in zip(op.writes, inits, strict=True):
                arguments[write.argument] = init
        self.body.take(op, block, arguments)
        for value in op.tables:
            self.body.replace_in(block, value, self._tables[value])
        read_bytes(block)
        for inner in list(block.operations):
            if inner.name == "linalg.index":
                self._index(inner, binding, loops)

    def _index(self, inner: ir.OpView, binding: Binding, loops: list[int]) -> None:
        loop = ir.IntegerAttr(inner.attributes["dim"]).value
        if loop in binding:
            place = loops.index(next(loops_of(self.domain.merge((binding[loop],)))))
            inner.attributes["dim"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), place)
        else:
            with ir.InsertionPoint(inner), inner.location:
                zero = arith.constant(ir.IndexType.get(), 0)
            inner.results[0].replace_all_uses_with(zero)
            inner.operation.erase()


def _bit(argument: ir.Value, wanted: ir.Type) -> ir.Value:
    """A body argument as the old one's type: bytes that stand for bits are narrowed."""
    return argument if argument.type == wanted else arith.trunci(wanted, argument)
