"""What a kernel takes, estimated from its per-thread program: bytes, transactions, operations.

The figures are of one workgroup, as expressions over the launch's scalars, and of whole tiles: a
mask at the edge of the data, which depends on the workgroup or the round of a loop, counts as if it
held.  So they are exact where tiles divide the sizes, and else from above.  What depends on data is
None.  Transactions are those of the first workgroup (see `access_patterns`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from mlir import ir

from clawc.passes.ir.operations import kernel_functions
from clawc.runtime.figures import Figure
from clawc.targets.estimates import index_values
from clawc.targets.estimates import totals as estimate_totals
from clawc.targets.estimates.access_patterns import AccessPatterns, Active
from clawc.targets.estimates.figures import combine
from clawc.targets.estimates.index_arithmetic import IndexArithmetic
from clawc.targets.estimates.index_values import Index, Number
from clawc.targets.estimates.totals import Totals

_ROW = 16  # bytes of a row of a matrix of 8x8 halves, which a lane points at
_FLOP = {
    **dict.fromkeys(("arith.addf", "arith.subf", "arith.mulf", "arith.divf"), 1),
    **dict.fromkeys(("math.fma", "vector.fma"), 2),
}
_EXTENTS = re.compile(r"(\d+)x(\d+)x(\d+)")
_SHAPE = re.compile(r"m = (\d+), n = (\d+), k = (\d+)")
_NO_ACCESS = ("memref.get_global", "memref.extract_aligned_pointer_as_index", "memref.dim")
_OTHER_ACCESS = re.compile(r"memref\.|vector\.(gather|scatter|masked|transfer|compress|expandload)")
_ACCESSES = ("global read", "global write", "shared read", "shared write")


def kernel_estimates(module: ir.Module, lanes: int) -> dict[str, dict[str, Any]]:
    """The estimates of each kernel of a module at L4, as a fact, by name; `lanes` are a warp's."""
    patterns = AccessPatterns(lanes)
    return {
        ir.StringAttr(kernel.attributes["sym_name"]).value: {
            "estimates": estimates(kernel, patterns)
        }
        for op in module.body.operations
        if op.operation.name == "gpu.module"
        for kernel in kernel_functions(op)
    }


def estimates(kernel: ir.Operation, patterns: AccessPatterns) -> dict[str, Any]:
    """The figures of a `gpu.func` by kind: expressions as lists, as JSON has them."""
    threads = math.prod(ir.DenseI32ArrayAttr(kernel.attributes["known_block_size"]))
    walk = _Walk(kernel, threads, patterns)
    totals = walk.block(kernel.regions[0].blocks[0], Active(np.ones(threads, bool)))
    return {
        kind: None if sum_ is None else _plain(estimate_totals.expression(sum_))
        for kind, sum_ in sorted(totals.items())
        if sum_ != {}
    }


def _plain(expr: Any) -> Any:
    return [_plain(part) for part in expr] if isinstance(expr, tuple) else expr


@dataclass(frozen=True)
class _Memory:
    space: str
    element: int  # bytes; 0 if they are not known


