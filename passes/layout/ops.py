"""Reading the ops of L3: their operands by role, their attributes as Python values."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.passes.framework.base import PassFailure
from clawc.passes.layout.linear import Coord


def is_tile(value: ir.Value) -> bool:
    return isinstance(value.type, ir.VectorType)


def shape_of(value: ir.Value) -> Coord:
    return tuple(ir.VectorType(value.type).shape)


def element_bytes(element: ir.Type) -> int:
    """Of one element in memory."""
    if isinstance(element, ir.IndexType):
        return 8
    return max(1, getattr(element, "width", 8) // 8)


def inside(func: ir.Operation) -> list[ir.Operation]:
    """A function and all operations in it, outer ones first."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        found.append(op)
        return ir.WalkResult.ADVANCE

    func.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found


def numbers(op: ir.Operation, name: str) -> list[int]:
    return list(ir.DenseI64ArrayAttr(op.attributes[name]))


def defining(value: ir.Value) -> ir.Operation | None:
    return None if isinstance(value, ir.BlockArgument) else value.owner.operation


def attributes_of(op: ir.Operation) -> dict[str, ir.Attribute]:
    return {name: op.attributes[name] for name in op.attributes}


def terminator(block: ir.Block) -> ir.Operation:
    return block.operations[len(block.operations) - 1].operation


def constant_index(value: ir.Value) -> int | None:
    op = defining(value)
    if op is None or op.name != "arith.constant" or not isinstance(value.type, ir.IndexType):
        return None
    return ir.IntegerAttr(op.attributes["value"]).value


@dataclass
class Transfer:
    """The operands of a vector.transfer_read or transfer_write; `dims` are those of the memory
    along which the tile extends, in order."""

    op: ir.Operation
    tile: ir.Value  # what is read or written
    memory: ir.Value
    indices: list[ir.Value]
    pad: ir.Value | None
    mask: ir.Value | None
    dims: list[int]

    @classmethod
    def of(cls, op: ir.Operation) -> Transfer:
        reads = op.name == "vector.transfer_read"
        operands = list(op.operands)
        tile = op.results[0] if reads else operands.pop(0)
        memory = operands.pop(0)
        if not isinstance(memory.type, ir.MemRefType):
            raise PassFailure(op, "expected a transfer of a memref; bufferize the kernel first")
        map_ = ir.AffineMapAttr(op.attributes["permutation_map"]).value
        dims = [e.position for e in map_.results if isinstance(e, ir.AffineDimExpr)]
        if len(dims) != len(shape_of(tile)) or dims != sorted(dims):
            raise PassFailure(
                op, "expected a permutation map in the memory's order; use vector.transpose"
            )
        rank = ir.MemRefType(memory.type).rank
        indices, rest = operands[:rank], operands[rank:]
        pad = rest.pop(0) if reads else None
        return cls(op, tile, memory, indices, pad, rest[0] if rest else None, dims)


def kept_dims(source: Coord, result: Coord) -> list[int | None]:
    """For each dimension of `result` which one of `source` it is; only units come or go."""
    real = [d for d, n in enumerate(source) if n > 1]
    found = iter(real)
    return [next(found, None) if n > 1 else None for n in result]


ROLES = {(True, False, True): "m", (False, True, True): "n", (True, True, False): "k"}


@dataclass
class ContractOp:
    """A vector.contract as C[m, n] += A[m, k] B[k, n]: which dimension of an operand is which."""

    op: ir.Operation
    a: ir.Value
    b: ir.Value
    c: ir.Value
    a_dims: dict[str, int]  # "m", "n" or "k" -> dimension of the operand
    b_dims: dict[str, int]
    c_dims: dict[str, int]
    sizes: dict[str, int]
    swapped: bool = False  # whether A is the second operand

    @classmethod
    def of(cls, op: ir.Operation) -> ContractOp:
        if str(op.attributes["kind"]) != "#vector.kind<add>":
            raise PassFailure(op, "expected a contraction that adds products")
        maps = [ir.AffineMapAttr(m).value for m in ir.ArrayAttr(op.attributes["indexing_maps"])]
        at = [{ir.AffineDimExpr(e).position: d for d, e in enumerate(m.results)} for m in maps]
        operands = list(op.operands)[:3]
        if not is_tile(operands[2]):
            raise PassFailure(op, "expected a tile as the result; reduce it instead")
        pairs = zip(operands, at, strict=True)
        extent = {i: shape_of(v)[d] for v, dims in pairs for i, d in dims.items()}
        roles: dict[str, int] = {}
        for i in sorted(extent, key=lambda i: -extent[i]):
            role = ROLES.get((i in at[0], i in at[1], i in at[2]))
            if role is not None and role not in roles:
                roles[role] = i
            elif extent[i] > 1:
                raise PassFailure(
                    op, "expected one dimension each for m, n and k; tile the others to 1"
                )
        swapped = {"m", "n"} <= roles.keys() and at[2][roles["m"]] > at[2][roles["n"]]
        if swapped:
            operands[:2], at[:2] = operands[1::-1], at[1::-1]
            roles["m"], roles["n"] = roles["n"], roles["m"]
        dims = [{r: place[i] for r, i in roles.items() if i in place} for place in at]
        sizes = {r: extent[roles[r]] if r in roles else 1 for r in "mnk"}
        a, b, c = operands
        return cls(op, a, b, c, dims[0], dims[1], dims[2], sizes, swapped)

    def as_operand(self, value: ir.Value, dims: dict[str, int], names: str) -> list[int | None]:
        """The coordinates of `value` from those of a layout whose dimensions are `names`."""
        where: list[int | None] = [None] * len(shape_of(value))
        for position, name in enumerate(names):
            if name in dims:
                where[dims[name]] = position
        return where
