"""The host function of a module at L4: scalars, buffers, views, launches, and loops of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mlir import ir

from clawc.chips.dtypes import DTYPES
from clawc.emulators.simt.launch import Kernel, Launcher
from clawc.emulators.simt.memory import Buffer
from clawc.emulators.simt.ops import semantics
from clawc.emulators.simt.values import InterpreterError, dtype_of
from clawc.passes.ir.constants import constant_values
from clawc.passes.kernel.kernel import seen_type

_ALIGNMENT = 256


@dataclass(frozen=True)
class View:
    """A buffer and the shape in which it is seen."""

    buffer: Buffer
    shape: tuple[int, ...]
    dtype: np.dtype  # bool is a byte in memory

    @classmethod
    def copied(cls, name: str, array: np.ndarray, alignment: int) -> View:
        memory = array.astype(np.int8) if array.dtype == np.bool_ else array
        data = np.array(memory, copy=True, order="C").reshape(-1)
        return cls(Buffer(name, data, alignment), array.shape, array.dtype)

    @classmethod
    def fresh(cls, name: str, shape: tuple[int, ...], dtype: np.dtype) -> View:
        """Memory that nothing has written yet."""
        count = int(np.prod(shape, dtype=np.int64))
        data = np.full(count * dtype.itemsize, 0xFF, np.uint8).view(dtype)
        return cls(Buffer(name, data, _ALIGNMENT, written=np.zeros(count, bool)), shape, dtype)

    def array(self) -> np.ndarray:
        return self.buffer.data[: int(np.prod(self.shape))].reshape(self.shape).astype(self.dtype)

    def seen_as(self, shape: tuple[int, ...]) -> View:
        return View(self.buffer, shape, self.dtype)


class Host:
    """One run of the host function `entry`."""

    def __init__(
        self, module: ir.Module, entry: str, kernels: dict[str, Kernel], launcher: Launcher
    ) -> None:
        self._kernels, self._launcher = kernels, launcher
        self._values: dict[ir.Value, Any] = {}
        self._globals: dict[str, ir.Operation] = {}
        self._variables: dict[str, View] = {}  # what they hold
        functions: dict[str, ir.Operation] = {}
        for op in module.body.operations:
            if op.operation.name in ("memref.global", "ml_program.global", "func.func"):
                table = functions if op.operation.name == "func.func" else self._globals
                table[ir.StringAttr(op.attributes["sym_name"]).value] = op.operation
        if entry not in functions:
            raise InterpreterError(f"no function {entry!r}; known: {', '.join(functions)}")
        self._function = functions[entry]

    def run(self, arguments: Sequence[View | np.generic]) -> list[View | np.generic]:
        block = self._function.regions[0].blocks[0]
        if len(arguments) != len(block.arguments):
            raise InterpreterError(f"{len(arguments)} inputs; expected {len(block.arguments)}")
        for argument, given in zip(block.arguments, arguments, strict=True):
            _check_type(argument.type, given)
        return [self._result(i, v) for i, v in enumerate(self._block(block, arguments))]

    def _block(self, block: ir.Block, taken: Sequence[Any]) -> list[Any]:
        """Run a block; what its terminator hands on."""
        self._values |= zip(block.arguments, taken, strict=True)
        for op in block.operations:
            if op.operation.name in _TERMINATORS:
                return [self._values[value] for value in op.operation.operands]
            self._step(op.operation)
        raise InterpreterError(f"a block of the host ends without one of {', '.join(_TERMINATORS)}")

    def _result(self, number: int, view: View | np.generic) -> View | np.generic:
        attributes = self._function.attributes
        if isinstance(view, View) and "res_attrs" in attributes:
            seen = seen_type(ir.DictAttr(ir.ArrayAttr(attributes["res_attrs"])[number]))
            if str(seen) == "i1":
                return View(view.buffer, view.shape, np.dtype(np.bool_))
        return view

    def _step(self, op: ir.Operation) -> None:
        special = _SPECIAL.get(op.name)
        if special is not None:
            answer = special(self, op)
        else:
            operands = [np.asarray([self._values[v]]) for v in op.operands]
            answer = semantics(op)(*operands)[0]
        if len(op.results) == 1:
            self._values[op.results[0]] = answer[0] if isinstance(answer, list) else answer
        elif isinstance(answer, (list, tuple)):
            self._values |= zip(op.results, answer, strict=True)

    # Each gives the value of the operation's result, if it has one, or a list of several.
    def _if(self, op: ir.Operation) -> list[Any]:
        then, otherwise = op.regions
        region = then if self._values[op.operands[0]] else otherwise
        return self._block(region.blocks[0], []) if len(region.blocks) else []

    def _for(self, op: ir.Operation) -> list[Any]:
        at, upper, step, *carried = (self._values[v] for v in op.operands)
        while at < upper:
            carried = self._block(op.regions[0].blocks[0], [at, *carried])
            at = at + step
        return carried

    def _while(self, op: ir.Operation) -> list[Any]:
        before, after = (region.blocks[0] for region in op.regions)
        carried = [self._values[v] for v in op.operands]
        while True:
            again, *onward = self._block(before, carried)
            if not again:
                return onward
            carried = self._block(after, onward)

    def _load(self, op: ir.Operation) -> Any:
        return self._values[op.operands[0]].buffer.data[0]

    def _store(self, op: ir.Operation) -> None:
        value, view = (self._values[v] for v in list(op.operands)[:2])
        view.buffer.data[0] = value
        view.buffer.written = None

    def _variable(self, op: ir.Operation) -> View:
        name = ir.FlatSymbolRefAttr(op.attributes["global"]).value
        if name not in self._variables:
            self._variables[name] = self._initial(name)
        return self._variables[name]

    def _set_variable(self, op: ir.Operation) -> None:
        name = ir.FlatSymbolRefAttr(op.attributes["global"]).value
        self._variables[name] = self._values[op.operands[0]]

    def _dim(self, op: ir.Operation) -> Any:
        view, number = (self._values[v] for v in op.operands)
        return np.int64(view.shape[int(number)])

    def _alloc(self, op: ir.Operation) -> View:
        type_ = ir.MemRefType(op.results[0].type)
        name = f"allocation {len(self._values)}"
        return View.fresh(name, self._sizes(type_.shape, op.operands), dtype_of(type_))

    def _sizes(self, static: Sequence[int], dynamic: Sequence[ir.Value]) -> tuple[int, ...]:
        given = iter(dynamic)
        return tuple(n if n >= 0 else int(self._values[next(given)]) for n in static)

    def _reinterpret(self, op: ir.Operation) -> View:
        source = self._values[op.operands[0]]
        shape = self._sizes(ir.MemRefType(op.results[0].type).shape, list(op.operands)[1:])
        if int(np.prod(shape)) > source.buffer.size:
            raise InterpreterError(f"a view of {shape} on {source.buffer.size} elements")
        return source.seen_as(shape)

    def _reshape(self, op: ir.Operation) -> View:
        source = self._values[op.operands[0]]
        static = ir.MemRefType(op.results[0].type).shape
        if op.name == "memref.expand_shape":
            return source.seen_as(self._sizes(static, list(op.operands)[1:]))
        groups = [[ir.IntegerAttr(d).value for d in g] for g in _arrays(op, "reassociation")]
        return source.seen_as(tuple(int(np.prod([source.shape[d] for d in g])) for g in groups))

    def _cast(self, op: ir.Operation) -> View:
        return self._values[op.operands[0]]

    def _global(self, op: ir.Operation) -> View:
        return self._initial(ir.FlatSymbolRefAttr(op.attributes["name"]).value)

    def _initial(self, name: str) -> View:
        dtype, shape, data = constant_values(self._globals[name])
        array = np.frombuffer(data, DTYPES[dtype]).reshape(shape)
        return View.copied(f"constant @{name}", array, _ALIGNMENT)

    def _assert(self, op: ir.Operation) -> None:
        if not self._values[op.operands[0]]:
            message = ir.StringAttr(op.attributes["msg"]).value
            raise InterpreterError(f"the program stops: {message}")

    def _launch(self, op: ir.Operation) -> None:
        name = str(op.attributes["kernel"]).rpartition("@")[2]
        operands = [self._values[v] for v in op.operands]
        gx, gy, gz, tx, ty, tz, *arguments = operands
        kernel = self._kernels[name]
        if int(tx * ty * tz) != kernel.threads:
            raise InterpreterError(f"{name} is launched with {tx * ty * tz} threads a workgroup")
        flat = [a.buffer if isinstance(a, View) else int(a) for a in arguments]
        self._launcher.launch(kernel, int(gx * gy * gz), flat)


def _arrays(op: ir.Operation, name: str) -> list[ir.ArrayAttr]:
    return [ir.ArrayAttr(a) for a in ir.ArrayAttr(op.attributes[name])]


def _check_type(type_: ir.Type, view: View | np.generic) -> None:
    if not isinstance(type_, ir.MemRefType) or not isinstance(view, View):
        if isinstance(type_, ir.MemRefType) or isinstance(view, View):
            raise InterpreterError(f"{view} is given for {type_}")
        return
    memref = ir.MemRefType(type_)
    stored = view.buffer.data.dtype
    fits = len(memref.shape) == len(view.shape) and all(
        n < 0 or n == m for n, m in zip(memref.shape, view.shape, strict=True)
    )
    if not fits or stored != dtype_of(memref):
        raise InterpreterError(
            f"{view.buffer.name} is {stored}{list(view.shape)}; expected {type_}"
        )


_TERMINATORS = ("func.return", "scf.yield", "scf.condition")
_SPECIAL: dict[str, Callable[[Host, ir.Operation], Any]] = {
    "cf.assert": Host._assert,
    "gpu.launch_func": Host._launch,
    "memref.alloc": Host._alloc,
    "memref.cast": Host._cast,
    "memref.collapse_shape": Host._reshape,
    "memref.dealloc": lambda host, op: None,
    "memref.dim": Host._dim,
    "memref.expand_shape": Host._reshape,
    "memref.get_global": Host._global,
    "memref.load": Host._load,
    "memref.reinterpret_cast": Host._reinterpret,
    "memref.store": Host._store,
    "ml_program.global_load": Host._variable,
    "ml_program.global_store": Host._set_variable,
    "scf.for": Host._for,
    "scf.if": Host._if,
    "scf.while": Host._while,
}
