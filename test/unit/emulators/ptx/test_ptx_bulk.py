"""Copies of ranges in bulk: `cp.async.bulk` and `cp.reduce.async.bulk`, by hand, against NumPy."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from ptx_runner import assembled, kernel, kinds, launch

from clawc.emulators.interface import WARP_ORDERS, EmulationError, Options

SHARED = """    .shared .align 128 .b8 buffer[2048];
    .shared .align 8 .b64 full;"""
TILE = 1024  # bytes, two stages of it
LOAD = "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes"
STORE = "cp.async.bulk.global.shared::cta.bulk_group"
# One thread brings TILES tiles into two stages; 64 threads add 1 to each word where it is; another
# thread copies them out.  Every wait that is needed is there.
PIPELINE = f"""
    .shared .align 8 .b64 fulls[2];
    mov.u32 %r20, fulls;
    mov.u32 %r22, buffer;
    setp.ne.u32 %p1, %r0, 0;
    @%p1 bra ready;
    mbarrier.init.shared.b64 [fulls], 1;
    mbarrier.init.shared.b64 [fulls+8], 1;
    fence.proxy.async;
ready:
    bar.sync 0;
    mov.u32 %r1, 0;
    mov.u32 %r2, 0;
    mov.u32 %r3, 0;
next:
    shl.b32 %r4, %r2, 3;
    add.u32 %r5, %r20, %r4;
    shl.b32 %r6, %r2, 10;
    add.u32 %r7, %r22, %r6;
    shl.b32 %r8, %r1, 10;
    cvt.u64.u32 %d2, %r8;
    @%p1 bra consume;
    cp.async.bulk.wait_group.read 1;
    add.u64 %d3, %d0, %d2;
    mbarrier.arrive.expect_tx.shared.b64 %d4, [%r5], {TILE};
    {LOAD} [%r7], [%d3], {TILE}, [%r5];
consume:
    mbarrier.try_wait.parity.shared.b64 %p3, [%r5], %r3;
    @!%p3 bra consume;
    shl.b32 %r9, %r0, 4;
    add.u32 %r10, %r7, %r9;
    ld.shared.v4.b32 {{%r11, %r12, %r13, %r14}}, [%r10];
    add.u32 %r11, %r11, 1;
    add.u32 %r12, %r12, 1;
    add.u32 %r13, %r13, 1;
    add.u32 %r14, %r14, 1;
    st.shared.v4.b32 [%r10], {{%r11, %r12, %r13, %r14}};
    fence.proxy.async.shared::cta;
    bar.sync 0;
    @%p1 bra done;
    add.u64 %d5, %d1, %d2;
    {STORE} [%d5], [%r7], {TILE};
    cp.async.bulk.commit_group;
done:
    add.u32 %r1, %r1, 1;
    xor.b32 %r2, %r2, 1;
    setp.eq.u32 %p4, %r2, 0;
    @%p4 xor.b32 %r3, %r3, 1;
    setp.lt.u32 %p5, %r1, TILES;
    @%p5 bra next;
    @!%p1 cp.async.bulk.wait_group 0;
