"""Scratch that nobody wrote, and stores that a barrier does not wait for: from LLVM IR."""

import numpy as np
import pytest
from gcn_assembly import overwritten
from gcn_runner import compiled, launch

from clawc.emulators.gcn.machine import CHIPS
from clawc.emulators.interface import WARP_ORDERS, Options

RDNA = [chip for chip in CHIPS if chip.startswith("gfx1")]
THREADS = 256
HEAD = f"""
declare i32 @llvm.amdgcn.workitem.id.x()
declare void @llvm.amdgcn.s.barrier()
attributes #0 = {{ "amdgpu-flat-work-group-size"="{THREADS},{THREADS}" }}
"""
SCRATCH = """
define amdgpu_kernel void @k(ptr addrspace(1) %p, i32 %off) #0 {
  %t = call i32 @llvm.amdgcn.workitem.id.x()
  %own = alloca [8 x TYPE], align 4, addrspace(5)
  %i = and i32 %t, 3
  %a = getelementptr TYPE, ptr addrspace(5) %own, i32 %i
  %x = CAST i32 %t to TYPE
  store volatile TYPE %x, ptr addrspace(5) %a
  %j = add i32 %i, %off
  %b = getelementptr TYPE, ptr addrspace(5) %own, i32 %j
  %v = load volatile TYPE, ptr addrspace(5) %b
  %c = getelementptr TYPE, ptr addrspace(1) %p, i32 %t
  store TYPE %v, ptr addrspace(1) %c
  ret void
}
"""
# In halves of a workgroup whose other half wrote, through global memory.
EXCHANGE = """
define amdgpu_kernel void @k(ptr addrspace(1) %p, ptr addrspace(1) %q) #0 {
  %t = call i32 @llvm.amdgcn.workitem.id.x()
  %a = getelementptr i32, ptr addrspace(1) %p, i32 %t
  store i32 %t, ptr addrspace(1) %a
  fence syncscope("workgroup") release
  call void @llvm.amdgcn.s.barrier()
  fence syncscope("workgroup") acquire
  %r = sub i32 255, %t
  %b = getelementptr i32, ptr addrspace(1) %p, i32 %r
  %v = load i32, ptr addrspace(1) %b
  %c = getelementptr i32, ptr addrspace(1) %q, i32 %t
  store i32 %v, ptr addrspace(1) %c
  ret void
}
"""


@pytest.mark.parametrize(
    "type_, cast, size", [("i8", "trunc", 1), ("i16", "trunc", 2), ("i128", "zext", 16)]
)
@pytest.mark.parametrize("chip", CHIPS)
def test_scratch(chip, type_, cast, size):
    """Its own element each thread may read, the element beside it nobody wrote."""
    data = compiled(HEAD + SCRATCH.replace("CAST", cast).replace("TYPE", type_), chip)
    out = np.zeros(THREADS * size, np.uint8)
    outcome = launch(data, chip, [out, 0], threads=THREADS)
    assert not outcome.findings
    low = out.reshape(THREADS, -1)[:, 0]
    np.testing.assert_array_equal(low, np.arange(THREADS, dtype=np.uint8))
    outcome = launch(data, chip, [out, 1], threads=THREADS)
    assert {one.kind for one in outcome.findings} == {"uninitialised"}
    assert "store" in outcome.findings[0].instruction


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("chip", CHIPS)
def test_stores_before_a_barrier(chip, order):
    data = compiled(HEAD + EXCHANGE, chip)
    out = [np.zeros(THREADS, np.int32), np.zeros(THREADS, np.int32)]
    outcome = launch(data, chip, out, threads=THREADS, options=Options(order=order))
    assert not outcome.findings
    np.testing.assert_array_equal(out[1], THREADS - 1 - np.arange(THREADS))


@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("chip", RDNA)
def test_stores_that_are_not_waited_for(chip, order):
    """A workgroup's waves run on two compute units here, of which each has its cache."""
    wait = "s_wait_storecnt" if chip.startswith("gfx12") else "s_waitcnt_vscnt"
    data = overwritten(compiled(HEAD + EXCHANGE, chip), chip, wait)
    out = [np.zeros(THREADS, np.int32), np.zeros(THREADS, np.int32)]
    outcome = launch(data, chip, out, threads=THREADS, options=Options(order=order))
    assert {one.kind for one in outcome.findings} == {"race"}
    assert "no wait for that before the barrier" in outcome.findings[0].message


@pytest.mark.parametrize("chip", RDNA)
def test_one_compute_unit_needs_no_wait(chip):
    wait = "s_wait_storecnt" if chip.startswith("gfx12") else "s_waitcnt_vscnt"
    mode = (
        '"amdgpu-flat-work-group-size"',
        '"target-features"="+cumode" "amdgpu-flat-work-group-size"',
    )
    data = overwritten(compiled((HEAD + EXCHANGE).replace(*mode), chip), chip, wait)
    out = [np.zeros(THREADS, np.int32), np.zeros(THREADS, np.int32)]
    assert not launch(data, chip, out, threads=THREADS).findings
