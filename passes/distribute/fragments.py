"""The operand of a matrix instruction in shared memory: fragments as the threads read them."""

from __future__ import annotations

from mlir import ir

from clawc.chips.matrix import Fragment
from clawc.passes.distribute.chunks import Chunks, element_of
from clawc.passes.distribute.distributor import Distributor
from clawc.passes.distribute.exchange import Staged
from clawc.passes.layout.contract import Runs
from clawc.passes.layout.linear import LinearLayout, log2
from clawc.passes.layout.ops import shape_of

Dims = list[int | None]  # of an operand as (m, k) or (k, n), for each dimension of the tile


class Operand:
    """The bits of a fragment are the low bits of its layout: a fragment is a run of registers."""

    def __init__(
        self, d: Distributor, tile: Staged, value: ir.Value, dims: Dims, fragment: Fragment
    ) -> None:
        self.d, self.tile, self.dims, self.shape = d, tile, dims, shape_of(value)
        self.element = element_of(value.type)
        self.size = 1 << len(fragment.registers)

    def registers(self, layout: LinearLayout, number: int) -> Chunks:
        """Those of fragment `number`, each thread's own."""
        held = layout.project(self.dims, self.shape)
        base = self.d.index.offset(held.places()[number * self.size], self.tile.strides)
        part = LinearLayout(held.shape, held.register[: log2(self.size)], held.lane, held.warp)
        return self.tile.access(part, base).read()

    def fragment(self, layout: LinearLayout, runs: Runs, number: int) -> Chunks:
        """Fragment `number` as the instruction takes it; `runs` are addresses of matrix loads."""
        raise NotImplementedError
