"""Calls that are recorded as graphs, on fake drivers that count; what cannot be recorded runs too.

Covers: runtime/recording.py, gpu_stream.py.
"""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import fake_gpu
import numpy as np
import pytest
import runtime_programs as programs

from clawc.runtime.device import open_device
from clawc.runtime.errors import CheckFailed, OutOfMemory
from clawc.runtime.executable import Executable, load
from clawc.runtime.gpu_driver import Function
from clawc.runtime.plan import ConstantData, Entry, ScalarType, TensorType
from clawc.runtime.recording import MOST_RECORDINGS, can_be_recorded
from clawc.runtime.steps import Alloc, Assert, Compute, Constant, Free, Launch, Read

ROW = TensorType("f32", (programs.ROWS, 3))


def loaded(vendor: str, entry: Entry | None = None, device=None) -> Executable:
    image = fake_gpu.IMAGES[vendor]
    if entry is not None:
        image = replace(image, plan=programs.scale_plan(entry))
    return load(programs.artifact(image), device or open_device(vendor))


def chain(launches: int) -> Entry:
    """x * 2**launches, each buffer freed once it was read."""
    steps: list = list(programs.SIZES)
    for i in range(launches):
        after = 10 + i
        steps.append(Alloc(after, "f32", (programs.ROWS, 3)))
        before = after - 1 if i else 0
        steps.append(Launch("scale", programs.GRID, (before, after), (programs.COUNT,)))
        steps += [Free(before)] if i else []
    return Entry("main", (ROW,), (ROW,), (), tuple(steps), (("buffer", 9 + launches),))


def ones(rows: int, value: float = 1) -> np.ndarray:
    return np.full((rows, 3), value, np.float32)


def test_later_calls_are_graphs(vendor, library):
    run = loaded(vendor, chain(10))
    kernels, graphs = library.fake_kernels_launched(), library.fake_graphs_launched()
    results = [run(ones(50, value)) for value in range(5)]
    for value, result in enumerate(results):
        np.testing.assert_array_equal(result, ones(50, 1024 * value))
    assert library.fake_graphs_launched() - graphs == 4
    assert library.fake_kernels_launched() - kernels == 50


def test_buffers_are_used_again_in_a_recording(vendor, library):
    run = loaded(vendor, chain(10))
    before = library.fake_live()
    for _ in range(3):
        run(ones(50))
    assert library.fake_live() - before == 3  # the argument and two in turn, as without a graph


def test_each_size_has_its_own(vendor):
    run = loaded(vendor, chain(3))
    for _ in range(3):
        for rows in (1, 2, 50, 0):
            np.testing.assert_array_equal(run(ones(rows, rows)), ones(rows, 8 * rows))


def test_ten_thousand_launches_leave_nothing(vendor, library):
    device = open_device(vendor)
    run = loaded(vendor, chain(10), device)
    few = loaded(vendor, chain(2), device)
    for rows in range(1, 2 * MOST_RECORDINGS):  # more sizes than are kept
        for _ in range(3):
            run(ones(rows))
            few(ones(rows))
    device.free_left()
    before = library.fake_live(), library.fake_handles(), library.fake_modules()
    launched = library.fake_kernels_launched()
    for turn in range(900):
        rows = 1 + turn // 3 % (2 * MOST_RECORDINGS)
        run(ones(rows))
        few(ones(rows))
    gc.collect()
    device.free_left()
    assert library.fake_kernels_launched() - launched > 10_000
    assert library.fake_handles() <= before[1] and library.fake_modules() == before[2]
    assert library.fake_live() <= before[0] + 2 * MOST_RECORDINGS * 4


@pytest.mark.parametrize("failure", ["capture", "graph"])
def test_without_graphs_calls_follow_the_plan(vendor, library, monkeypatch, failure):
    device = open_device(vendor)
    run = loaded(vendor, chain(3), device)
    before = library.fake_handles()
    monkeypatch.setenv("FAKE_FAIL", failure)
    graphs = library.fake_graphs_launched()
    for _ in range(4):
        np.testing.assert_array_equal(run(ones(9)), ones(9, 8))
    gc.collect()
    device.free_left()
    assert library.fake_graphs_launched() == graphs and library.fake_handles() == before
    assert device.pool.used_bytes == 0


