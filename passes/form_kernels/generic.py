"""The kernel of one `linalg.generic` that the vector lane does not take."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.passes.form_kernels.body import Body
from clawc.passes.form_kernels.host import Host
from clawc.passes.form_kernels.sizes import Node, Sizes
from clawc.passes.form_kernels.tables import read_bytes
from clawc.passes.form_kernels.views import stored_type
from clawc.passes.ir.body import body_of
from clawc.passes.ir.loops import KernelOp, shape_of, uniform


class GenericKernel:
    """Writes the kernel: the op as it is, on tensors of its buffers, bits as bytes."""

    def __init__(
        self,
        name: str,
        host: Host,
        op: KernelOp,
        inputs: list[tuple[ir.Value, ir.Value]],
        outputs: list[tuple[ir.Value, ir.Value]],
        sizes: Sizes,
    ) -> None:
        assert isinstance(op.op, linalg.GenericOp), "fills take the vector lane"
        self.op, self.generic = op, op.op
        places: dict[Node, tuple[int, int]] = {}
        for number, (value, _) in enumerate([*inputs, *outputs]):
            for dim in range(len(shape_of(value))):
                size = sizes.size(value, dim)
                if not isinstance(size, int):
                    places.setdefault(size, (number, dim))
        buffers = [buffer for _, buffer in [*inputs, *outputs]]
        self.body = body = Body(name, host, buffers, op.op.location, sizes, places)
        self._tensors = {value: body.load(i) for i, (value, _) in enumerate(inputs)}
        generic = self.generic
        n_inputs = len(generic.inputs)
        maps = [
            ir.AffineMapAttr(a).value for a in ir.ArrayAttr(generic.attributes["indexing_maps"])
        ]
        needed = self._needed(maps)
        ins = [self._operand(generic.operands[i]) for i in needed]
        inits = [self._init(i) for i in range(n_inputs, len(generic.operands))]
        with body.point, generic.location:
            made = linalg.GenericOp(
                [init.type for init in inits],
                ins,
                inits,
                [maps[i] for i in needed] + maps[n_inputs:],
                ir.ArrayAttr(generic.attributes["iterator_types"]),
            )
            elements = [ir.RankedTensorType(v.type).element_type for v in [*ins, *inits]]
            block = made.regions[0].blocks.append(*elements)
        self._fill(needed, block)
        stored = [value for value, _ in outputs]
        for write, result in zip(op.writes, made.results, strict=True):
            if write.value in stored:
                body.store(result, len(inputs) + stored.index(write.value))
        body.finish("generic", op.reason)

    def _needed(self, maps: list[ir.AffineMap]) -> list[int]:
        """The inputs that are read, and those that alone say how often a loop runs."""
        n_inputs = len(self.generic.inputs)
        read = {r.argument for r in self.op.reads if r.argument < n_inputs}
        kept = [i for i in range(n_inputs) if i in read]
        sized = {d for i in [*kept, *range(n_inputs, len(maps))] for d in _plain_dims(maps[i])}
        for i in range(n_inputs):
            if i not in read and _plain_dims(maps[i]) - sized:
                kept.append(i)
                sized |= _plain_dims(maps[i])
        return sorted(kept)

    def _operand(self, value: ir.Value) -> ir.Value:
        if value in self._tensors:
            return self._tensors[value]
        return self._empty(value)

    def _empty(self, value: ir.Value) -> ir.Value:
        """A tensor of that shape without contents; dynamic sizes are passed as scalars."""
        element = stored_type(ir.RankedTensorType(value.type).element_type)
        body = self.body
        shape: list[int | ir.Value] = []
        for dim, size in enumerate(shape_of(value)):
            shape.append(size if size >= 0 else body.size(value, dim))
        with body.point, body.location:
            return tensor.EmptyOp(shape, element).result

    def _init(self, number: int) -> ir.Value:
        value = self.generic.operands[number]
        if value in self._tensors:
            return self._tensors[value]
        empty = self._empty(value)
        source = uniform(value)
        if source is None:
            return empty
        scalar = self.body.scalar(source)
        with self.body.point, self.body.location:
            if scalar.type != stored_type(scalar.type):
                scalar = arith.extui(stored_type(scalar.type), scalar)
            return linalg.fill(scalar, outs=[empty])

    def _fill(self, needed: list[int], block: ir.Block) -> None:
        generic, old = self.generic, body_of(self.generic)
        n_inputs = len(generic.inputs)
        numbers = [*needed, *range(n_inputs, len(generic.operands))]
        read = {r.argument for r in self.op.reads}
        arguments = {}
        with ir.InsertionPoint(block), generic.location:
            for new, number in zip(block.arguments, numbers, strict=True):
                if number < n_inputs and number not in read:
                    continue  # it is there for its size only; `take` knows the value
                wanted = old.arguments[number].type
                narrow = new.type != wanted
                arguments[number] = arith.trunci(wanted, new) if narrow else new
        self.body.take(self.op, block, arguments)
        for value in self.op.captured:
            if value in self._tensors:
                self.body.replace_in(block, value, self._tensors[value])
        yielded = block.operations[len(block.operations) - 1]
        with ir.InsertionPoint(yielded), generic.location:
            for i, value in enumerate(yielded.operands):
                if value.type != stored_type(value.type):
                    yielded.operation.operands[i] = arith.extui(stored_type(value.type), value)
        read_bytes(block)


def _plain_dims(map_: ir.AffineMap) -> set[int]:
    return {e.position for e in map_.results if isinstance(e, ir.AffineDimExpr)}
