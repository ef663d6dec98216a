"""Greedy fusion: which operations become one kernel.

Operations are taken in program order.  Each joins the group of one of its producers if it can be
expressed on that group's domain, and may pull its other producers' groups in; else it starts its
own.  Groups keep a total order in which every value is made before it is read, so that no cycle
can come up: a group may take what reads later groups only if it can be moved behind them.

Rules by kind (a *full* value covers all dimensions of the domain, a *row* value the parallel ones):
  contraction   takes elementwise operations on its parallel dimensions (its epilogue)
  reduction     takes elementwise operations, full or row, and reductions of the same dimensions
  elementwise   takes elementwise operations that cover the domain, which they may extend; becomes
                a reduction when one reads all of its domain
  generic       takes nothing
What reads elements of tables by computed indices joins elementwise groups only, and none that makes
one of them: of what a group makes a tile has its own part.
What reads windows of a tensor starts a group, which reads that tensor in no other way.
Only full values (in a reduction also row values) are stored; a smaller one, such as the square
root of a vector which is then broadcast, lives in its group alone and is recomputed by each tile.
A group is closed at MAX_BUFFERS buffers or MAX_OPS operations: that bounds the live values.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.form_kernels.elements import read_elements
from clawc.passes.form_kernels.groups import MAX_BUFFERS, MAX_OPS, Binding, Group, named, tie
from clawc.passes.form_kernels.padding import fold_padding, read_padding
from clawc.passes.form_kernels.renaming import renamed
from clawc.passes.form_kernels.sizes import Node, Sizes
from clawc.passes.ir.loops import VIEWS, KernelOp, defining_op, is_tensor, uniform
from clawc.passes.ir.reading import read_op
from clawc.passes.kernel.kernel import is_stored

_PREFERENCE = {"contraction": 0, "reduction": 1, "elementwise": 2}


class Fusion:
    """The groups of a section of a block, made by one walk."""

    def __init__(self, operations: Sequence[ir.OpView], sizes: Sizes) -> None:
        self.sizes = sizes
        self.group_of: dict[ir.Value, Group] = {}
        self.root: dict[ir.Value, ir.Value] = {}  # of a view: what it is a view of
        self.loop_sizes: dict[KernelOp, list[int | Node]] = {}
        self._uses: dict[ir.Value, int] = {}
        self._next = 0
        kernels = self._read(operations)
        self._order = {op: i for i, op in enumerate(kernels)}
        for op in kernels:
            self._place(op)

    @property
    def groups(self) -> list[Group]:
        """In the order in which they run."""
        live = {id(g): g for g in self.group_of.values()}.values()
        return sorted(live, key=lambda g: g.position)

    def escapes(self, group: Group, reader: KernelOp | None = None) -> list[ir.Value]:
        """Values of `group` used outside of it, `reader` not counted."""
        inside = dict(group.read_here)
        for value in reader.tensors if reader else ():
            inside[value] = inside.get(value, 0) + 1
        return [v for v in group.values if self._uses.get(v, 0) > inside.get(v, 0)]

    def _read(self, operations: Sequence[ir.OpView]) -> list[KernelOp]:
        kernels = []
        own = {op.operation for op in operations}
        for op in operations:
            for value in op.results:
                if is_tensor(value):
                    self._uses[value] = self._uses.get(value, 0) + _uses_outside(value, own)
            if isinstance(op, linalg.GenericOp):
                if not is_stored(op) and all(uniform(r) is not None for r in op.results):
                    continue  # made where it is read
                loops = self._loops(op)
                kernel = read_padding(op) or read_elements(op, loops, self.sizes) or read_op(op)
                fold_padding(kernel)
                kernels.append(kernel)
                self.loop_sizes[kernel] = loops
                self._see_casts(kernel, own)
                read = kernel.tensors
            elif isinstance(op, VIEWS):
                source = op.operands[0]
                self.root[op.results[0]] = self.root.get(source, source)
                read = [source]
            else:
                continue
            for value in read:
                self._uses[value] = self._uses.get(value, 0) + 1
        return kernels

    def _see_casts(self, kernel: KernelOp, own: set[ir.Operation]) -> None:
        """Tensors that are read in several ways have names that are none of the section's."""
        for read in kernel.reads:
            cast = defining_op(read.value)
            if read.places and isinstance(cast, tensor.CastOp) and cast.operation not in own:
                self.root[read.value] = self.root.get(cast.source, cast.source)
                self._uses[cast.source] = self._uses.get(cast.source, 0) + 1

    def _loops(self, op: linalg.GenericOp) -> list[int | Node]:
        sizes: list[int | Node] = [1] * len(ir.ArrayAttr(op.attributes["iterator_types"]))
        for value, attribute in zip(op.operands, op.attributes["indexing_maps"], strict=True):
            for dim, expr in enumerate(ir.AffineMapAttr(attribute).value.results):
                if isinstance(expr, ir.AffineDimExpr) and is_tensor(value):
                    sizes[expr.position] = self.sizes.size(value, dim)
        return sizes

    def _place(self, op: KernelOp) -> None:
        candidates = {self.group_of[r.value]: None for r in op.reads if r.value in self.group_of}
        order = sorted(candidates, key=lambda g: (_PREFERENCE.get(g.kind, 3), -g.position))
        starts = op.kind == "generic" or op.has_windows
        group = next((g for g in order if not starts and self._join(g, op)), None)
        if group is None:
            self._start(op)
            return
        for other in order:
            if other is not group and other.merged_into is None:
                self._merge(other, group, op)

    def _start(self, op: KernelOp) -> None:
        number = {loop: i for i, loop in enumerate(op.loops)}
        group = Group(op.kind, self._fresh())
        group.reduced = frozenset(number[i] for i in op.loops if not op.parallel[i])
        self._add(group, op, number, [self.loop_sizes[op][loop] for loop in op.loops])

    def _add(self, group: Group, op: KernelOp, binding: Binding, domain: list[int | Node]) -> None:
        group.add(op, binding, domain)
        for producer in self._producers(op):
            if producer is not group:
                producer.consumers.add(group)
        for write in op.writes:
            self.group_of[write.value] = group

    def _fresh(self) -> int:
        self._next += 1
        return self._next

    def _made_by(self, value: ir.Value) -> Group | None:
        return self.group_of.get(self.root.get(value, value))

    def _producers(self, op: KernelOp) -> set[Group]:
        return {group for value in op.tensors if (group := self._made_by(value)) is not None}

    def _join(self, group: Group, op: KernelOp) -> bool:
        """Take `op` into `group` if that is allowed."""
        if op.kind not in ("elementwise", "reduction") or group.kind == "generic":
            return False
        if len(group.ops) >= MAX_OPS:
            return False
        if any(v not in group.values and self._made_by(v) is group for v in op.tensors):
            return False  # reads it through a view
        if any(v in group.values for v in op.tables):
            return False  # no tile of the group has all of it
        if (op.tables or group.tables) and (op.kind, group.kind) != ("elementwise", "elementwise"):
            return False
        tied = tie(op, group, self.sizes, self.loop_sizes[op])
        if tied is None:
            return False
        binding, domain = tied
        if not all(group.reads_alike(r.value, group.place(r, binding)) for r in op.reads):
            return False
        kind = self._kind(group, op, binding, domain)
        if kind is None or not self._small(group, op):
            return False
        behind = [p for p in self._producers(op) if p.position > group.position]
        if behind:
            if _live(group.consumers, group):
                return False
            group.position = self._fresh()
        if op.kind == "reduction":
            group.reduced = frozenset(binding[i] for i in op.loops if not op.parallel[i])
        group.kind = kind
        self._add(group, op, binding, domain)
        return True

    def _kind(
        self, group: Group, op: KernelOp, binding: Binding, domain: list[int | Node]
    ) -> str | None:
        """The kind of `group` with `op`; None where the rules forbid it."""
        covered = set(binding.values())
        full = set(range(len(domain)))
        grows = len(domain) > len(group.sizes)
        reduced = {binding[i] for i in op.loops if not op.parallel[i]}
        if group.kind == "contraction":
            fits = op.kind == "elementwise" and not grows and covered == group.parallel
            return "contraction" if fits else None
        if group.kind == "reduction":
            if op.kind == "elementwise":
                fits = not grows and covered in (full, group.parallel)
            else:
                fits = not grows and covered == full and reduced == group.reduced
            return "reduction" if fits else None
        stored = [named(group.values[v]) for v in self.escapes(group, op)]
        if covered != full or any(dims not in (full, full - reduced) for dims in stored):
            return None
        return op.kind

    def _small(self, group: Group, op: KernelOp) -> bool:
        read = group.memory | {v for v in op.tensors if v not in group.values}
        return len(read) + len(self.escapes(group, op)) + len(op.writes) <= MAX_BUFFERS

    def _merge(self, other: Group, group: Group, through: KernelOp) -> None:
        """Pull `other`, whose values `through` (of `group`) reads, into `group` if allowed."""
        if other.kind not in ("elementwise", "reduction"):
            return
        if other.kind == "reduction" and group.kind != "reduction":
            return
        if other.tables and group.kind != "elementwise":
            return
        rename = renamed(other, group, through)
        if rename is None or len(group.ops) + len(other.ops) > MAX_OPS:
            return
        merged = self._union(other, group, rename)
        if merged is None or not self._storable(merged):
            return
        position = self._position(other, group)
        if position is None:
            return
        group.position = position
        group.ops, group.values = merged.ops, merged.values
        group.inputs, group.read_here = merged.inputs, merged.read_here
        group.tables = merged.tables
        group.consumers |= other.consumers
        other.merged_into = group
        for value in other.values:
            self.group_of[value] = group

    def _union(self, other: Group, group: Group, rename: Binding) -> Group | None:
        """Both groups' operations on `group`'s domain; None where a value is read in two ways."""
        for one, two in ((other, group), (group, other)):
            if any(v not in two.values and self._made_by(v) is two for v in one.inputs):
                return None
            if any(self._made_by(v) is two for v in one.tables):
                return None
        union = Group(group.kind, group.position, group.sizes, group.reduced)
        ops = [(op, {i: rename[d] for i, d in b.items()}) for op, b in other.ops.items()]
        ops += group.ops.items()
        made = {w.value: union.place(w, binding) for op, binding in ops for w in op.writes}
        for op, binding in sorted(ops, key=lambda item: self._order[item[0]]):
            for read in op.reads:
                dims = union.place(read, binding)
                if made.get(read.value, dims) != dims or not union.reads_alike(read.value, dims):
                    return None
            union.add(op, binding, group.sizes)
        return union

    def _storable(self, group: Group) -> bool:
        """Whether the stored values are as the rules want them, and the buffers are few."""
        full = set(range(len(group.sizes)))
        allowed = {
            "contraction": (group.parallel,),
            "reduction": (full, group.parallel),
        }.get(group.kind, (full,))
        stored = self.escapes(group)
        if any(named(group.values[v]) not in allowed for v in stored):
            return False
        return len(group.memory) + len(stored) <= MAX_BUFFERS

    def _position(self, one: Group, two: Group) -> int | None:
        """Where in the order a union of both can run."""
        low, high = sorted((one, two), key=lambda g: g.position)
        makers = {self._made_by(v) for v in high.memory} - {None, low, high}
        if all(maker.position < low.position for maker in makers if maker):
            return low.position
        if all(user.position > high.position for user in _live(low.consumers, low) - {high}):
            return high.position
        return None


def _uses_outside(value: ir.Value, own: set[ir.Operation]) -> int:
    """How often what is not of this section reads a value."""
    count = 0
    for use in value.uses:
        reader = use.owner.operation
        while reader not in own and (around := reader.parent) is not None:
            reader = around.operation
        count += reader not in own and not isinstance(use.owner, tensor.DimOp)
    return count


def _live(groups: set[Group], but: Group) -> set[Group]:
    found = set()
    for group in groups:
        while group.merged_into is not None:
            group = group.merged_into
        found.add(group)
    return found - {but}
