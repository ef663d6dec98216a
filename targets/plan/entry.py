"""One host function as an entry of a launch plan, operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlir import ir
from mlir.dialects import gpu, memref

from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.constants import constant_values
from clawc.passes.kernel.kernel import seen_type
from clawc.runtime import steps
from clawc.runtime.plan import ConstantData, Entry, ScalarType, TensorType, Type, Variable
from clawc.runtime.steps import Block, Operand, Step
from clawc.targets.plan.arithmetic import read_scalar
from clawc.targets.plan.lifetimes import values_in, with_frees, without_unused
from clawc.targets.plan.scalars import Scalars
from clawc.targets.plan.shapes import dynamic_dims, shape_of

_RESHAPES = ("memref.expand_shape", "memref.collapse_shape")
_VIEWS = (*_RESHAPES, "memref.cast", "memref.reinterpret_cast")
_TERMINATORS = ("func.return", "scf.yield", "scf.condition")


def text(op: ir.OpView | ir.Operation, name: str) -> str:
    """An attribute that is a string."""
    return ir.StringAttr(op.attributes[name]).value


class EntryWriter:
    """Reads one host function; `_scalars` and `_buffers` are what its values are in the plan."""

    def __init__(
        self,
        host: ir.Operation,
        symbols: dict[str, ir.Operation],
        resources: Mapping[str, memoryview],
    ) -> None:
        self._host = host
        self._symbols = symbols
        self._resources = resources
        self._steps: list[Step] = []
        self._made = Scalars(self._steps)
        self._outermost = self._steps
        self._asserted: set[Operand] = set()  # by steps that always run
        self._scalars: dict[ir.Value, Operand] = {}
        self._buffers: dict[ir.Value, int] = {}
        self._shapes: dict[ir.Value, tuple[Operand, ...]] = {}
        self._constants: list[ConstantData] = []
        self._variables: dict[str, Variable] = {}

    def entry(self) -> Entry:
        block = self._host.regions[0].blocks[0]
        for number, argument in enumerate(block.arguments):
            self._argument(number, argument)
        returned = self._read_all(block)
        results = tuple(self._operand(value) for value in returned)
        types = self._types(returned, "res_attrs")
        used = set(values_in(results))
        for type_ in types:
            used.update(values_in(type_.shape if isinstance(type_, TensorType) else ()))
        return Entry(
            text(self._host, "sym_name"),
            self._types(list(block.arguments), "arg_attrs"),
            types,
            tuple(self._constants),
            with_frees(without_unused(self._steps, used), results),
            results,
            tuple(self._variables.values()),
        )

    def _argument(self, number: int, argument: ir.Value) -> None:
        self._made.number()
        if not isinstance(argument.type, ir.MemRefType):
            self._scalars[argument] = ("value", number)
            return
        self._buffers[argument] = number
        self._shapes[argument] = shape_of(argument, lambda dim: ("dim", number, dim))

    def _types(self, values: list[ir.Value], attributes: str) -> tuple[Type, ...]:
        host = self._host.attributes
        notes = list(ir.ArrayAttr(host[attributes])) if attributes in host else [None] * len(values)
        types: list[Type] = []
        for value, note in zip(values, notes, strict=True):
            if not isinstance(value.type, ir.MemRefType):
                types.append(ScalarType(str(value.type)))
                continue
            seen = seen_type(note) if isinstance(note, ir.DictAttr) else None
            element = ir.MemRefType(value.type).element_type
            shape = self._shapes[value]
            if isinstance(seen, ir.ComplexType):
                *shape, _parts = shape
            types.append(TensorType(str(seen or element), tuple(shape)))
        return tuple(types)

    def _read_all(self, block: ir.Block) -> list[ir.Value]:
        """Write the steps of a block; what its terminator hands on."""
        for op in block.operations:
            if op.operation.name in _TERMINATORS:
                return list(op.operands)
            self._read(op)
        return []

    def _read(self, op: ir.OpView) -> None:
        name = op.operation.name
        if name in _RULES:
            _RULES[name](self, op)
        elif name in _VIEWS:
            self._view(op)
        elif not read_scalar(op, self._scalars, self._made):
            raise PassFailure(
                op,
                f"{name} has no step in a launch plan; the host function may hold scalar "
                "arithmetic, allocations, views, assertions, loops, branches and launches",
            )

    def _operand(self, value: ir.Value) -> Operand:
        if isinstance(value.type, ir.MemRefType):
            return ("buffer", self._buffers[value])
        return self._scalars[value]

    def _fresh(self, value: ir.Value) -> int:
        number = self._buffers[value] = self._made.number()
        return number

    # Buffers
    def _alloc(self, op: ir.OpView) -> None:
        dynamic = iter([self._scalars[v] for v in op.operands])
        self._shapes[op.results[0]] = shape = shape_of(op.results[0], lambda _: next(dynamic))
        dtype = str(ir.MemRefType(op.results[0].type).element_type)
        self._steps.append(steps.Alloc(self._fresh(op.results[0]), dtype, shape))

    def _store(self, op: ir.OpView) -> None:
        """A scalar in a fresh buffer of rank 0."""
        value, buffer = op.operands
        alloc = self._steps.pop()
        if not isinstance(alloc, steps.Alloc) or alloc.buffer != self._buffers[buffer]:
            raise PassFailure(op, "stores into a buffer that was not allocated just before")
        self._steps.append(steps.Write(alloc.buffer, alloc.dtype, self._scalars[value]))

    def _load(self, op: ir.OpView) -> None:
        buffer, *indices = op.operands
        if any(self._scalars[index] != 0 for index in indices):
            raise PassFailure(op, "reads an element that is not the first; expected rank 0")
        number = self._made.number()
        self._scalars[op.results[0]] = ("value", number)
        dtype = str(ir.MemRefType(buffer.type).element_type)
        self._steps.append(steps.Read(number, self._buffers[buffer], dtype))

    def _constant(self, op: ir.OpView) -> None:
        result = op.results[0]
        self._shapes[result] = shape_of(result, lambda _: 0)
        symbol = self._symbols[ir.FlatSymbolRefAttr(op.attributes["name"]).value]
        self._steps.append(steps.Constant(self._fresh(result), len(self._constants)))
        self._constants.append(ConstantData(*constant_values(symbol, self._resources)))

    def _variable(self, op: ir.OpView) -> str:
        name = ir.FlatSymbolRefAttr(op.attributes["global"]).value
        if name not in self._variables:
            symbol = self._symbols[name]
            mutable = "is_mutable" in symbol.attributes
            self._variables[name] = Variable(name, len(self._constants), mutable)
            self._constants.append(ConstantData(*constant_values(symbol, self._resources)))
        return name

    def _global_load(self, op: ir.OpView) -> None:
        result = op.results[0]
        self._shapes[result] = shape_of(result, lambda _: 0)
        self._steps.append(steps.Load(self._fresh(result), self._variable(op)))

    def _global_store(self, op: ir.OpView) -> None:
        self._steps.append(steps.Store(self._variable(op), self._buffers[op.operands[0]]))

    def _dim(self, op: ir.OpView) -> None:
        dim = self._scalars[op.operands[1]]
        assert isinstance(dim, int), "the number of a dimension is a constant"
        self._scalars[op.results[0]] = self._shapes[op.operands[0]][dim]

    def _view(self, op: ir.OpView) -> None:
        """A view has the number of what it views: kernels and results take whole buffers."""
        result, source = op.results[0], op.operands[0]
        if op.operation.name == "memref.reinterpret_cast":
            if list(ir.DenseI64ArrayAttr(op.attributes["static_offsets"])) != [0]:
                raise PassFailure(op, "starts inside of a buffer; expected offset 0")
        self._buffers[result] = self._buffers[source]
        if op.operation.name == "memref.collapse_shape":
            self._shapes[result] = tuple(
                self._product([self._shapes[source][ir.IntegerAttr(i).value] for i in g])
                for g in map(ir.ArrayAttr, ir.ArrayAttr(op.attributes["reassociation"]))
            )
            return
        if op.operation.name == "memref.cast":
            self._shapes[result] = self._shapes[source]
            return
        given = op.sizes if isinstance(op, memref.ReinterpretCastOp) else list(op.operands)[1:]
        dynamic = iter([self._scalars[v] for v in given])
        self._shapes[result] = shape_of(result, lambda _: next(dynamic))

    def _product(self, factors: list[Operand]) -> Operand:
        total: Operand = 1
        for factor in factors:
            total = self._made.compute("arith.muli", ("index", "index"), (total, factor))
        return total

    # Launches and checks
    def _launch(self, op: ir.OpView) -> None:
        assert isinstance(op, gpu.LaunchFuncOp)
        first = len(op.asyncDependencies)
        grid = [self._scalars[op.operands[i]] for i in range(first, first + 3)]
        buffers, scalars = [], []
        for value in op.kernelOperands:
            if isinstance(value.type, ir.MemRefType):
                buffers.append(self._buffers[value])
            else:
                scalars.append(self._scalars[value])
        kernel = str(op.attributes["kernel"]).rpartition("@")[2]
        workgroups = self._product(grid)
        self._steps.append(steps.Launch(kernel, workgroups, tuple(buffers), tuple(scalars)))

    def _assert(self, op: ir.OpView) -> None:
        condition = self._scalars[op.operands[0]]
        if condition in self._asserted or isinstance(condition, int) and condition:
            return
        if self._steps is self._outermost:
            self._asserted.add(condition)
        self._steps.append(steps.Assert(condition, text(op, "msg")))

    # Loops and branches
    def _targets(self, values: list[ir.Value]) -> tuple[tuple, ...]:
        """Numbers for what a block takes or a step results in; a buffer comes with its sizes."""
        targets: list[tuple] = []
        for value in values:
            if not isinstance(value.type, ir.MemRefType):
                self._scalars[value] = target = ("value", self._made.number())
                targets.append(target)
                continue
            targets.append(("buffer", self._fresh(value)))
            sizes = [("value", self._made.number()) for _ in dynamic_dims(value)]
            given = iter(sizes)
            self._shapes[value] = shape_of(value, lambda _, given=given: next(given))
            targets += sizes
        return tuple(targets)

    def _held(self, values: list[ir.Value]) -> tuple[Operand, ...]:
        """What is handed on to targets."""
        held: list[Operand] = []
        for value in values:
            held.append(self._operand(value))
            if isinstance(value.type, ir.MemRefType):
                held += [self._shapes[value][dim] for dim in dynamic_dims(value)]
        return tuple(held)

    def _block(self, region: ir.Region) -> Block:
        if not len(region.blocks):
            return Block((), (), ())
        block, outer = region.blocks[0], self._steps
        targets = self._targets(list(block.arguments))
        self._steps = []
        with self._made.block(self._steps):
            gives = self._held(self._read_all(block))
        written, self._steps = tuple(self._steps), outer
        return Block(targets, written, gives)

    def _branch(self, op: ir.OpView) -> None:
        then, otherwise = (self._block(region) for region in op.regions)
        condition = self._scalars[op.operands[0]]
        results = self._targets(list(op.results))
        self._steps.append(steps.Branch(condition, then, otherwise, results))

    def _for(self, op: ir.OpView) -> None:
        lower, upper, step, *starts = op.operands
        bounds = (self._scalars[lower], self._scalars[upper], self._scalars[step])
        held = self._held(starts)
        body = self._block(op.regions[0])
        unsigned = "unsignedCmp" in op.attributes
        results = self._targets(list(op.results))
        self._steps.append(steps.For(str(lower.type), unsigned, bounds, held, body, results))

    def _while(self, op: ir.OpView) -> None:
        held = self._held(list(op.operands))
        before, after = (self._block(region) for region in op.regions)
        results = self._targets(list(op.results))
        self._steps.append(steps.While(held, before, after, results))


_RULES: dict[str, Callable[[EntryWriter, ir.OpView], None]] = {
    "memref.alloc": EntryWriter._alloc,
    "memref.store": EntryWriter._store,
    "memref.load": EntryWriter._load,
    "memref.get_global": EntryWriter._constant,
    "memref.dim": EntryWriter._dim,
    "ml_program.global_load": EntryWriter._global_load,
    "ml_program.global_store": EntryWriter._global_store,
    "gpu.launch_func": EntryWriter._launch,
    "cf.assert": EntryWriter._assert,
    "scf.if": EntryWriter._branch,
    "scf.for": EntryWriter._for,
    "scf.while": EntryWriter._while,
}
