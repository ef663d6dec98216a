"""Every layout is a bijection, or a bijection times a broadcast: counted element by element."""

import numpy as np
import pytest

from clawc.chips import matrix as mma
from clawc.chips.known import find
from clawc.passes.layout.contract import Contraction, contract_layouts, turning, warp_grid
from clawc.passes.layout.linear import LinearLayout, blocked

BLOCKED = [
    blocked((64, 128), 4, 32, 4),
    blocked((1, 1024), 4, 32, 4),
    blocked((2048,), 4, 32, 4),
    blocked((8, 4), 4, 32, 4),
    blocked((64, 64), 8, 64, 4),
    blocked((4, 256), 4, 1, 64, rows_in_warp=False),
    blocked((2, 8, 16), 2, 32, 2),
    blocked((), 1, 32, 4),
]
CONTRACTIONS = [
    ("nvptx:sm_80", 8, (128, 128, 16), "f32", (8, 8)),
    ("nvptx:sm_80", 4, (64, 64, 16), "f32", None),
    ("nvptx:sm_80", 4, (16, 16, 16), "f32", (4, 4)),
    ("nvptx:sm_80", 8, (128, 128, 32), "f16", None),
    ("nvptx:sm_80", 16, (32, 16, 32), "bf16", None),
    ("amdgpu:gfx90a", 4, (128, 128, 16), "f32", (8, 8)),
    ("amdgpu:gfx90a", 4, (128, 64, 32), "bf16", None),
    ("amdgpu:gfx942", 2, (16, 32, 32), "f16", None),
    ("amdgpu:gfx1100", 8, (128, 128, 32), "f16", None),
    ("amdgpu:gfx1151", 4, (16, 16, 32), "bf16", None),
    ("amdgpu:gfx1201", 2, (32, 64, 16), "f16", None),
    ("spirv:vulkan", 64, (64, 64, 16), "f32", (8, 8)),
    ("spirv:opencl-cpu", 64, (128, 128, 64), "f32", (16, 16)),
    ("host", 1, (8, 32, 1), "f32", (8, 32)),
]


def contraction(chip, warps, shape, operand, thread, along_m=False):
    facts = Contraction(*shape, operand, "f32", 4, along_m, thread)
    return contract_layouts(find(chip), warps, facts)


def holders(layout: LinearLayout) -> np.ndarray:
    count = np.zeros(layout.shape, int)
    for warp in range(1 << len(layout.warp)):
        for lane in range(1 << len(layout.lane)):
            for register in range(layout.registers):
                count[layout.apply(register, lane, warp)] += 1
    return count


def check_copies(layout: LinearLayout) -> None:
    copies = 1 << bin(layout.broadcast_threads()).count("1")
    assert (holders(layout) == copies).all()
    assert layout.is_disjoint() and layout.is_partition()


@pytest.mark.parametrize("layout", BLOCKED)
def test_blocked_layouts_cover_their_tile(layout):
    check_copies(layout)


@pytest.mark.parametrize("along_m", [False, True])
@pytest.mark.parametrize("case", CONTRACTIONS)
def test_contractions_cover_their_tiles(case, along_m):
    layouts = contraction(*case, along_m)
    for layout in (layouts.a, layouts.b, layouts.c):
        check_copies(layout)


@pytest.mark.parametrize("case", CONTRACTIONS)
def test_threads_meet_their_operands(case):
    """A thread finds in A the rows, and in B the columns, of its accumulators."""
    layouts = contraction(*case)
    for lane, warp in ((0, 0), (5 % (1 << len(layouts.c.lane)), (1 << len(layouts.c.warp)) - 1)):
        held = [layouts.c.apply(r, lane, warp) for r in range(layouts.c.registers)]
        rows = {layouts.a.apply(r, lane, warp)[0] for r in range(layouts.a.registers)}
        columns = {layouts.b.apply(r, lane, warp)[1] for r in range(layouts.b.registers)}
        if layouts.instruction is None:
            assert {m for m, _ in held} == rows and {n for _, n in held} == columns


@pytest.mark.parametrize("layout", BLOCKED)
def test_places_are_the_registers_of_thread_0(layout):
    assert list(layout.places()) == [layout.apply(r) for r in range(layout.registers)]


