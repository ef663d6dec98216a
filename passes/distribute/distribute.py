"""distribute: from one program on the tiles of a workgroup to the program of one thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from mlir import ir
from mlir.dialects import func

from clawc.chips.chip import Chip, find
from clawc.passes.distribute.assignment import LayoutAssignment
from clawc.passes.distribute.chunks import chunk_type, element_of
from clawc.passes.distribute.divide import emit
from clawc.passes.distribute.exchange import Exchange
from clawc.passes.distribute.facts import BufferUse
from clawc.passes.distribute.index import Index
from clawc.passes.distribute.rules import RULES
from clawc.passes.distribute.shared import SharedMemory
from clawc.passes.distribute.tiles import Tiles
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.kernel.abi import FlatKernel, Size, kernels_block, make_kernel, rewrite_calls
from clawc.passes.layout.linear import LinearLayout
from clawc.passes.layout.ops import Transfer, attributes_of, is_tile


@dataclass(frozen=True)
class Distribute(Pass):
    """Give each thread its registers of every tile.

    Before: func.func private @k(%x: memref<?x64xf32>) attributes {claw.kernel,
              claw.lane = "vector", claw.schedule = {warps = 4, ...}} on vector<64x64xf32>,
              with masks and contractions.
    After:  gpu.func @k(%x: memref<?xf32>, %d: index) kernel in gpu.module @kernels on vectors of
              at most the chip's width, a thread's registers each; its calls are gpu.launch_func.
    """

    name = "distribute"
    chip: str = "nvptx"

    def run(self, module: ir.Module) -> None:
        chip, kernels = find(self.chip), []
        for op in module.body.operations:
            if isinstance(op, func.FuncOp) and is_vector_kernel(op):
                kernels.append(distribute_kernel(op, kernels_block(module), chip))
        rewrite_calls(module, kernels)


def is_vector_kernel(op: func.FuncOp) -> bool:
    lane = op.attributes["claw.lane"] if "claw.lane" in op.attributes else None
    return (
        "claw.kernel" in op.attributes
        and lane is not None
        and ir.StringAttr(lane).value == "vector"
    )


def distribute_kernel(source: func.FuncOp, block: ir.Block, chip: Chip) -> FlatKernel:
    """The gpu.func of one kernel function, at the end of `block`."""
    warps, thread = schedule_of(source)
    threads = warps * chip.lanes
    if threads > chip.max_workgroup:
        most = chip.max_workgroup // chip.lanes
        raise PassFailure(
            source,
            f"claw.schedule asks for {threads} threads, but the chip has at most "
            f"{chip.max_workgroup}; use warps = {most} or less",
        )
    kernel = make_kernel(block, source, threads)
    with ir.InsertionPoint(kernel.entry), source.location:
        Distributor(kernel, chip, LayoutAssignment(chip, warps, thread, source.operation)).run()
    kernel.finish()
    return kernel


def schedule_of(source: func.FuncOp) -> tuple[int, tuple[int, int] | None]:
    """The warps of a workgroup, and the elements a thread computes of a contraction."""
    if "claw.schedule" not in source.attributes:
        raise PassFailure(source, "expected claw.schedule with the number of warps")
    schedule = ir.DictAttr(source.attributes["claw.schedule"])
    warps = ir.IntegerAttr(schedule["warps"]).value if "warps" in schedule else 1
    if warps < 1 or warps & (warps - 1):
        raise PassFailure(source, f"expected a power of two as claw.schedule's warps, not {warps}")
    if "thread" not in schedule:
        return warps, None
    thread = [ir.IntegerAttr(n).value for n in ir.ArrayAttr(schedule["thread"])]
    if len(thread) != 2 or any(n < 1 or n & (n - 1) for n in thread):
        raise PassFailure(source, "expected two powers of two as claw.schedule's thread")
    return warps, (thread[0], thread[1])


class Distributor:
    """Rewrites one kernel function, op by op; `RULES` has what is not elementwise."""

    def __init__(self, kernel: FlatKernel, chip: Chip, layouts: LayoutAssignment) -> None:
        self.kernel, self.chip, self.layouts = kernel, chip, layouts
        self.index = Index(kernel)
        block = kernel.op.operation.parent.regions[0].blocks[0]
        self.shared = SharedMemory(kernel, block, self.index, chip.shared_memory)
        self.exchange = Exchange(chip, self.index, self.shared, kernel.threads)
        self.tiles = Tiles(self.exchange)
        self.scalars: dict[ir.Value, Size] = {}
        self.buffers: dict[ir.Value, tuple[ir.Value, list[Size]]] = {}  # its memory and sizes
        self.reads: dict[ir.Value, Transfer] = {}  # tiles that may be read again
        self.depth = 0  # of loops and branches

    def run(self) -> None:
        body = self.kernel.source.regions[0].blocks[0]
        for i, argument in enumerate(body.arguments):
            if i in self.kernel.buffers:
                self.buffers[argument] = self.kernel.buffers[i], list(self.kernel.sizes[i])
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
            rule = RULES.get(op.name)
            with op.location:
                if rule is not None:
                    rule(self, op)
                elif any(is_tile(v) for v in op.results) and len(op.results) == 1:
                    self.elementwise(op)
                else:
                    self.scalar_op(op)

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
        """Chunk by chunk, in the assigned layout; a tile made of free ones only is free."""
        if op.name.split(".")[0] not in ("arith", "math"):
            raise PassFailure(op, "has no rule that distributes it over threads")
        value, layout = op.results[0], self.layouts.of(op.results[0])
        element, attributes = element_of(value.type), attributes_of(op)

        def build(layout: LinearLayout) -> list[ir.Value]:
            width = self.exchange.chunk(layout)
            count = layout.registers // width
            kind = chunk_type(element, width)
            columns = [
                self.tiles.get(v, layout) if is_tile(v) else [self.scalar(v)] * count
                for v in op.operands
            ]
            rows = zip(*columns, strict=True)
            return [emit(op.name, kind, row, attributes) for row in rows]

        if layout is None:
            self.tiles.offer(value, build)
        else:
            self.tiles.hold(value, build(layout), layout)
