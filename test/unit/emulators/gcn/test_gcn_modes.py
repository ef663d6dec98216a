"""Modes of rounding and of denormals: LLVM IR for each generation, against fractions and NumPy."""

from fractions import Fraction

import numpy as np
import pytest
from gcn_assembly import ASSEMBLER, assembled
from gcn_runner import THREADS, compiled, launch

from clawc.emulators.gcn.generations import GENERATIONS
from clawc.emulators.interface import EmulationError, Options

CHIPS = [row.chips[0] for row in GENERATIONS]
RNG = np.random.default_rng(11)
TO_ZERO, NEAREST, UP, DOWN = range(4)  # as `llvm.set.rounding` counts them
# By type: bits of the significand, the least exponent of a normal number, the greatest.
FORMATS = {"half": (11, -14, 15), "float": (24, -126, 127), "double": (53, -1022, 1023)}
DTYPES = {"half": np.float16, "float": np.float32, "double": np.float64}
SUFFIX = {"half": "f16", "float": "f32", "double": "f64"}
DYNAMIC = 'metadata !"round.dynamic", metadata !"fpexcept.ignore"'


def rounded(x: Fraction, type_: str, how: int) -> float:
    """The number of that type that IEEE 754 has for x, which is not 0."""
    digits, least, greatest = FORMATS[type_]
    size = x.numerator.bit_length() - x.denominator.bit_length()
    exponent = max(least, size - 1)
    while abs(x) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    unit = Fraction(2) ** (exponent - digits + 1)
    steps = abs(x) / unit
    below = steps.numerator // steps.denominator
    rest = steps - below
    away = {TO_ZERO: False, UP: x > 0, DOWN: x < 0}.get(how, rest > Fraction(1, 2))
    if how == NEAREST and rest == Fraction(1, 2):
        away = below % 2 == 1
    size = (below + (away and rest > 0)) * unit
    if size >= Fraction(2) ** (greatest + 1):
        inward = how == TO_ZERO or how == (DOWN if x > 0 else UP)
        largest = (2 - Fraction(2) ** (1 - digits)) * Fraction(2) ** greatest
        size = largest if inward else float("inf")
    return float(size) if x > 0 else -float(size)


def numbers(type_: str, seed: int) -> np.ndarray:
    """Of all sizes, some denormal, some near the largest."""
    rng = np.random.default_rng(seed)
    _, least, greatest = FORMATS[type_]
    scale = rng.integers(least - 8, greatest + 1, THREADS)
    scale[::3] = rng.integers(-2, 3, len(scale[::3]))
    signed = np.ldexp(rng.uniform(-2, 2, THREADS), np.minimum(scale, greatest - 1))
    return signed.astype(DTYPES[type_])


def kernel(body: str, sources: list[str], result: str, attributes: str = "", head: str = "") -> str:
    names = "abc"[: len(sources)]
    arguments = ", ".join(f"ptr addrspace(1) noalias %p{n}" for n in (*names, "r"))
    loads = "\n".join(
        f"  %q{n} = getelementptr {type_}, ptr addrspace(1) %p{n}, i32 %t\n"
        f"  %{n} = load {type_}, ptr addrspace(1) %q{n}"
        for n, type_ in zip(names, sources, strict=True)
    )
    return f"""
declare i32 @llvm.amdgcn.workitem.id.x()
declare i32 @llvm.amdgcn.readfirstlane.i32(i32)
declare void @llvm.set.rounding(i32)
{head}
define amdgpu_kernel void @k({arguments}, i32 %m) #0 {{
  %t = call i32 @llvm.amdgcn.workitem.id.x()
{loads}
{body}
  %qr = getelementptr {result}, ptr addrspace(1) %pr, i32 %t
  store {result} %r, ptr addrspace(1) %qr
  ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="64,1024" {attributes} }}
"""


OPERATIONS = {
    "fadd": (2, lambda a, b: a + b),
    "fmul": (2, lambda a, b: a * b),
    "fma": (3, lambda a, b, c: a * b + c),
}


