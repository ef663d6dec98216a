"""CDNA 4: products of small floats with scales, and loads that turn a matrix, against NumPy."""

import itertools

import ml_dtypes
import numpy as np
import pytest
from gcn_runner import compiled, launch

RNG = np.random.default_rng(7)
LANES = 64
TYPES = {  # by the number that the instruction has for them
    0: ml_dtypes.float8_e4m3fn,
    1: ml_dtypes.float8_e5m2,
    2: ml_dtypes.float6_e2m3fn,
    3: ml_dtypes.float6_e3m2fn,
    4: ml_dtypes.float4_e2m1fn,
}
WIDTH = {0: 8, 1: 8, 2: 6, 3: 6, 4: 4}


def random(rows: int, k: int, type_: int) -> np.ndarray:
    return (RNG.standard_normal((rows, k)) * 2).astype(np.float32).astype(TYPES[type_])


def packed(matrix: np.ndarray, type_: int) -> np.ndarray:
    """What each lane holds: 32 elements along k of a row, or 16 of either half; [lanes, words]."""
    rows, k = matrix.shape
    bits = np.unpackbits(matrix.view(np.uint8)[..., None], axis=-1, bitorder="little")
    held = np.zeros((LANES, 32 * WIDTH[type_]), np.uint8)
    for lane in range(LANES):
        row, group = lane % rows, lane // rows
        along = np.arange(32) + 32 * group
        if WIDTH[type_] == 8:
            along = np.concatenate((np.arange(16), np.arange(16) + k // 2)) + 16 * group
        held[lane] = bits[row, along, : WIDTH[type_]].reshape(-1)
    return np.packbits(held, axis=-1, bitorder="little").view(np.uint32)


def product(m: int, k: int, types: tuple[int, int], chosen: tuple[int, int]) -> str:
    """D = A B + C with scales; the bytes `chosen` of their registers."""
    words = [WIDTH[type_] for type_ in types]
    count = m * m // LANES
    name = f"llvm.amdgcn.mfma.scale.f32.{m}x{m}x{k}.f8f6f4"
    name += "".join(f".v{n}i32" for n in words)
    loads = "".join(
        f"""  %q{x} = getelementptr <{n} x i32>, ptr addrspace(1) %p{x}, i32 %t
  %w{x} = mul i32 %t, {4 * n}
  %e{x} = getelementptr i8, ptr addrspace(1) %p{x}, i32 %w{x}
  %{x} = load <{n} x i32>, ptr addrspace(1) %e{x}, align 4
"""
        for x, n in zip("ab", words, strict=True)
    )
    vector = f"<{count} x float>"
    return f"""
declare i32 @llvm.amdgcn.workitem.id.x()
declare {vector} @{name}(<{words[0]} x i32>, <{words[1]} x i32>, {vector}, i32 immarg, i32 immarg,
  i32 immarg, i32, i32 immarg, i32)
define amdgpu_kernel void @k(ptr addrspace(1) %pa, ptr addrspace(1) %pb, ptr addrspace(1) %ps,
    ptr addrspace(1) %pd) #0 {{
  %t = call i32 @llvm.amdgcn.workitem.id.x()
{loads}
  %es = getelementptr <2 x i32>, ptr addrspace(1) %ps, i32 %t
  %s = load <2 x i32>, ptr addrspace(1) %es
  %sa = extractelement <2 x i32> %s, i32 0
  %sb = extractelement <2 x i32> %s, i32 1
  %qd = getelementptr {vector}, ptr addrspace(1) %pd, i32 %t
  %c = load {vector}, ptr addrspace(1) %qd
  %d = call {vector} @{name}(<{words[0]} x i32> %a, <{words[1]} x i32> %b, {vector} %c,
    i32 {types[0]}, i32 {types[1]}, i32 {chosen[0]}, i32 %sa, i32 {chosen[1]}, i32 %sb)
  store {vector} %d, ptr addrspace(1) %qd
  ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="64,64" }}
"""


def places(m: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of each register of C in each lane, [lanes, registers]."""
    lane, register = np.arange(LANES)[:, None], np.arange(m * m // LANES)
    row = register // 4 * (4 * LANES // m) + lane // m * 4 + register % 4
    return row, np.broadcast_to(lane % m, row.shape)


@pytest.mark.parametrize("types", list(itertools.product(TYPES, repeat=2)))
@pytest.mark.parametrize(("m", "k"), [(16, 128), (32, 64)])
def test_scaled_products(m, k, types):
    a, b = (random(m, k, type_) for type_ in types)
    c = RNG.standard_normal((m, m)).astype(np.float32)
    row, column = places(m)
    chosen = (types[0] % 4, types[1] % 3)
    scales = RNG.integers(120, 135, (LANES, 2, 4), np.uint8)
    held = np.ascontiguousarray(c[row, column])
    arguments = [packed(a, types[0]), packed(b, types[1]), scales.view(np.uint32), held]
    data = compiled(product(m, k, types, chosen), "gfx950")
    outcome = launch(data, "gfx950", arguments)
    assert not outcome.findings, outcome.findings
    wide = []
    for side, matrix in enumerate((a, b)):
        values = matrix.astype(np.float64).reshape(m, k // 32, 32)
        power = scales[:, side, chosen[side]].astype(int) - 127
        values = np.ldexp(values, power.reshape(k // 32, m).T[..., None])
        wide.append(values.reshape(m, k))
    total = wide[0] @ wide[1].T + c  # exact: few bits, of exponents that lie close together
    np.testing.assert_array_equal(held, total.astype(np.float32)[row, column])


def test_scale_that_is_nan():
    """Code 255; of the lane's row alone."""
    a, b = random(16, 128, 4), random(16, 128, 4)
    scales = np.full((LANES, 2, 4), 127, np.uint8)
    scales[3, 0, 0] = 255
    held = np.zeros((LANES, 4), np.float32)
    data = compiled(product(16, 128, (4, 4), (0, 0)), "gfx950")
    assert not launch(
        data, "gfx950", [packed(a, 4), packed(b, 4), scales.view(np.uint32), held]
    ).findings
    row, _ = places(16)
    np.testing.assert_array_equal(np.isnan(held), row == 3)


LOADS = {  # the intrinsic, bits of an element, what a lane gets
    16: ("llvm.amdgcn.ds.read.tr16.b64.v4i16", "<4 x i16>"),
    8: ("llvm.amdgcn.ds.read.tr8.b64.v2i32", "<2 x i32>"),
    6: ("llvm.amdgcn.ds.read.tr6.b96.v3i32", "<3 x i32>"),
    4: ("llvm.amdgcn.ds.read.tr4.b64.v2i32", "<2 x i32>"),
}


def turning(bits: int) -> str:
    name, type_ = LOADS[bits]
    size = 12 if bits == 6 else 8
    return f"""
declare i32 @llvm.amdgcn.workitem.id.x()
declare {type_} @{name}(ptr addrspace(3))
@shared = internal addrspace(3) global [1024 x i8] poison, align 16
define amdgpu_kernel void @k(ptr addrspace(1) %p, ptr addrspace(1) %q, i32 %few) #0 {{
  %t = call i32 @llvm.amdgcn.workitem.id.x()
  %from = mul i32 %t, {size}
  %to = mul i32 %t, 16
  %a = getelementptr i8, ptr addrspace(1) %p, i32 %from
  %x = load {type_}, ptr addrspace(1) %a, align 4
  %s = getelementptr i8, ptr addrspace(3) @shared, i32 %to
  store {type_} %x, ptr addrspace(3) %s, align 4
  %c = icmp ult i32 %t, %few
  br i1 %c, label %some, label %end
some:
  %y = call {type_} @{name}(ptr addrspace(3) %s)
  %b = getelementptr i8, ptr addrspace(1) %q, i32 %from
  store {type_} %y, ptr addrspace(1) %b, align 4
  br label %end
end:
  ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="64,64" }}
"""


@pytest.mark.parametrize("bits", LOADS)
def test_loads_that_turn(bits):
    size = 12 if bits == 6 else 8
    source = RNG.integers(0, 256, (LANES, size), np.uint8)
    out = np.zeros_like(source)
    data = compiled(turning(bits), "gfx950")
    assert not launch(data, "gfx950", [source, out, LANES]).findings
    elements = np.unpackbits(source, axis=1, bitorder="little").reshape(4, -1, bits)
    found = np.unpackbits(out, axis=1, bitorder="little").reshape(4, 16, -1, bits)
    rows = 8 * size // bits
    for group, lane, row in itertools.product(range(4), range(16), range(rows)):
        want = elements[group, row * 16 + lane]
        np.testing.assert_array_equal(found[group, lane, row], want)


def test_loads_that_turn_need_all_lanes():
    source = np.zeros((LANES, 8), np.uint8)
    data = compiled(turning(16), "gfx950")
    assert not launch(data, "gfx950", [source, source.copy(), 32]).findings
    (found,) = launch(data, "gfx950", [source, source.copy(), 40]).findings
    assert found.kind == "divergence" and found.threads[0] == (0, 32)
