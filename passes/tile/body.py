"""What the body of a linalg op says: how a result accumulates, what contracts with what."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from mlir import ir

from clawc.passes.ir.body import (
    COMBINING,
    EXTENSIONS,
    PRODUCTS,
    TRUNCATIONS,
    body_of,
    terminator,
)


@dataclass(frozen=True)
class Accumulation:
    """`yield acc (op) value`, or `yield trunc(ext(acc) (op) value)`: that sums in the wide type."""

    kind: str
    op: ir.Operation  # the combining op
    value: ir.Value  # what is combined into the accumulator
    extension: ir.Operation | None = None  # of the accumulator, as it enters
    truncation: ir.Operation | None = None  # of the sum, as it leaves


@dataclass(frozen=True)
class Contraction:
    """The factors of a sum of products, and its dimensions by role."""

    lhs: ir.Value
    rhs: ir.Value
    batch: tuple[int, ...]
    m: tuple[int, ...]
    n: tuple[int, ...]
    k: tuple[int, ...]

    def renamed(self, rename: Callable[[int], int]) -> Contraction:
        roles = (self.batch, self.m, self.n, self.k)
        new = (tuple(d for d in map(rename, role) if d >= 0) for role in roles)
        return Contraction(self.lhs, self.rhs, *new)


def is_inside(value: ir.Value, block: ir.Block) -> bool:
    """Whether `value` is made by an op of `block` (its arguments are not)."""
    owner = value.owner
    return not isinstance(owner, ir.Block) and owner.operation.parent == block.owner


def argument_number(value: ir.Value, block: ir.Block) -> int | None:
    if isinstance(value, ir.BlockArgument) and value.owner == block:
        return ir.BlockArgument(value).arg_number
    return None


def dependences(value: ir.Value, block: ir.Block) -> tuple[set[int], set[int]]:
    """The block arguments, and the loops read by linalg.index, that `value` is computed from."""
    arguments: set[int] = set()
    loops: set[int] = set()
    pending, seen = [value], set()
    while pending:
        value = pending.pop()
        if value in seen:
            continue
        seen.add(value)
        number = argument_number(value, block)
        if number is not None:
            arguments.add(number)
        elif is_inside(value, block):
            if value.owner.name == "linalg.index":
                loops.add(ir.IntegerAttr(value.owner.attributes["dim"]).value)
            pending.extend(value.owner.operands)
    return arguments, loops


def uses_argument(op: ir.Operation, number: int) -> bool:
    return any(True for _ in body_of(op).arguments[number].uses)


def accumulation(op: ir.Operation, argument: int, yielded: int) -> Accumulation | None:
    """How result `yielded` accumulates into block argument `argument`; None: in no known way."""
    block = body_of(op)
    acc = block.arguments[argument]
    if len(list(acc.uses)) != 1:
        return None
    result = terminator(block).operands[yielded]
    truncation = extension = None
    if is_inside(result, block) and result.owner.name in TRUNCATIONS:
        truncation = result.owner.operation
        result = truncation.operands[0]
    if not is_inside(result, block) or result.owner.name not in COMBINING:
        return None
    combining = result.owner.operation
    for mine, other in ((0, 1), (1, 0)):
        value = combining.operands[mine]
        if truncation and is_inside(value, block) and value.owner.name in EXTENSIONS:
            extension = value.owner.operation
            value = extension.operands[0]
        if value == acc and bool(truncation) == bool(extension):
            kind = COMBINING[combining.name]
            return Accumulation(kind, combining, combining.operands[other], extension, truncation)
        extension = None
    return None


def contraction(
    op: ir.Operation,
    argument: int,
    maps: Sequence[Sequence[int]],
    dims: Sequence[int],
    reduced: Set[int],
) -> Contraction | None:
    """The sum of products that `op` accumulates into `argument`.  `maps[i]` holds the dimensions
    that block argument i varies over, `dims` that of each loop, `reduced` those that are summed;
    loops that run once are in none.  The right factor is the one with the result's last dimension:
    its neighbours are neighbours in the result."""
    sum_ = accumulation(op, argument, 0)
    block = body_of(op)
    if sum_ is None or sum_.kind != "add" or not is_inside(sum_.value, block):
        return None
    product = sum_.value.owner
    if product.name not in PRODUCTS or len(list(product.results[0].uses)) != 1:
        return None

    def dims_of(value: ir.Value) -> set[int]:
        arguments, loops = dependences(value, block)
        return {dims[loop] for loop in loops}.union(*(maps[a] for a in arguments))

    lhs, rhs = product.operands
    a, b = dims_of(lhs), dims_of(rhs)
    parallel = set(maps[argument])
    if parallel and maps[argument][-1] in a - b:
        lhs, rhs, a, b = rhs, lhs, b, a
    roles = (a & b & parallel, (a - b) & parallel, (b - a) & parallel, reduced)
    if (a | b) != parallel | reduced or not reduced <= a & b or not all(roles[1:]):
        return None
    ordered = (tuple(d for d in dims if d in role) for role in roles)
    return Contraction(lhs, rhs, *ordered)