@pytest.mark.parametrize("type_", FORMATS)
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("chip", CHIPS)
def test_rounding(chip, name, type_):
    """The mode is an argument of the kernel, and to nearest again before it ends."""
    count, exactly = OPERATIONS[name]
    intrinsic = f"@llvm.experimental.constrained.{name}.{SUFFIX[type_]}"
    operands = ", ".join(f"{type_} %{n}" for n in "abc"[:count])
    body = f"""  call void @llvm.set.rounding(i32 %m)
  %r = call {type_} {intrinsic}({operands}, {DYNAMIC})
  call void @llvm.set.rounding(i32 1)"""
    head = f"declare {type_} {intrinsic}({', '.join([type_] * count)}, metadata, metadata)"
    data = compiled(kernel(body, [type_] * count, type_, "strictfp", head), chip)
    sources = [numbers(type_, seed) for seed in range(count)]
    if name == "fadd":
        sources[1][:4] = -sources[0][:4]  # exact zeros
    for how in range(4):
        out = np.zeros(THREADS, DTYPES[type_])
        outcome = launch(data, chip, [*sources, out, how])
        assert not outcome.findings, outcome.findings
        exact = [exactly(*map(Fraction, map(float, row))) for row in zip(*sources, strict=True)]
        zero = -0.0 if how == DOWN else 0.0
        want = [rounded(x, type_, how) if x else zero for x in exact]
        np.testing.assert_array_equal(out, np.array(want).astype(DTYPES[type_]))
        signs = [i for i, x in enumerate(exact) if x or name == "fadd"]
        np.testing.assert_array_equal(np.signbit(out)[signs], np.signbit(want)[signs])


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize(("wide", "narrow"), [("double", "float"), ("float", "half")])
def test_rounding_of_conversions(chip, wide, narrow):
    intrinsic = f"@llvm.experimental.constrained.fptrunc.{SUFFIX[narrow]}.{SUFFIX[wide]}"
    body = f"""  call void @llvm.set.rounding(i32 %m)
  %r = call {narrow} {intrinsic}({wide} %a, {DYNAMIC})"""
    head = f"declare {narrow} {intrinsic}({wide}, metadata, metadata)"
    data = compiled(kernel(body, [wide], narrow, "strictfp", head), chip)
    source = numbers(narrow, 1).astype(DTYPES[wide]) * DTYPES[wide](1 + 2.0**-20)
    for how in range(4):
        out = np.zeros(THREADS, DTYPES[narrow])
        assert not launch(data, chip, [source, out, how]).findings
        want = [rounded(Fraction(float(x)), narrow, how) for x in source]
        np.testing.assert_array_equal(out, np.array(want).astype(DTYPES[narrow]))


