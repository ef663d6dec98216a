"""The emulated threads: mbarriers, and what they order."""

import numpy as np
import pytest
from ptx_runner import assembled, kernel, kinds, launch

from clawc.emulators.interface import WARP_ORDERS, Options

SHARED = """    .shared .align 16 .b8 buffer[512];
    .shared .align 8 .b64 full[2];
    .shared .align 8 .b64 empty[2];"""
TILE = 64  # words, each read by a thread of two warps, in reversed order
PIPELINE = """
    mov.u32 %r20, full;
    mov.u32 %r21, empty;
    mov.u32 %r22, buffer;
    setp.ne.u32 %p1, %r0, 0;
    @%p1 bra ready;
    mbarrier.init.shared.b64 [full], 32;
    mbarrier.init.shared.b64 [full+8], 32;
    mbarrier.init.shared.b64 [empty], 64;
    mbarrier.init.shared.b64 [empty+8], 64;
ready:
    bar.sync 0;
    mov.u32 %r1, 0;
    mov.u32 %r2, 0;
    setp.ge.u32 %p2, %r0, 32;
    @%p2 bra consumer;
    mov.u32 %r3, 1;
produce:
    shl.b32 %r4, %r2, 3;
    add.u32 %r5, %r20, %r4;
    add.u32 %r6, %r21, %r4;
wait_empty:
    mbarrier.try_wait.parity.shared.b64 %p3, [%r6], %r3, 1000;
    @!%p3 bra wait_empty;
    mad.lo.u32 %r7, %r1, 64, %r0;
    mul.wide.u32 %d2, %r7, 4;
    add.u64 %d3, %d0, %d2;
    ld.global.b32 %r8, [%d3];
    ld.global.b32 %r9, [%d3+128];
    mad.lo.u32 %r10, %r2, 64, %r0;
    mad.lo.u32 %r11, %r10, 4, %r22;
    st.shared.b32 [%r11], %r8;
    st.shared.b32 [%r11+128], %r9;
    mbarrier.arrive.shared.b64 %d4, [%r5];
    add.u32 %r1, %r1, 1;
    xor.b32 %r2, %r2, 1;
    setp.eq.u32 %p4, %r2, 0;
    @%p4 xor.b32 %r3, %r3, 1;
    setp.lt.u32 %p5, %r1, TILES;
    @%p5 bra produce;
    ret;
consumer:
    mov.u32 %r3, 0;
    sub.u32 %r12, %r0, 32;
    sub.u32 %r13, 95, %r0;
consume:
    shl.b32 %r4, %r2, 3;
    add.u32 %r5, %r20, %r4;
    add.u32 %r6, %r21, %r4;
wait_full:
    mbarrier.try_wait.parity.shared.b64 %p3, [%r5], %r3;
    @!%p3 bra wait_full;
    mad.lo.u32 %r10, %r2, 64, %r13;
    mad.lo.u32 %r11, %r10, 4, %r22;
    ld.shared.b32 %r8, [%r11];
    mbarrier.arrive.shared.b64 %d4, [%r6];
    mad.lo.u32 %r9, %r8, 3, 1;
    mad.lo.u32 %r7, %r1, 64, %r12;
    mul.wide.u32 %d2, %r7, 4;
    add.u64 %d3, %d1, %d2;
    st.global.b32 [%d3], %r9;
    add.u32 %r1, %r1, 1;
    xor.b32 %r2, %r2, 1;
    setp.eq.u32 %p4, %r2, 0;
    @%p4 xor.b32 %r3, %r3, 1;
    setp.lt.u32 %p5, %r1, TILES;
    @%p5 bra consume;
"""


def pipeline(body: str = PIPELINE, tiles: int = 7, order="lockstep", grid: int = 1):
    """Threads 0..31 bring tiles, in two stages; 64 others use them."""
    x = np.random.default_rng(0).integers(0, 1 << 20, TILE * tiles).astype(np.uint32)
    y = np.zeros_like(x)
    text = kernel(body.replace("TILES", str(tiles)), shared=SHARED)
    outcome = launch(text, "k", grid, 96, [x, y], options=Options(order=order))
    return outcome, y, x.reshape(tiles, TILE)[:, ::-1].reshape(-1) * 3 + 1


def alone(body: str, threads: int = 32):
    """A kernel with one mbarrier, `full`; returns findings and what each thread stored of %d5."""
    store = """
    mul.wide.u32 %d6, %r0, 8;
    add.u64 %d7, %d0, %d6;
    st.global.b64 [%d7], %d5;
"""
    found = np.zeros(threads, np.uint64)
    text = kernel(body + store, 1, shared=SHARED)
    assembled(text)
    return launch(text, "k", 1, threads, [found]).findings, found


INIT = """
    setp.ne.u32 %p1, %r0, 0;
    @!%p1 mbarrier.init.shared.b64 [full], COUNT;
    bar.sync 0;
"""


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("tiles", [1, 2, 7])
def test_a_pipeline_of_producers_and_consumers(order, tiles):
    outcome, found, expected = pipeline(tiles=tiles, order=order)
    assert not outcome.findings
    np.testing.assert_array_equal(found, expected)


