"""The emulator's arithmetic, instruction by instruction, against NumPy and exact fractions."""

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from ptx_runner import compute

from clawc.emulators.ptx.opcode import UnknownInstruction, find_semantics

RNG = np.random.default_rng(5)
EDGES = {
    "32": [0, 1, 2, 31, 32, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x12345678],
    "64": [0, 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 0x123456789ABCDEF0],
    "16": [0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x1234],
}


def integers(type_: str, seed: int = 0) -> np.ndarray:
    bits = type_[1:]
    rng = np.random.default_rng(seed)
    random = rng.integers(0, 2 ** int(bits), 64 - len(EDGES[bits]), dtype=np.uint64)
    edges = np.array(EDGES[bits], np.uint64)
    values = np.r_[edges, random]
    rng.shuffle(values)
    return values.astype(f"u{int(bits) // 8}")


def signed(type_: str, bits: np.ndarray) -> list[int]:
    return [int(v) for v in (bits.view(f"i{bits.itemsize}") if type_[0] == "s" else bits)]


def trunc_div(a: int, b: int) -> int:
    return -1 if b == 0 else abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


INTEGER = {
    "add": lambda a, b, n: a + b,
    "sub": lambda a, b, n: a - b,
    "mul.lo": lambda a, b, n: a * b,
    "mul.hi": lambda a, b, n: a * b >> n,
    "min": lambda a, b, n: min(a, b),
    "max": lambda a, b, n: max(a, b),
    "div": lambda a, b, n: trunc_div(a, b),
    "rem": lambda a, b, n: a - trunc_div(a, b) * b,
}


@pytest.mark.parametrize("type_", ["s16", "u16", "s32", "u32", "s64", "u64"])
@pytest.mark.parametrize("name", INTEGER)
def test_integer(name, type_):
    a, b = integers(type_, 1), integers(type_, 2)
    found = compute(f"{name}.{type_} $d, $0, $1", type_, [(type_, a), (type_, b)])
    n = int(type_[1:])
    pairs = zip(signed(type_, a), signed(type_, b), strict=True)
    expected = [INTEGER[name](x, y, n) % 2**n for x, y in pairs]
    assert found.tolist() == expected


@pytest.mark.parametrize("type_", ["s16", "u16", "s32", "u32"])
def test_wide_products(type_):
    a, b = integers(type_, 1), integers(type_, 2)
    n = 2 * int(type_[1:])
    found = compute(f"mul.wide.{type_} $d, $0, $1", f"b{n}", [(type_, a), (type_, b)])
    products = zip(signed(type_, a), signed(type_, b), strict=True)
    assert found.tolist() == [x * y % 2**n for x, y in products]


def bits_of(value: int) -> str:
    return f"{value:032b}"[::-1]


def test_bit_fields():
    a, b = integers("b32", 1), integers("b32", 2)
    first = RNG.integers(0, 40, 64).astype(np.uint32)
    count = RNG.integers(0, 40, 64).astype(np.uint32)
    for type_ in ("u32", "s32"):
        fields = [("b32", a), ("b32", first), ("b32", count)]
        found = compute(f"bfe.{type_} $d, $0, $1, $2", "b32", fields)
        for x, p, n, got in zip(a, first, count, found, strict=True):
            bits = bits_of(int(x))
            last = min(int(p) + int(n) - 1, 31)
            sign = bits[last] if type_ == "s32" and n else "0"
            want = [bits[p + i] if i < n and p + i < 32 else sign for i in range(32)]
            assert bits_of(int(got)) == "".join(want), (x, p, n)
    inserted = [("b32", a), ("b32", b), ("b32", first), ("b32", count)]
    found = compute("bfi.b32 $d, $0, $1, $2, $3", "b32", inserted)
    for x, y, p, n, got in zip(a, b, first, count, found, strict=True):
        field, into = bits_of(int(x)), bits_of(int(y))
        want = [field[i - p] if p <= i < p + n else into[i] for i in range(32)]
        assert bits_of(int(got)) == "".join(want)


