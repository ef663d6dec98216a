"""The emulated threads: named barriers, votes at barriers, leaders of warps."""

import numpy as np
import pytest
from ptx_runner import assembled, kernel, kinds, launch

from clawc.emulators.interface import WARP_ORDERS, EmulationError, Options

SHARED = "    .shared .align 16 .b8 buffer[256];"
# Warps 0 and 1 write, of which warp 1 takes no part later; warp 2 reads what they wrote.
HANDED_OVER = """
    mov.u32 %r1, buffer;
    mad.lo.u32 %r2, %r0, 4, %r1;
    setp.ge.u32 %p1, %r0, 64;
    @%p1 bra reader;
    mul.lo.u32 %r3, %r0, 7;
    st.shared.b32 [%r2], %r3;
    bar.arrive 1, 96;
    ret;
reader:
    bar.sync 1, 96;
    ld.shared.b32 %r4, [%r2+-256];
    ld.shared.b32 %r5, [%r2+-128];
    sub.u32 %r6, %r0, 64;
    mul.wide.u32 %d2, %r6, 4;
    add.u64 %d3, %d0, %d2;
    st.global.b32 [%d3], %r4;
    st.global.b32 [%d3+128], %r5;
"""


def run(body: str, threads: int, count: int, order="lockstep", assemble: bool = True):
    found = np.zeros(count, np.uint32)
    text = kernel(body, 1, shared=SHARED)
    if assemble:
        assembled(text)
    outcome = launch(text, "k", 1, threads, [found], options=Options(order=order))
    return kinds(outcome.findings), found


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_arriving_without_waiting(order):
    found, values = run(HANDED_OVER, 96, 64, order)
    assert not found
    np.testing.assert_array_equal(values, 7 * np.arange(64))


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("bar.sync 1, 96;", "", "race"),
        ("bar.arrive 1, 96;", "bar.arrive 2, 96;", "divergence"),
        ("bar.sync 1, 96;", "bar.sync 1, 128;", "divergence"),
        ("bar.arrive 1, 96;\n    ret;", "ret;", "divergence"),
        ("bar.sync 1, 96;", "bar.sync 1, 90;", "divergence"),
    ],
)
def test_a_barrier_that_does_not_order(order, old, new, expected):
    assert old in HANDED_OVER
    found, _ = run(HANDED_OVER.replace(old, new), 96, 64, order, assemble=False)
    assert expected in found


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_two_halves_with_a_barrier_each(order):
    body = """
    mov.u32 %r1, buffer;
    mad.lo.u32 %r2, %r0, 4, %r1;
    xor.b32 %r3, %r0, 31;
    mad.lo.u32 %r4, %r3, 4, %r1;
    shr.u32 %r5, %r0, 5;
    add.u32 %r5, %r5, 1;
    st.shared.b32 [%r2], %r0;
    barrier.cta.sync.aligned %r5, 32;
    ld.shared.b32 %r6, [%r4];
    mul.wide.u32 %d2, %r0, 4;
    add.u64 %d3, %d0, %d2;
    st.global.b32 [%d3], %r6;
"""
    found, values = run(body, 64, 64, order)
    assert not found
    np.testing.assert_array_equal(values, np.arange(64) ^ 31)
    found, _ = run(body.replace("xor.b32 %r3, %r0, 31", "xor.b32 %r3, %r0, 63"), 64, 64, order)
    assert "race" in found  # the two halves do not wait for each other


VOTES = {
    "bar.red.popc.u32 %r4, 0, %p1;": 23,
    "bar.red.and.pred %p2, 0, %p1; selp.u32 %r4, 1, 0, %p2;": 0,
    "bar.red.or.pred %p2, 0, %p1; selp.u32 %r4, 1, 0, %p2;": 1,
    "barrier.cta.red.popc.aligned.u32 %r4, 3, 64, !%p1;": 41,
}


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("vote", VOTES)
def test_votes(vote, order):
    body = f"""
    setp.lt.u32 %p1, %r0, 23;
    {vote}
    mul.wide.u32 %d2, %r0, 4;
    add.u64 %d3, %d0, %d2;
    st.global.b32 [%d3], %r4;
"""
    found, values = run(body, 64, 64, order)
    assert not found
    np.testing.assert_array_equal(values, VOTES[vote])


def test_a_leader_of_each_warp():
    body = """
    elect.sync %r1|%p1, 0xffffffff;
    selp.u32 %r2, 1, 0, %p1;
    mul.wide.u32 %d2, %r0, 4;
    add.u64 %d3, %d0, %d2;
    st.global.b32 [%d3], %r2;
"""
    found, values = run(body, 96, 96)
    assert not found
    np.testing.assert_array_equal(values.reshape(3, 32).sum(axis=1), 1)


def test_registers_of_warpgroups():
    assert run("    setmaxnreg.dec.sync.aligned.u32 40;", 128, 1, assemble=False) == (set(), 0)
    with pytest.raises(EmulationError, match=r"setmaxnreg\.dec"):
        run("    setmaxnreg.dec.sync.aligned.u32 41;", 128, 1, assemble=False)
