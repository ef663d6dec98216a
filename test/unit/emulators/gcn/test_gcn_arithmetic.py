"""The emulated AMD chips against NumPy, bit for bit: what LLVM makes of one operation of its IR."""

import numpy as np
import pytest
from gcn_runner import THREADS, TYPES, compute

from clawc.emulators.gcn.machine import CHIPS

SPECIAL = [0.0, -0.0, 1.0, -1.5, np.inf, -np.inf, np.nan, 1e-40, -6e-8, 65504.0, 3e38, 0.1]


def floats(type: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    plain = rng.standard_normal(THREADS) * 2.0 ** rng.integers(-12, 12, THREADS)
    plain[: len(SPECIAL)] = rng.permutation(SPECIAL)
    with np.errstate(all="ignore"):
        return plain.astype(TYPES[type])


def integers(type: str, seed: int) -> np.ndarray:
    info = np.iinfo(TYPES[type])
    rng = np.random.default_rng(seed)
    found = rng.integers(info.min, info.max, THREADS, TYPES[type], endpoint=True)
    found[:6] = [0, 1, -1, info.min, info.max, 7]
    return found


def sources(type: str, count: int) -> list[np.ndarray]:
    make = integers if type[0] == "i" else floats
    return [make(type, seed) for seed in range(count)]


def unsigned(x: np.ndarray) -> np.ndarray:
    return x.view(f"u{x.dtype.itemsize}")


def same(got: np.ndarray, want: np.ndarray) -> None:
    """Equal bits, but for the bits of NaN."""
    if want.dtype.kind == "f":
        np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
        got, want = got[~np.isnan(want)], want[~np.isnan(want)]
    np.testing.assert_array_equal(unsigned(got), unsigned(want))


INTEGER = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type", ["i16", "i32", "i64"])
@pytest.mark.parametrize("op", INTEGER)
def test_integers(chip, type, op):
    a, b = sources(type, 2)
    got = compute(chip, f"  %r = {op} {type} %a, %b", [a, b], type)
    same(got, INTEGER[op](a, b))


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type", ["i16", "i32", "i64"])
def test_shifts(chip, type):
    bits = int(type[1:])
    a, amount = integers(type, 0), integers(type, 1) & (bits - 1)
    for op, want in (
        ("shl", a << amount),
        ("ashr", a >> amount),
        ("lshr", (unsigned(a) >> unsigned(amount)).view(a.dtype)),
    ):
        same(compute(chip, f"  %r = {op} {type} %a, %b", [a, amount], type), want)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type", ["i32", "i64"])
def test_divisions(chip, type):
    """A division is a long sequence: reciprocal, wide products, carries, corrections."""
    a, b = integers(type, 0), integers(type, 1)
    b[b == 0] = 3
    b[b == -1] = 5
    want = (np.abs(a.astype(object)) // np.abs(b.astype(object))) * np.sign(a) * np.sign(b)
    got = compute(chip, f"  %r = sdiv {type} %a, %b", [a, b], type)
    same(got, want.astype(a.dtype))
    got = compute(chip, f"  %r = urem {type} %a, %b", [a, b], type)
    same(got, (unsigned(a) % unsigned(b)).view(a.dtype))


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("names", ["smin smax", "smax smin", "umin umax", "umax umin"])
def test_limits(chip, names):
    """RDNA 3 and 4 have the pair in one instruction."""
    first, second = names.split()
    head = "".join(f"declare i32 @llvm.{name}.i32(i32, i32)\n" for name in (first, second))
    body = f"  %m = call i32 @llvm.{first}.i32(i32 %a, i32 %b)\n"
    body += f"  %r = call i32 @llvm.{second}.i32(i32 %m, i32 %c)"
    a, b, c = arrays = sources("i32", 3)
    got = compute(chip, body, arrays, "i32", head)
    if first[0] == "u":
        a, b, c = (unsigned(x) for x in arrays)
    functions = {"min": np.minimum, "max": np.maximum}
    same(got, functions[second[1:]](functions[first[1:]](a, b), c).view(np.int32))


BITS = {
    "ctpop": lambda x: bin(x).count("1"),
    "bitreverse": lambda x: int(f"{x:032b}"[::-1], 2),
    "bswap": lambda x: int.from_bytes(x.to_bytes(4, "little"), "big"),
}


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("name", BITS)
def test_bits(chip, name):
    a = integers("i32", 0)
    head = f"declare i32 @llvm.{name}.i32(i32)"
    got = compute(chip, f"  %r = call i32 @llvm.{name}.i32(i32 %a)", [a], "i32", head)
    want = np.array([BITS[name](int(x)) for x in unsigned(a)], np.uint32).view(np.int32)
    same(got, want)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("name", ["ctlz", "cttz"])
def test_zeros(chip, name):
    a = integers("i32", 0)
    head = f"declare i32 @llvm.{name}.i32(i32, i1)"
    got = compute(chip, f"  %r = call i32 @llvm.{name}.i32(i32 %a, i1 false)", [a], "i32", head)
    digits = [f"{int(x):032b}" for x in unsigned(a)]
    digits = digits if name == "ctlz" else [text[::-1] for text in digits]
    same(got, np.array([text.find("1") % 33 for text in digits], np.int32))


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type", ["half", "float", "double"])
@pytest.mark.parametrize("op", ["fadd", "fsub", "fmul"])
def test_floats(chip, type, op):
    a, b = sources(type, 2)
    with np.errstate(all="ignore"):
        want = {"fadd": np.add, "fsub": np.subtract, "fmul": np.multiply}[op](a, b)
    same(compute(chip, f"  %r = {op} {type} %a, %b", [a, b], type), want)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type", ["float", "double"])
def test_float_divisions(chip, type):
    """Correctly rounded, by scaling, fused steps and a fix-up; denormals are where it is hard."""
    a, b = sources(type, 2)
    info = np.finfo(TYPES[type])
    a[12:40] *= info.tiny * 2.0 ** np.arange(28)  # quotients that are denormal, or next to it
    b[40:], a[40:] = b[40:] * (info.max / 2**20), np.clip(a[40:], -2, 2)
    with np.errstate(all="ignore"):
        want = a / b
    same(compute(chip, f"  %r = fdiv {type} %a, %b", [a, b], type), want)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type", ["half", "float", "double"])
def test_rounding_once(chip, type):
    """fma, where rounding the product first would differ."""
    from fractions import Fraction

    rng = np.random.default_rng(5)
    dtype = TYPES[type]
    a, b = (rng.standard_normal(THREADS).astype(dtype) for _ in range(2))
    c = (-a * b + (rng.standard_normal(THREADS) * np.finfo(dtype).eps).astype(dtype)).astype(dtype)
    suffix = {"half": "f16", "float": "f32", "double": "f64"}[type]
    head = f"declare {type} @llvm.fma.{suffix}({type}, {type}, {type})"
    body = f"  %r = call {type} @llvm.fma.{suffix}({type} %a, {type} %b, {type} %c)"
    got = compute(chip, body, [a, b, c], type, head)
    exact = [
        Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        for x, y, z in zip(a, b, c, strict=True)
    ]
    error = [abs(Fraction(float(g)) - e) for g, e in zip(got, exact, strict=True)]
    for g, e in zip(got, error, strict=True):
        assert e <= Fraction(float(np.spacing(np.abs(g)))) / 2


CONVERSIONS = [
    ("fpext", "half", "float"),
    ("fptrunc", "float", "half"),
    ("fptrunc", "double", "float"),
    ("fpext", "float", "double"),
    ("sitofp", "i32", "float"),
    ("sitofp", "i64", "float"),
    ("sitofp", "i32", "double"),
    ("sitofp", "i16", "half"),
    ("sext", "i16", "i64"),
    ("sext", "i32", "i64"),
    ("trunc", "i64", "i32"),
    ("trunc", "i32", "i16"),
]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize(("op", "source", "result"), CONVERSIONS)
def test_conversions(chip, op, source, result):
    (a,) = sources(source, 1)
    with np.errstate(all="ignore"):
        want = a.astype(TYPES[result])
    same(compute(chip, f"  %r = {op} {source} %a to {result}", [a], result), want)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type", ["float", "double"])
def test_to_integers_saturated(chip, type):
    (a,) = sources(type, 1)
    suffix = {"float": "f32", "double": "f64"}[type]
    head = f"declare i32 @llvm.fptosi.sat.i32.{suffix}({type})"
    body = f"  %r = call i32 @llvm.fptosi.sat.i32.{suffix}({type} %a)"
    clipped = np.clip(np.trunc(np.nan_to_num(a.astype(float), nan=0.0)), -(2**31), 2**31 - 1)
    same(compute(chip, body, [a], "i32", head), clipped.astype(np.int32))


COMPARISONS = ["oeq", "one", "olt", "oge", "ueq", "une", "ult", "uge", "ord", "uno"]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type", ["half", "float", "double"])
def test_float_comparisons(chip, type):
    a, b = sources(type, 2)
    b[40:] = a[40:]
    either = np.isnan(a) | np.isnan(b)
    for how in COMPARISONS:
        plain = {"eq": a == b, "ne": ~either & (a != b), "lt": a < b, "ge": a >= b}
        want = ~either if how == "ord" else either if how == "uno" else plain[how[1:]]
        if how[0] == "u" and how != "uno":
            want = want | either
        body = f"  %c0 = fcmp {how} {type} %a, %b\n  %r = zext i1 %c0 to i32"
        same(compute(chip, body, [a, b], "i32"), want.astype(np.int32))


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type", ["half", "float", "double"])
@pytest.mark.parametrize("name", ["maxnum", "minnum", "floor", "ceil", "trunc", "rint", "fabs"])
def test_float_functions(chip, type, name):
    suffix = {"half": "f16", "float": "f32", "double": "f64"}[type]
    a, b = sources(type, 2)
    wanted = {"maxnum": np.fmax, "minnum": np.fmin}
    if name in wanted:
        head = f"declare {type} @llvm.{name}.{suffix}({type}, {type})"
        body = f"  %r = call {type} @llvm.{name}.{suffix}({type} %a, {type} %b)"
        got = compute(chip, body, [a, b], type, head)
        np.testing.assert_array_equal(got, wanted[name](a, b))
        return
    head = f"declare {type} @llvm.{name}.{suffix}({type})"
    body = f"  %r = call {type} @llvm.{name}.{suffix}({type} %a)"
    same(compute(chip, body, [a], type, head), getattr(np, name)(a))