def test_counting_and_moving_bits():
    a, b, c = (integers("b32", seed) for seed in (1, 2, 3))
    one = [("b32", a)]
    assert compute("popc.b32 $d, $0", "b32", one).tolist() == [int(x).bit_count() for x in a]
    assert compute("clz.b32 $d, $0", "b32", one).tolist() == [32 - int(x).bit_length() for x in a]
    reverse = [int(bits_of(int(x)), 2) for x in a]
    assert compute("brev.b32 $d, $0", "b32", one).tolist() == reverse
    highest = [(int(x).bit_length() - 1) % 2**32 for x in a]
    assert compute("bfind.u32 $d, $0", "b32", one).tolist() == highest
    three = [("b32", a), ("b32", b), ("b32", c)]
    found = compute("lop3.b32 $d, $0, $1, $2, 0xD8", "b32", three)  # c ? b : a
    np.testing.assert_array_equal(found, (a & ~c) | (b & c))
    selector = (c & np.uint32(0xFFFF)).astype(np.uint32)
    found = compute("prmt.b32 $d, $0, $1, $2", "b32", [("b32", a), ("b32", b), ("b32", selector)])
    for x, y, s, got in zip(a, b, selector, found, strict=True):
        data = int(x).to_bytes(4, "little") + int(y).to_bytes(4, "little")
        picked = [(data[n & 7], n & 8) for n in (int(s) >> 4 * i & 15 for i in range(4))]
        want = bytes((255 if byte & 128 else 0) if sign else byte for byte, sign in picked)
        assert int(got).to_bytes(4, "little") == want
    amount = (b % np.uint32(50)).astype(np.uint32)
    both = [int(x) | int(y) << 32 for x, y in zip(a, c, strict=True)]
    found = compute(
        "shf.l.wrap.b32 $d, $0, $1, $2", "b32", [("b32", a), ("b32", c), ("b32", amount)]
    )
    assert found.tolist() == [
        (w << (int(n) & 31)) >> 32 & 0xFFFFFFFF for w, n in zip(both, amount, strict=True)
    ]


@pytest.mark.parametrize("type_", ["b32", "u32", "s32", "b64", "s64"])
def test_shifts(type_):
    a, amount = integers(type_, 1), RNG.integers(0, 80, 64).astype(np.uint32)
    n = int(type_[1:])
    found = compute(f"shr.{type_} $d, $0, $1", type_, [(type_, a), ("b32", amount)])
    shifted = zip(signed(type_, a), amount, strict=True)
    assert found.tolist() == [(x >> int(s)) % 2**n for x, s in shifted]
    if type_[0] == "b":
        found = compute(f"shl.{type_} $d, $0, $1", type_, [(type_, a), ("b32", amount)])
        pairs = zip(a, amount, strict=True)
        assert found.tolist() == [(int(x) << int(s)) % 2**n for x, s in pairs]


def floats(seed: int) -> np.ndarray:
    """Numbers of many sizes, special ones among them."""
    rng = np.random.default_rng(seed)
    random = rng.standard_normal(56) * 2.0 ** rng.integers(-40, 40, 56)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-42, 3e38]
    values = np.r_[random, special].astype(np.float32)
    rng.shuffle(values)
    return values


def nearest(exact: Fraction, mode: str = "rn") -> np.float32:
    """An exact number in float32, rounded by comparing fractions."""
    near = np.float32(float(exact))  # perhaps rounded twice: its neighbours are looked at, too
    around = [np.nextafter(near, np.float32(d)) for d in (-np.inf, np.inf)]
    choices = sorted({float(near), *map(float, around)} - {math.inf, -math.inf})
    if mode == "rn":

        def even(x):
            return np.float32(x).view(np.uint32) & 1

        return np.float32(min(choices, key=lambda x: (abs(Fraction(x) - exact), even(x))))
    below = [x for x in choices if Fraction(x) <= exact]
    above = [x for x in choices if Fraction(x) >= exact]
    down = mode == "rm" or mode == "rz" and exact > 0
    return np.float32(max(below) if down else min(above))


EXACT = {
    "add": lambda a, b, c: a + b,
    "sub": lambda a, b, c: a - b,
    "mul": lambda a, b, c: a * b,
    "fma": lambda a, b, c: a * b + c,
    "div": lambda a, b, c: a / b,
}


@pytest.mark.parametrize("mode", ["rn", "rz", "rm", "rp"])
@pytest.mark.parametrize("name", EXACT)
def test_rounding(name, mode):
    rng = np.random.default_rng(11)
    a, b, c = (
        (rng.standard_normal(200) * 2.0 ** rng.integers(-20, 20, 200)).astype(np.float32)
        for _ in range(3)
    )
    c[::4] = (a * b)[::4]  # sums that lie near the middle of two numbers
    c[1::4] = np.ldexp(c[1::4], 30)
    operands = [("f32", a.view(np.uint32)), ("f32", b.view(np.uint32)), ("f32", c.view(np.uint32))]
    count = 3 if name == "fma" else 2
    text = f"{name}.{mode}.f32 $d, {', '.join(f'${i}' for i in range(count))}"
    found = compute(text, "f32", operands[:count]).view(np.float32)
    for x, y, z, got in zip(a, b, c, found, strict=True):
        want = EXACT[name](*(Fraction(float(v)) for v in (x, y, z)))
        assert got == nearest(want, mode), (x, y, z)


