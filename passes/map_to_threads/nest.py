"""The loops of one linalg.generic in a thread, and its body on scalars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mlir import ir
from mlir.dialects import scf

from clawc.passes.ir.maps import indexing_maps
from clawc.passes.kernel.abi import Size, index_constant
from clawc.passes.map_to_threads.index import apply_map, as_value


class Source(Protocol):
    """What a nest asks of the kernel function around it."""

    def element(self, value: ir.Value, indices: Sequence[Size]) -> ir.Value: ...

    def scalar(self, value: ir.Value) -> ir.Value: ...

    def dimension(self, op: ir.Operation, number: ir.Value) -> ir.Value: ...


@dataclass
class Nest:
    """The loops of `op`."""

    source: Source
    op: ir.Operation
    sizes: list[Size]

    def run(
        self, free: list[int], loops: dict[int, Size], results: list[ir.Value]
    ) -> list[ir.Value]:
        """The results after all iterations of the `free` loops, the others being fixed."""
        if not free:
            return self.iteration([loops[d] for d in range(len(self.sizes))], results)
        end = as_value(self.sizes[free[0]])
        loop = scf.ForOp(index_constant(0), end, index_constant(1), results)
        with ir.InsertionPoint(loop.body):
            inner = loops | {free[0]: loop.induction_variable}
            scf.YieldOp(self.run(free[1:], inner, list(loop.inner_iter_args)))
        return list(loop.results)

    def iteration(self, loops: list[Size], results: list[ir.Value]) -> list[ir.Value]:
        """The results after the iteration at `loops`, from those before it."""
        return self.body(loops, results)

    def body(self, loops: list[Size], results: list[ir.Value]) -> list[ir.Value]:
        """The body once, on the elements at `loops`."""
        block = self.op.regions[0].blocks[0]
        maps = indexing_maps(self.op)
        n_inputs = len(maps) - len(results)
        values: dict[ir.Value, ir.Value] = {}
        for i, argument in enumerate(block.arguments):
            if i >= n_inputs:
                values[argument] = results[i - n_inputs]
            elif any(argument.uses):
                place = apply_map(maps[i], loops)
                values[argument] = self.source.element(self.op.operands[i], place)
        *inner, end = block.operations
        body = _Body(self.source, loops, values)
        for op in inner:
            clone = op.operation.clone(ip=ir.InsertionPoint.current)
            body.adopt(clone, list(op.operation.results))
        return [body.value(v) for v in end.operation.operands]


@dataclass
class _Body:
    """Operations cloned from a linalg body; `values` says what stands for what."""

    source: Source
    loops: list[Size]
    values: dict[ir.Value, ir.Value]

    def value(self, old: ir.Value) -> ir.Value:
        return self.values[old] if old in self.values else self.source.scalar(old)

    def adopt(self, clone: ir.Operation, results: list[ir.Value]) -> None:
        """Give `clone` operands of the kernel; `results` are those of what it was cloned from."""
        answer = _ANSWERS.get(clone.name)
        if answer is not None:
            self.values[results[0]] = answer(self, clone)
            clone.results[0].replace_all_uses_with(self.values[results[0]])
            self.values[self.values[results[0]]] = self.values[results[0]]
            clone.erase()
            return
        for i, operand in enumerate(clone.operands):
            clone.operands[i] = self.value(operand)
        self.values.update(zip(results, clone.results, strict=True))
        for region in clone.regions:
            for block in region.blocks:
                self.values.update((argument, argument) for argument in block.arguments)
                for op in list(block.operations):
                    with ir.InsertionPoint(op):
                        self.adopt(op.operation, list(op.operation.results))

    def _index(self, clone: ir.Operation) -> ir.Value:
        return as_value(self.loops[ir.IntegerAttr(clone.attributes["dim"]).value])

    def _extract(self, clone: ir.Operation) -> ir.Value:
        tensor, *at = clone.operands
        return self.source.element(tensor, [self.value(v) for v in at])

    def _dimension(self, clone: ir.Operation) -> ir.Value:
        return self.source.dimension(clone, clone.operands[1])


_ANSWERS: dict[str, Callable[[_Body, ir.Operation], ir.Value]] = {
    "linalg.index": _Body._index,
    "tensor.extract": _Body._extract,
    "tensor.dim": _Body._dimension,
    "memref.dim": _Body._dimension,
}