def test_a_driver_that_knows_no_graphs(vendor, library, monkeypatch):
    module = fake_gpu.VENDORS[vendor]
    functions = {**module.API.functions, "capture": Function("noSuchFunction", ())}
    monkeypatch.setattr(module, "API", replace(module.API, functions=functions))
    module.driver.cache_clear()
    run = loaded(vendor, chain(3))
    assert run.recordings is None
    for _ in range(3):
        np.testing.assert_array_equal(run(ones(9)), ones(9, 8))


def test_threads_share_a_recording_by_turns(vendor):
    run = loaded(vendor, chain(5))
    inputs = [ones(20_000, value) for value in range(64)]
    with ThreadPoolExecutor(8) as threads:
        for x, y in zip(inputs, threads.map(run, inputs), strict=True):
            np.testing.assert_array_equal(y, 32 * x)


def test_results_are_the_callers(vendor):
    run = loaded(vendor, chain(2))
    results = [run(ones(4, value)) for value in range(4)]
    results[2][:] = -1
    np.testing.assert_array_equal(run(ones(4, 2)), ones(4, 8))
    np.testing.assert_array_equal(results[3], ones(4, 12))


def test_arguments_constants_and_numbers_as_results(vendor):
    values = ones(2, 7)
    tensor = TensorType("f32", (2, 3))
    entry = Entry(
        "main",
        arguments=(tensor, ScalarType("i64")),
        result_types=(tensor, tensor, tensor, ScalarType("i64")),
        constants=(ConstantData("f32", (2, 3), values.tobytes()),),
        steps=(
            Constant(2, 0),
            Compute(9, "arith.addi", ("i64", "i64"), (("value", 1), 1)),
            Alloc(3, "f32", (2, 3)),
            Launch("scale", 1, (0, 3), (6,)),
        ),
        results=(("buffer", 0), ("buffer", 2), ("buffer", 3), ("value", 9)),
    )
    run = loaded(vendor, entry)
    for turn in range(6):
        x, number = ones(2, turn), 10 + turn // 3
        same, constant, doubled, more = run(x, number)
        np.testing.assert_array_equal(same, x)
        np.testing.assert_array_equal(constant, values)
        np.testing.assert_array_equal(doubled, 2 * x)
        assert more == number + 1


def test_checks_of_the_program_still_fail(vendor):
    odd = Compute(20, "arith.remui", programs.INDEX, (programs.ROWS, 2))
    even = Compute(21, "arith.cmpi.eq", ("index", "i1"), (("value", 20), 0))
    check = Assert(("value", 21), "the number of rows is odd")
    entry = chain(2)
    run = loaded(vendor, replace(entry, steps=(odd, even, check, *entry.steps)))
    for _ in range(3):
        with pytest.raises(CheckFailed, match="the number of rows is odd"):
            run(ones(5))
        np.testing.assert_array_equal(run(ones(4)), ones(4, 4))
    assert run.device.pool.used_bytes > 0  # of the recording of 4 rows
    run.recordings.let_go()
    gc.collect()
    run.device.pool.take(1)
    assert run.device.pool.used_bytes == 256


def test_recordings_go_when_memory_is_short(vendor, library):
    device = open_device(vendor)
    run = loaded(vendor, chain(3), device)
    held = library.fake_live()
    x = ones(1 << 20)
    for _ in range(3):
        run(x)
    assert library.fake_live() > held
    rest = (1 << 30) - (20 << 20)
    with pytest.raises(OutOfMemory):
        device.alloc(rest)
    device.free(device.pool.alloc(rest))
    np.testing.assert_array_equal(run(x[:5]), ones(5, 8))


def test_what_depends_on_data_is_not_recorded():
    entry = chain(2)
    assert can_be_recorded(entry)
    assert not can_be_recorded(replace(entry, steps=(*entry.steps, Read(30, 10, "f32"))))
    assert not can_be_recorded(Entry("main", (ROW,), (ROW,), (), (), (("buffer", 0),)))
