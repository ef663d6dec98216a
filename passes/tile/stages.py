"""A kernel whose reductions are split among workgroups, as kernels that run one after the other.

    @k(%x, %out)                  exp(x - max(x)) / sum(exp(x - max(x))) along rows
becomes
    @k_parts_0(%x, %p)            the maxima of parts of the rows: what is split
    @k_total_0(%p, %m)            their maxima
    @k_parts_1(%x, %m, %q)        sums of parts
    @k_total_1(%m, %q, %s)        their sums
    @k(%x, %m, %s, %out)          what has no reduction: here the quotients
"""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import bufferization, func

from clawc.passes.ir.body import body_of
from clawc.passes.ir.selection import selection
from clawc.passes.kernel.kernel import Kernel
from clawc.passes.tile.group import Group
from clawc.passes.tile.partial_sums import (
    clone_with,
    empty_of,
    partial_types,
    write_partial,
    write_total,
)

DYNAMIC = ir.ShapedType.get_dynamic_size()


@dataclass(frozen=True)
class Buffer:
    """What a stage is called with: an argument of the old kernel, or a buffer for a value, with an
    element for each of the parts or with all of them in one."""

    argument: int | None = None
    value: ir.Value | None = None
    parts: bool = False


@dataclass(frozen=True)
class Stage:
    """A kernel, and what it is called with.  `split`: `tile` gives its results a dimension more, of
    the parts of what it reduces."""

    kernel: Kernel
    operands: tuple[Buffer, ...]
    split: bool


def stages_of(kernel: Kernel, group: Group, count: int) -> list[Stage]:
    """The stages that `kernel` becomes, written before it; `count` is the number of parts."""
    writer, stages, levels = _Writer(kernel, group, count), [], _levels(group)
    stored = {
        access.value: Buffer(argument=ir.BlockArgument(argument).arg_number)
        for access, argument in group.results
    }
    whole = [a.value for a, _ in group.results if not group.reduced.isdisjoint(a.dims)]
    for number, sums in enumerate(levels):
        parts = {value: Buffer(value=value, parts=True) for value in sums}
        name = f"{kernel.name}_parts_{number}"
        stages.append(writer.write(name, kernel.kind or "reduction", parts, split=True))
        writer.known |= parts
        ends = number == len(levels) - 1
        wanted = [] if ends and not whole else list(sums)  # what later stages read
        if ends:
            wanted += [v for v in stored if v not in (*wanted, *whole) and not writer.has(v)]
        for i, values in enumerate(writer.apart(wanted, sums)):
            totals = {value: stored.get(value, Buffer(value=value)) for value in values}
            name = f"{kernel.name}_total_{number}{f'_{i}' if i else ''}"
            name = kernel.name if ends and not whole and i == 0 else name
            stages.append(writer.write(name, "reduction", totals))
            writer.known |= totals
    if whole:
        stages.append(writer.write(kernel.name, "elementwise", {v: stored[v] for v in whole}))
    return stages


def _levels(group: Group) -> list[list[ir.Value]]:
    """The results of reductions, by how many others each comes after."""
    depth: dict[ir.Value, int] = {}
    levels: list[list[ir.Value]] = []
    for member in group.members:
        level = max((depth.get(access.value, 0) for access in member.operands()), default=0)
        if member.reduces:
            levels += [[] for _ in range(level + 1 - len(levels))]
            levels[level] += member.op.results
            level += 1
        depth.update(dict.fromkeys(member.op.results, level))
    return levels


