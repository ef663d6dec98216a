"""Padding folded into its readers: they read the tensor within, and padding where there is none."""

from __future__ import annotations

from dataclasses import replace

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.ir.body import body_of, operations_under
from clawc.passes.ir.loops import KernelOp, Read, defining_op, shape_of
from clawc.passes.ir.windows import Padding, Window, as_window
from clawc.passes.kernel.kernel import padding_of


def read_padding(op: linalg.GenericOp) -> KernelOp | None:
    """A generic that pads, as an elementwise one that copies; None if it does not."""
    padding = _padding(op)
    if padding is None:
        return None
    units = frozenset(i for i, size in enumerate(padding.shape) if size == 1)
    dims = tuple(None if i in units else i for i in range(len(padding.shape)))
    written = Read(op.results[0], dims, 0)
    kernel = KernelOp(op, "elementwise", (True,) * len(dims), units, writes=[written])
    kernel.reads = [_read_within(written, padding)]
    return kernel


def fold_padding(kernel: KernelOp) -> None:
    """Let `kernel` read what is within the padding of its operands.  A read has one padding, and a
    place or a padding: what pads a padded tensor, or looks at places of it, reads it from memory.
    """
    if kernel.kind == "generic":
        return
    for number, read in enumerate(kernel.reads):
        if read.padding is not None or any(read.places):
            continue
        op = defining_op(read.value)
        padding = _padding(op) if isinstance(op, linalg.GenericOp) else None
        others = [r.value for r in kernel.reads if r is not read]
        if padding is None or read.value in others or padding.source in others:
            continue
        kernel.reads[number] = _read_within(read, padding)


def _read_within(read: Read, padding: Padding) -> Read:
    dims = [
        (as_window(dim) or Window(())) if any(around) else dim
        for dim, around in zip(read.dims, zip(padding.low, padding.high, strict=True), strict=True)
    ]
    return replace(read, value=padding.source, dims=tuple(dims), padding=padding)


def _padding(op: linalg.GenericOp) -> Padding | None:
    around = padding_of(op)
    if around is None:
        return None
    inner = operations_under(body_of(op))
    sources = [each.tensor for each in inner if isinstance(each, tensor.ExtractOp)]
    branches = [each for each in inner if each.name == "scf.if"]
    if len(sources) != 1 or len(branches) != 1:
        return None  # what it was folded with is not known here
    (source,), (branch,) = sources, branches
    other = branch.regions[1].blocks[0]
    value = other.operations[len(other.operations) - 1].operands[0]
    known: ir.Attribute | ir.Value = value
    owner = value.owner
    if not isinstance(owner, ir.Block) and owner.name == "arith.constant":
        known = owner.attributes["value"]
    low, high = map(tuple, around)
    return Padding(source, low, high, known, tuple(shape_of(op.results[0])))