@pytest.mark.parametrize("chip", CHIPS)
def test_each_wave_its_own_mode(chip):
    intrinsic = "@llvm.experimental.constrained.fmul.f32"
    body = f"""  %w = lshr i32 %t, 6
  %u = call i32 @llvm.amdgcn.readfirstlane.i32(i32 %w)
  call void @llvm.set.rounding(i32 %u)
  %x = call float {intrinsic}(float %a, float %b, {DYNAMIC})
  call void @llvm.set.rounding(i32 1)
  %r = call float {intrinsic}(float %x, float %b, {DYNAMIC})"""
    head = f"declare float {intrinsic}(float, float, metadata, metadata)"
    data = compiled(kernel(body, ["float", "float"], "float", "strictfp", head), chip)
    a, b = (RNG.uniform(1, 2, 4 * THREADS).astype(np.float32) for _ in range(2))
    out = np.zeros(4 * THREADS, np.float32)
    assert not launch(data, chip, [a, b, out, 0], threads=4 * THREADS).findings
    for t in range(4 * THREADS):
        first = rounded(Fraction(float(a[t])) * Fraction(float(b[t])), "float", t // THREADS)
        second = rounded(Fraction(first) * Fraction(float(b[t])), "float", NEAREST)
        assert out[t] == np.float32(second), t


def flush(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < np.finfo(x.dtype).tiny, np.copysign(x.dtype.type(0), x), x)


WHICH = {
    "float": '"denormal-fp-math-f32"="preserve-sign,preserve-sign"',
    **dict.fromkeys(
        ("half", "double"),
        '"denormal-fp-math"="preserve-sign,preserve-sign" "denormal-fp-math-f32"="ieee,ieee"',
    ),
}
FLUSHED = {
    "fadd TYPE %a, %b": lambda a, b: a + b,
    "fsub TYPE %a, %b": lambda a, b: a - b,
    "fmul TYPE %a, %b": lambda a, b: a * b,
    "call TYPE @llvm.minnum.SUFFIX(TYPE %a, TYPE %b)": np.fmin,
    "call TYPE @llvm.maxnum.SUFFIX(TYPE %a, TYPE %b)": np.fmax,
    "call TYPE @llvm.fma.SUFFIX(TYPE %a, TYPE %b, TYPE %a)": None,
    "fdiv TYPE %a, %b": None,
}


def tiny(type_: str, seed: int) -> np.ndarray:
    """Numbers about the border of what is denormal, and plain ones."""
    rng = np.random.default_rng(seed)
    least = FORMATS[type_][1]
    scale = rng.integers(least - 4, least + 4, THREADS)
    scale[::3] = rng.integers(-2, 3, len(scale[::3]))
    return np.ldexp(rng.uniform(-2, 2, THREADS), scale).astype(DTYPES[type_])


@pytest.mark.parametrize("type_", FORMATS)
@pytest.mark.parametrize("chip", CHIPS)
def test_denormals_that_count_as_zero(chip, type_):
    head = "".join(
        f"declare TYPE @llvm.{name}.SUFFIX({', '.join(['TYPE'] * count)})\n"
        for name, count in (("minnum", 2), ("maxnum", 2), ("fma", 3))
    )
    a, b = tiny(type_, 1), tiny(type_, 2)
    for line, compute in FLUSHED.items():
        if line.startswith("fdiv") and type_ == "half":
            continue  # by way of f32, of which the mode is another
        text = kernel(f"  %r = {line}", [type_, type_], type_, WHICH[type_], head)
        text = text.replace("TYPE", type_).replace("SUFFIX", SUFFIX[type_])
        out = np.zeros(THREADS, DTYPES[type_])
        outcome = launch(compiled(text, chip), chip, [a, b, out, 0])
        assert not outcome.findings, outcome.findings
        x, y = flush(a), flush(b)
        with np.errstate(all="ignore"):
            if line.startswith("fdiv"):
                want = x / y
            elif compute is None:
                exact = [
                    Fraction(float(p)) * Fraction(float(q)) + Fraction(float(p))
                    for p, q in zip(x, y, strict=True)
                ]
                want = [rounded(f, type_, NEAREST) if f else 0.0 for f in exact]
                want = np.array(want).astype(x.dtype)
            else:
                want = compute(x, y)
        np.testing.assert_array_equal(out, flush(want), err_msg=line)


@pytest.mark.parametrize("chip", CHIPS)
def test_comparisons_of_denormals(chip):
    body = "  %c = fcmp oeq float %a, %b\n  %r = select i1 %c, float 1.0, float 2.0"
    a, b = tiny("float", 1), np.zeros(THREADS, np.float32)
    for attributes, want in ((WHICH["float"], flush(a) == 0), ("", a == 0)):
        out = np.zeros(THREADS, np.float32)
        data = compiled(kernel(body, ["float", "float"], "float", attributes), chip)
        assert not launch(data, chip, [a, b, out, 0]).findings
        np.testing.assert_array_equal(out == 1, want)


@pytest.mark.skipif(ASSEMBLER is None, reason="needs llvm-mc-22")
@pytest.mark.parametrize("chip", ["gfx906", "gfx942"])
@pytest.mark.parametrize("zeroes", [True, False])
def test_clamp_of_nan(chip, zeroes):
    """DX10_CLAMP, which no compiler turns off."""
    code = """  s_load_dwordx2 s[40:41], s[0:1], 0
  v_lshlrev_b32 v1, 2, v0
  v_mov_b32 v4, 0x7fc00000
  v_add_f32_e64 v4, v4, v4 clamp
  s_waitcnt lgkmcnt(0)
  global_store_dword v1, v4, s[40:41]"""
    data = assembled(chip, code, f".amdhsa_dx10_clamp {int(zeroes)}")
    out = np.ones(THREADS, np.float32)
    assert not launch(data, chip, [out]).findings
    assert (out == 0).all() if zeroes else np.isnan(out).all()


@pytest.mark.skipif(ASSEMBLER is None, reason="needs llvm-mc-22")
@pytest.mark.parametrize("held", [True, False])
def test_halves_that_overflow(held):
    """FP16_OVFL, bit 23 of MODE; infinities among the sources stay."""
    code = f"""  s_load_dwordx2 s[40:41], s[0:1], 0
  v_lshlrev_b32 v1, 2, v0
  v_mov_b32 v4, 0x7c007bff
  v_mov_b32 v5, 0xfbff7bff
  s_setreg_imm32_b32 hwreg(HW_REG_MODE, 23, 1), {int(held)}
  v_pk_add_f16 v4, v4, v5
  s_setreg_imm32_b32 hwreg(HW_REG_MODE, 23, 1), 0
  s_waitcnt lgkmcnt(0)
  global_store_dword v1, v4, s[40:41]"""
    out = np.zeros(THREADS, np.uint32)
    assert not launch(assembled("gfx942", code), "gfx942", [out]).findings
    assert (out == (0x7C007BFF if held else 0x7C007C00)).all()


def test_what_is_not_known_in_a_mode():
    """A sum of a product in mixed types; it is named."""
    head = "declare float @llvm.fma.f32(float, float, float)"
    body = """  %x = fpext half %a to float
  %r = call float @llvm.fma.f32(float %x, float %x, float %x)"""
    text = kernel(body, ["half"], "float", WHICH["float"], head)
    a, out = np.ones(THREADS, np.float16), np.zeros(THREADS, np.float32)
    with pytest.raises(EmulationError, match="v_fma_mix_f32.* in a mode"):
        launch(compiled(text, "gfx942"), "gfx942", [a, out, 0], options=Options())
