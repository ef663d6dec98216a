"""Clusters of workgroups: each other's shared memory, their barrier, copies to several at once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from ptx_runner import assembled, kernel, kinds, launch

from clawc.emulators.interface import WARP_ORDERS, EmulationError, Options, Outcome
from clawc.runtime.errors import BadImage, Unsupported

orders = pytest.mark.parametrize("order", WARP_ORDERS)
SHARED = """    .shared .align 128 .b8 buffer[1024];
    .shared .align 8 .b64 full;"""


def clustered(body: str, size: int = 2, parameters: int = 2) -> str:
    text = kernel(body, parameters, shared=SHARED)
    return text.replace(")\n{", f")\n.explicitcluster\n.reqnctapercluster {size}\n{{", 1)


NUMBERS = """
    mov.u32 %r1, %cluster_ctarank;
    mov.u32 %r2, %cluster_nctarank;
    mov.u32 %r3, %clusterid.x;
    mov.u32 %r4, %nclusterid.x;
    mov.u32 %r5, %ctaid.x;
    mov.pred %p1, %is_explicit_cluster;
    selp.u32 %r6, 1, 0, %p1;
    mapa.shared::cluster.u32 %r7, buffer, 2;
    getctarank.shared::cluster.u32 %r8, %r7;
    mov.u64 %d2, buffer;
    cvta.shared.u64 %d3, %d2;
    mapa.u64 %d4, %d3, 1;
    getctarank.u64 %r9, %d4;
    getctarank.u64 %r10, %d3;
    mul.wide.u32 %d5, %r5, 36;
    add.u64 %d6, %d0, %d5;
    st.global.b32 [%d6], %r1;
    st.global.b32 [%d6+4], %r2;
    st.global.b32 [%d6+8], %r3;
    st.global.b32 [%d6+12], %r4;
    st.global.b32 [%d6+16], %r5;
    st.global.b32 [%d6+20], %r6;
    st.global.b32 [%d6+24], %r8;
    st.global.b32 [%d6+28], %r9;
    st.global.b32 [%d6+32], %r10;
"""


def test_numbers_and_addresses():
    text = clustered(NUMBERS, 3, 1)
    assembled(text)
    found = np.zeros((6, 9), np.uint32)
    assert not launch(text, "k", 6, 1, [found]).findings
    expected = [[i % 3, 3, i // 3, 2, i, 1, 2, 1, i % 3] for i in range(6)]
    np.testing.assert_array_equal(found, expected)


def test_what_is_no_cluster_is_refused():
    text = clustered(NUMBERS, 4, 1)
    with pytest.raises(Unsupported, match="multiple"):
        launch(text, "k", 6, 1, [np.zeros(54, np.uint32)])
    with pytest.raises(BadImage, match="dimension"):
        launch(text.replace("cluster 4", "cluster 2, 2"), "k", 6, 1, [np.zeros(54, np.uint32)])
    outcome = launch(clustered(NUMBERS, 2, 1), "k", 6, 1, [np.zeros(54, np.uint32)])
    assert kinds(outcome.findings) == {"out-of-bounds"}  # there is no workgroup 2


# The first workgroup waits for words that the others of its cluster put into its memory.
SENT = """
    mov.u32 %r1, %cluster_ctarank;
    setp.ne.u32 %p1, %r1, 0;
    setp.ne.u32 %p2, %r0, 0;
    or.pred %p3, %p1, %p2;
    @!%p3 mbarrier.init.shared.b64 [full], 96;
    fence.mbarrier_init.release.cluster;
    barrier.cluster.arrive.release.aligned;
    barrier.cluster.wait.acquire.aligned;
    shl.b32 %r2, %r0, 2;
    mov.u32 %r3, buffer;
    add.u32 %r3, %r3, %r2;
    @!%p1 bra receive;
    shl.b32 %r4, %r1, 7;
    add.u32 %r5, %r3, %r4;
    mapa.shared::cluster.u32 %r6, %r5, 0;
    mov.u32 %r20, %ctaid.x;
    mad.lo.u32 %r7, %r20, 32, %r0;
    mul.wide.u32 %d2, %r7, 4;
    add.u64 %d3, %d0, %d2;
    ld.global.b32 %r8, [%d3];
    st.shared::cluster.b32 [%r6], %r8;
    mov.u32 %r9, full;
    mapa.shared::cluster.u32 %r10, %r9, 0;
    mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r10];
    bra done;