"""


def pipeline(body: str = PIPELINE, tiles: int = 5, order: Any = "lockstep", check: bool = True):
    x = np.random.default_rng(tiles).integers(0, 1 << 30, tiles * TILE // 4).astype(np.uint32)
    y = np.zeros_like(x)
    text = kernel(body.replace("TILES", str(tiles)), shared=SHARED)
    options = Options(order=order, check=check)
    return launch(text, "k", 1, 64, [x, y], options=options), y, x + 1


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("tiles", [1, 2, 5])
def test_a_pipeline_in_and_out(tiles, order, check):
    outcome, found, expected = pipeline(tiles=tiles, order=order, check=check)
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(found, expected)


def test_the_assembler_takes_it():
    assembled(kernel(PIPELINE.replace("TILES", "5"), shared=SHARED))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("@!%p3 bra consume;", "", "uninitialised race"),
        ("cp.async.bulk.wait_group.read 1;", "", "race"),
        ("cp.async.bulk.wait_group.read 1;", "cp.async.bulk.wait_group.read 2;", "race"),
        ("    @!%p1 cp.async.bulk.wait_group 0;", "", "unfinished"),
        ("cp.async.bulk.commit_group;", "", "unfinished"),
        ("fence.proxy.async.shared::cta;\n    bar.sync 0;", "bar.sync 0;", "race"),
        ("fence.proxy.async.shared::cta;\n    bar.sync 0;", "fence.proxy.async;", "race"),
        ("shl.b32 %r6, %r2, 10;", "mov.u32 %r6, 0;", "race"),
        (f"%d4, [%r5], {TILE};", f"%d4, [%r5], {TILE - 16};", "deadlock uninitialised"),
        ("mbarrier.init.shared.b64 [fulls], 1;", "", "mbarrier"),
        ("[%r7], [%d3], 1024", "[%r7], [%d3+8], 1024", "misaligned"),
        ("[%r7], [%d3], 1024", "[%r7], [%d3], 1000", "misaligned"),
        ("[%r7], [%d3], 1024", "[%r7], [%d3+16], 1024", "out-of-bounds"),
        ("[%r7], [%d3], 1024", "[%r7+16], [%d3], 1024", "mbarrier"),
        ("[%d5], [%r7], 1024", "[%d5+16], [%r7], 1024", "out-of-bounds"),
        ("[%d5], [%r7], 1024", "[%d5], [%r7+16], 1024", "race out-of-bounds"),
    ],
)  # fmt: skip
def test_what_is_broken_is_found(old, new, expected):
    assert old in PIPELINE
    found = set()
    for order in WARP_ORDERS:
        found |= kinds(pipeline(PIPELINE.replace(old, new), order=order)[0].findings)
    assert found & set(expected.split()), found


def test_late_copies_give_wrong_numbers_without_checks():
    """What does not wait works with what was there before."""
    start, end = PIPELINE.index("    mbarrier.try_wait"), PIPELINE.index("    shl.b32 %r9")
    _, found, expected = pipeline(PIPELINE[:start] + PIPELINE[end:], check=False)
    assert (found != expected).any()
    body = PIPELINE.replace("cp.async.bulk.wait_group.read 1;", "")
    _, found, expected = pipeline(body, check=False)
    assert (found != expected).any()


def test_the_ends_of_a_copy_of_nothing():
    """0 bytes are copied, and the phase is complete."""
    body = f"""
    setp.ne.u32 %p1, %r0, 0;
    @%p1 bra done;
    mbarrier.init.shared.b64 [full], 1;
    fence.proxy.async;
    mbarrier.arrive.expect_tx.shared.b64 %d4, [full], 0;
    {LOAD} [buffer], [%d0], 0, [full];
    {STORE} [%d1], [buffer], 0;
    cp.async.bulk.commit_group;
    cp.async.bulk.wait_group 0;
wait:
    mbarrier.try_wait.parity.shared.b64 %p3, [full], 0;
    @!%p3 bra wait;
done:
"""
    text = kernel(body, shared=SHARED)
    assembled(text)
    y = np.arange(4, dtype=np.uint32)
    assert not launch(text, "k", 1, 32, [np.ones_like(y), y]).findings
    np.testing.assert_array_equal(y, np.arange(4))


REDUCE = """
    shl.b32 %r1, %r0, 4;
    cvt.u64.u32 %d2, %r1;
    add.u64 %d3, %d0, %d2;
    ld.global.v4.b32 {%r2, %r3, %r4, %r5}, [%d3];
    mov.u32 %r6, buffer;
    add.u32 %r6, %r6, %r1;
    st.shared.v4.b32 [%r6], {%r2, %r3, %r4, %r5};
    fence.proxy.async.shared::cta;
    bar.sync 0;
    setp.ne.u32 %p1, %r0, 0;
    @%p1 bra done;
    cp.reduce.async.bulk.global.shared::cta.bulk_group.KIND [%d1], [buffer], 512;
    cp.async.bulk.commit_group;
    cp.async.bulk.wait_group 0;
