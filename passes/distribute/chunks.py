"""The registers of a value: a list of chunks, each a 1-D vector, or a scalar where a chunk is 1.

All values of one layout have chunks of the same width, so that elementwise ops go chunk by chunk.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith, vector

Chunks = list[ir.Value]


def chunk_type(element: ir.Type, width: int) -> ir.Type:
    return element if width == 1 else ir.VectorType.get([width], element)


def element_of(value_type: ir.Type) -> ir.Type:
    if isinstance(value_type, ir.VectorType):
        return ir.VectorType(value_type).element_type
    return value_type


def width_of(chunk: ir.Value) -> int:
    return ir.VectorType(chunk.type).shape[0] if isinstance(chunk.type, ir.VectorType) else 1


def zero(element: ir.Type) -> ir.Attribute:
    if isinstance(element, ir.FloatType):
        return ir.FloatAttr.get(element, 0.0)
    return ir.IntegerAttr.get(element, 0)


def splat(scalar: ir.Value, width: int) -> ir.Value:
    return scalar if width == 1 else vector.broadcast(chunk_type(scalar.type, width), scalar)


def scalar_at(chunks: Chunks, register: int) -> ir.Value:
    width = width_of(chunks[0])
    if width == 1:
        return chunks[register]
    return vector.extract(chunks[register // width], [], [register % width])


def scalars(chunks: Chunks) -> list[ir.Value]:
    return [scalar_at(chunks, r) for r in range(len(chunks) * width_of(chunks[0]))]


def pack(values: Sequence[ir.Value], width: int) -> Chunks:
    """Scalars as chunks of `width`; equal neighbours become a splat."""
    return [pack_one(values[i : i + width]) for i in range(0, len(values), width)]


def pack_one(values: Sequence[ir.Value]) -> ir.Value:
    if len(values) == 1:
        return values[0]
    if all(v == values[0] for v in values):
        return splat(values[0], len(values))
    return vector.from_elements(chunk_type(values[0].type, len(values)), list(values))


def join(parts: Sequence[ir.Value]) -> ir.Value:
    """Equal parts, one after the other, as one chunk."""
    if width_of(parts[0]) == 1:
        return pack_one(parts)
    parts = list(parts)
    while len(parts) > 1:
        order = list(range(2 * width_of(parts[0])))
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [vector.shuffle(a, b, order) for a, b in pairs]
    return parts[0]


def piece(chunk: ir.Value, start: int, width: int) -> ir.Value:
    """`width` registers of a chunk."""
    if width == width_of(chunk):
        return chunk
    if width == 1:
        return vector.extract(chunk, [], [start])
    kind = chunk_type(element_of(chunk.type), width)
    return vector.extract_strided_slice(kind, chunk, [start], [width], [1])


def regroup(chunks: Chunks, registers: Sequence[int], width: int) -> Chunks:
    """The chosen registers, in chunks of `width`."""
    return [
        _gather(chunks, list(registers[i : i + width])) for i in range(0, len(registers), width)
    ]


def _gather(chunks: Chunks, registers: list[int]) -> ir.Value:
    held, wanted = width_of(chunks[0]), len(registers)
    if held == 1 or wanted == 1 or len(set(registers)) == 1:
        known = {r: scalar_at(chunks, r) for r in dict.fromkeys(registers)}
        return pack_one([known[r] for r in registers])
    sources = list(dict.fromkeys(r // held for r in registers))
    if len(sources) == 1:
        inside = [r % held for r in registers]
        chunk = chunks[sources[0]]
        return chunk if inside == list(range(held)) else vector.shuffle(chunk, chunk, inside)
    if len(sources) == 2:
        first, second = sources
        order = [r % held + (held if r // held == second else 0) for r in registers]
        return vector.shuffle(chunks[first], chunks[second], order)
    return pack_one([scalar_at(chunks, r) for r in registers])


def constant_chunk(element: ir.Type, numbers: Sequence[int]) -> ir.Value:
    """A chunk of constant integers."""
    attributes = [ir.IntegerAttr.get(element, n) for n in numbers]
    if len(attributes) == 1:
        return arith.constant(element, attributes[0])
    kind = ir.VectorType.get([len(numbers)], element)
    return arith.constant(kind, ir.DenseElementsAttr.get(attributes, kind))
