"""The emulated threads: branches, barriers, warps, asynchronous copies, findings."""

import numpy as np
import pytest
from ptx_runner import kernel, kinds, launch

from clawc.emulators.interface import WARP_ORDERS, EmulationError, Options

REVERSE = """
    shl.b32 %r1, %r0, 2;
    cvt.u64.u32 %d10, %r1;
    add.u64 %d11, %d0, %d10;
    ld.global.b32 %r2, [%d11];
    mov.u32 %r3, buffer;
    add.s32 %r4, %r3, %r1;
    st.shared.b32 [%r4], %r2;
    bar.sync 0;
    mov.u32 %r5, %ntid.x;
    sub.s32 %r6, %r5, %r0;
    shl.b32 %r7, %r6, 2;
    add.s32 %r8, %r3, %r7;
    ld.shared.b32 %r9, [%r8+-4];
    add.u64 %d12, %d1, %d10;
    st.global.b32 [%d12], %r9;
"""
SHARED = "    .shared .align 16 .b8 buffer[1024];"


def reverse(body: str = REVERSE, threads: int = 128, order="lockstep"):
    x, y = np.arange(threads, dtype=np.uint32), np.zeros(threads, np.uint32)
    text = kernel(body, shared=SHARED)
    outcome = launch(text, "k", 1, threads, [x, y], options=Options(order=order))
    return outcome, y, x[::-1]


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_barriers_order_shared_memory(order):
    outcome, found, expected = reverse(order=order)
    assert not outcome.findings
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("threads", [32, 128])
def test_a_missing_barrier_is_a_race(order, threads):
    outcome, *_ = reverse(REVERSE.replace("bar.sync 0;", ""), threads, order)
    assert "race" in kinds(outcome.findings)


def test_a_missing_barrier_gives_wrong_numbers_when_warps_go_one_by_one():
    outcome, found, expected = reverse(REVERSE.replace("bar.sync 0;", ""), order="warp")
    assert (found != expected).any() and "uninitialised" in kinds(outcome.findings)


def test_findings_say_where_and_who():
    body = REVERSE.replace("st.global.b32 [%d12]", "st.global.b32 [%d12+512]")
    outcome, *_ = reverse(".loc 1 3 8\n" + body)
    (finding,) = outcome.findings
    assert finding.kind == "out-of-bounds" and finding.threads[0] == (0, 0)
    assert "byte 512 of buffer 1, of 512 bytes" in finding.message
    assert finding.location.endswith(":3:8")


def test_misaligned_and_beyond_shared_memory():
    outcome, *_ = reverse(REVERSE.replace("[%r8+-4]", "[%r8+-3]"))
    assert kinds(outcome.findings) == {"misaligned"}
    outcome, *_ = reverse(REVERSE.replace("[%r8+-4]", "[%r8+1020]"))
    assert "out-of-bounds" in kinds(outcome.findings)


def test_unset_registers_are_found():
    outcome, *_ = reverse(REVERSE.replace("add.s32 %r4, %r3", "add.s32 %r4, %r40"))
    assert "uninitialised" in kinds(outcome.findings)


def test_a_barrier_that_some_do_not_reach():
    body = "    setp.lt.u32 %p1, %r0, 64;\n    @%p1 ret;\n" + REVERSE
    outcome, *_ = reverse(body)
    assert "divergence" in kinds(outcome.findings)
    split = REVERSE.replace(
        "bar.sync 0;",
        "setp.lt.u32 %p1, %r0, 16;\n @%p1 bra A;\n bar.sync 0;\n bra.uni B;\nA:\n bar.sync 0;\nB:",
    )
    outcome, *_ = reverse(split)
    assert "divergence" in kinds(outcome.findings)


def test_unchecked_runs_find_nothing_and_give_the_same():
    x, y = np.arange(128, dtype=np.uint32), np.zeros(128, np.uint32)
    text = kernel(REVERSE.replace("bar.sync 0;", ""), shared=SHARED)
    outcome = launch(text, "k", 1, 128, [x, y], options=Options(check=False))
    assert not outcome.findings
    np.testing.assert_array_equal(y, x[::-1])