done:
"""
COMPUTED: dict[str, Any] = {
    **{"add": np.add, "min": np.fmin, "max": np.fmax},
    **{"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor},
    "inc": lambda old, top: np.where(old >= top, 0, old + 1),
    "dec": lambda old, top: np.where((old == 0) | (old > top), top, old - 1),
}
NUMPY: dict[str, Any] = {
    **{"u32": np.uint32, "s32": np.int32, "u64": np.uint64, "s64": np.int64, "b32": np.uint32},
    **{"b64": np.uint64, "f16": np.float16, "f32": np.float32, "f64": np.float64},
    "bf16": ml_dtypes.bfloat16,
}
REDUCTIONS = (
    "add.u32 add.s32 add.u64 add.f32 add.f64 add.noftz.f16 add.noftz.bf16 min.u32 min.s32 min.u64 "
    "min.s64 min.f16 min.bf16 max.s32 max.u64 max.s64 max.f16 max.bf16 inc.u32 dec.u32 and.b32 "
    "or.b64 xor.b32"
).split()


@pytest.mark.parametrize("kind", REDUCTIONS)
def test_reductions(kind):
    name, *_, type_ = kind.split(".")
    dtype = np.dtype(NUMPY[type_])
    rng = np.random.default_rng(0)
    count = 512 // dtype.itemsize
    if dtype.kind in "iu":
        x, y = (rng.integers(0, 1 << 30, count).astype(dtype) for _ in range(2))
        x -= dtype.type(0 if dtype.kind == "u" else 1 << 29)
    else:
        x, y = (rng.standard_normal(count).astype(dtype) for _ in range(2))
        x[::7], y[::5] = -0.0, 0.0
    expected = np.asarray(COMPUTED[name](y, x)).astype(dtype)
    text = kernel(REDUCE.replace("KIND", kind), shared=SHARED)
    assembled(text)
    outcome = launch(text, "k", 1, 32, [x, y])
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize(("own", "expected"), [("0", set()), ("%r20", {"race"})])
def test_workgroups_copy_to_one_place(own, expected):
    """It is a race if they bring different values."""
    body = f"""
    mov.u32 %r20, %ctaid.x;
    st.shared.b32 [buffer], {own};
    st.shared.b32 [buffer+4], 1;
    st.shared.b64 [buffer+8], 0;
    fence.proxy.async;
    {STORE} [%d0], [buffer], 16;
    cp.async.bulk.commit_group;
    cp.async.bulk.wait_group 0;
"""
    x = np.full(4, 9, np.uint32)
    outcome = launch(kernel(body, 1, shared=SHARED), "k", 3, 1, [x])
    assert kinds(outcome.findings) == expected


def test_workgroups_reduce_into_one_place():
    x, y = np.arange(128, dtype=np.uint32), np.full(128, 7, np.uint32)
    outcome = launch(kernel(REDUCE.replace("KIND", "add.u32"), shared=SHARED), "k", 9, 32, [x, y])
    assert not outcome.findings, outcome.findings
    np.testing.assert_array_equal(y, 7 + 9 * np.arange(128))


OUT = "global.shared::cta.bulk_group"


@pytest.mark.parametrize(
    "line",
    [
        f"cp.reduce.async.bulk.{OUT}.add.f16 [%d1], [buffer], 16;",
        f"cp.reduce.async.bulk.{OUT}.inc.s32 [%d1], [buffer], 16;",
        f"cp.reduce.async.bulk.{OUT}.min.f32 [%d1], [buffer], 16;",
        "cp.async.bulk.global.shared::cta.mbarrier::complete_tx::bytes [%d1], [buffer], 8, [full];",
        "cp.async.bulk.shared::cluster.global.bulk_group [buffer], [%d0], 16;",
        "cp.async.bulk.global.global.bulk_group [%d1], [%d0], 16;",
        "cp.async.bulk.wait_group.write 0;",
        f"cp.async.bulk.{OUT}.L2::cache_hint [%d1], [buffer], 16;",
        f"cp.async.bulk.tensor.6d.{OUT} [%d1, {{0, 0, 0, 0, 0, 0}}], [buffer];",
        "cp.async.bulk.tensor.2d.global.shared::cta.im2col.bulk_group [%d1, {0, 0}], [buffer];",
        f"cp.async.bulk.tensor.2d.{OUT} [%d1, {{0}}], [buffer];",
    ],
)
def test_what_is_no_such_instruction_is_an_error_that_names_it(line):
    x = np.zeros(4, np.uint32)
    with pytest.raises(EmulationError, match=line.split()[0].replace(".", r"\.")):
        launch(kernel(line, shared=SHARED), "k", 1, 32, [x, x.copy()])


def test_hints_and_prefetches_change_nothing():
    body = f"""
    setp.ne.u32 %p1, %r0, 0;
    @%p1 bra done;
    createpolicy.fractional.L2::evict_first.b64 %d9, 1.0;
    mbarrier.init.shared.b64 [full], 1;
    fence.proxy.async;
    cp.async.bulk.prefetch.L2.global [%d0], 64;
    mbarrier.arrive.expect_tx.shared.b64 %d4, [full], 64;
    {LOAD}.L2::cache_hint [buffer], [%d0], 64, [full], %d9;
wait:
    mbarrier.try_wait.parity.shared.b64 %p3, [full], 0;
    @!%p3 bra wait;
    {STORE}.L2::cache_hint [%d1], [buffer], 64, %d9;
    cp.async.bulk.commit_group;
    cp.async.bulk.wait_group 0;
done:
"""
    text = kernel(body, shared=SHARED)
    assembled(text)
    x, y = np.arange(16, dtype=np.uint32), np.zeros(16, np.uint32)
    assert not launch(text, "k", 1, 32, [x, y]).findings
    np.testing.assert_array_equal(x, y)
