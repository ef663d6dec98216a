"""Functions that are called within a code object: LLVM IR on every chip, against Python."""

import math
import shutil
import subprocess

import numpy as np
import pytest
from gcn_assembly import ASSEMBLER, assembled
from gcn_runner import launch, object_of

from clawc.emulators.gcn.machine import CHIPS
from clawc.emulators.interface import WARP_ORDERS, EmulationError, Options

THREADS = 256
LINKER = shutil.which("ld.lld-22")
pytestmark = pytest.mark.skipif(LINKER is None, reason="needs ld.lld-22")
TEXT = f"""
declare i32 @llvm.amdgcn.workitem.id.x()
@table = internal addrspace(4) constant [4 x ptr]
  [ptr @triple, ptr @scratch, ptr @product, ptr @more]

define internal i32 @triple(i32 %x) #1 {{
  %r = mul i32 %x, 3
  ret i32 %r
}}

define internal i32 @scratch(i32 %x) #1 {{
  %own = alloca [4 x i32], addrspace(5)
  %i = and i32 %x, 3
  %p = getelementptr i32, ptr addrspace(5) %own, i32 %i
  store volatile i32 %x, ptr addrspace(5) %p
  %y = load volatile i32, ptr addrspace(5) %p
  %r = add i32 %y, 1000
  ret i32 %r
}}

define internal i32 @product(i32 %n) #1 {{
  %end = icmp ule i32 %n, 1
  br i1 %end, label %done, label %next
next:
  %m = sub i32 %n, 1
  %a = call i32 @product(i32 %m)
  %r = mul i32 %a, %n
  ret i32 %r
done:
  ret i32 1
}}

define internal i32 @more(i32 %x) #1 {{
  %a = call i32 @many({", ".join(f"i32 {n}" for n in range(40))}, i32 %x)
  ret i32 %a
}}

define internal i32 @many({", ".join(f"i32 %x{n}" for n in range(41))}) #1 {{
  %a = mul i32 %x40, %x39
  %r = add i32 %a, %x35
  ret i32 %r
}}

define amdgpu_kernel void @k(ptr addrspace(1) %p, ptr addrspace(1) %q) #0 {{
  %t = call i32 @llvm.amdgcn.workitem.id.x()
  %e = getelementptr i32, ptr addrspace(1) %q, i32 %t
  %i = load i32, ptr addrspace(1) %e
  %s = getelementptr ptr, ptr addrspace(4) @table, i32 %i
  %f = load ptr, ptr addrspace(4) %s
  %x = and i32 %t, 7
  %v = call i32 %f(i32 %x)
  %d = call i32 @product(i32 5)
  %w = add i32 %v, %d
  %c = getelementptr i32, ptr addrspace(1) %p, i32 %t
  store i32 %w, ptr addrspace(1) %c
  ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="{THREADS},{THREADS}" }}
attributes #1 = {{ noinline }}
"""


def linked(text: str, chip: str, directory) -> bytes:
    """By LLVM's linker: the table of functions needs relocations of the loader."""
    before, after = directory / "k.o", directory / "k.hsaco"
    before.write_bytes(object_of(text, chip))
    subprocess.run([str(LINKER), "-shared", before, "-o", after], check=True)
    return after.read_bytes()


def wanted(which: int, x: int) -> int:
    return (3 * x, x + 1000, math.factorial(x), x * 39 + 35)[which] + math.factorial(5)


@pytest.mark.parametrize("chip", CHIPS)
def test_through_a_table(chip, tmp_path):
    """Lanes and waves call different functions; one calls itself; one has arguments on the
    stack."""
    data = linked(TEXT, chip, tmp_path)
    rng = np.random.default_rng(5)
    of_lane = rng.integers(0, 4, THREADS, np.int32)
    of_wave = np.repeat(np.arange(8, dtype=np.int32) % 4, THREADS // 8)
    for which in (of_lane, of_wave):
        for order in WARP_ORDERS:
            out = np.zeros(THREADS, np.int32)
            options = Options(order=order)
            outcome = launch(data, chip, [out, which], threads=THREADS, options=options)
            assert not outcome.findings, outcome.findings
            want = [wanted(int(k), t & 7) for t, k in enumerate(which)]
            np.testing.assert_array_equal(out, want)


BY_OFFSET = """  s_load_dwordx2 s[40:41], s[0:1], 0
  v_lshlrev_b32 v1, 2, v0
  s_branch start
f:
  v_add_u32 v4, v4, v5
  s_setpc_b64 s[30:31]
start:
  v_mov_b32 v4, 1
  v_mov_b32 v5, 20
  s_call_b64 s[30:31], f
  s_call_b64 s[30:31], f
  s_waitcnt lgkmcnt(0)
  global_store_dword v1, v4, s[40:41]"""


@pytest.mark.skipif(ASSEMBLER is None, reason="needs llvm-mc-22")
def test_by_an_offset():
    """`s_call_b64`, which LLVM does not write."""
    out = np.zeros(64, np.int32)
    assert not launch(assembled("gfx942", BY_OFFSET), "gfx942", [out]).findings
    np.testing.assert_array_equal(out, 41)


@pytest.mark.skipif(ASSEMBLER is None, reason="needs llvm-mc-22")
def test_to_nowhere():
    """An address that nobody wrote."""
    code = BY_OFFSET.replace("  s_call_b64 s[30:31], f\n", "  s_setpc_b64 s[44:45]\n", 1)
    with pytest.raises(EmulationError, match="s_setpc_b64.* leads to .*, where no code is"):
        launch(assembled("gfx942", code), "gfx942", [np.zeros(64, np.int32)])
