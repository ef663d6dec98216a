"""Atomics, flat and buffer accesses and scratch of AMD's chips: LLVM IR against NumPy."""

import numpy as np
import pytest
from gcn_accesses import HEAD, element
from gcn_runner import THREADS, compiled, launch

from clawc.emulators.gcn.machine import CHIPS

RNG = np.random.default_rng(3)

BARRIER = """  fence syncscope("workgroup") release
  call void @llvm.amdgcn.s.barrier()
  fence syncscope("workgroup") acquire
"""


def run(chip, body, arrays):
    """A kernel on %p0, %p1, ...; %t is the thread, @shared 512 bytes of LDS."""
    arguments = ", ".join(f"ptr addrspace(1) %p{i}" for i in range(len(arrays)))
    text = f"""{HEAD}
define amdgpu_kernel void @k({arguments}) #0 {{
  %t = call i32 @llvm.amdgcn.workitem.id.x()
{body}
  ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="{THREADS},{THREADS}" }}
!0 = !{{}}
"""
    outcome = launch(compiled(text, chip), chip, arrays)
    assert not outcome.findings, outcome.findings


def signed(x, bits):
    return x - (1 << bits) if x >> (bits - 1) & 1 else x


UPDATES = {
    "add": lambda old, x, bits: old + x,
    "sub": lambda old, x, bits: old - x,
    "and": lambda old, x, bits: old & x,
    "or": lambda old, x, bits: old | x,
    "xor": lambda old, x, bits: old ^ x,
    "umin": lambda old, x, bits: min(old, x),
    "umax": lambda old, x, bits: max(old, x),
    "min": lambda old, x, bits: min(old, x, key=lambda n: signed(n, bits)),
    "max": lambda old, x, bits: max(old, x, key=lambda n: signed(n, bits)),
    "xchg": lambda old, x, bits: x,
    "uinc_wrap": lambda old, x, bits: 0 if old >= x else old + 1,
    "udec_wrap": lambda old, x, bits: x if old == 0 or old > x else old - 1,
}


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("place", ["global", "flat", "shared"])
@pytest.mark.parametrize("bits", [32, 64])
def test_integer_atomics(chip, place, bits):
    """All operations in one kernel, each on 7 places that 64 lanes share: the old values that the
    lanes get, and what is left, are those of some order."""
    type_ = f"i{bits}"
    body = element("px", "p0", type_) + f"  %x = load {type_}, ptr addrspace(1) %px\n"
    body += "  %k = urem i32 %t, 7\n"
    for n, name in enumerate(UPDATES):
        body += f"  %i{n} = add i32 %k, {7 * n}\n" + element(f"g{n}", "p1", type_, f"%i{n}")
        pointer = f"ptr addrspace(1) %g{n}"
        if place == "flat":
            body += f"  %f{n} = addrspacecast ptr addrspace(1) %g{n} to ptr\n"
            pointer = f"ptr %f{n}"
        elif place == "shared":
            # The first lanes bring the values; all of the wave (or both waves) use them then.
            body += f"  %v{n} = load {type_}, ptr addrspace(1) %g{n}\n"
            body += f"  %s{n} = getelementptr i64, ptr addrspace(3) @shared, i32 %k\n"
            body += f"  store {type_} %v{n}, ptr addrspace(3) %s{n}\n"
            body += BARRIER
            pointer = f"ptr addrspace(3) %s{n}"
        body += f'  %o{n} = atomicrmw {name} {pointer}, {type_} %x syncscope("agent") monotonic\n'
        body += f"  %j{n} = add i32 %t, {THREADS * n}\n" + element(f"q{n}", "p2", type_, f"%j{n}")
        body += f"  store {type_} %o{n}, ptr addrspace(1) %q{n}\n"
        if place == "shared":
            body += BARRIER
            body += f"  %w{n} = load {type_}, ptr addrspace(3) %s{n}\n"
            body += f"  store {type_} %w{n}, ptr addrspace(1) %g{n}\n"
            body += BARRIER
    dtype = np.dtype(f"u{bits // 8}")
    x = RNG.integers(0, 1 << bits, THREADS, dtype=dtype)
    x[::5] = 3
    before = RNG.integers(0, 1 << bits, 7 * len(UPDATES), dtype=dtype)
    after, olds = before.copy(), np.zeros(THREADS * len(UPDATES), dtype)
    run(chip, body, [x, after, olds])
    for n, (name, update) in enumerate(UPDATES.items()):
        for k in range(7):
            lanes = range(k, THREADS, 7)
            value = int(before[7 * n + k])
            found = [int(olds[THREADS * n + lane]) for lane in lanes]
            left = list(lanes)
            while left:  # follow the chain: somebody found what is there now
                at = next(i for i in left if found[(i - k) // 7] == value)
                left.remove(at)
                value = update(value, int(x[at]), bits) & (1 << bits) - 1
            assert int(after[7 * n + k]) == value, (name, k)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("place", ["global", "shared"])
def test_compare_and_swap(chip, place):
    """Exactly one lane of those with the same place wins."""
    body = "  %k = urem i32 %t, 5\n" + element("g", "p0", "i32", "%k")
    pointer = "ptr addrspace(1) %g"
    if place == "shared":
        body += "  %s = getelementptr i32, ptr addrspace(3) @shared, i32 %k\n"
        body += "  store i32 100, ptr addrspace(3) %s\n" + BARRIER
        pointer = "ptr addrspace(3) %s"
    body += f'  %c = cmpxchg {pointer}, i32 100, i32 %t syncscope("agent") monotonic monotonic\n'
    body += "  %o = extractvalue { i32, i1 } %c, 0\n" + element("q", "p1")
    body += "  store i32 %o, ptr addrspace(1) %q\n"
    places, olds = np.full(5, 100, np.int32), np.zeros(THREADS, np.int32)
    run(chip, body, [places, olds])
    for k in range(5):
        mine = olds[k::5]
        assert (mine == 100).sum() == 1
        winner = k + 5 * int(np.flatnonzero(mine == 100)[0])
        assert set(mine) == {100, winner} and (place == "shared" or places[k] == winner)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type_, dtype", [("float", np.float32), ("double", np.float64)])
@pytest.mark.parametrize("name", ["fadd", "fmin", "fmax"])
def test_float_atomics(chip, type_, dtype, name):
    """Halves of small integers, whose sums are exact in any order."""
    body = element("px", "p0", type_) + f"  %x = load {type_}, ptr addrspace(1) %px\n"
    body += "  %k = urem i32 %t, 3\n" + element("g", "p1", type_, "%k")
    body += f'  %o = atomicrmw {name} ptr addrspace(1) %g, {type_} %x syncscope("agent") monotonic'
    body += ", !amdgpu.no.fine.grained.memory !0, !amdgpu.no.remote.memory !0\n"
    x = (RNG.integers(-40, 40, THREADS) / 2).astype(dtype)
    places = np.array([0.5, -100, 100], dtype)
    want = [
        {"fadd": places[k] + x[k::3].sum(), "fmin": min(places[k], x[k::3].min())}.get(
            name, max(places[k], x[k::3].max())
        )
        for k in range(3)
    ]
    run(chip, body, [x, places])
    np.testing.assert_array_equal(places, np.array(want, dtype))


@pytest.mark.parametrize("chip", CHIPS)
def test_buffers_check_their_range(chip):
    """What a descriptor's range does not cover reads 0 and is not written, without a finding."""
    flags = {"gfx9": 0x27000, "gfx10": 0x31014000, "gfx11": 0x31004000, "gfx12": 0x31004000}
    word = next(value for name, value in flags.items() if chip.startswith(name))
    body = "".join(
        f"  %b{n} = call ptr addrspace(8) @llvm.amdgcn.make.buffer.rsrc.p8.p1("
        f"ptr addrspace(1) %p{n}, i16 0, i64 148, i32 {word})\n"
        for n in range(2)
    )
    body += """  %at = mul i32 %t, 4
  %v = call i32 @llvm.amdgcn.raw.ptr.buffer.load.i32(ptr addrspace(8) %b0, i32 %at, i32 0, i32 0)
  %w = add i32 %v, 1000
  call void @llvm.amdgcn.raw.ptr.buffer.store.i32(
    i32 %w, ptr addrspace(8) %b1, i32 %at, i32 0, i32 0)
  %four = mul i32 %t, 16
  %x = call <4 x i32> @llvm.amdgcn.raw.ptr.buffer.load.v4i32(
    ptr addrspace(8) %b0, i32 %four, i32 4, i32 0)
"""
    body += element("q", "p2", "<4 x i32>") + "  store <4 x i32> %x, ptr addrspace(1) %q\n"
    source = np.arange(37, dtype=np.int32) + 1  # 148 bytes
    stored, four = np.full(80, -1, np.int32), np.zeros((THREADS, 4), np.int32)
    run(chip, body, [source, stored, four])
    want = np.full(80, -1)
    want[:37] = source + 1000
    np.testing.assert_array_equal(stored, want)
    padded = np.zeros(4 * THREADS + 1, np.int32)
    padded[:37] = source
    np.testing.assert_array_equal(four.reshape(-1), padded[1:])


@pytest.mark.parametrize("chip", CHIPS)
def test_buffer_atomics(chip):
    word = {"gfx9": 0x27000, "gfx10": 0x31014000, "gfx11": 0x31004000, "gfx12": 0x31004000}
    flags = next(value for name, value in word.items() if chip.startswith(name))
    body = f"""  %b = call ptr addrspace(8) @llvm.amdgcn.make.buffer.rsrc.p8.p1(
    ptr addrspace(1) %p0, i16 0, i64 8, i32 {flags})
  %k = urem i32 %t, 3
  %at = mul i32 %k, 4
  %o = call i32 @llvm.amdgcn.raw.ptr.buffer.atomic.add.i32(
    i32 %t, ptr addrspace(8) %b, i32 %at, i32 0, i32 0)
"""
    places = np.array([5, 6, 7], np.int32)  # the third is out of the descriptor's range
    run(chip, body, [places])
    lanes = np.arange(THREADS)
    np.testing.assert_array_equal(places, [5 + lanes[::3].sum(), 6 + lanes[1::3].sum(), 7])


@pytest.mark.parametrize("chip", CHIPS)
def test_flat_reaches_every_memory(chip):
    """One pointer, of which each lane's is to global memory, to LDS or to scratch."""
    body = """  %own = alloca [4 x i32], addrspace(5)
  %m = add i32 %t, 3000
  store volatile i32 %m, ptr addrspace(5) %own
  %slot = getelementptr i64, ptr addrspace(3) @shared, i32 %t
  %l = add i32 %t, 2000
  store i32 %l, ptr addrspace(3) %slot
"""
    body += (
        element("g", "p0")
        + """  %fp = addrspacecast ptr addrspace(5) %own to ptr
  %fl = addrspacecast ptr addrspace(3) %slot to ptr
  %fg = addrspacecast ptr addrspace(1) %g to ptr
  %r = urem i32 %t, 3
  %is0 = icmp eq i32 %r, 0
  %is1 = icmp eq i32 %r, 1
  %a = select i1 %is1, ptr %fl, ptr %fp
  %b = select i1 %is0, ptr %fg, ptr %a
  %v = load volatile i32, ptr %b
"""
    )
    body += element("q", "p1") + "  store i32 %v, ptr addrspace(1) %q\n"
    source, found = np.arange(THREADS, dtype=np.int32) + 1000, np.zeros(THREADS, np.int32)
    run(chip, body, [source, found])
    lane = np.arange(THREADS)
    np.testing.assert_array_equal(found, lane + 1000 * (1 + lane % 3))


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type_", ["i32", "i64"])
def test_a_loop_of_compare_and_swap_may_begin_with_a_scalar_load(chip, type_):
    """As LLVM writes a subtraction where memory might be fine-grained; waves race for the place."""
    body = f'  %o = atomicrmw sub ptr addrspace(1) %p0, {type_} 3 syncscope("agent") monotonic\n'
    place = np.array([1000], type_.replace("i", "int"))
    data = compiled(
        f"""declare i32 @llvm.amdgcn.workitem.id.x()
define amdgpu_kernel void @k(ptr addrspace(1) noalias %p0) {{
{body}  ret void
}}""",
        chip,
    )
    outcome = launch(data, chip, [place], grid=3, threads=256)
    assert not outcome.findings and place[0] == 1000 - 3 * 3 * 256
