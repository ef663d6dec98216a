"""The emulated AMD chips: lanes that exchange values, carries, packed and matrix operations."""

import numpy as np
import pytest
from gcn_runner import THREADS, compiled, compute, launch

from clawc.emulators.gcn.machine import CHIPS

LANES = {chip: 32 if chip.startswith("gfx1") else 64 for chip in CHIPS}


def numbers(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**31, THREADS, np.int32)


def moved(chip: str, control: int, bound: bool = True) -> np.ndarray:
    """What `v_mov_b32_dpp` with this control gives for the lane's own number plus 1."""
    head = "declare i32 @llvm.amdgcn.update.dpp.i32(i32, i32, i32, i32, i32, i1)"
    flag = "true" if bound else "false"
    body = f"""  %r = call i32 @llvm.amdgcn.update.dpp.i32(i32 1000, i32 %a, i32 {control}, i32 15,
         i32 15, i1 {flag})"""
    return compute(chip, body, [np.arange(1, THREADS + 1, dtype=np.int32)], "i32", head)


@pytest.mark.parametrize("chip", CHIPS)
def test_dpp(chip):
    lane = np.arange(THREADS)
    row, place = lane & ~15, lane & 15
    np.testing.assert_array_equal(moved(chip, 0xB1), (lane ^ 1) + 1)  # quad_perm [1,0,3,2]
    np.testing.assert_array_equal(moved(chip, 0x140), row + 15 - place + 1)
    np.testing.assert_array_equal(moved(chip, 0x141), (lane ^ 7) + 1)
    np.testing.assert_array_equal(moved(chip, 0x123), row + (place - 3) % 16 + 1)
    np.testing.assert_array_equal(moved(chip, 0x112), np.where(place >= 2, lane - 1, 0))
    old = moved(chip, 0x112, bound=False)
    np.testing.assert_array_equal(old, np.where(place >= 2, lane - 1, 1000))
    np.testing.assert_array_equal(moved(chip, 0x101), np.where(place < 15, lane + 2, 0))


def test_dpp_of_each_generation():
    lane = np.arange(THREADS)
    np.testing.assert_array_equal(moved("gfx1100", 0x165), (lane ^ 5) + 1)  # row_xmask
    np.testing.assert_array_equal(moved("gfx1100", 0x153), (lane & ~15) + 3 + 1)  # row_share
    before = np.where(lane >= 16, lane & ~15, 1000)
    np.testing.assert_array_equal(moved("gfx942", 0x142, bound=False), before)  # row_bcast15
    upper = np.where(lane >= 32, 32, 1000)
    np.testing.assert_array_equal(moved("gfx942", 0x143, bound=False), upper)  # row_bcast31


