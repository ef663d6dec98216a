"""pack-operands: lay out the right operand of a contraction as the processor's loop reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from mlir import ir
from mlir.dialects import arith, func, memref

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of
from clawc.passes.kernel.kernel import Kernel, has_schedule, kernels_of
from clawc.passes.kernel.schedule import BadSchedule, Schedule
from clawc.passes.kernel.schedule_file import read_schedules
from clawc.passes.tile.analysis import analyze
from clawc.passes.tile.calls import calls_of
from clawc.passes.tile.group import Access, Group, Unsupported
from clawc.passes.tile.pack_kernel import write_pack_kernel
from clawc.passes.tile.split_dimension import split_dimension

ROWS = 8  # of a register tile
FEW_ROWS = 4 * ROWS  # for fewer, packing costs more than it saves
DEEP = 4  # steps of the reduction in one tile


@dataclass(frozen=True)
class PackOperands(Pass):
    """On a processor, a contraction reads B[k, n] in panels: a few vectors wide, all of k deep.

    In row-major order the rows of a panel lie a whole row of B apart, often a multiple of 4096
    bytes, so that they fall on the same lines of the caches.  Packed, a panel is contiguous.  N is
    split in two dimensions in all that the kernel touches; other kernels and chips are untouched.
    Packing happens where N is known and a multiple of the panel, and rows share the panel.

    Before:
        call @mm(%a, %b, %c) : (memref<?x256xf32>, memref<256x512xf32>, memref<?x512xf32>)
    After:
        %b3 = memref.expand_shape %b ... memref<256x16x32xf32>
        %packed = memref.alloc() : memref<16x256x32xf32>
        call @mm_pack(%b3, %packed)                                       // [k, j, i] -> [j, k, i]
        %c3 = memref.expand_shape %c ... memref<?x16x32xf32>
        call @mm(%a, %packed, %c3)
    """

    name = "pack-operands"
    chip: Chip = field(default_factory=partial(find, "host"))
    schedule_file: str = ""  # kernels with a schedule in it stay as they are

    def run(self, module: ir.Module) -> None:
        chip = self.chip
        if chip.max_workgroup > 1:
            return
        for kernel in kernels_of(module):
            if not self._is_scheduled(kernel) and (packing := _packing(kernel, chip)):
                _pack(module, kernel, packing)

    def _is_scheduled(self, kernel: Kernel) -> bool:
        if self.schedule_file and read_schedules(self.schedule_file).entry(kernel.name):
            return True
        try:
            return kernel.schedule is not None
        except BadSchedule:  # `tile`, which uses it, says what is wrong
            return True


@dataclass(frozen=True)
class Packing:
    """Argument `operand` of a kernel is B; `n` of the group is cut in panels of `width`."""

    group: Group
    operand: int
    n: int
    width: int
    deep: bool  # the reduction has a known length that divides
    transposed: bool  # B is [n, k]


def _packing(kernel: Kernel, chip: Chip) -> Packing | None:
    """How the operand of `kernel` is packed, or None where that would not pay, or cannot be."""
    if kernel.kind != "contraction":
        return None
    try:
        group = analyze(kernel.op)
    except Unsupported:
        return None
    member = group.contraction
    form = member.contraction if member else None
    if member is None or form is None or form.batch or len(form.m) != 1:
        return None
    if len(form.n) != 1 or len(form.k) != 1 or any(has_schedule(m.op) for m in group.members):
        return None
    (m,), (n,), (k,) = form.m, form.n, form.k
    size, rows, width = group.static(n), group.static(m), 2 * chip.vector_width
    if size is None or size % width or size == width or (rows is not None and rows < FEW_ROWS):
        return None
    accesses = [a for a in member.inputs if isinstance(a, Access) and n in a.dims]
    others = [a for a in group.memory_accesses() if a not in accesses and n in a.dims]
    if len(accesses) != 1 or accesses[0].value not in group.memory or _reads_coordinates(group):
        return None
    argument = ir.BlockArgument(group.memory[accesses[0].value])
    read_again = any(group.memory[a.value] == argument for a in others if a.value in group.memory)
    if read_again or accesses[0].windows or sorted(accesses[0].all_dims) != sorted((n, k)):
        return None
    deep = (group.static(k) or 1) % DEEP == 0
    return Packing(group, argument.arg_number, n, width, deep, accesses[0].all_dims == (n, k))


def _reads_coordinates(group: Group) -> bool:
    bodies = (body_of(member.op) for member in group.members)
    return any(op.operation.name == "linalg.index" for body in bodies for op in body.operations)


def _pack(module: ir.Module, kernel: Kernel, packing: Packing) -> None:
    name, function = kernel.name, kernel.op
    arguments = function.regions[0].blocks[0].arguments
    before = [argument.type for argument in arguments]
    split_dimension(function, packing.group, packing.n, packing.width, packing.operand)
    after = [argument.type for argument in arguments]
    order = (packing.n, packing.n + 1, *range(packing.n))  # rows fastest: they share a panel
    tile = (ROWS, 1, packing.width, DEEP if packing.deep else 1)
    schedule = Schedule(tile, 1, (ROWS, packing.width), order)
    kernel.set_schedule(schedule)
    matrix, panels = before[packing.operand], ir.MemRefType(after[packing.operand])
    view = _in_panels(ir.MemRefType(matrix), 0 if packing.transposed else 1, packing.width)
    with ir.InsertionPoint(function), function.location:
        write_pack_kernel(f"{name}_pack", view, panels, packing.transposed)
    for call in calls_of(module, name):
        operands = list(call.operands)
        with ir.InsertionPoint(call), call.location:
            for i, (old, new) in enumerate(zip(before, after, strict=True)):
                if i == packing.operand:
                    operands[i] = _packed(operands[i], f"{name}_pack", view, panels)
                elif old != new:
                    operands[i] = _expanded(operands[i], ir.MemRefType(new))
            func.CallOp([], ir.FlatSymbolRefAttr.get(name), operands)
        call.erase()


def _in_panels(matrix: ir.MemRefType, axis: int, width: int) -> ir.MemRefType:
    """The type of `matrix` with `axis` split, before the panels are moved."""
    shape = list(matrix.shape)
    shape[axis : axis + 1] = [shape[axis] // width, width]
    return ir.MemRefType.get(shape, matrix.element_type)


def _packed(operand: ir.Value, kernel: str, view: ir.MemRefType, panels: ir.MemRefType) -> ir.Value:
    """A fresh buffer with the elements of `operand`, in panels."""
    depth = []
    if panels.is_dynamic_dim(1):
        shape = ir.MemRefType(operand.type).shape
        depth = [_size(operand, shape.index(ir.ShapedType.get_dynamic_size()))]
    buffer = memref.alloc(panels, depth, [])
    arguments = [_expanded(operand, view), buffer]
    func.CallOp([], ir.FlatSymbolRefAttr.get(kernel), arguments)
    return buffer


def _expanded(operand: ir.Value, type_: ir.MemRefType) -> ir.Value:
    """`operand` as `type_`, which has one of its axes as two."""
    old, new = ir.MemRefType(operand.type).shape, type_.shape
    axis = next(i for i in range(len(old)) if old[:i] + old[i + 1 :] == new[:i] + new[i + 2 :])
    groups = [[i + (i > axis)] for i in range(len(old))]
    groups[axis] = [axis, axis + 1]
    number = ir.IntegerType.get_signless(64)
    nested = [ir.ArrayAttr.get([ir.IntegerAttr.get(number, i) for i in g]) for g in groups]
    dynamic = ir.ShapedType.get_dynamic_size()
    attributes = {
        "reassociation": ir.ArrayAttr.get(nested),
        "static_output_shape": ir.DenseI64ArrayAttr.get(new),
    }
    sizes = [_size(operand, i) for i, size in enumerate(old) if size == dynamic]
    return ir.Operation.create("memref.expand_shape", [type_], [operand, *sizes], attributes).result


def _size(operand: ir.Value, axis: int) -> ir.Value:
    return memref.dim(operand, arith.constant(ir.IndexType.get(), axis))
