"""Index arithmetic of one kernel: numbers fold, what never changes is made once at its entry."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from mlir import ir
from mlir.dialects import arith, gpu

from clawc.passes.kernel.abi import FlatKernel, Size
from clawc.passes.layout.linear import Coord, LinearLayout

SIGNED_LESS, NOT_LESS, EQUAL = (arith.CmpIPredicate[name] for name in ("slt", "sge", "eq"))


class Index:
    """Sizes are numbers or SSA values.  A value whose operands are all invariant is invariant."""

    def __init__(self, kernel: FlatKernel) -> None:
        self.type = ir.IndexType.get()
        with ir.InsertionPoint(kernel.entry):
            self._end = arith.constant(self.type, 0).owner  # the prologue ends here
        self._invariant: set[ir.Value] = set(kernel.entry.arguments)
        self._made: dict[Hashable, ir.Value] = {}
        self.thread: Size = 0
        if kernel.threads > 1:
            self.thread = self.once("thread", lambda: gpu.thread_id(gpu.Dimension.x))

    def finish(self) -> None:
        self._end.erase()

    # The prologue
    def once(self, key: Hashable, make: Callable[[], ir.Value]) -> ir.Value:
        """What `make` emits, at the kernel's entry, the first time that `key` is asked for."""
        if key not in self._made:
            with ir.InsertionPoint(self._end):
                value = make()
            self._made[key] = value
            self._invariant.add(value)
        return self._made[key]

    def is_invariant(self, *sizes: Size) -> bool:
        return all(isinstance(s, int) or s in self._invariant for s in sizes)

    def constant(self, n: int) -> ir.Value:
        return self.once(n, lambda: arith.constant(self.type, n))

    def value(self, size: Size) -> ir.Value:
        return self.constant(size) if isinstance(size, int) else size

    def scalar(self, attribute: ir.Attribute) -> ir.Value:
        """A constant of any scalar type."""
        return self.once(attribute, lambda: arith.constant(attribute.type, attribute))

    def splat(self, kind: ir.VectorType, attribute: ir.Attribute) -> ir.Value:
        def make() -> ir.Value:
            return arith.constant(kind, ir.DenseElementsAttr.get_splat(kind, attribute))

        return self.once((kind, attribute), make)

    # Arithmetic
    def _emit(self, emit: Callable[..., ir.Value], a: Size, b: Size) -> ir.Value:
        def make() -> ir.Value:
            return emit(self.value(a), self.value(b))

        return self.once((emit, a, b), make) if self.is_invariant(a, b) else make()

    def add(self, a: Size, b: Size) -> Size:
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if a == 0 or b == 0:
            return b if a == 0 else a
        return self._emit(arith.addi, a, b)

    def sub(self, a: Size, b: Size) -> Size:
        if isinstance(a, int) and isinstance(b, int):
            return a - b
        return a if b == 0 else self._emit(arith.subi, a, b)

    def mul(self, a: Size, b: Size) -> Size:
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if a == 0 or b == 0:
            return 0
        if a == 1 or b == 1:
            return b if a == 1 else a
        return self._emit(arith.muli, a, b)

    def product(self, sizes: list[Size]) -> Size:
        total: Size = 1
        for size in sizes:
            total = self.mul(total, size)
        return total

    def bits(self, value: ir.Value, start: int, count: int | None) -> ir.Value:
        """`count` bits of a thread number from bit `start` (None: all that are left)."""
        field = self._emit(arith.shrui, value, start) if start else value
        return field if count is None else self._emit(arith.andi, field, (1 << count) - 1)

    def any_bits(self, a: Size, b: Size) -> Size:
        return self._emit(arith.ori, a, b)

    # Conditions; they stay where they are used, so that they do not live in registers
    def less(self, a: Size, b: Size) -> ir.Value:
        return arith.cmpi(SIGNED_LESS, self.value(a), self.value(b))

    def divides(self, value: Size, power: int) -> ir.Value:
        """Whether `power` (of two) divides `value`; made once if invariant."""

        def make() -> ir.Value:
            low = arith.andi(self.value(value), self.constant(power - 1))
            return arith.cmpi(EQUAL, low, self.constant(0))

        return self.once(("divides", value, power), make) if self.is_invariant(value) else make()

    # Threads
    def coordinate(self, layout: LinearLayout, dim: int) -> Size:
        """What the thread contributes to a coordinate: each run of bits that counts up is a field
        of the thread number."""
        bits = [basis[dim] for basis in layout.threads]
        total: Size = 0
        seen = start = 0
        while start < len(bits):
            end = start + 1
            while bits[start] and end < len(bits) and bits[end] == bits[start] << (end - start):
                end += 1
            if bits[start]:
                count = None if end == len(bits) else end - start
                field = self.mul(self.bits(self.thread, start, count), bits[start])
                mask = bits[start] * ((1 << (end - start)) - 1)
                clash = seen & mask
                total = self._emit(arith.xori, total, field) if clash else self.add(total, field)
                seen |= mask
            start = end
        return total

    def owner(self, layout: LinearLayout) -> ir.Value | None:
        """True in one of the threads that hold the same elements; None if there are no copies."""
        copies = layout.broadcast_threads()
        if not copies or isinstance(self.thread, int):
            return None
        mask = self._emit(arith.andi, self.thread, copies)
        return arith.cmpi(EQUAL, mask, self.constant(0))

    def coordinates(self, layout: LinearLayout) -> list[Size]:
        return [self.coordinate(layout, d) for d in range(layout.rank)]

    def offset(self, place: Coord, strides: list[Size]) -> Size:
        """The address of a place, from that of the corner."""
        total: Size = 0
        for step, stride in zip(place, strides, strict=True):
            total = self.add(total, self.mul(step, stride))
        return total