receive:
    mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 %p4, [full], 0;
    @!%p4 bra receive;
    ld.shared.b32 %r11, [%r3+128];
    ld.shared.b32 %r12, [%r3+256];
    ld.shared.b32 %r13, [%r3+384];
    add.u32 %r11, %r11, %r12;
    add.u32 %r11, %r11, %r13;
    mov.u32 %r21, %clusterid.x;
    mad.lo.u32 %r7, %r21, 32, %r0;
    mul.wide.u32 %d2, %r7, 4;
    add.u64 %d3, %d1, %d2;
    st.global.b32 [%d3], %r11;
done:
    barrier.cluster.arrive.aligned;
    barrier.cluster.wait.aligned;
"""


def send(body: str, order: Any) -> tuple[Outcome, bool]:
    x = np.random.default_rng(0).integers(0, 1000, (3, 4, 32)).astype(np.uint32)
    y = np.zeros((3, 32), np.uint32)
    outcome = launch(clustered(body, 4), "k", 12, 32, [x, y], options=Options(order=order))
    return outcome, np.array_equal(y, x[:, 1:].sum(1))


@orders
def test_words_sent_to_another_workgroup(order):
    assembled(clustered(SENT, 4))
    outcome, right = send(SENT, order)
    assert not outcome.findings and right, outcome.findings


@pytest.mark.parametrize(
    ("old", "new", "kinds_of"),
    [
        ("    @!%p4 bra receive;\n", "", "uninitialised race"),
        ("    barrier.cluster.wait.acquire.aligned;\n", "", "mbarrier race"),
        ("arrive.release.cluster.shared", "arrive.relaxed.cluster.shared", "race"),
        ("b64 [full], 96", "b64 [full], 64", "race uninitialised mbarrier"),
        ("b64 [full], 96", "b64 [full], 128", "deadlock"),
        ("    mapa.shared::cluster.u32 %r10, %r9, 0;\n", "    mov.u32 %r10, %r9;\n", "mbarrier"),
        ("u32 %r6, %r5, 0", "u32 %r6, %r5, 4", "out-of-bounds"),
        ("done:\n    barrier.cluster.arrive.aligned;\n", "done:\n", "divergence"),
    ],
)  # fmt: skip
def test_what_is_broken_is_found(old, new, kinds_of):
    assert old in SENT
    found = set()
    for order in WARP_ORDERS:
        found |= kinds(send(SENT.replace(old, new), order)[0].findings)
    assert found & set(kinds_of.split()), found


# Each of two workgroups brings half of a tile, for both of them.
MULTICAST = """
    setp.ne.u32 %p1, %r0, 0;
    @!%p1 mbarrier.init.shared.b64 [full], 1;
    @!%p1 mbarrier.arrive.expect_tx.shared.b64 %d9, [full], 256;
    fence.mbarrier_init.release.cluster;
    fence.proxy.async;
    barrier.cluster.arrive.aligned;
    barrier.cluster.wait.aligned;
    mov.u32 %r1, %cluster_ctarank;
    shl.b32 %r2, %r1, 7;
    mov.u32 %r3, buffer;
    add.u32 %r4, %r3, %r2;
    cvt.u64.u32 %d2, %r2;
    add.u64 %d3, %d0, %d2;
    mov.b16 %h0, 3;
    @!%p1 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster
        [%r4], [%d3], 128, [full], %h0;
