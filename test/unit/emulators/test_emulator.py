"""The emulator as a device: memory, images, findings with the lines of the program."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from short_buffers import launch_on_less

import clawc
from clawc.chips.transactions import bank_passes, sectors
from clawc.emulators.checks import RaceShadow, next_epoch
from clawc.emulators.device import EmulatedDevice
from clawc.emulators.interface import KernelFault
from clawc.emulators.memory import GlobalMemory, end_of_granule
from clawc.emulators.ptx.machine import fit
from clawc.emulators.ptx.machine import load as load_ptx
from clawc.runtime.device import list_devices, open_device
from clawc.runtime.errors import BadImage, DeviceNotFound
from clawc.runtime.executable import load


def test_devices_have_names():
    assert open_device("emulator:sm_90").chip == "sm_90"
    with pytest.raises(DeviceNotFound, match="emulator has sm_80"):
        open_device("emulator:sm_1")
    assert "emulator:sm_120" in {listing.name for listing in list_devices()}


def test_code_fits_its_own_and_later_chips():
    assert fit("sm_80", "sm_90") is not None and fit("sm_90", "sm_80") is None
    assert fit("sm_90a", "sm_100") is None
    assert fit("sm_80", "sm_90") < fit("sm_90", "sm_90")


def test_memory_is_poisoned_and_bounded():
    memory = GlobalMemory()
    first, second = memory.alloc(100), memory.alloc(0)
    assert (memory.read(first, 100) == 0xFF).all() and not memory.initialised[first.offset]
    memory.write(first, np.zeros(100, np.uint8))
    limits = memory.limits([first, second])
    assert limits[first.offset // 256] == first.offset + 100
    assert limits[second.offset // 256] == 0
    memory.free(first)
    again = memory.alloc(90)
    assert (memory.read(again, 90) == 0xFF).all()
    large = memory.alloc(5 << 20)
    assert len(memory.read(large, large.size)) == 5 << 20


SUM = """func.func @main(%x: tensor<3x{0}>) -> tensor<{0}> {{
  %z = arith.constant 0.0 : {0}
  %h = arith.constant 0.5 : {0}
  %e = tensor.empty() : tensor<{0}>
  %f = linalg.fill ins(%z : {0}) outs(%e : tensor<{0}>) -> tensor<{0}>
  %r = linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>],
      iterator_types = ["reduction"]}} ins(%x : tensor<3x{0}>) outs(%f : tensor<{0}>) {{
  ^bb0(%a: {0}, %o: {0}):
    %m = arith.mulf %o, %h : {0}
    %s = arith.addf %m, %a : {0}
    linalg.yield %s : {0}
  }} -> tensor<{0}>
  return %r : tensor<{0}>
}}"""


@pytest.mark.parametrize("dtype", ["f32", "f16"])
@pytest.mark.parametrize("chip", ["sm_80", "gfx1030", "gfx90a", "gfx1100"])
def test_loads_may_end_with_the_granule_of_a_last_element(chip, dtype):
    """LLVM reads three elements as four, of which the last is none of the buffer's."""
    target = f"{'nvptx' if chip.startswith('sm') else 'amdgpu'}:{chip}"
    program = load(clawc.compile(SUM.format(dtype), target), EmulatedDevice(chip))
    x = np.array([4, 2, 1], {"f32": np.float32, "f16": np.float16}[dtype])
    assert program(x) == 3


def test_a_granule_ends_where_the_next_begins():
    assert [end_of_granule(n) for n in (0, 1, 16, 17)] == [0, 16, 16, 32]
    memory = GlobalMemory()
    buffer = memory.alloc(20)
    assert memory.initialised[buffer.offset + 18 : buffer.offset + 34].tolist() == [0, 0] + [
        1
    ] * 12 + [0, 0]


def test_text_that_is_no_ptx():
    for text in (
        b"",
        b"\xff\xfe",
        b".target sm_80\nnonsense;",
        b".target sm_80\n.entry k() { ret;",
    ):
        with pytest.raises(BadImage):
            load_ptx(text, "sm_80")


@pytest.mark.parametrize("between", ["nothing", "warp", "barrier"])
def test_what_orders_two_threads(between):
    places, stamp = np.array([3]), np.zeros(1, np.int64)
    later = {"nothing": stamp, "warp": stamp + 1, "barrier": next_epoch(stamp)}[between]
    for other, ordered in ((1, ("warp", "barrier")), (40, ("barrier",)), (70, ())):
        shadow = RaceShadow(8, workgroup=64, warp=32)
        changes = np.ones(1, np.bool_)
        assert not shadow.writes(places, np.array([0]), stamp, changes).any()
        bad = shadow.reads(places, np.array([other]), later)
        assert bad.any() == (between not in ordered), other
        shadow = RaceShadow(8, workgroup=64, warp=32)
        assert not shadow.reads(np.array([3, 3]), np.array([0, 2]), np.zeros(2, np.int64)).any()
        bad = shadow.writes(places, np.array([other]), later, changes)
        assert bad.any() == (between not in ordered), other


def test_transactions():
    warp, lane = np.zeros(32, int), np.arange(32)
    assert sectors(warp, lane * 4, 4) == 4 and sectors(warp, lane * 128, 4) == 32
    assert bank_passes(warp, lane, lane * 4, 4) == (1, 1)
    assert bank_passes(warp, lane, lane * 128, 4) == (32, 1)
    assert bank_passes(warp, lane, lane * 0, 4) == (1, 1)
    assert bank_passes(warp, lane, lane * 16, 16) == (4, 4)
    assert bank_passes(warp, lane, lane * 32, 16) == (8, 4)
    waves = np.repeat([0, 1], 64)  # of 64 lanes, whose halves are served one after the other
    lanes = np.tile(np.arange(64), 2)
    assert bank_passes(waves, lanes, lanes * 4 + waves * 4, 4) == (4, 4)
    assert bank_passes(waves, lanes, lanes * 8 + waves * 8, 8) == (8, 8)


PROGRAM = """func.func @main(%x: tensor<40x8xf32>) -> tensor<40x8xf32> {
  %y = arith.addf %x, %x : tensor<40x8xf32>
  return %y : tensor<40x8xf32>
}
"""


def test_findings_name_the_line_of_the_program(tmp_path):
    source = tmp_path / "twice.mlir"
    source.write_text(PROGRAM)
    artifact = clawc.compile(str(source), target="nvptx:sm_80", debug=True)
    run = load(artifact, EmulatedDevice("sm_80"))
    with pytest.raises(KernelFault, match="out-of-bounds") as caught:
        launch_on_less(run, np.zeros((40, 8), np.float32))
    assert caught.value.findings[0].location.startswith("twice.mlir:")


def test_any_thread_may_call():
    run = load(clawc.compile(PROGRAM, target="nvptx:sm_80"), EmulatedDevice("sm_80"))
    inputs = [np.full((40, 8), i, np.float32) for i in range(16)]
    with ThreadPoolExecutor(4) as threads:
        for x, y in zip(inputs, threads.map(run, inputs), strict=True):
            np.testing.assert_array_equal(y, 2 * x)