class _Writer:
    """Writes kernels that compute some values of the old one from others that are in memory."""

    def __init__(self, kernel: Kernel, group: Group, count: int) -> None:
        self.old, self.group, self.count = kernel, group, count
        self.block = kernel.op.regions[0].blocks[0]
        self.known: dict[ir.Value, Buffer] = {}

    def has(self, value: ir.Value) -> bool:
        """Whether later stages can read all of it."""
        return value in self.known and not self.known[value].parts

    def write(
        self, name: str, kind: str, wanted: dict[ir.Value, Buffer], split: bool = False
    ) -> Stage:
        """The kernel that stores `wanted`; with `split`, of reductions from the neutral values."""
        needed = self._needed(list(wanted), split)
        arguments = [a for a in self.block.arguments if a in needed]
        reads = [v for v in self.known if v in needed and v not in wanted]
        reads += [v for v in wanted if v in self.known]
        operands = [Buffer(argument=ir.BlockArgument(a).arg_number) for a in arguments]
        operands += [self.known[v] for v in reads]
        types = [a.type for a in arguments] + [self._type(v, self.known[v]) for v in reads]
        targets = [self._type(v, buffer, split) for v, buffer in wanted.items()]
        with ir.InsertionPoint(self.old.op), self.old.op.location:
            function = func.FuncOp(name, ([*types, *targets], []), visibility="private")
            kernel = Kernel(function.operation)
            kernel.mark(kind)
            block = function.add_entry_block()
        with ir.InsertionPoint(block), self.old.op.location:
            given = list(block.arguments)
            made: dict[ir.Value, ir.Value] = dict(zip(arguments, given, strict=False))
            read = dict(zip(reads, map(_loaded, given[len(arguments) : len(types)]), strict=True))
            self._compute(needed, made, read, split)
            for value, target in zip(wanted, given[len(types) :], strict=True):
                bufferization.materialize_in_destination(
                    None, made[value], target, restrict=True, writable=True
                )
            func.ReturnOp([])
        return Stage(kernel, (*operands, *wanted.values()), split)

    def apart(self, wanted: list[ir.Value], sums: list[ir.Value]) -> list[list[ir.Value]]:
        """The values that are `wanted`, together where they need the same of `sums`: others have no
        dimension in common, and are computed by different kernels."""
        found: list[tuple[set[ir.Value], list[ir.Value]]] = []
        for value in wanted:
            needed, values = self._needed([value], False).intersection(sums), [value]
            for other in [each for each in found if each[0] & needed]:
                found.remove(other)
                needed, values = needed | other[0], other[1] + values
            found.append((needed, values))
        return [values for _, values in found]

    def _needed(self, wanted: list[ir.Value], split: bool) -> set[ir.Value]:
        """Every value that has to be there: computed, read, or an argument."""
        needed, pending = set(), list(wanted)
        while pending:
            value = pending.pop()
            if value in needed:
                continue
            needed.add(value)
            known = self.known.get(value)
            if isinstance(value, ir.BlockArgument) or (known is not None and not known.parts):
                continue
            op = value.owner.operation
            member = self.group.producers.get(value)
            if member is None or not member.reduces:
                pending += [*op.operands, *_captured(op)]
                continue
            needed.update(op.results)
            if known is not None:  # the totals of the parts
                pending += member.inits
            elif selection(op):
                pending += [*op.operands, *_captured(op)]
            elif split:
                pending += [*list(op.operands)[: len(member.inputs)], *_captured(op)]
                pending += [size for init in member.inits for size in empty_of(init).operands]
        return needed

    def _compute(
        self,
        needed: set[ir.Value],
        made: dict[ir.Value, ir.Value],
        read: dict[ir.Value, ir.Value],
        split: bool,
    ) -> None:
        """What is needed and not in memory, into `made`."""
        for view in list(self.block.operations):
            op = view.operation
            results = list(op.results)
            if not any(v in needed for v in results):
                continue
            member = self.group.producers.get(results[0])
            with op.location:
                if not any(v in self.known for v in results):
                    partial = split and member is not None and bool(member.reduces)
                    new = write_partial(op, made) if partial else clone_with(op, made)
                elif self.known[results[0]].parts:
                    new = write_total(op, [read[v] for v in results], made)
                else:
                    new = [read.get(v) for v in results]
            made.update((old, v) for old, v in zip(results, new, strict=True) if v is not None)

    def _type(self, value: ir.Value, buffer: Buffer, part: bool = False) -> ir.MemRefType:
        """Of a buffer: all parts, one `part`, or a tensor of the old kernel."""
        if buffer.argument is not None:
            return ir.MemRefType(self.block.arguments[buffer.argument].type)
        type_ = ir.RankedTensorType(value.type)
        shape, element = list(type_.shape), type_.element_type
        if buffer.parts:
            op, number = value.owner.operation, ir.OpResult(value).result_number
            element = partial_types(op)[number].element_type
            shape = shape if part else [self.count, *shape]
        return ir.MemRefType.get(shape, element)


def _captured(op: ir.Operation) -> list[ir.Value]:
    """What the body of an operation uses and does not make."""
    if not len(op.regions):
        return []
    block = body_of(op)
    made = set(block.arguments) | {r for inner in block.operations for r in inner.results}
    return [v for inner in block.operations for v in inner.operands if v not in made]


def _loaded(memory: ir.Value) -> ir.Value:
    type_ = ir.MemRefType(memory.type)
    contents = ir.RankedTensorType.get(type_.shape, type_.element_type)
    return bufferization.to_tensor(contents, memory, restrict=True)