wait:
    mbarrier.try_wait.parity.shared.b64 %p2, [full], 0;
    @!%p2 bra wait;
    shl.b32 %r5, %r0, 2;
    add.u32 %r6, %r3, %r5;
    ld.shared.b32 %r7, [%r6];
    mov.u32 %r20, %ctaid.x;
    mad.lo.u32 %r8, %r20, 64, %r0;
    mul.wide.u32 %d4, %r8, 4;
    add.u64 %d5, %d1, %d4;
    st.global.b32 [%d5], %r7;
    barrier.cluster.arrive.aligned;
    barrier.cluster.wait.aligned;
"""


@orders
def test_copies_to_several_workgroups(order):
    text = clustered(MULTICAST)
    assembled(text)
    x, y = np.arange(64, dtype=np.uint32), np.zeros((2, 64), np.uint32)
    outcome = launch(text, "k", 2, 64, [x, y], options=Options(order=order))
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(y, [x, x])


@pytest.mark.parametrize(
    ("old", "new", "kinds_of"),
    [
        ("mov.b16 %h0, 3", "mov.b16 %h0, 1", "deadlock"),
        ("mov.b16 %h0, 3", "mov.b16 %h0, 7", "out-of-bounds"),
        ("barrier.cluster.wait.aligned;\n    mov", "mov", "mbarrier race"),
    ],
)  # fmt: skip
def test_broken_copies_to_several_are_found(old, new, kinds_of):
    assert old in MULTICAST
    found = set()
    for order in WARP_ORDERS:
        x, y = np.arange(64, dtype=np.uint32), np.zeros((2, 64), np.uint32)
        text = clustered(MULTICAST.replace(old, new))
        found |= kinds(launch(text, "k", 2, 64, [x, y], options=Options(order=order)).findings)
    assert found & set(kinds_of.split()), found


def test_other_copies_between_workgroups_are_errors():
    line = "cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes"
    x = np.zeros(4, np.uint32)
    with pytest.raises(EmulationError, match="unknown instruction"):
        launch(clustered(f"{line} [buffer], [buffer], 16, [full];"), "k", 2, 32, [x, x.copy()])


@orders
@pytest.mark.parametrize("columns", [1, 900, 1024])
@pytest.mark.parametrize("size", [2, 4])
def test_rows_that_triton_spreads_over_a_cluster(size, columns, order):
    outcome, error = triton_softmax(size, columns, order, lambda text: text)
    assert not outcome.findings, outcome.findings
    assert error < 2e-7


def test_barriers_of_tritons_clusters_that_are_dropped():
    """Each of them is found: also the last, after which a workgroup may end."""
    pytest.importorskip("triton", reason="Triton is not installed")
    pattern = r"\tbarrier\.cluster\.arrive\.aligned;\s+barrier\.cluster\.wait\.aligned;\n"
    for which in range(4):

        def change(text: str, which: int = which) -> str:
            places = list(re.finditer(pattern, text))
            assert len(places) == 4
            return text[: places[which].start()] + text[places[which].end() :]

        found = set()
        for order in WARP_ORDERS:
            found |= kinds(triton_softmax(2, 1000, order, change)[0].findings)
        assert "race" in found


def triton_softmax(size: int, columns: int, order: Any, change: Any) -> tuple[Outcome, float]:
    pytest.importorskip("triton", reason="Triton is not installed")
    import triton_kernels as kernels
    from triton_compile import compiled
    from triton_runner import execute

    types = "*fp32:16 *fp32:16 i32"
    made = compiled(kernels.softmax, types, "sm_90", num_ctas=size, BLOCK=1024)
    x = np.random.default_rng(0).standard_normal((5, columns)).astype(np.float32)
    y = np.zeros_like(x)
    changed = replace(made, code=change(made.code.decode()).encode())
    outcome = execute(changed, 5 * size, [x, y, columns], Options(order=order))
    powers = np.exp(x.astype(np.float64) - x.max(1, keepdims=True))
    return outcome, float(np.abs(y - powers / powers.sum(1, keepdims=True)).max())
