"""vector.contract by matrix instructions: fragments from shared memory, one instruction a tile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from clawc.chips.matrix import MatrixInstruction
from clawc.passes.distribute import matrix_nvvm as nvvm
from clawc.passes.distribute import matrix_rocdl as rocdl
from clawc.passes.distribute.chunks import Chunks, regroup, width_of
from clawc.passes.distribute.distributor import Distributor
from clawc.passes.distribute.fragments import Operand
from clawc.passes.layout.contract import ContractLayouts
from clawc.passes.layout.linear import Coord, LinearLayout
from clawc.passes.layout.ops import ContractOp


@dataclass(frozen=True)
class Emitter:
    """Who writes an instruction, and how it takes its operands."""

    multiply: Callable[[MatrixInstruction, Chunks, Chunks, Chunks], Chunks]
    a: Callable[..., Operand]
    b: Callable[..., Operand]
    whole: bool  # the accumulator is one vector; else scalars


EMITTERS = {
    "mma_sync": Emitter(
        nvvm.mma_sync,
        partial(nvvm.MatrixLoads, is_b=False),
        partial(nvvm.MatrixLoads, is_b=True),
        whole=False,
    ),
    "mfma": Emitter(rocdl.mfma, rocdl.WholeFragments, rocdl.WholeFragments, True),
    "wmma": Emitter(rocdl.wmma, rocdl.WholeFragments, rocdl.WholeFragments, True),
}


def matrix_contraction(
    d: Distributor, what: ContractOp, layouts: ContractLayouts, chunks: Chunks
) -> Chunks:
    """One instruction for each (m, n, k) tile.  The bits of a fragment are the low bits of each
    layout, so that a fragment is a run of registers."""
    row = layouts.instruction
    assert row is not None
    emitter = EMITTERS[row.emitter]
    a, b = staged_operands(d, what, row, emitter)
    size, held = 1 << len(row.c.registers), width_of(chunks[0])
    width = size if emitter.whole else 1
    results = {
        corner: regroup(chunks, range(i * size, (i + 1) * size), width)
        for corner, i in corners(layouts.c, size).items()
    }
    for k in range(0, what.sizes["k"], row.shape[2]):
        x = {m: i for (m, at), i in corners(layouts.a, a.size).items() if at == k}
        y = {n: i for (at, n), i in corners(layouts.b, b.size).items() if at == k}
        left = {m: a.fragment(layouts.a, layouts.a_runs, i) for m, i in x.items()}
        right = {n: b.fragment(layouts.b, layouts.b_runs, i) for n, i in y.items()}
        for m, n in results:
            results[m, n] = emitter.multiply(row, left[m], right[n], results[m, n])
    flat = [value for corner in corners(layouts.c, size) for value in results[corner]]
    return regroup(flat, range(layouts.c.registers), held)


def staged_operands(
    d: Distributor, what: ContractOp, row: MatrixInstruction, emitter: Emitter
) -> tuple[Operand, Operand]:
    """Both in shared memory."""
    tiles = (d.staged_tile(what.op, what.a), d.staged_tile(what.op, what.b))
    return (
        emitter.a(d, tiles[0], what.a, what.as_operand(what.a, what.a_dims, "mk"), row.a),
        emitter.b(d, tiles[1], what.b, what.as_operand(what.b, what.b_dims, "kn"), row.b),
    )


def corners(layout: LinearLayout, size: int) -> dict[Coord, int]:
    """The corner of each fragment that thread 0 holds -> its number."""
    return {place: i for i, place in enumerate(layout.places()[::size])}
