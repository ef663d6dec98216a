"""What single generations of CDNA have alone, from LLVM IR, against NumPy."""

import ml_dtypes
import numpy as np
import pytest
from gcn_runner import THREADS, compute

from clawc.emulators.gcn.generations import generation

SPECIAL = [0.0, -0.0, 1.0, -1.5, np.inf, -np.inf, np.nan, 1e-40, 3.4e38, 1.00390625, 1.01171875]


def floats(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    plain = rng.standard_normal(THREADS).astype(np.float32)
    plain[: len(SPECIAL)] = rng.permutation(np.array(SPECIAL, np.float32))
    return plain


def integers(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-(2**31), 2**31, THREADS, np.int32)


@pytest.mark.parametrize("chip", ["gfx906", "gfx942", "gfx950"])
def test_to_bfloat(chip):
    """One instruction on gfx950; integers elsewhere, of which NaN is asked nothing here."""
    a = floats(0)
    body = """  %h = fptrunc float %a to bfloat
  %i = bitcast bfloat %h to i16
  %r = zext i16 %i to i32"""
    got = compute(chip, body, [a], "i32").astype(np.uint16).view(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(a))
    want = a.astype(ml_dtypes.bfloat16)
    known = ~np.isnan(a)
    np.testing.assert_array_equal(got[known].view(np.uint16), want[known].view(np.uint16))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_three_way_extremes_of_gfx950(name):
    a, b, c = (floats(seed) for seed in range(3))
    head = f"declare float @llvm.{name}.f32(float, float)"
    body = f"""  %m = call float @llvm.{name}.f32(float %a, float %b)
  %r = call float @llvm.{name}.f32(float %m, float %c)"""
    of_two = getattr(np, name)  # NumPy's hands NaN on, too
    np.testing.assert_array_equal(
        compute("gfx950", body, [a, b, c], "float", head), of_two(of_two(a, b), c)
    )


def test_functions_of_three_bits_of_gfx950():
    a, b, c = (integers(seed) for seed in range(3))
    cases = {
        "  %m = and i32 %a, %b\n  %r = xor i32 %m, %c": a & b ^ c,
        "  %m = or i32 %a, %b\n  %n = xor i32 %m, -1\n  %r = and i32 %n, %c": ~(a | b) & c,
        "  %m = xor i32 %a, %b\n  %n = xor i32 %m, %c\n  %r = or i32 %n, %a": a ^ b ^ c | a,
    }
    for body, want in cases.items():
        np.testing.assert_array_equal(compute("gfx950", body, [a, b, c], "i32"), want)


@pytest.mark.parametrize("distance", [16, 32])
def test_swaps_of_lanes_of_gfx950(distance):
    """The upper half of the first changes places with the lower half of the second."""
    a, b, lane = integers(1), integers(2), np.arange(THREADS)
    name = f"llvm.amdgcn.permlane{distance}.swap"
    head = f"declare {{ i32, i32 }} @{name}(i32, i32, i1, i1)"
    upper = lane & distance != 0
    want = np.where(upper, b[lane ^ distance], a), np.where(upper, b, a[lane ^ distance])
    for k in range(2):
        body = f"""  %p = call {{ i32, i32 }} @{name}(i32 %a, i32 %b, i1 false, i1 false)
  %r = extractvalue {{ i32, i32 }} %p, {k}"""
        np.testing.assert_array_equal(compute("gfx950", body, [a, b], "i32", head), want[k])


def test_multiply_add_that_flushes():
    """`v_mad_f32` of GCN 5 to CDNA 2: each step rounded, denormals zero."""
    a, b, c = (floats(seed) for seed in range(3, 6))
    head = "declare float @llvm.amdgcn.fmad.ftz.f32(float, float, float)"
    body = "  %r = call float @llvm.amdgcn.fmad.ftz.f32(float %a, float %b, float %c)"

    def flushed(x: np.ndarray) -> np.ndarray:
        return np.where(np.abs(x) < np.finfo(np.float32).tiny, x * np.float32(0), x)

    with np.errstate(all="ignore"):
        want = flushed(flushed(flushed(a) * flushed(b)) + flushed(c))
    np.testing.assert_array_equal(compute("gfx906", body, [a, b, c], "float", head), want)


def test_opcodes_that_a_generation_lacks():
    """A generation's table holds no instruction of a later one."""
    lacking = {
        "gfx906": ("VOP3P", "v_accvgpr_read_b32"),
        "gfx908": ("VOP3P", "v_pk_fma_f32"),
        "gfx90a": ("VOP1", "v_mov_b64"),
        "gfx942": ("VOP3", "v_bitop3_b32"),
        "gfx950": ("VOP3P", "v_mfma_f32_16x16x8_xf32"),
    }
    order = list(lacking)
    for number, (chip, (format, name)) in enumerate(lacking.items()):
        other = order[number - 1] if chip == "gfx950" else order[number + 1]
        assert name not in generation(chip).opcodes[format].values()
        assert name in generation(other).opcodes[format].values()