class _Walk:
    """Goes through a kernel once, with the threads that may be active."""

    def __init__(self, kernel: ir.Operation, threads: int, patterns: AccessPatterns) -> None:
        self._arithmetic = IndexArithmetic(kernel, threads)
        self._patterns = patterns
        self._memories: dict[ir.Type, _Memory] = {}
        self._widths: dict[ir.Type, int] = {}

    def block(self, block: ir.Block, active: Active) -> Totals:
        totals: Totals = {}
        for view in block.operations:
            op = view.operation
            rule = _rule(op.name)
            if rule is not None:
                rule(self, op, active, totals)
        return totals

    # Control flow
    def branch(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        truth = self._arithmetic.truth(op.operands[0])
        yes, no = active.where(truth.may_hold), active.where(truth.may_fail)
        then, *otherwise = (r.blocks[0] for r in op.regions if len(r.blocks))
        taken = self.block(then, yes)
        left = self.block(otherwise[0], no) if otherwise else {}
        undecided = bool((yes.mask & no.mask).any())
        if truth.over_sizes is not None and undecided:
            estimate_totals.add_all(totals, estimate_totals.selected(truth.over_sizes, taken, left))
        elif truth.sample is None and undecided:
            estimate_totals.add_all(totals, taken, None)
            estimate_totals.add_all(totals, left, None)
        elif undecided and (yes.mask == no.mask).all():
            estimate_totals.add_all(totals, estimate_totals.greater(taken, left))
        else:
            estimate_totals.add_all(totals, taken)
            estimate_totals.add_all(totals, left)

    def loop(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        first, end, step = (self._arithmetic.index(v) for v in list(op.operands)[:3])
        body = op.regions[0].blocks[0]
        self._arithmetic.note(body.arguments[0], index_values.counted(first, end))
        estimate_totals.add_all(totals, self.block(body, active), rounds(first, end, step))

    def loop_on_data(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        for region in op.regions:
            estimate_totals.add_all(totals, self.block(region.blocks[0], active), None)

    # Memory
    def load(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        memory, *index = op.operands
        self._access(op, memory, index, op.results[0].type, "read", active, totals)

    def load_part(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        """As if the mask were true: at most what is not masked."""
        memory, index, *_ = op.operands
        self._access(op, memory, [index], op.results[0].type, "read", active, totals)

    def store(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        value, memory, *index = op.operands
        self._access(op, memory, index, value.type, "write", active, totals)

    def load_matrix(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        """PTX ISA, "ldmatrix": lane 8i+r points at row r of matrix i."""
        rows = 8 * ir.IntegerAttr(op.attributes["num"]).value
        pointing = active.where(np.arange(len(active.mask)) % self._patterns.lanes < rows)
        offsets = self._arithmetic.index(op.operands[0]).sample
        self._count("shared", "read", _ROW, offsets, pointing, totals)

    def _access(
        self,
        op: ir.Operation,
        memory: ir.Value,
        index: list[ir.Value],
        type_: ir.Type,
        verb: str,
        active: Active,
        totals: Totals,
    ) -> None:
        known = self._memory(memory.type)
        if not known.element:
            self.unknown_access(op, active, totals)
            return
        sample = self._arithmetic.index(index[0]).sample if len(index) == 1 else None
        offsets = None if sample is None else sample * known.element
        size = self._width(type_) * known.element
        self._count(known.space, verb, size, offsets, active, totals)

    def _count(
        self,
        space: str,
        verb: str,
        size: int,
        offsets: Number | None,
        active: Active,
        totals: Totals,
    ) -> None:
        estimate_totals.add(totals, f"{space} {verb}", size * active.count)
        kind = f"{space} {verb} transactions"
        if self._patterns.lanes == 1:
            return  # nobody knows who shares a transaction
        if offsets is None:
            estimate_totals.add_all(totals, {kind: {1: 1}}, None)
        else:
            taken, fewest = self._patterns.transactions(space, offsets, size, active)
            estimate_totals.add(totals, kind, taken)
            estimate_totals.add(totals, f"{space} {verb} fewest", fewest)

    def _memory(self, type_: ir.Type) -> _Memory:
        if type_ not in self._memories:
            memref = ir.MemRefType(type_)
            shared = "workgroup" in str(memref.memory_space)
            bits = getattr(memref.element_type, "width", 0)  # of an index it is the target's affair
            self._memories[type_] = _Memory("shared" if shared else "global", -(-bits // 8))
        return self._memories[type_]

    def unknown_access(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        totals.update(dict.fromkeys(_ACCESSES))

    # Arithmetic
    def matrix_product(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        found = _EXTENTS.search(op.name) or _SHAPE.search(str(op.attributes["shape"]))
        assert found is not None
        m, n, k = map(int, found.groups())
        warps = -(-active.count // self._patterns.lanes)
        estimate_totals.add(totals, "matrix flop", 2 * m * n * k * warps)

    def arithmetic(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        flop = _FLOP[op.name] * self._width(op.results[0].type)
        estimate_totals.add(totals, "flop", flop * active.count)

    def barrier(self, op: ir.Operation, active: Active, totals: Totals) -> None:
        estimate_totals.add(totals, "barriers", 1)

    def _width(self, type_: ir.Type) -> int:
        """Elements."""
        if type_ not in self._widths:
            vector = isinstance(type_, ir.VectorType)
            self._widths[type_] = int(np.prod(type_.shape)) if vector else 1
        return self._widths[type_]


def rounds(first: Index, end: Index, step: Index) -> Figure | None:
    """How often a loop goes round, or no fewer; None if that depends on data."""
    if step.size is None:
        return None
    if first.size is not None and end.size is not None:
        length = combine("sub", end.size, first.size)
        if first.size != 0:
            length = combine("max", length, 0)
        return combine("ceildiv", length, step.size)
    start = np.min(first.low)
    if end.most is None or not np.isfinite(start):
        return None
    return combine("ceildiv", combine("max", combine("sub", end.most, int(start)), 0), step.size)


_Rule = Callable[[_Walk, ir.Operation, Active, Totals], None]
_RULES: dict[str, _Rule] = {
    "scf.if": _Walk.branch,
    "scf.for": _Walk.loop,
    "scf.while": _Walk.loop_on_data,
    "memref.load": _Walk.load,
    "vector.load": _Walk.load,
    "vector.maskedload": _Walk.load_part,
    "memref.store": _Walk.store,
    "vector.store": _Walk.store,
    "nvvm.ldmatrix": _Walk.load_matrix,
    "nvvm.mma.sync": _Walk.matrix_product,
    "gpu.barrier": _Walk.barrier,
    "amdgpu.lds_barrier": _Walk.barrier,
    **dict.fromkeys(_FLOP, _Walk.arithmetic),
}


@cache
def _rule(name: str) -> _Rule | None:
    """What counts for an operation, if anything does."""
    if name in _RULES:
        return _RULES[name]
    if name.startswith(("rocdl.mfma.", "rocdl.wmma.")):
        return _Walk.matrix_product
    other_access = _OTHER_ACCESS.match(name) and name not in _NO_ACCESS
    return _Walk.unknown_access if other_access else None
