"""PTX that nvcc makes for sm_90, on the emulator: clusters, mbarriers and copies in bulk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nvcc_suites import compiled
from ptx_runner import kinds, launch

from clawc.emulators.interface import WARP_ORDERS, Options, Outcome

orders = pytest.mark.parametrize("order", WARP_ORDERS)
RNG = np.random.default_rng(1)


def suite() -> str:
    return compiled("ptx_suite_hopper.cu", "sm_90")


def run(name: str, grid: int, threads: int, *arguments: Any, order: Any, text: str = "") -> Outcome:
    return launch(text or suite(), name, grid, threads, arguments, options=Options(order=order))


@orders
@pytest.mark.parametrize("count", [0, 1, 777])
def test_a_histogram_in_the_memory_of_a_cluster(order, count):
    x = RNG.integers(0, 128, max(count, 1)).astype(np.int32)
    bins = np.zeros(128, np.int32)
    outcome = run("histogram", 6, 96, x, bins, count, order=order)
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(bins, np.bincount(x[:count], minlength=128))


@orders
def test_reading_a_neighbours_memory(order):
    x = RNG.standard_normal((3, 4, 32)).astype(np.float32)
    y = np.zeros_like(x)
    outcome = run("turned", 12, 32, x, y, order=order)
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(y, np.roll(x, -1, axis=1)[..., ::-1])


@orders
@pytest.mark.parametrize("rows", [1, 7])
def test_rows_in_and_out(order, rows):
    x = RNG.integers(-1000, 1000, (rows, 64)).astype(np.int32)
    y = np.zeros_like(x)
    outcome = run("doubled", 2, 64, x, y, rows, order=order)
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(y, 2 * x)


def dropped(name: str, what: str, which: int) -> str:
    """The suite without one of the places where a kernel has `what`."""
    at = suite().index(f".entry {name}(")
    for _ in range(which + 1):
        at = suite().index(what, at + 1)
    return suite()[:at] + suite()[at + len(what) :]


@pytest.mark.parametrize(
    ("name", "old", "which", "kinds_of"),
    [
        ("turned", "barrier.cluster.wait;", 0, "race uninitialised"),
        ("turned", "barrier.cluster.wait;", 1, "race"),
        ("doubled", "cp.async.bulk.wait_group.read 0;", 0, "race"),
        ("doubled", "fence.proxy.async.shared::cta;", 1, "race"),
    ],
)
def test_what_is_dropped_is_found(name, old, which, kinds_of):
    text = dropped(name, old, which)
    x, found = RNG.integers(0, 9, 12 * 64).astype(np.int32), set()
    for order in WARP_ORDERS:
        more = [12] if name == "doubled" else []
        grid, threads = (4, 32) if name == "turned" else (2, 64)
        outcome = run(name, grid, threads, x, np.zeros_like(x), *more, order=order, text=text)
        found |= kinds(outcome.findings)
    assert found & set(kinds_of.split()), found
