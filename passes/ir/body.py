"""The body of a linalg operation: what is plain in it, and what combines into an accumulator."""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir

# Combining op -> the kind of vector.contract and vector.multi_reduction.
COMBINING = {
    "arith.addf": "add",
    "arith.addi": "add",
    "arith.mulf": "mul",
    "arith.muli": "mul",
    "arith.maximumf": "maximumf",
    "arith.minimumf": "minimumf",
    "arith.maxnumf": "maxnumf",
    "arith.minnumf": "minnumf",
    "arith.maxsi": "maxsi",
    "arith.minsi": "minsi",
    "arith.maxui": "maxui",
    "arith.minui": "minui",
    "arith.andi": "and",
    "arith.ori": "or",
}
PRODUCTS = ("arith.mulf", "arith.muli")
EXTENSIONS = ("arith.extf", "arith.extsi", "arith.extui")
TRUNCATIONS = ("arith.truncf", "arith.trunci")
_SCALAR_DIALECTS = ("arith", "math")
_LOOP_OPERATIONS = ("linalg.index", "linalg.yield", "tensor.extract")


def body_of(op: ir.OpView | ir.Operation) -> ir.Block:
    return op.regions[0].blocks[0]


def terminator(block: ir.Block) -> ir.Operation:
    return block.operations[len(block.operations) - 1].operation


def obstacle(op: ir.OpView | ir.Operation) -> str | None:
    """Why an operation of a body has no form on vectors, for who wrote it; None: it has one."""
    name = op.operation.name
    if name in _LOOP_OPERATIONS:
        return None
    if name.partition(".")[0] == "scf":
        return f"its body branches or loops ('{name}'); arith.select has a vector form"
    if name.partition(".")[0] not in _SCALAR_DIALECTS or len(op.regions):
        return f"its body holds '{name}'; only operations of arith and math have a vector form"
    return None


def operations_under(body: ir.Block) -> list[ir.OpView]:
    """Every operation under `body`."""
    inner: list[ir.OpView] = []
    stack = [body]
    while stack:
        for op in stack.pop().operations:
            inner.append(op)
            stack.extend(block for region in op.regions for block in region.blocks)
    return inner


def captures(inner: list[ir.OpView], arguments: Sequence[ir.Value]) -> list[ir.Value]:
    """What operations use that neither they make nor `arguments` are."""
    known = set(arguments)
    for op in inner:
        known.update(op.results)
        for region in op.regions:
            for block in region.blocks:
                known.update(block.arguments)
    return list(dict.fromkeys(v for op in inner for v in op.operands if v not in known))
