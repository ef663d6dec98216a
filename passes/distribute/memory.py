"""Moving a tile between memory and the registers of a thread: addresses, masks, access widths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mlir import ir
from mlir.dialects import arith, memref, scf, vector

from clawc.passes.distribute.chunks import (
    Chunks,
    chunk_type,
    constant_chunk,
    join,
    piece,
    scalar_at,
    splat,
)
from clawc.passes.distribute.index import NOT_LESS, SIGNED_LESS, Index
from clawc.passes.kernel.abi import Size
from clawc.passes.layout.linear import LinearLayout
from clawc.passes.layout.ops import element_bytes

DYNAMIC = ir.ShapedType.get_dynamic_size()
MOST_ALIGNED = 16  # bytes that every buffer is aligned to


@dataclass
class TileAccess:
    """One tile of a buffer, held in `layout`.  `bounds[d]` is where the elements inside end
    along d, `starts[d]` where they begin, if not at 0.

    `width` elements move at once if `wide` holds (None: always); else `narrow`.  A wide access is
    in bounds as a whole or not at all; with `whole_tile` all wide ones are in bounds."""

    index: Index
    memory: ir.Value
    layout: LinearLayout
    chunk: int  # registers in a chunk
    strides: list[Size]
    base: Size = 0
    bounds: list[Size | None] = field(default_factory=list)
    starts: dict[int, Size] = field(default_factory=dict)
    mask: Chunks | None = None  # instead of bounds, what no bounds can say
    width: int = 1
    narrow: int = 1
    wide: ir.Value | None = None
    whole_tile: bool = False
    aligned: bool = True

    def __post_init__(self) -> None:
        ix = self.index
        self.element = ir.MemRefType(self.memory.type).element_type
        self.places = self.layout.places()
        self.position = ix.coordinates(self.layout)
        self.bounds = self.bounds or [None] * self.layout.rank
        thread = ix.offset((0,) * self.layout.rank, self.strides)
        for position, stride in zip(self.position, self.strides, strict=True):
            thread = ix.add(thread, ix.mul(position, stride))
        self.corner = ix.add(self.base, thread)

    # Reading
    def read(self, pad: ir.Value | None = None) -> Chunks:
        """All registers; `pad` where out of bounds."""
        count = self.layout.registers
        types = [chunk_type(self.element, self.chunk)] * (count // self.chunk)
        return self._versions(lambda width, masked: self._read(width, masked, pad), types)

    def _read(self, width: int, masked: bool, pad: ir.Value | None) -> Chunks:
        conditions, along = Conditions(self, masked), None
        spaced = not self.aligned and self.width > 1 and self.strides[-1] != 1
        if spaced or masked and not self.aligned and width < self.width:  # by masks of elements
            width, along = self.width, conditions.pop(self.layout.rank - 1)
        fill = splat(pad, width) if pad is not None and (spaced or conditions.needed) else None
        parts = []
        for register in range(0, self.layout.registers, width):
            inside = conditions.of(register)
            if along is not None:
                parts.append(self._load_part(register, width, *along, inside, fill))
                continue
            address = self.index.value(self.address(register))
            if inside is not None:  # element 0 stands in, so that loads need no branch
                address = arith.select(inside, address, self.index.constant(0))
            part = self._load(address, width)
            if inside is not None:
                part = arith.select(conditions.splat(register, width), part, fill)
            parts.append(part)
        step = self.chunk // width
        return [join(parts[i : i + step]) for i in range(0, len(parts), step)]

    def _load_part(
        self,
        register: int,
        width: int,
        start: Size | None,
        end: Size | None,
        inside: ir.Value | None,
        fill: ir.Value | None,
    ) -> ir.Value:
        """What is from `start` to `end` along the last dimension, by masked loads.  Where elements
        lie apart, what lies between is loaded too, but nothing behind the last one."""
        ix, first = self.index, self.places[register][self.layout.rank - 1]
        left = width if end is None else ix.sub(end, first)
        if inside is not None:
            left = arith.select(inside, ix.value(left), ix.constant(0))
        step = self.strides[-1]
        assert isinstance(step, int)
        limit = splat(ix.value(ix.sub(ix.mul(left, step), step - 1)), width)
        before = None if start is None else ix.value(ix.mul(ix.sub(start, first), step))
        kind = chunk_type(self.element, width)
        address = ix.value(self.address(register))
        parts = []
        for skipped in range(0, step * width, width):
            steps = constant_chunk(ix.type, range(skipped, skipped + width))
            mask = arith.cmpi(SIGNED_LESS, steps, limit)
            if before is not None:
                mask = arith.andi(mask, arith.cmpi(NOT_LESS, steps, splat(before, width)))
            place = arith.addi(address, ix.constant(skipped)) if skipped else address
            parts.append(vector.maskedload(kind, self.memory, [place], mask, fill))
        while len(parts) > 1:
            even, pairs = range(0, 2 * width, 2), zip(parts[::2], parts[1::2], strict=True)
            parts = [vector.shuffle(a, b, even) for a, b in pairs]
        return parts[0]

    def _load(self, address: ir.Value, width: int) -> ir.Value:
        if width == 1:
            return memref.load(self.memory, [address])
        op = vector.LoadOp(chunk_type(self.element, width), self.memory, [address])
        self._align(op, width)
        return op.result

    # Writing
    def write(self, chunks: Chunks) -> None:
        self._versions(lambda width, masked: self._write(width, masked, chunks), [])

    def _write(self, width: int, masked: bool, chunks: Chunks) -> Chunks:
        conditions = Conditions(self, masked, self.index.owner(self.layout))
        last = self.layout.rank - 1
        if last in conditions.limits and self._rows_of_one_thread():
            self._write_rows(conditions, chunks)
            return []
        groups: dict[ir.Value | None, list[int]] = {}  # one branch for all that share a condition
        for register in range(0, self.layout.registers, width):
            groups.setdefault(conditions.of(register), []).append(register)
        for inside, registers in groups.items():
            if inside is None:
                self._store_all(registers, width, chunks)
                continue
            with ir.InsertionPoint(scf.IfOp(inside).regions[0].blocks[0]):
                self._store_all(registers, width, chunks)
                scf.yield_([])
        return []

    def _rows_of_one_thread(self) -> bool:
        lone = isinstance(self.index.thread, int) and not self.aligned
        return lone and 1 < self.chunk <= self.layout.contiguity(self.layout.rank - 1)

    def _write_rows(self, conditions: Conditions, chunks: Chunks) -> None:
        """What is inside of each chunk, by a loop: a branch for each element takes long to compile
        where one thread holds the whole tile."""
        ix, last = self.index, self.layout.rank - 1
        end, stride = conditions.limits.pop(last), self.strides[last]
        for i, chunk in enumerate(chunks):
            register = i * self.chunk
            left = ix.value(ix.sub(end, self.places[register][last]))
            count = arith.minsi(left, ix.constant(self.chunk))
            if (inside := conditions.of(register)) is not None:
                count = arith.select(inside, count, ix.constant(0))
            loop = scf.ForOp(ix.constant(0), count, ix.constant(1))
            with ir.InsertionPoint(loop.body):
                step = loop.induction_variable
                address = ix.value(ix.add(self.address(register), ix.mul(step, stride)))
                memref.store(vector.extract(chunk, [step], [DYNAMIC]), self.memory, [address])
                scf.yield_([])

    def _store_all(self, registers: list[int], width: int, chunks: Chunks) -> None:
        for register in registers:
            part = piece(chunks[register // self.chunk], register % self.chunk, width)
            self._store(part, self.index.value(self.address(register)), width)

    def _store(self, part: ir.Value, address: ir.Value, width: int) -> None:
        if width == 1:
            memref.store(part, self.memory, [address])
        else:
            self._align(vector.StoreOp(part, self.memory, [address]), width)

    # Both
    def address(self, register: int) -> Size:
        """Constant offsets are added on the spot: they become part of the access."""
        offset = self.index.offset(self.places[register], self.strides)
        if isinstance(offset, int) and offset and not isinstance(self.corner, int):
            return arith.addi(self.corner, self.index.constant(offset))
        return self.index.add(self.corner, offset)

    def _align(self, op: ir.OpView, width: int) -> None:
        one = element_bytes(self.element)
        size = min(width * one, MOST_ALIGNED) if self.aligned else one
        i64 = ir.IntegerType.get_signless(64)
        op.operation.attributes["alignment"] = ir.IntegerAttr.get(i64, size)

    def _versions(self, access: Callable[[int, bool], Chunks], types: list[ir.Type]) -> Chunks:
        """The wide access, or both versions under a test that is the same in all threads."""
        if self.wide is None:
            return access(self.width, not self.whole_tile)
        branch = scf.IfOp(self.wide, types, has_else=True)
        versions = ((self.width, not self.whole_tile), (self.narrow, True))
        for region, version in zip(branch.regions, versions, strict=True):
            with ir.InsertionPoint(region.blocks[0]):
                scf.yield_(access(*version))
        return list(branch.results)


class Conditions:
    """Which registers are in bounds, and may be written: each test is made once."""

    def __init__(self, access: TileAccess, masked: bool, owner: ir.Value | None = None) -> None:
        self.access, self.owner = access, owner
        ix, shape = access.index, access.layout.shape
        self.limits: dict[int, Size] = {}  # along a dimension: what a register's step must be below
        for d, bound in enumerate(access.bounds):
            if masked and bound is not None and not (isinstance(bound, int) and bound >= shape[d]):
                self.limits[d] = ix.sub(bound, access.position[d])
        self.floors = {
            d: ix.sub(start, access.position[d]) for d, start in access.starts.items() if masked
        }
        self.mask = access.mask if masked else None
        self.needed = bool(self.limits) or bool(self.floors) or self.mask is not None
        self.tests: dict[tuple[int, int], ir.Value] = {}
        self.results: dict[tuple[int, ...], ir.Value | None] = {}
        self.splats: dict[tuple[ir.Value, int], ir.Value] = {}

    def of(self, register: int) -> ir.Value | None:
        """The condition of the access that begins at a register; None if it is always true."""
        if self.mask is not None:
            return both(self.owner, scalar_at(self.mask, register))
        dims = list(dict.fromkeys((*self.limits, *self.floors)))
        key = tuple(self.access.places[register][d] for d in dims)
        if key not in self.results:
            condition = self.owner
            for d, step in zip(dims, key, strict=True):
                condition = both(condition, self._test(d, step))
            self.results[key] = condition
        return self.results[key]

    def pop(self, dim: int) -> tuple[Size | None, Size | None]:
        """The floor and the limit along `dim`, which conditions then leave out."""
        return self.floors.pop(dim, None), self.limits.pop(dim, None)

    def splat(self, register: int, width: int) -> ir.Value:
        """The condition for each element of an access: not every target selects vectors by one."""
        condition = self.of(register)
        if (condition, width) not in self.splats:
            self.splats[condition, width] = splat(condition, width)
        return self.splats[condition, width]

    def _test(self, dim: int, step: int) -> ir.Value:
        if (dim, step) not in self.tests:
            ix, test = self.access.index, None
            if dim in self.limits:
                test = ix.less(step, self.limits[dim])
            if dim in self.floors:
                test = both(test, ix.less(self.floors[dim], step + 1))
            assert test is not None
            self.tests[dim, step] = test
        return self.tests[dim, step]


def both(a: ir.Value | None, b: ir.Value | None) -> ir.Value | None:
    if a is None or b is None:
        return b if a is None else a
    return arith.andi(a, b)


def widest(layout: LinearLayout, contiguous: int, limit: int) -> int:
    """How many registers one access can move: `limit` in elements is the hardware's."""
    return min(layout.contiguity(contiguous), limit) if layout.rank else 1
