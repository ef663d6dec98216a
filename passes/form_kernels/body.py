"""A kernel function under construction: its arguments, scalars, and moved bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlir import ir
from mlir.dialects import arith, bufferization, func, linalg, memref, tensor

from clawc.passes.form_kernels.host import Host
from clawc.passes.form_kernels.sizes import Node, Sizes
from clawc.passes.form_kernels.views import stored_type
from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.body import body_of
from clawc.passes.ir.loops import KernelOp, defining_op, uniform
from clawc.passes.kernel.kernel import Kernel, clamps_of, count_clamps

DYNAMIC = ir.ShapedType.get_dynamic_size()
_COMPUTED_AGAIN = 8  # operations; longer computations are the host's


class Body:
    """Writes one kernel.

    `scalars` are the host's values that become its index arguments, and the buffers of those that
    are no index (see `Host.stored`); sizes are not among them where
    `places` knows a buffer and its dimension of that size.
    """

    def __init__(
        self,
        name: str,
        host: Host,
        buffers: Sequence[ir.Value],
        loc: ir.Location,
        sizes: Sizes,
        places: Mapping[Node, tuple[int, int]],
    ) -> None:
        self.host = host
        self._sizes = sizes
        self._places = places
        self.scalars: list[ir.Value] = []
        self.location = loc
        self._known: dict[ir.Value | Node | int | str, ir.Value] = {}
        types = [buffer.type for buffer in buffers]
        with host.kernels, loc:
            type_ = ir.FunctionType.get(types, [])
            self.func = func.FuncOp(name, type_, visibility="private")
            self.entry = self.func.add_entry_block()
        self.point = ir.InsertionPoint(self.entry)
        self._scalar_point = self.point

    def load(self, number: int) -> ir.Value:
        """The contents of a buffer argument, as a tensor."""
        buffer = self.entry.arguments[number]
        type_ = ir.MemRefType(buffer.type)
        with self.point, self.location:
            contents = ir.RankedTensorType.get(type_.shape, type_.element_type)
            return bufferization.ToTensorOp(contents, buffer, restrict=True).result

    def store(self, value: ir.Value, number: int) -> None:
        """Write `value` to a buffer argument; bits as bytes."""
        type_ = ir.RankedTensorType(value.type)
        with self.point, self.location:
            if stored_type(type_.element_type) != type_.element_type:
                value = self._as_bytes(value)
            bufferization.MaterializeInDestinationOp(
                None, value, self.entry.arguments[number], restrict=True, writable=True
            )

    def _as_bytes(self, bits: ir.Value) -> ir.Value:
        type_ = ir.RankedTensorType(bits.type)
        byte = stored_type(type_.element_type)
        out = self.empty_like(bits, byte)
        maps = [ir.AffineMap.get_identity(type_.rank)] * 2
        widen = linalg.GenericOp([out.type], [bits], [out], maps, ["parallel"] * type_.rank)
        block = widen.regions[0].blocks.append(type_.element_type, byte)
        with ir.InsertionPoint(block):
            linalg.YieldOp([arith.extui(byte, block.arguments[0])])
        return widen.results[0]

    def empty_like(self, value: ir.Value, element: ir.Type) -> ir.Value:
        """A tensor without contents, shaped as the result of a generic of this kernel."""
        number = next(i for i, r in enumerate(value.owner.results) if r == value)
        made = value.owner.opview
        assert isinstance(made, linalg.GenericOp)
        init = made.outputs[number]
        while not isinstance(empty := init.owner.opview, tensor.EmptyOp):
            init = empty.operands[-1]
        sizes = iter(empty.operands)
        type_ = ir.RankedTensorType(empty.result.type)
        shape = [next(sizes) if size == DYNAMIC else size for size in type_.shape]
        return tensor.EmptyOp(shape, element).result

    def scalar(self, source: ir.Attribute | ir.Value) -> ir.Value:
        """`source`, known outside of the kernel, inside of it."""
        key = str(source) if isinstance(source, ir.Attribute) else source
        if key not in self._known:
            with self._scalar_point, self.location:
                self._known[key] = self._import(source)
        return self._known[key]

    def _import(self, source: ir.Attribute | ir.Value) -> ir.Value:
        if isinstance(source, ir.Attribute):
            return arith.ConstantOp(source.type, source).result
        op = defining_op(source)
        if op is not None and op.name == "arith.constant":
            return op.operation.clone().results[0]
        if self.host.scalar(source) is not None:
            if isinstance(source.type, ir.IndexType):
                return self.size(source, -1)
            if not _from_indices(source):
                return self._load_scalar(source)
        if op is None or not op.name.startswith(("arith.", "math.")):
            raise PassFailure(
                op or self.func,
                "is a scalar that depends on a tensor's contents; expected it to be computed "
                "inside of the linalg.generic that uses it",
            )
        operands = [self.scalar(value) for value in op.operands]
        clone = op.operation.clone()
        for i, operand in enumerate(operands):
            clone.operands[i] = operand
        return clone.results[0]

    def _load_scalar(self, source: ir.Value) -> ir.Value:
        """A scalar of the host that comes in a buffer."""
        buffer = self.host.stored(source)
        self.scalars.append(buffer)
        argument = self.entry.add_argument(buffer.type, self.location)
        loaded = memref.LoadOp(argument, []).result
        return loaded if loaded.type == source.type else arith.trunci(source.type, loaded)

    def size(self, value: ir.Value, dim: int) -> ir.Value:
        """The size of a dynamic dimension of a tensor outside of the kernel."""
        node = self._sizes.size(value, dim)
        if node not in self._known:
            with self._scalar_point, self.location:
                self._known[node] = self._size(node, value, dim)
        return self._known[node]

    def _size(self, node: int | Node, value: ir.Value, dim: int) -> ir.Value:
        if isinstance(node, int):
            return arith.constant(ir.IndexType.get(), node)
        if node in self._places:
            number, place = self._places[node]
            index = arith.constant(ir.IndexType.get(), place)
            return memref.DimOp(self.entry.arguments[number], index).result
        return self.pass_index(self.host.size(value, dim) if dim >= 0 else self.host.scalar(value))

    def pass_index(self, value: ir.Value | None) -> ir.Value:
        """An index argument for a value of the host."""
        assert value is not None, "the host knows every size"
        self.scalars.append(value)
        return self.entry.add_argument(ir.IndexType.get(), self.location)

    def take(self, op: KernelOp, block: ir.Block, arguments: dict[int, ir.Value]) -> None:
        """Move the body of `op` into `block`; `arguments` says what replaces which argument."""
        old = body_of(op.op)
        count_clamps(self.func, clamps_of(op.op))
        self._scalar_point = ir.InsertionPoint(block.owner)
        for number, argument in enumerate(old.arguments):
            if next(iter(argument.uses), None) is None:
                continue
            new = arguments.get(number)
            argument.replace_all_uses_with(new if new is not None else self._dropped(op, number))
        for inner in list(old.operations):
            block.append(inner)
        for value in op.captured:
            if isinstance(value.type, ir.RankedTensorType):
                continue
            inside = self.scalar(value)
            self.replace_in(block, value, inside)
        self._scalar_point = self.point

    def _dropped(self, op: KernelOp, number: int) -> ir.Value:
        """The scalar that an operand without memory holds everywhere."""
        value = op.op.operands[number]
        if not isinstance(value.type, ir.RankedTensorType):
            return self.scalar(value)
        source = uniform(value)
        if source is not None:
            return self.scalar(source)
        element = ir.RankedTensorType(value.type).element_type
        with self._scalar_point, self.location:  # undefined contents
            return arith.ConstantOp(element, 0 if _is_integer(element) else 0.0).result

    def replace_in(self, block: ir.Block, value: ir.Value, new: ir.Value) -> None:
        """Let what is inside of `block` use `new` where it uses `value`."""
        stack = [block]
        while stack:
            for inner in stack.pop().operations:
                inner.operation.replace_uses_of_with(value, new)
                stack.extend(b for region in inner.regions for b in region.blocks)

    def finish(self, kind: str, reason: str = "") -> None:
        """Close the function and say what it is; if that is generic, the `reason`."""
        with self.point, self.location:
            func.ReturnOp([])
        types = [argument.type for argument in self.entry.arguments]
        self.func.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(types, []))
        Kernel(self.func.operation).mark(kind, reason)


def _from_indices(scalar: ir.Value) -> bool:
    """Whether a kernel computes it at once from indices and constants."""
    waiting, found = [scalar], 0
    while waiting:
        value = waiting.pop()
        op = defining_op(value)
        if isinstance(value.type, ir.IndexType) or (op is not None and op.name == "arith.constant"):
            continue
        found += 1
        if op is None or found > _COMPUTED_AGAIN or not _is_cheap(op.name):
            return False
        waiting += op.operands
    return True


def _is_cheap(name: str) -> bool:
    """Divisions are not, as they have to be defined for every divisor."""
    return name.startswith("arith.") and not name.startswith(("arith.div", "arith.rem"))


def _is_integer(type_: ir.Type) -> bool:
    return isinstance(type_, (ir.IntegerType, ir.IndexType))