@pytest.mark.parametrize("chip", CHIPS)
def test_swizzles_and_permutations(chip):
    a = numbers()
    lane = np.arange(THREADS)
    head = "declare i32 @llvm.amdgcn.ds.swizzle(i32, i32)"
    for xor in (1, 16):
        body = f"  %r = call i32 @llvm.amdgcn.ds.swizzle(i32 %a, i32 {xor << 10 | 31})"
        np.testing.assert_array_equal(compute(chip, body, [a], "i32", head), a[lane ^ xor])
    head = "declare i32 @llvm.amdgcn.ds.bpermute(i32, i32)"
    pick = np.random.default_rng(2).integers(0, LANES[chip], THREADS, np.int32)
    body = "  %i = shl i32 %b, 2\n  %r = call i32 @llvm.amdgcn.ds.bpermute(i32 %i, i32 %a)"
    got = compute(chip, body, [a, pick], "i32", head)
    np.testing.assert_array_equal(got, a[lane // LANES[chip] * LANES[chip] + pick])


@pytest.mark.parametrize("other", ["permlane16", "permlanex16"])
def test_permutations_of_rows(other):
    """With literal selectors, which name lane 15 - i."""
    a, lane = numbers(), np.arange(THREADS)
    name = f"llvm.amdgcn.{other}.i32"
    head = f"declare i32 @{name}(i32, i32, i32, i32, i1, i1)"
    low, high = 0x89ABCDEF - (1 << 32), 0x01234567
    body = f"""  %r = call i32 @{name}(i32 0, i32 %a, i32 {low}, i32 {high}, i1 true, i1 false)"""
    source = (lane & ~15 | 15 - (lane & 15)) ^ (16 if other == "permlanex16" else 0)
    np.testing.assert_array_equal(compute("gfx1100", body, [a], "i32", head), a[source])


@pytest.mark.parametrize("chip", CHIPS)
def test_single_lanes(chip):
    a = numbers()
    lanes = LANES[chip]
    first = np.repeat(a[::lanes], lanes)
    head = "declare i32 @llvm.amdgcn.readfirstlane.i32(i32)"
    body = "  %r = call i32 @llvm.amdgcn.readfirstlane.i32(i32 %a)"
    np.testing.assert_array_equal(compute(chip, body, [a], "i32", head), first)
    head = "declare i32 @llvm.amdgcn.readlane.i32(i32, i32)"
    body = "  %r = call i32 @llvm.amdgcn.readlane.i32(i32 %a, i32 5)"
    np.testing.assert_array_equal(
        compute(chip, body, [a], "i32", head), np.repeat(a[5::lanes], lanes)
    )
    head = """declare i32 @llvm.amdgcn.mbcnt.lo(i32, i32)
declare i32 @llvm.amdgcn.mbcnt.hi(i32, i32)"""
    body = """  %l = call i32 @llvm.amdgcn.mbcnt.lo(i32 -1, i32 0)
  %h = call i32 @llvm.amdgcn.mbcnt.hi(i32 -1, i32 %l)
  %r = add i32 %h, %a"""
    got = compute(chip, body, [a], "i32", head)
    np.testing.assert_array_equal(got, a + np.arange(THREADS) % lanes)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("signed", [True, False])
def test_wide_products(chip, signed):
    """`v_mad_u64_u32` and carries, through products of 128 bits."""
    a, b = (np.random.default_rng(k).integers(-(2**63), 2**63, THREADS, np.int64) for k in (3, 4))
    extend = "sext" if signed else "zext"
    body = f"""  %wa = {extend} i64 %a to i128
  %wb = {extend} i64 %b to i128
  %p = mul i128 %wa, %wb
  %s = lshr i128 %p, 64
  %r = trunc i128 %s to i64"""
    wide = [x if signed else x.view(np.uint64) for x in (a, b)]
    want = [int(x) * int(y) >> 64 & (1 << 64) - 1 for x, y in zip(*wide, strict=True)]
    got = compute(chip, body, [a, b], "i64").view(np.uint64)
    np.testing.assert_array_equal(got, np.array(want, np.uint64))


@pytest.mark.parametrize("chip", CHIPS)
def test_packed_halves(chip):
    rng = np.random.default_rng(7)
    a, b, c = (rng.standard_normal(2 * THREADS).astype(np.float16) for _ in range(3))
    head = "declare <2 x half> @llvm.fma.v2f16(<2 x half>, <2 x half>, <2 x half>)"
    body = """  %va = bitcast i32 %a to <2 x half>
  %vb = bitcast i32 %b to <2 x half>
  %vc = bitcast i32 %c to <2 x half>
  %f = call <2 x half> @llvm.fma.v2f16(<2 x half> %va, <2 x half> %vb, <2 x half> %vc)
  %s = shufflevector <2 x half> %f, <2 x half> poison, <2 x i32> <i32 1, i32 0>
  %p = fadd <2 x half> %s, %va
  %r = bitcast <2 x half> %p to i32"""
    words = [x.view(np.int32) for x in (a, b, c)]
    got = compute(chip, body, words, "i32", head).view(np.float16)
    fused = (a.astype(np.float64) * b.astype(np.float64) + c.astype(np.float64)).astype(np.float16)
    np.testing.assert_array_equal(got, fused.reshape(-1, 2)[:, ::-1].ravel() + a)


MFMA = [(16, 16, "f16"), (32, 8, "f16")]


@pytest.mark.parametrize(("size", "depth", "type"), MFMA)
def test_mfma(size, depth, type):
    """A lane holds 4 elements along k of a row of A and of a column of B."""
    rng = np.random.default_rng(size)
    a, b = (rng.integers(-8, 8, (size, depth)).astype(np.float16) for _ in range(2))
    count = size * size // 64
    name = f"llvm.amdgcn.mfma.f32.{size}x{size}x{depth}{type}"
    accumulator = f"<{count} x float>"
    text = f"""
declare i32 @llvm.amdgcn.workitem.id.x()
declare {accumulator} @{name}(<4 x half>, <4 x half>, {accumulator}, i32, i32, i32)
define amdgpu_kernel void @k(ptr addrspace(1) %pa, ptr addrspace(1) %pb, ptr addrspace(1) %pr) #0 {{
  %t = call i32 @llvm.amdgcn.workitem.id.x()
  %qa = getelementptr <4 x half>, ptr addrspace(1) %pa, i32 %t
  %qb = getelementptr <4 x half>, ptr addrspace(1) %pb, i32 %t
  %a = load <4 x half>, ptr addrspace(1) %qa
  %b = load <4 x half>, ptr addrspace(1) %qb
  %d = call {accumulator} @{name}(<4 x half> %a, <4 x half> %b, {accumulator} zeroinitializer,
       i32 0, i32 0, i32 0)
  %qr = getelementptr {accumulator}, ptr addrspace(1) %pr, i32 %t
  store {accumulator} %d, ptr addrspace(1) %qr
  ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="64,64" }}
"""
    lane = np.arange(64)
    k = lane[:, None] // size * 4 + np.arange(4)
    held = [np.ascontiguousarray(x[lane[:, None] % size, k]) for x in (a, b)]
    got = np.zeros((64, count), np.float32)
    outcome = launch(compiled(text, "gfx942"), "gfx942", [*held, got])
    assert not outcome.findings
    assert outcome.counts.matrix_flop == 2 * size * size * depth
    register = np.arange(count)
    rows = register // 4 * (256 // size) + 4 * (lane[:, None] // size) + register % 4
    want = a.astype(np.float32) @ b.astype(np.float32).T
    np.testing.assert_array_equal(got, want[rows, lane[:, None] % size])
