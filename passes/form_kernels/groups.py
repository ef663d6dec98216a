"""A group: operations that become one kernel, all on one iteration domain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mlir import ir

from clawc.passes.form_kernels.sizes import Node, Sizes
from clawc.passes.ir.loops import KernelOp, Read
from clawc.passes.ir.windows import Dim, Window, has_windows, loops_of

Binding = dict[int, int]  # loop (or dimension) of what joins -> dimension of the group
Dims = tuple[Dim, ...]

MAX_BUFFERS = 8
MAX_OPS = 32


@dataclass(eq=False)
class Group:
    """Operations on one domain, whose dimensions are numbered by `sizes`."""

    kind: str
    position: int  # groups run in this order
    sizes: list[int | Node] = field(default_factory=list)
    reduced: frozenset[int] = frozenset()
    ops: dict[KernelOp, Binding] = field(default_factory=dict)
    values: dict[ir.Value, Dims] = field(default_factory=dict)  # made here
    inputs: dict[ir.Value, Dims] = field(default_factory=dict)  # read from memory, as first read
    tables: dict[ir.Value, None] = field(default_factory=dict)  # read by computed indices, in order
    read_here: dict[ir.Value, int] = field(default_factory=dict)  # times, of those made here
    consumers: set[Group] = field(default_factory=set)
    merged_into: Group | None = None

    @property
    def parallel(self) -> set[int]:
        return set(range(len(self.sizes))) - self.reduced

    def place(self, read: Read, binding: Binding) -> Dims:
        """The group's dimensions of an operand."""
        return tuple(
            dim.renamed(binding.__getitem__)
            if isinstance(dim, Window)
            else None
            if dim is None
            else binding[dim]
            for dim in read.dims
        )

    @property
    def memory(self) -> set[ir.Value]:
        """What it reads that other groups have made, or callers."""
        return {*self.inputs, *self.tables}

    def reads_alike(self, value: ir.Value, dims: Dims) -> bool:
        """Whether a kernel may read `value` so too: what it reads through windows, only so."""
        known = self.inputs.get(value, dims)
        return known == dims or not (has_windows(known) or has_windows(dims))

    def add(self, op: KernelOp, binding: Binding, sizes: list[int | Node]) -> None:
        """Take `op` in; `sizes` are the group's with those that `binding` adds."""
        self.sizes = sizes
        self.ops[op] = binding
        for read in op.reads:
            self._count(read.value, self.place(read, binding) if op.kind != "generic" else ())
        self.tables |= dict.fromkeys(op.tables)
        for write in op.writes:
            self.values[write.value] = self.place(write, binding) if op.kind != "generic" else ()

    def _count(self, value: ir.Value, dims: Dims) -> None:
        if value in self.values:
            self.read_here[value] = self.read_here.get(value, 0) + 1
        else:
            self.inputs.setdefault(value, dims)


def tie(
    op: KernelOp, group: Group, sizes: Sizes, loop_size: list[int | Node]
) -> tuple[Binding, list[int | Node]] | None:
    """Which dimension of `group` each loop of `op` is, and the dimensions that it would add.

    Loops are tied by the values of the group that `op` reads; then by inputs that both read; then
    by equal sizes, in order.  None if a value would be read in two ways.
    """
    binding: Binding = {}
    for read in op.reads:
        if read.value in group.values and not _tie(binding, read.dims, group.values[read.value]):
            return None
    for read in op.reads:
        if read.value in group.inputs:
            attempt = dict(binding)
            if _tie(attempt, read.dims, group.inputs[read.value]):
                binding = attempt
    domain = list(group.sizes)
    for loop in op.loops:
        if loop in binding:
            continue
        free = (d for d in range(len(group.sizes)) if d not in binding.values())
        if group.kind == "contraction":
            free = (d for d in free if d not in group.reduced)
        match = next((d for d in free if group.sizes[d] == loop_size[loop]), None)
        if match is None:
            match = len(domain)
            domain.append(loop_size[loop])
        binding[loop] = match
    return binding, domain


def _tie(binding: Binding, loops: Dims, dims: Dims) -> bool:
    """Extend `binding` by loop i = dimension i; False where it contradicts."""
    for loop, dim in zip(loops, dims, strict=True):
        if loop is None and dim is None:
            continue
        if not isinstance(loop, int) or not isinstance(dim, int) or binding.get(loop, dim) != dim:
            return False
        if loop not in binding:
            if dim in binding.values():
                return False
            binding[loop] = dim
    return True


def named(dims: Iterable[Dim]) -> set[int]:
    return set(loops_of(dims))
