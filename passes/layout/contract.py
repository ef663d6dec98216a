"""The layouts of a contraction: the accumulator's, and its operands' as the threads read them.

The accumulator's is chosen, and stands in the IR; what a thread reads of the operands follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from clawc.chips.chip import Chip
from clawc.chips.matrix import Fragment, MatrixInstruction, find
from clawc.passes.layout.linear import Bases, LinearLayout, count_through, log2

Runs = tuple[LinearLayout | None, LinearLayout | None]  # where rows are contiguous, or columns


@dataclass(frozen=True)
class ContractLayouts:
    """How C[m, n] += A[m, k] B[k, n] is held; `a` and `b` are one step of `step_k` along k.

    With a matrix instruction they cover the whole tile, and `a_runs`, `b_runs` are the addresses of
    matrix loads, a fragment a register."""

    c: LinearLayout
    a: LinearLayout
    b: LinearLayout
    step_k: int
    instruction: MatrixInstruction | None = None
    a_runs: Runs = (None, None)
    b_runs: Runs = (None, None)


@dataclass(frozen=True)
class Contraction:
    """The facts of a contraction that its layouts follow from."""

    m: int
    n: int
    k: int
    operand: str
    accumulator: str
    accumulator_bytes: int
    a_runs_along_m: bool = False
    thread: tuple[int, int] | None = None  # elements a thread, if the schedule says so


def contract_layouts(chip: Chip, warps: int, what: Contraction) -> ContractLayouts:
    """By a matrix instruction where the table has one, else by a tile of FMAs a thread."""
    row = find(chip, what.operand, what.accumulator, (what.m, what.n, what.k))
    return operand_layouts(chip, what, row, accumulator(chip, warps, what, row))


def accumulator(
    chip: Chip, warps: int, what: Contraction, row: MatrixInstruction | None
) -> LinearLayout:
    """The layout to choose for C."""
    if row is None:
        return fma_accumulator(chip, warps, what)
    grid = warp_grid((what.m, what.n), row.c.shape, warps)
    spare = log2(warps) - log2(grid[0] * grid[1])
    warp = LinearLayout(grid, warp=count_through(grid) + ((0, 0),) * spare)
    fragment = LinearLayout(row.c.shape, row.c.registers, row.c.lanes)
    return (fragment * warp).fill((what.m, what.n))


def operand_layouts(
    chip: Chip, what: Contraction, row: MatrixInstruction | None, c: LinearLayout
) -> ContractLayouts:
    """What each thread reads of A and B for the part of C that it has."""
    return fma_operands(chip, what, c) if row is None else matrix_operands(row, what.k, c)


# Matrix instructions
def begins_with(layout: LinearLayout, fragment: Fragment) -> bool:
    """Whether the first registers are those of a fragment, and warps have whole fragments."""
    held = layout.register[: len(fragment.registers)]
    return (held, layout.lane) == (fragment.registers, fragment.lanes) and not any(
        at % size for basis in layout.warp for at, size in zip(basis, fragment.shape, strict=True)
    )


def matrix_operands(row: MatrixInstruction, k: int, c: LinearLayout) -> ContractLayouts:
    """Whole fragments: for the rows and columns that the thread's accumulators have, all of k."""
    m, n = c.shape
    outer = c.register[len(row.c.registers) :]
    steps = log2(k // row.shape[2])

    def operand(fragment: Fragment, held: Bases, lanes: Bases, is_b: bool) -> LinearLayout:
        along = fragment.shape[0] if is_b else fragment.shape[1]
        deep = tuple((along << i, 0) if is_b else (0, along << i) for i in range(steps))
        wide = tuple(_along_side(basis, is_b) for basis in outer if basis[is_b])
        far = (*wide, *deep) if is_b else (*deep, *wide)
        warp = tuple(_along_side(basis, is_b) for basis in c.warp)
        return LinearLayout((k, n) if is_b else (m, k), held + far, lanes, warp)

    def runs(fragment: Fragment, lanes: Sequence[tuple[int, int]], is_b: bool):
        return operand(fragment, (), tuple(lanes), is_b) if lanes else None

    return ContractLayouts(
        c,
        operand(row.a, row.a.registers, row.a.lanes, False),
        operand(row.b, row.b.registers, row.b.lanes, True),
        row.shape[2],
        row,
        (runs(row.a, row.a_rows, False), runs(row.a, row.a_columns, False)),
        (runs(row.b, row.b_rows, True), runs(row.b, row.b_columns, True)),
    )


def _along_side(basis: tuple[int, ...], is_b: bool) -> tuple[int, int]:
    """A step of C as one of A, along m, or of B, along n."""
    return (0, basis[1]) if is_b else (basis[0], 0)


LANES_OF_A_LINE = 4  # of 16 bytes each


def turning(shape: Sequence[int], along: int, run: int, lanes: int, warps: int) -> LinearLayout:
    """Of a read whose runs are along the last dimension, for a write whose runs are to be `along`
    another: a thread holds pairs of runs, to be written as pairs of elements, and lanes count along
    that other one as soon as they read a line together, to write to different banks."""
    rank, last = len(shape), len(shape) - 1
    layout = LinearLayout((1,) * rank)
    left = {"register": prod(shape) // (lanes * warps), "lane": lanes, "warp": warps}
    for name, dim, most in (
        ("register", last, run),
        ("register", along, 2),
        ("lane", last, LANES_OF_A_LINE),
        ("lane", along, lanes),
        ("lane", last, lanes),
        ("warp", last, warps),
        ("warp", along, warps),
    ):
        count = max(1, min(left[name], most, shape[dim] // layout.shape[dim]))
        step = [count if d == dim else 1 for d in range(rank)]
        layout = layout * LinearLayout(tuple(step), **{name: count_through(step)})
        left[name] //= count
    spare = {name: ((0,) * rank,) * log2(left[name]) for name in ("lane", "warp")}
    return (layout * LinearLayout((1,) * rank, **spare)).fill(shape)


def warp_grid(shape: Sequence[int], tile: Sequence[int], warps: int) -> tuple[int, int]:
    """Warps shared between two dimensions, always to the one that has more left for each."""
    grid = [1, 1]
    for _ in range(log2(warps)):
        left = [n // (t * g) for n, t, g in zip(shape, tile, grid, strict=True)]
        if max(left) <= 1:
            break
        wider = 0 if left[1] <= 1 or (left[0] > 1 and left[0] * tile[0] >= left[1] * tile[1]) else 1
        grid[wider] *= 2
    return grid[0], grid[1]


# A tile of FMAs in each thread
LANES_ALONG_N = 8
K_RUN = 4


def fma_accumulator(chip: Chip, warps: int, what: Contraction) -> LinearLayout:
    """Each thread has `thread` elements: along n runs as wide as an access, the rest far apart.

    Far registers let neighbouring threads read neighbouring pieces of shared memory, which spreads
    over its banks.  All registers of a row come first: a vector of accumulators lies in one row."""
    m, n = what.m, what.n
    grid_m, grid_n = thread_grid(m, n, chip.lanes * warps, what.thread)
    run_n = min(n // grid_n, chip.vector_width, chip.access_bytes // what.accumulator_bytes)
    run_m = min(m // grid_m, 4) if what.a_runs_along_m else 1

    lanes_n = min(grid_n, max(LANES_ALONG_N, chip.lanes // grid_m), chip.lanes)
    lanes_m = min(grid_m, chip.lanes // lanes_n)
    lane = _along(lanes_m, run_m, lanes_n, run_n, chip.lanes)
    warps_m, warps_n = grid_m // lanes_m, grid_n // lanes_n
    warp = _along(warps_m, run_m * lanes_m, warps_n, run_n * lanes_n, warps)
    along_n = _bits(1, 1, run_n) + _bits(1, grid_n * run_n, n // (grid_n * run_n))
    along_m = _bits(0, 1, run_m) + _bits(0, grid_m * run_m, m // (grid_m * run_m))
    return LinearLayout((m, n), along_n + along_m, lane, warp)


def fma_operands(chip: Chip, what: Contraction, c: LinearLayout) -> ContractLayouts:
    """For each step the thread's rows of A and columns of B, by `step_k` elements of k."""
    m, n = c.shape
    step_k = min(what.k, 1 if what.a_runs_along_m or chip.access_bytes > 16 else K_RUN)

    def side(is_b: bool) -> LinearLayout:
        parts = ((_along_side(basis, is_b) for basis in part) for part in (c.lane, c.warp))
        held = tuple(_along_side(basis, is_b) for basis in c.register if basis[is_b])
        return LinearLayout((1, n) if is_b else (m, 1), held, *map(tuple, parts))

    a_step = LinearLayout((1, step_k), _bits(1, 1, step_k))
    a = side(False) * a_step if what.a_runs_along_m else a_step * side(False)
    return ContractLayouts(c, a, side(True).fill((step_k, n)), step_k)


def thread_grid(m: int, n: int, threads: int, tile: tuple[int, int] | None) -> tuple[int, int]:
    """How many threads share each dimension.  A tile that does not fit the workgroup is adapted:
    grown while there are too few threads, shrunk while threads would be idle."""
    if tile is None:
        tile = (1, 1)
        while tile[0] * tile[1] * threads < m * n:
            tile = (tile[0] * 2, tile[1]) if tile[0] < tile[1] else (tile[0], tile[1] * 2)
    grid = [m // min(m, tile[0]), n // min(n, tile[1])]
    while grid[0] * grid[1] > threads:
        grid[0 if grid[0] >= grid[1] else 1] //= 2
    while grid[0] * grid[1] < threads and (grid[0] < m or grid[1] < n):
        grid[0 if grid[0] < m and (m // grid[0] >= n // grid[1] or grid[1] == n) else 1] *= 2
    return grid[0], grid[1]


def _bits(dim: int, start: int, count: int) -> tuple[tuple[int, int], ...]:
    """The bases of `count` steps of `start` along `dim`."""
    steps = [start << i for i in range(log2(count))]
    return tuple((0, s) if dim else (s, 0) for s in steps)


def _along(count_m: int, step_m: int, count_n: int, step_n: int, total: int):
    """Bits of the thread number: along n, then along m, then spare."""
    moving = _bits(1, step_n, count_n) + _bits(0, step_m, count_m)
    return moving + ((0, 0),) * (log2(total) - len(moving))