def test_special_values():
    a, b = floats(1), floats(2)
    operands = [("f32", a.view(np.uint32)), ("f32", b.view(np.uint32))]
    with np.errstate(all="ignore"):
        expected = {"add": a + b, "mul": a * b, "div.rn": a / b}
        expected |= {"min": np.fmin(a, b), "max.NaN": np.maximum(a, b)}
    for name, want in expected.items():
        found = compute(f"{name}.f32 $d, $0, $1", "f32", operands)
        np.testing.assert_array_equal(found.view(np.float32), want)
        assert (found[np.isnan(want)] == 0x7FFFFFFF).all()  # the chips' NaN
    flushed = compute("add.ftz.f32 $d, $0, $1", "f32", operands).view(np.float32)
    small = np.abs(flushed) < 2.0**-126
    assert (flushed[small] == 0).all()
    with_sat = compute("add.sat.f32 $d, $0, $1", "f32", operands).view(np.float32)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(with_sat, np.where(np.isnan(a + b), 0, np.clip(a + b, 0, 1)))


def test_minimum_of_zeros():
    zeros = np.array([0.0, -0.0, 0.0, -0.0], np.float32).view(np.uint32)
    other = np.array([-0.0, 0.0, 0.0, -0.0], np.float32).view(np.uint32)
    operands = [("f32", zeros), ("f32", other)]
    low = compute("min.f32 $d, $0, $1", "f32", operands).view(np.float32)
    high = compute("max.f32 $d, $0, $1", "f32", operands).view(np.float32)
    assert np.signbit(low).tolist() == [True, True, False, True]
    assert np.signbit(high).tolist() == [False, False, False, True]


def test_fma_in_double_rounds_once():
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 200))
    c = -a * b + rng.standard_normal(200) * 1e-17
    operands = [("f64", x.view(np.uint64)) for x in (a, b, c)]
    found = compute("fma.rn.f64 $d, $0, $1, $2", "f64", operands).view(np.float64)
    exact = [Fraction(x) * Fraction(y) + Fraction(z) for x, y, z in zip(a, b, c, strict=True)]
    assert found.tolist() == [float(e) for e in exact]


APPROXIMATIONS = {
    "ex2.approx": np.exp2,
    "lg2.approx": np.log2,
    "rcp.approx": lambda x: 1 / x,
    "rsqrt.approx": lambda x: 1 / np.sqrt(x),
    "sqrt.approx": np.sqrt,
    "sin.approx": np.sin,
    "tanh.approx": np.tanh,
}


@pytest.mark.parametrize("name", APPROXIMATIONS)
def test_approximations_are_close(name):
    x = np.abs(RNG.standard_normal(64)).astype(np.float32) + np.float32(0.1)
    found = compute(f"{name}.f32 $d, $0", "f32", [("f32", x.view(np.uint32))]).view(np.float32)
    np.testing.assert_allclose(found, APPROXIMATIONS[name](x.astype(np.float64)), rtol=1e-7)


@pytest.mark.parametrize("element", ["f16", "bf16"])
def test_halves(element):
    dtype = np.dtype(np.float16) if element == "f16" else np.dtype(ml_dtypes.bfloat16)
    a, b, c = (RNG.standard_normal(128).astype(dtype) for _ in range(3))
    exact = {
        "add": a.astype(np.float64) + b.astype(np.float64),
        "mul": a.astype(np.float64) * b.astype(np.float64),
        "fma.rn": a.astype(np.float64) * b.astype(np.float64) + c.astype(np.float64),
    }
    for name, want in exact.items():
        arrays = (a, b, c) if name == "fma.rn" else (a, b)
        pairs = [("b32", x.view(np.uint32)) for x in arrays]
        operands = ", ".join(f"${i}" for i in range(len(arrays)))
        found = compute(f"{name}.{element}x2 $d, {operands}", "b32", pairs).view(dtype)
        np.testing.assert_array_equal(
            found.astype(np.float64), want.astype(dtype).astype(np.float64)
        )


def test_unknown_forms_are_named():
    for text in (
        "add.rn.sat.f64",
        "cvt.rn.f32.e8m0",
        "mul.hi.f32",
        "setp.lt.f32x2",
        "min.xorsign.abs.f32",
    ):
        with pytest.raises(UnknownInstruction, match=text):
            find_semantics(text)
    assert find_semantics("frobnicate.b32") is None


def test_pairs_of_floats():
    a, b, c = (floats(seed).view(np.uint64) for seed in (1, 2, 3))
    pairs = [("b64", a), ("b64", b), ("b64", c)]
    found = compute("fma.rn.f32x2 $d, $0, $1, $2", "b64", pairs).view(np.float32)
    singles = [("f32", x.view(np.uint32)) for x in (a, b, c)]
    expected = compute("fma.rn.f32 $d, $0, $1, $2", "f32", singles).view(np.float32)
    np.testing.assert_array_equal(found, expected)
