"""From the host functions of a module to its launch plan, operation by operation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mlir import ir
from mlir.dialects import gpu, memref

from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.constants import constant_values
from clawc.passes.kernel.attributes import ATTRIBUTES
from clawc.passes.kernel.kernel import Kernel, seen_type
from clawc.runtime import plan
from clawc.runtime.plan import Condition, ConstantData, Expr, Plan, TensorType
from clawc.targets.plan.expressions import BINARY, PREDICATES, combine, negate

_VIEWS = (
    "memref.expand_shape",
    "memref.collapse_shape",
    "memref.cast",
    "memref.reinterpret_cast",
)
_SAME = ("arith.index_cast", "arith.index_castui", "arith.extsi", "arith.extui", "arith.trunci")


def build_plan(module: ir.Module) -> Plan:
    """The plan of a module whose host functions launch the kernels of its `gpu.module`s."""
    constants: dict[str, ir.Operation] = {}
    hosts, kernels = [], {}
    for op in module.body.operations:
        if op.operation.name == "memref.global":
            constants[_text(op, "sym_name")] = op.operation
        elif op.operation.name == "gpu.module":
            for kernel in op.regions[0].blocks[0].operations:
                if kernel.operation.name == "gpu.func":
                    kernels[_text(kernel, "sym_name")] = kernel_facts(kernel.operation)
        elif op.operation.name == "func.func" and len(op.regions[0].blocks) > 0:
            if Kernel.of(op) is None:
                hosts.append(op.operation)
    entries = [_EntryWriter(host, constants).entry() for host in hosts]
    return Plan({entry.name: entry for entry in entries}, kernels)


def kernel_facts(kernel: ir.Operation) -> dict[str, Any]:
    """What a bundle says of a `gpu.func`: its threads, and what the table of attributes marks."""
    facts = {
        row.bundle: _plain(kernel.attributes[row.name])
        for row in ATTRIBUTES
        if row.bundle and row.name in kernel.attributes
    }
    if "known_block_size" in kernel.attributes:
        facts["threads"] = math.prod(ir.DenseI32ArrayAttr(kernel.attributes["known_block_size"]))
    return facts


def _plain(attribute: ir.Attribute) -> Any:
    """An attribute as JSON has it; what it cannot say is text."""
    if isinstance(attribute, ir.DictAttr):
        return {named.name: _plain(named.attr) for named in attribute}
    if isinstance(attribute, (ir.ArrayAttr, ir.DenseI64ArrayAttr, ir.DenseI32ArrayAttr)):
        return [_plain(a) if isinstance(a, ir.Attribute) else a for a in attribute]
    if isinstance(attribute, (ir.StringAttr, ir.IntegerAttr, ir.FloatAttr, ir.BoolAttr)):
        return attribute.value
    return str(attribute)


def _text(op: ir.OpView | ir.Operation, name: str) -> str:
    return ir.StringAttr(op.attributes[name]).value


class _EntryWriter:
    """Reads one host function; `_exprs` and `_conditions` are what its scalars are."""

    def __init__(self, host: ir.Operation, constants: dict[str, ir.Operation]) -> None:
        self._host = host
        self._globals = constants
        self._exprs: dict[ir.Value, Expr] = {}
        self._conditions: dict[ir.Value, Condition] = {}
        self._buffers: dict[ir.Value, int] = {}
        self._shapes: dict[ir.Value, tuple[Expr, ...]] = {}
        self._steps: list[plan.Step] = []
        self._constants: list[ConstantData] = []
        self._next = 0
        self._last_use: dict[int, int] = {}
        self._returned: list[ir.Value] = []

    def entry(self) -> plan.Entry:
        block = self._host.regions[0].blocks[0]
        for number, argument in enumerate(block.arguments):
            self._number(argument)
            rank = ir.MemRefType(argument.type).rank
            dims = [("dim", number, dim) for dim in range(rank)]
            self._shapes[argument] = _sizes(argument, lambda i, dims=dims: dims[i])
        for op in block.operations:
            self._read(op)
        arguments = self._types(list(block.arguments), "arg_attrs")
        return plan.Entry(
            _text(self._host, "sym_name"),
            arguments,
            self._types(self._returned, "res_attrs"),
            tuple(self._constants),
            tuple(self._with_frees(len(arguments))),
            tuple(self._buffers[value] for value in self._returned),
        )

    def _types(self, values: list[ir.Value], attributes: str) -> tuple[TensorType, ...]:
        host = self._host.attributes
        notes = list(ir.ArrayAttr(host[attributes])) if attributes in host else [None] * len(values)
        types = []
        for value, note in zip(values, notes, strict=True):
            dtype = str(ir.MemRefType(value.type).element_type)
            seen = seen_type(note) if isinstance(note, ir.DictAttr) else None
            if seen is not None:
                dtype = str(seen)
            types.append(TensorType(dtype, self._shapes[value]))
        return tuple(types)

    def _read(self, op: ir.OpView) -> None:
        name = op.operation.name
        if name == "func.return":
            self._returned = list(op.operands)
        elif name == "memref.alloc":
            dynamic = iter([self._exprs[v] for v in op.operands])
            self._shapes[op.results[0]] = shape = _sizes(op.results[0], lambda _: next(dynamic))
            dtype = str(ir.MemRefType(op.results[0].type).element_type)
            self._steps.append(plan.Alloc(self._number(op.results[0]), dtype, shape))
        elif name == "memref.get_global":
            self._constant(op)
        elif name in _VIEWS:
            self._view(op)
        elif name == "memref.dim":
            dim = self._exprs[op.operands[1]]
            assert isinstance(dim, int), "the number of a dimension is a constant"
            self._exprs[op.results[0]] = self._shapes[op.operands[0]][dim]
        elif isinstance(op, gpu.LaunchFuncOp):
            self._launch(op)
        elif name == "cf.assert":
            self._assert(op)
        elif not self._scalar(op):
            raise PassFailure(
                op,
                f"{name} has no step in a launch plan; the host function may hold index "
                "arithmetic, allocations, views, assertions and launches",
            )

    def _number(self, value: ir.Value) -> int:
        self._buffers[value] = self._next
        self._next += 1
        return self._buffers[value]

    def _constant(self, op: ir.OpView) -> None:
        result = op.results[0]
        self._shapes[result] = _sizes(result, lambda _: 0)
        symbol = self._globals[ir.FlatSymbolRefAttr(op.attributes["name"]).value]
        self._steps.append(plan.Constant(self._number(result), len(self._constants)))
        self._constants.append(ConstantData(*constant_values(symbol)))

    def _view(self, op: ir.OpView) -> None:
        """A view has the number of what it views: kernels and results take whole buffers."""
        result, source = op.results[0], op.operands[0]
        if op.operation.name == "memref.reinterpret_cast":
            if list(ir.DenseI64ArrayAttr(op.attributes["static_offsets"])) != [0]:
                raise PassFailure(op, "starts inside of a buffer; expected offset 0")
        self._buffers[result] = self._buffers[source]
        if op.operation.name == "memref.collapse_shape":
            self._shapes[result] = tuple(
                _product([self._shapes[source][ir.IntegerAttr(i).value] for i in ir.ArrayAttr(g)])
                for g in ir.ArrayAttr(op.attributes["reassociation"])
            )
            return
        if op.operation.name == "memref.cast":
            self._shapes[result] = self._shapes[source]
            return
        sizes = op.sizes if isinstance(op, memref.ReinterpretCastOp) else list(op.operands)[1:]
        dynamic = iter([self._exprs[v] for v in sizes])
        self._shapes[result] = _sizes(result, lambda _: next(dynamic))

    def _launch(self, op: gpu.LaunchFuncOp) -> None:
        grid = [self._exprs[op.operands[i]] for i in range(len(op.asyncDependencies), 3)]
        buffers, scalars = [], []
        for value in op.kernelOperands:
            if isinstance(value.type, ir.MemRefType):
                buffers.append(self._buffers[value])
            else:
                scalars.append(self._exprs[value])
        for buffer in buffers:
            self._last_use[buffer] = len(self._steps)
        kernel = str(op.attributes["kernel"]).rpartition("@")[2]
        self._steps.append(plan.Launch(kernel, _product(grid), tuple(buffers), tuple(scalars)))

    def _assert(self, op: ir.OpView) -> None:
        message = _text(op, "msg")
        condition = self._conditions[op.operands[0]]
        parts = condition[1:] if condition[0] == "and" else (condition,)
        self._steps += [plan.Assert(part, message) for part in parts]

    def _scalar(self, op: ir.OpView) -> bool:
        """Note what an operation on index values or conditions computes."""
        name = op.operation.name
        if len(op.results) != 1:
            return False
        result = op.results[0]
        if name == "arith.constant":
            value = op.attributes["value"]
            if isinstance(value, ir.BoolAttr):
                self._conditions[result] = ("eq", int(value.value), 1)
            elif isinstance(value, ir.IntegerAttr):
                self._exprs[result] = value.value
            return True  # others are for nobody here
        if name == "arith.cmpi":
            predicate = PREDICATES[ir.IntegerAttr(op.attributes["predicate"]).value]
            self._conditions[result] = (predicate, *(self._expr(v) for v in op.operands))
        elif name in ("arith.andi", "arith.ori", "arith.xori") and _is_bit(result):
            self._conditions[result] = self._logic(name, *op.operands)
        elif name == "arith.select":
            condition, yes, no = op.operands
            parts = (self._conditions[condition], self._expr(yes), self._expr(no))
            self._exprs[result] = ("select", *parts)
        elif name in _SAME:
            self._exprs[result] = self._expr(op.operands[0])
        elif name in BINARY:
            self._exprs[result] = combine(BINARY[name], *(self._expr(v) for v in op.operands))
        else:
            return False
        return True

    def _expr(self, value: ir.Value) -> Expr:
        if value in self._exprs:
            return self._exprs[value]
        return ("select", self._conditions[value], 1, 0)

    def _logic(self, name: str, left: ir.Value, right: ir.Value) -> Condition:
        one, other = self._conditions[left], self._conditions[right]
        if name == "arith.andi":
            return ("and", *(one[1:] if one[0] == "and" else (one,)), other)
        if name == "arith.ori":
            return ("or", one, other)
        return ("or", ("and", one, negate(other)), ("and", negate(one), other))

    def _with_frees(self, arguments: int) -> list[plan.Step]:
        """The steps, and after the last use of each buffer that is no result its `Free`."""
        kept = {self._buffers[value] for value in self._returned} | set(range(arguments))
        owned = {step.buffer for step in self._steps if isinstance(step, plan.Alloc)}
        ends: dict[int, list[plan.Step]] = {}
        for buffer, last in self._last_use.items():
            if buffer in owned and buffer not in kept:
                ends.setdefault(last, []).append(plan.Free(buffer))
        steps: list[plan.Step] = []
        for number, step in enumerate(self._steps):
            steps += [step, *ends.get(number, [])]
        return steps


def _sizes(value: ir.Value, dynamic: Callable[[int], Expr]) -> tuple[Expr, ...]:
    """A shape whose dynamic sizes are asked for, in order."""
    type_ = ir.MemRefType(value.type)
    return tuple(
        dynamic(i) if type_.is_dynamic_dim(i) else type_.get_dim_size(i) for i in range(type_.rank)
    )


def _product(factors: list[Expr]) -> Expr:
    total: Expr = 1
    for factor in factors:
        total = combine("mul", total, factor)
    return total


def _is_bit(value: ir.Value) -> bool:
    return isinstance(value.type, ir.IntegerType) and value.type.width == 1
