"""What `--stats` counts of atomics, flat and buffer accesses, loads into LDS and scratch."""

import numpy as np
import pytest
from gcn_accesses import HEAD, element
from gcn_runner import THREADS, compiled, launch

from clawc.emulators.gcn.machine import CHIPS
from clawc.emulators.interface import Options

WORDS = {"gfx9": 0x27000, "gfx10": 0x31014000, "gfx11": 0x31004000, "gfx12": 0x31004000}
SECTOR = 32


def counted(chip, body, arrays):
    """Bytes, transactions and the fewest that would do, by what is accessed."""
    arguments = ", ".join(f"ptr addrspace(1) %p{i}" for i in range(len(arrays)))
    text = f"""{HEAD}
@wide = internal addrspace(3) global [4096 x i8] poison, align 16
define amdgpu_kernel void @k({arguments}) #0 {{
  %t = call i32 @llvm.amdgcn.workitem.id.x()
{body}
  ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="{THREADS},{THREADS}" }}
"""
    outcome = launch(compiled(text, chip), chip, arrays, options=Options(count=True))
    assert not outcome.findings, outcome.findings
    counts = outcome.counts
    taken, fewest = counts.transactions, counts.ideal_transactions
    return {what: (size, taken[what], fewest[what]) for what, size in counts.memory_bytes.items()}


@pytest.mark.parametrize("chip", CHIPS)
def test_atomics(chip):
    """An atomic counts as a write of what its lanes change; here two lanes share a place."""
    body = "  %k = lshr i32 %t, 1\n" + element("g", "p0", "i32", "%k")
    body += '  %o = atomicrmw add ptr addrspace(1) %g, i32 %t syncscope("agent") monotonic\n'
    found = counted(chip, body, [np.zeros(THREADS // 2, np.int32)])
    touched = THREADS // 2 * 4 // SECTOR
    assert found == {"global write": (4 * THREADS, touched, touched)}


@pytest.mark.parametrize("chip", CHIPS)
def test_flat(chip):
    """Lanes by turns to global memory and to LDS: each counts where it is."""
    body = """  %slot = getelementptr i64, ptr addrspace(3) @shared, i32 %t
  store i32 %t, ptr addrspace(3) %slot
"""
    body += element("g", "p0")
    body += """  %fl = addrspacecast ptr addrspace(3) %slot to ptr
  %fg = addrspacecast ptr addrspace(1) %g to ptr
  %bit = and i32 %t, 1
  %odd = icmp eq i32 %bit, 1
  %f = select i1 %odd, ptr %fl, ptr %fg
  %v = load volatile i32, ptr %f
"""
    body += element("q", "p1") + "  store i32 %v, ptr addrspace(1) %q\n"
    found = counted(chip, body, [np.zeros(THREADS, np.int32) for _ in range(2)])
    sectors = 4 * THREADS // SECTOR
    assert found["global read"] == (2 * THREADS, sectors, sectors // 2)
    assert found["shared read"][0] == 2 * THREADS
    # 8 bytes a lane: two of 32 lanes on a bank, of all that store and of every second that loads
    assert found["shared write"] == (4 * THREADS, 2 * THREADS // 32, THREADS // 32)
    assert found["shared read"][1:] == (2 * THREADS // 32, THREADS // 32)
    assert found["global write"] == (4 * THREADS, sectors, sectors)


@pytest.mark.parametrize("chip", CHIPS)
def test_buffers(chip):
    """What the descriptor's range leaves out is not asked for."""
    flags = next(value for name, value in WORDS.items() if chip.startswith(name))
    body = f"""  %b = call ptr addrspace(8) @llvm.amdgcn.make.buffer.rsrc.p8.p1(
    ptr addrspace(1) %p0, i16 0, i64 128, i32 {flags})
  %at = mul i32 %t, 8
  %v = call i32 @llvm.amdgcn.raw.ptr.buffer.load.i32(ptr addrspace(8) %b, i32 %at, i32 0, i32 0)
"""
    body += element("q", "p1") + "  store i32 %v, ptr addrspace(1) %q\n"
    found = counted(chip, body, [np.zeros(2 * THREADS, np.int32), np.zeros(THREADS, np.int32)])
    assert found["global read"] == (16 * 4, 4, 2)  # 16 lanes, every second word


@pytest.mark.parametrize("chip", CHIPS)
def test_scratch(chip):
    """A thread's own memory is not counted."""
    body = """  %own = alloca [4 x i32], addrspace(5)
  store volatile i32 %t, ptr addrspace(5) %own
  %v = load volatile i32, ptr addrspace(5) %own
"""
    body += element("q", "p0") + "  store i32 %v, ptr addrspace(1) %q\n"
    assert counted(chip, body, [np.zeros(THREADS, np.int32)]).keys() == {"global write"}


@pytest.mark.parametrize("chip", ["gfx942", "gfx950", "gfx1100"])
@pytest.mark.parametrize(("bytes_", "stride", "taken"), [(16, 16, 8), (16, 32, 16), (8, 8, 4)])
def test_wide_accesses_to_lds(chip, bytes_, stride, taken):
    """Accesses of 8 and 16 bytes are served for some lanes at a time; by 32 banks."""
    vector = f"<{bytes_ // 4} x i32>"
    body = f"""  %i = mul i32 %t, {stride}
  %s = getelementptr i8, ptr addrspace(3) @wide, i32 %i
  store volatile {vector} zeroinitializer, ptr addrspace(3) %s, align 16
"""
    found = counted(chip, body, [])
    assert found["shared write"] == (bytes_ * THREADS, taken, THREADS * bytes_ // 128)
