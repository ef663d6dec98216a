"""Kernels that give up: LLVM's `trap` and `debugtrap` on every chip."""

import numpy as np
import pytest
from gcn_runner import compiled, launch

from clawc.emulators.gcn.machine import CHIPS
from clawc.emulators.interface import WARP_ORDERS, Options

THREADS, FIRST = 256, 201
TEXT = f"""
declare i32 @llvm.amdgcn.workitem.id.x()
declare void @llvm.amdgcn.s.barrier()
declare void @llvm.trap()
declare void @llvm.debugtrap()
define amdgpu_kernel void @k(ptr addrspace(1) %p) #0 {{
  %t = call i32 @llvm.amdgcn.workitem.id.x()
  %c = icmp uge i32 %t, {FIRST}
  br i1 %c, label %bad, label %good
bad:
  call void @llvm.TRAP()
  END
good:
  call void @llvm.amdgcn.s.barrier()
  %a = getelementptr i32, ptr addrspace(1) %p, i32 %t
  store i32 %t, ptr addrspace(1) %a
  ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="{THREADS},{THREADS}" }}
"""


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("order", WARP_ORDERS)
@pytest.mark.parametrize("chip", CHIPS)
def test_trap(chip, order, check):
    data = compiled(TEXT.replace("TRAP", "trap").replace("END", "unreachable"), chip)
    out = np.zeros(THREADS, np.int32)
    options = Options(order=order, check=check)
    (found,) = launch(data, chip, [out], threads=THREADS, options=options).findings
    assert found.kind == "trap" and found.instruction.startswith("s_trap")
    first = found.threads[0][1]  # of the wave that comes there first
    assert first in (FIRST, 224)
    assert found.threads == tuple((0, first + n) for n in range(4))


@pytest.mark.parametrize("chip", CHIPS)
def test_breakpoint(chip):
    data = compiled(TEXT.replace("TRAP", "debugtrap").replace("END", "br label %good"), chip)
    out = np.zeros(THREADS, np.int32)
    assert not launch(data, chip, [out], threads=THREADS).findings
    np.testing.assert_array_equal(out, np.arange(THREADS))