COLLATZ = """
    mov.b32 %r1, %r0;
    add.s32 %r1, %r1, 1;
    mov.b32 %r2, 0;
LOOP:
    setp.eq.u32 %p1, %r1, 1;
    @%p1 bra DONE;
    and.b32 %r3, %r1, 1;
    setp.eq.u32 %p2, %r3, 0;
    @%p2 bra EVEN;
    mad.lo.s32 %r1, %r1, 3, 1;
    bra.uni NEXT;
EVEN:
    shr.u32 %r1, %r1, 1;
NEXT:
    add.s32 %r2, %r2, 1;
    bra.uni LOOP;
DONE:
    mov.u32 %r4, %ctaid.x;
    mov.u32 %r5, %ntid.x;
    mad.lo.s32 %r6, %r4, %r5, %r0;
    mul.wide.u32 %d10, %r6, 4;
    add.u64 %d11, %d0, %d10;
    st.global.b32 [%d11], %r2;
"""


@pytest.mark.parametrize("order", WARP_ORDERS)
def test_threads_that_part_meet_again(order):
    def steps(n):
        return 0 if n == 1 else 1 + steps(3 * n + 1 if n % 2 else n // 2)

    found = np.zeros(3 * 50, np.uint32)
    text = kernel(COLLATZ, parameters=1)
    outcome = launch(text, "k", 3, 50, [found], options=Options(order=order, lanes=100))
    assert not outcome.findings
    assert found.tolist() == [steps(i % 50 + 1) for i in range(150)]


@pytest.mark.parametrize("inside", ["", "add.u32 %r0, %r0, 1;"])
def test_a_loop_without_end_is_stopped(monkeypatch, inside):
    monkeypatch.setattr("clawc.emulators.ptx.scheduler._ENDLESS", 1000)
    with pytest.raises(EmulationError, match="loop without end"):
        launch(kernel(f"L:\n {inside} bra.uni L;", parameters=0), "k", 1, 32, [])


def test_unknown_instructions_are_named():
    with pytest.raises(EmulationError, match=r"tcgen05.fence::after_thread_sync"):
        launch(kernel("tcgen05.fence::after_thread_sync;", parameters=0), "k", 1, 32, [])


def each_thread(body: str, count: int = 64, **settings):
    """`body` computes %r9 from %r1, the thread's element of an array."""
    x = np.random.default_rng(0).integers(0, 100, count).astype(np.uint32)
    y = np.zeros(count, np.uint32)
    around = f"""
    mul.wide.u32 %d10, %r0, 4;
    add.u64 %d11, %d0, %d10;
    add.u64 %d12, %d1, %d10;
    ld.global.b32 %r1, [%d11];
    {body}
    st.global.b32 [%d12], %r9;
"""
    outcome = launch(kernel(around), "k", 1, count, [x, y], **settings)
    assert not outcome.findings, outcome.findings
    return x, y


def test_shuffles():
    i = np.arange(64)
    lane, warp = i % 32, i // 32 * 32
    cases = {
        "bfly.b32 %r9, %r1, 5, 31": warp + (lane ^ 5),
        "up.b32 %r9, %r1, 3, 0": np.where(lane >= 3, i - 3, i),
        "down.b32 %r9, %r1, 5, 4127": np.where(lane % 16 + 5 < 16, i + 5, i),
        "idx.b32 %r9, %r1, 2, 6175": warp + lane // 8 * 8 + 2,
    }
    for text, source in cases.items():
        x, y = each_thread(f"shfl.sync.{text}, -1;")
        np.testing.assert_array_equal(y, x[source], err_msg=text)


def test_votes_and_reductions():
    x, y = each_thread(
        "and.b32 %r2, %r1, 1; setp.eq.u32 %p1, %r2, 1; vote.sync.ballot.b32 %r9, %p1, -1;"
    )
    odd = (x & 1).reshape(2, 32)
    ballot = (odd << np.arange(32, dtype=np.uint32)).sum(axis=1, dtype=np.uint32)
    np.testing.assert_array_equal(y, np.repeat(ballot, 32))
    x, y = each_thread("redux.sync.add.u32 %r9, %r1, -1;")
    np.testing.assert_array_equal(y, np.repeat(x.reshape(2, 32).sum(axis=1), 32))


def test_a_shuffle_waits_for_the_others_of_its_warp():
    body = """
    setp.lt.u32 %p1, %r0, 40;
    mov.b32 %r2, %r1;
    @%p1 bra SKIP;
    add.s32 %r2, %r1, 1000;
SKIP:
    shfl.sync.bfly.b32 %r9, %r2, 31, 31, -1;
"""
    x, y = each_thread(body)
    changed = np.where(np.arange(64) < 40, x, x + 1000)
    np.testing.assert_array_equal(y, changed.reshape(2, 32)[:, ::-1].reshape(-1))


def test_atomics_add_up():
    x = np.arange(200, dtype=np.uint32)
    total, old = np.zeros(2, np.uint32), np.zeros(200, np.uint32)
    body = """
    mul.wide.u32 %d10, %r0, 4;
    add.u64 %d11, %d0, %d10;
    ld.global.b32 %r1, [%d11];
    atom.global.add.u32 %r2, [%d1], %r1;
    red.global.max.u32 [%d1+4], %r1;
    add.u64 %d12, %d2, %d10;
    st.global.b32 [%d12], %r2;
"""
    outcome = launch(kernel(body, 3), "k", 1, 200, [x, total, old])
    assert not outcome.findings
    assert total.tolist() == [x.sum(), 199]
    np.testing.assert_array_equal(old, np.cumsum(x) - x)


COPY = """
    shl.b32 %r1, %r0, 4;
    mov.u32 %r2, buffer;
    add.s32 %r3, %r2, %r1;
    cvt.u64.u32 %d10, %r1;
    add.u64 %d11, %d0, %d10;
    setp.lt.u32 %p1, %r0, 40;
    selp.b32 %r4, 16, 0, %p1;
    cp.async.cg.shared.global [%r3], [%d11], 16, %r4;
    cp.async.commit_group;
    cp.async.wait_group 0;
    bar.sync 0;
    xor.b32 %r5, %r1, 1008;
    add.s32 %r6, %r2, %r5;
    ld.shared.v4.b32 {%r10, %r11, %r12, %r13}, [%r6];
    add.u64 %d12, %d1, %d10;
    st.global.v4.b32 [%d12], {%r10, %r11, %r12, %r13};
"""


def copy(body: str):
    x, y = np.arange(256, dtype=np.uint32).reshape(64, 4), np.zeros((64, 4), np.uint32)
    outcome = launch(kernel(body, shared=SHARED), "k", 1, 64, [x, y])
    expected = np.where(np.arange(64)[:, None] < 40, x, 0)[::-1]
    return outcome, y, expected


def test_asynchronous_copies_land_when_waited_for():
    outcome, found, expected = copy(COPY)
    assert not outcome.findings
    np.testing.assert_array_equal(found, expected)


def test_reading_before_the_wait_is_found():
    for wait in ("", "cp.async.wait_group 1;"):
        outcome, found, expected = copy(COPY.replace("cp.async.wait_group 0;", wait))
        assert any("before the copy is waited for" in f.message for f in outcome.findings)
        assert (found != expected).any()
    outcome, *_ = copy(COPY.replace("bar.sync 0;", ""))
    assert "race" in kinds(outcome.findings)


def test_counts_of_transactions():
    stride = REVERSE.replace("shl.b32 %r1, %r0, 2;", "shl.b32 %r1, %r0, 3;").split("ld.shared")[0]
    x, y = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
    text = kernel(stride.replace("bar.sync 0;", ""), shared=SHARED)
    counts = launch(text, "k", 1, 128, [x, y], options=Options(count=True)).counts
    assert counts.memory_bytes["global read"] == 512
    assert counts.transactions["global read"] == 4 * 8  # every second word: twice the sectors
    assert counts.ideal_transactions["global read"] == 4 * 4
    assert counts.transactions["shared write"] == 4 * 2  # two lanes a bank
    assert counts.ideal_transactions["shared write"] == 4
    assert counts.warp_instructions.total() == 4 * (counts.thread_instructions.total() // 128)
