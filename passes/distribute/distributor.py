"""What the rules of distribute share: the kernel being written, and what each value has become.

The pass hands in the rules, which know this class; it knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.distribute.chunks import chunk_type, element_of
from clawc.passes.distribute.divide import emit
from clawc.passes.distribute.exchange import Exchange, Staged
from clawc.passes.distribute.index import Index
from clawc.passes.distribute.shared import SharedMemory
from clawc.passes.distribute.tiles import Tiles
from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.abi import FlatKernel, Size
from clawc.passes.layout.buffers import BufferUse
from clawc.passes.layout.encoding import NOTES, Layouts
from clawc.passes.layout.ops import Transfer, attributes_of, is_tile

Rule = Callable[["Distributor", ir.Operation], None]


@dataclass(frozen=True)
class Buffer:
    """A memref of L3 in the flat `memory` of a kernel argument, which holds `count` elements:
    element i is `offset` and the sum of i times `strides` after its start."""

    memory: ir.Value
    count: Size
    sizes: list[Size]
    strides: list[Size]
    offset: Size = 0


class Distributor:
    """Rewrites one kernel function, op by op; `rules` has what is not elementwise."""

    def __init__(
        self,
        kernel: FlatKernel,
        chip: Chip,
        layouts: Layouts,
        rules: Mapping[str, Rule],
    ) -> None:
        self.kernel, self.chip = kernel, chip
        self.rules = rules
        self.index = Index(kernel)
        block = kernel.op.operation.parent.regions[0].blocks[0]
        self.shared = SharedMemory(kernel, block, self.index, chip.shared_memory)
        self.exchange = Exchange(chip, self.index, self.shared, kernel.threads)
        self.tiles = Tiles(layouts)
        self.scalars: dict[ir.Value, Size] = {}
        self.buffers: dict[ir.Value, Buffer] = {}
        self.reads: dict[ir.Value, Transfer] = {}  # tiles that may be read again
        self.staged: dict[ir.Value, Staged] = {}  # tiles in shared memory
        self.depth = 0  # of loops and branches

    def run(self) -> None:
        body = self.kernel.source.regions[0].blocks[0]
        for i, argument in enumerate(body.arguments):
            if i in self.kernel.buffers:
                sizes = list(self.kernel.sizes[i])
                self.buffers[argument] = self.row_major(self.kernel.buffers[i], sizes)
            else:
                self.scalars[argument] = self.kernel.indices[i]
        use = BufferUse.of(self.kernel.source)
        flat = {body.arguments[i]: memory for i, memory in self.kernel.buffers.items()}
        self.written = {flat[b] for b in use.written if b in flat}
        self.read_and_written = {flat[b] for b in use.written & use.read if b in flat}
        self.grid_sizes = use.grid_sizes
        self.walk(body.operations)
        self.tiles.finish()
        self.shared.finish()
        self.index.finish()

    def walk(self, ops: Iterable[ir.OpView]) -> None:
        for view in ops:
            op = view.operation
            rule = self.rules.get(op.name)
            with op.location:
                if rule is not None:
                    rule(self, op)
                elif any(is_tile(v) for v in op.results) and len(op.results) == 1:
                    self.elementwise(op)
                else:
                    self.scalar_op(op)

    def row_major(self, memory: ir.Value, sizes: list[Size]) -> Buffer:
        strides = [self.index.product(sizes[i + 1 :]) for i in range(len(sizes))]
        return Buffer(memory, self.index.product(sizes), sizes, strides)

    def staged_tile(self, user: ir.Operation, value: ir.Value) -> Staged:
        if value not in self.staged:
            raise PassFailure(user, "expected factors in shared memory; run stage-operands before")
        return self.staged[value]

    def scalar(self, value: ir.Value) -> ir.Value:
        return self.index.value(self.scalars[value])

    def scalar_op(self, op: ir.Operation) -> None:
        """Scalar code is copied; what no loop or branch encloses may go to the kernel's entry."""
        if len(op.regions) or any(is_tile(v) for v in op.operands):
            raise PassFailure(op, "has no rule that distributes it over threads")
        operands = [self.scalar(v) for v in op.operands]
        types = [r.type for r in op.results]

        movable = op.name.startswith(("arith.", "gpu.block_id"))
        if len(types) == 1:
            make = partial(emit, op.name, types[0], operands, attributes_of(op))
            early = self.depth == 0 and movable and self.index.is_invariant(*operands)
            self.scalars[op.results[0]] = self.index.once(op, make) if early else make()
        else:
            copy = ir.Operation.create(op.name, types, operands, attributes_of(op))
            self.scalars.update(zip(op.results, copy.results, strict=True))

    def elementwise(self, op: ir.Operation) -> None:
        """Chunk by chunk: operands have the layout of the result."""
        if op.name.split(".")[0] not in ("arith", "math"):
            raise PassFailure(op, "has no rule that distributes it over threads")
        value = op.results[0]
        layout, element = self.tiles.layout(value), element_of(value.type)
        attributes = {n: a for n, a in attributes_of(op).items() if n not in NOTES}

        def build() -> list[ir.Value]:
            width = self.exchange.chunk(layout)
            count = layout.registers // width
            kind = chunk_type(element, width)
            columns = [
                self.tiles.get(v) if is_tile(v) else [self.scalar(v)] * count for v in op.operands
            ]
            rows = zip(*columns, strict=True)
            return [emit(op.name, kind, row, attributes) for row in rows]

        self.tiles.offer(value, build)