@pytest.mark.parametrize("shape, along, run, lanes, warps", [
    ((32, 128), 0, 8, 64, 4),
    ((32, 16), 0, 8, 64, 1),
    ((32, 64), 0, 8, 32, 2),
    ((32, 16), 0, 1, 32, 8),
    ((1, 64, 32), 1, 4, 64, 2),
])  # fmt: skip
def test_reads_that_turn_a_tile_cover_it(shape, along, run, lanes, warps):
    layout = turning(shape, along, run, lanes, warps)
    check_copies(layout)
    assert layout.contiguity(len(shape) - 1) == run
    assert (len(layout.lane), len(layout.warp)) == (lanes.bit_length() - 1, warps.bit_length() - 1)


def test_a_tile_is_turned_by_pairs_and_lines():
    layout = turning((32, 128), 0, 8, 64, 4)
    assert layout.register == ((0, 1), (0, 2), (0, 4), (1, 0))
    assert layout.lane == ((0, 8), (0, 16), (2, 0), (4, 0), (8, 0), (16, 0))
    assert layout.warp == ((0, 32), (0, 64))


def test_contiguity_run_and_slice():
    layout = blocked((4, 1024), 4, 32, 4)
    assert (layout.contiguity(1), layout.contiguity(0), layout.run(1)) == (4, 1, 128)
    rows = layout.slice([1])
    assert rows.shape == (4,) and rows.registers == 1
    assert rows.lane == ((0,),) * 5 and rows.warp == ((1,), (2,))


def test_one_thread_of_the_opencl_tile_holds_whole_vectors():
    layouts = contraction(*CONTRACTIONS[-2])
    assert layouts.c.contiguity(1) == 16 and layouts.c.registers == 256 and layouts.step_k == 1


def test_mma_fragment_against_the_ptx_manual():
    row = mma.TABLE[0].a
    a = LinearLayout(row.shape, row.registers, row.lanes)
    for lane in range(32):
        for i in range(8):
            row = lane // 4 + (8 if i in (2, 3, 6, 7) else 0)
            column = lane % 4 * 2 + (i & 1) + (8 if i >= 4 else 0)
            assert a.apply(i, lane) == (row, column)


def runs(length, lanes):
    """Where register i of a lane is, if lanes change over to the next run at multiples."""
    period = length * 64 // lanes
    return lambda lane, i: i // length * period + lane // lanes * length + i % length


@pytest.mark.parametrize("chip, shape, k, row", [
    ("gfx942", (32, 32, 8), runs(4, 32), runs(4, 32)),
    ("gfx942", (16, 16, 16), runs(4, 16), runs(4, 16)),
    ("gfx1100", (16, 16, 16), lambda lane, i: i, lambda lane, i: 2 * i + lane // 16),
    ("gfx1200", (16, 16, 16), runs(8, 16), runs(8, 16)),
])  # fmt: skip
def test_fragments_against_the_manuals_of_amd(chip, shape, k, row):
    """The k of each element of A and B, the row of each accumulator."""
    instruction = mma.find(find(f"amdgpu:{chip}"), "f16", "f32", shape)
    assert instruction is not None and instruction.shape == shape
    a, b, c = (
        LinearLayout(f.shape, f.registers, f.lanes)
        for f in (instruction.a, instruction.b, instruction.c)
    )
    for lane in range(1 << len(a.lane)):
        side = lane % shape[0]
        for i in range(a.registers):
            assert a.apply(i, lane) == (side, k(lane, i)) == b.apply(i, lane)[::-1]
        for i in range(c.registers):
            assert c.apply(i, lane) == (row(lane, i), side)


def test_warp_grid_stops_where_no_tile_is_left():
    assert warp_grid((128, 128), (16, 8), 8) == (4, 2)
    assert warp_grid((16, 16), (16, 8), 8) == (1, 2)


@pytest.mark.parametrize(
    "register, lane",
    [
        (((1, 0),), ((0, 1), (0, 2))),  # a row of 4: half of it is held
        (((1, 0), (0, 0)), ((0, 1), (0, 2), (0, 4))),  # a register that is another's copy
        (((1, 0), (0, 1)), ((0, 1), (0, 2), (0, 4))),  # twice
        (((1, 1),), ((0, 1), (0, 2), (0, 4))),  # two bits at once
        (((2, 0),), ((0, 1), (0, 2), (0, 4))),  # out of the tile
    ],
)
def test_what_holds_a_tile_in_no_such_way_is_no_partition(register, lane):
    assert not LinearLayout((2, 8), register, lane).is_partition()
    assert LinearLayout((2, 8), ((1, 0),), ((0, 1), (0, 2), (0, 4), (0, 0))).is_partition()