def test_the_assembler_takes_it():
    assembled(kernel(PIPELINE.replace("TILES", "7"), shared=SHARED))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("@!%p3 bra wait_empty;", "", "race"),
        ("@!%p3 bra wait_full;", "", "race"),
        ("mov.u32 %r3, 0;", "mov.u32 %r3, 1;", "deadlock race"),
        ("mov.u32 %r3, 1;", "mov.u32 %r3, 0;", "deadlock"),
        ("mbarrier.arrive.shared.b64 %d4, [%r6];", "", "deadlock"),
        ("mbarrier.init.shared.b64 [full], 32;", "", "mbarrier"),
        ("b64 [full], 32;", "b64 [full], 33;", "deadlock"),
        ("bar.sync 0;", "", "race mbarrier"),
    ],
)  # fmt: skip
def test_a_broken_pipeline_is_found(old, new, expected):
    """In one order at least: a wait that happens not to be needed orders as well."""
    assert old in PIPELINE
    found = set()
    for order in WARP_ORDERS:
        outcome, *_ = pipeline(PIPELINE.replace(old, new), order=order)
        found |= kinds(outcome.findings)
    assert not found.isdisjoint(expected.split())


def test_a_deadlock_names_the_mbarrier():
    outcome, *_ = pipeline(PIPELINE.replace("mbarrier.arrive.shared.b64 %d4, [%r6];", ""))
    message = next(f.message for f in outcome.findings if f.kind == "deadlock")
    assert "byte 528 of shared memory" in message and "64 of 64 arrivals" in message


def test_states_and_counts():
    body = (
        INIT.replace("COUNT", "33")
        + """
    mbarrier.arrive.noComplete.shared.b64 %d8, [full], 1;
    mbarrier.pending_count.b64 %r5, %d8;
    cvt.u64.u32 %d5, %r5;
"""
    )
    findings, found = alone(body)
    assert not findings
    np.testing.assert_array_equal(np.sort(found), np.arange(2, 34))


def test_waiting_for_a_state_and_dropping_out():
    body = (
        INIT.replace("COUNT", "32")
        + """
    setp.lt.u32 %p2, %r0, 8;
    @%p2 mbarrier.arrive_drop.shared.b64 %d8, [full];
    @!%p2 mbarrier.arrive.shared.b64 %d8, [full];
first:
    mbarrier.test_wait.shared.b64 %p3, [full], %d8;
    @!%p3 bra first;
    @%p2 bra last;
    mbarrier.arrive.shared.b64 %d8, [full];
second:
    mbarrier.try_wait.shared.b64 %p3, [full], %d8;
    @!%p3 bra second;
last:
    cvt.u64.u32 %d5, %r0;
"""
    )
    findings, found = alone(body)
    assert not findings
    np.testing.assert_array_equal(found, np.arange(32))


BYTES = """
    @!%p1 mbarrier.arrive.expect_tx.shared.b64 %d8, [full], 64;
    setp.eq.u32 %p2, %r0, 5;
    @%p2 mbarrier.complete_tx.relaxed.cta.shared.b64 [full], 64;
wait:
    mbarrier.try_wait.parity.shared.b64 %p3, [full], 0;
    @!%p3 bra wait;
    mov.u64 %d5, 1;
"""


def test_bytes_to_come():
    body = INIT.replace("COUNT", "1") + BYTES
    findings, found = alone(body)
    assert not findings and found.all()
    findings, _ = alone(body.replace("[full], 64;\nwait", "[full], 48;\nwait"))
    assert kinds(findings) == {"deadlock"} and "16 bytes to come" in findings[0].message


def test_objects_that_are_not_there():
    arrive = "mbarrier.arrive.shared.b64 %d5, [full];"
    assert kinds(alone(arrive)[0]) == {"mbarrier"}
    ended = "    @!%p1 mbarrier.inval.shared.b64 [full];\n    bar.sync 0;\n"
    assert kinds(alone(INIT.replace("COUNT", "32") + ended + arrive)[0]) == {"mbarrier"}
    written = "    @!%p1 st.shared.b32 [full], %r0;\n    bar.sync 0;\n"
    assert "mbarrier" in kinds(alone(INIT.replace("COUNT", "32") + written + arrive)[0])


COPIES = """
    mov.u32 %r1, buffer;
    mad.lo.u32 %r2, %r0, 4, %r1;
    mul.wide.u32 %d2, %r0, 4;
    add.u64 %d3, %d0, %d2;
    add.u64 %d4, %d1, %d2;
    setp.ne.u32 %p1, %r0, 0;
    @!%p1 mbarrier.init.shared.b64 [full], 64;
    bar.sync 0;
    cp.async.ca.shared.global [%r2], [%d3], 4;
    cp.async.mbarrier.arrive.noinc.shared.b64 [full];
wait:
    mbarrier.try_wait.parity.shared.b64 %p3, [full], 0;
    @!%p3 bra wait;
    sub.u32 %r3, 63, %r0;
    mad.lo.u32 %r4, %r3, 4, %r1;
    ld.shared.b32 %r5, [%r4];
    st.global.b32 [%d4], %r5;
"""


def copied(body: str, order: str):
    x, y = np.arange(64, dtype=np.uint32), np.zeros(64, np.uint32)
    text = kernel(body, shared=SHARED)
    assembled(text)
    outcome = launch(text, "k", 1, 64, [x, y], options=Options(order=order))
    return kinds(outcome.findings), y, x[::-1]


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_copies_arrive(order):
    found, values, expected = copied(COPIES, order)
    assert not found
    np.testing.assert_array_equal(values, expected)
    # An arrival that is one more than expected takes none from the 64.
    more = COPIES.replace(".noinc", "").replace(
        "wait:", "    mbarrier.arrive.shared.b64 %d9, [full];\nwait:"
    )
    found, values, expected = copied(more, order)
    assert not found
    np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_copies_that_are_not_waited_for(order):
    found, *_ = copied(COPIES.replace("@!%p3 bra wait;", ""), order)
    assert found in ({"uninitialised"}, {"race"})
    found, *_ = copied(COPIES.replace(".noinc", ""), order)
    assert "deadlock" in found
