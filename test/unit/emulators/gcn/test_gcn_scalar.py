"""Scalar instructions of AMD's chips: what LLVM selects for a value that all lanes share."""

import numpy as np
import pytest
from gcn_runner import compute

from clawc.emulators.gcn.machine import CHIPS

RNG = np.random.default_rng(7)
INTEGERS = {
    "i32": [0, 1, -1, 1 << 31, 0x00F0, 0x7FFFFFFF, *RNG.integers(0, 1 << 32, 6).tolist()],
    "i64": [0, 1, -1, 1 << 63, 1 << 32, 0xFF << 28, *RNG.integers(0, 1 << 63, 6).tolist()],
}
DTYPES = {"i32": np.int32, "i64": np.int64, "float": np.float32, "half": np.float16}


def shared(chip, type_, result, body, values, head=""):
    """%r of the uniform values %x, %y, ..."""
    lines = [
        f"%{name} = call {type_} @llvm.amdgcn.readfirstlane.{MANGLED[type_]}({type_} %{source})"
        for name, source in zip("xy", "ab"[: len(values)], strict=False)
    ]
    declared = f"declare {type_} @llvm.amdgcn.readfirstlane.{MANGLED[type_]}({type_})\n{head}"
    arrays = [np.full(64, value, DTYPES[type_]) for value in values]
    found = compute(chip, "\n".join([*lines, body]), arrays, result, declared)
    assert (found.view(f"u{found.itemsize}") == found.view(f"u{found.itemsize}")[0]).all()
    return found[0]


MANGLED = {"i32": "i32", "i64": "i64", "float": "f32", "half": "f16"}


def bits(value: int, width: int) -> str:
    return format(value & (1 << width) - 1, f"0{width}b")


COUNTS = {
    "ctpop": lambda text: text.count("1"),
    "ctlz": lambda text: len(text) - len(text.lstrip("0")),
    "cttz": lambda text: len(text) - len(text.rstrip("0")),
    "bitreverse": lambda text: int(text[::-1], 2),
}


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type_", INTEGERS)
@pytest.mark.parametrize("name", COUNTS)
def test_bits(chip, type_, name):
    width = int(type_[1:])
    poison = ", i1 false" if name in ("ctlz", "cttz") else ""
    poison_type = ", i1" if poison else ""
    head = f"declare {type_} @llvm.{name}.{type_}({type_}{poison_type})"
    body = f"%r = call {type_} @llvm.{name}.{type_}({type_} %x{poison})"
    for value in INTEGERS[type_]:
        value = value - (1 << width) if value >> width - 1 > 0 else value
        found = shared(chip, type_, type_, body, [value], head)
        assert int(found) & (1 << width) - 1 == COUNTS[name](bits(value, width)), value


FIELDS = {
    "masks": ("%m = shl i64 -1, %y\n%r = xor i64 %m, -1", lambda x, y: (1 << y) - 1),
    "set": ("%m = shl i64 1, %y\n%r = or i64 %x, %m", lambda x, y: x | 1 << y),
    "clear": (
        "%m = shl i64 1, %y\n%n = xor i64 %m, -1\n%r = and i64 %x, %n",
        lambda x, y: x & ~(1 << y),
    ),
    "product": ("%r = mul i64 %x, %y", lambda x, y: x * y),
    "field": ("%m = lshr i64 %x, 13\n%r = and i64 %m, 2097151", lambda x, y: x >> 13 & 2097151),
}


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("name", FIELDS)
def test_fields(chip, name):
    body, compute_exactly = FIELDS[name]
    for x in RNG.integers(0, 1 << 63, 4).tolist():
        for y in (0, 1, 31, 32, 62):
            found = shared(chip, "i64", "i64", body, [x, y])
            assert int(found) & (1 << 64) - 1 == compute_exactly(x, y) & (1 << 64) - 1, (x, y)


FLOATS = [1.5, -2.75, 0.0, -0.0, np.inf, np.nan, 3e-41, 65519.0, 0.1]
OPERATIONS = {
    "add": ("%r = fadd {t} %x, %y", lambda a, b: a + b),
    "sub": ("%r = fsub {t} %x, %y", lambda a, b: a - b),
    "mul": ("%r = fmul {t} %x, %y", lambda a, b: a * b),
    "floor": ("%r = call {t} @llvm.floor.{m}({t} %x)", lambda a, b: np.floor(a)),
    "rint": ("%r = call {t} @llvm.rint.{m}({t} %x)", lambda a, b: np.rint(a)),
    "less": ("%c = fcmp olt {t} %x, %y\n%r = select i1 %c, {t} %x, {t} %y", np.minimum),
    "unlike": (
        "%c = fcmp one {t} %x, %y\n%r = select i1 %c, {t} %x, {t} %y",
        lambda a, b: a if a < b or a > b else b,
    ),
}


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("type_", ["float", "half"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_floats(chip, type_, name):
    text, compute_exactly = OPERATIONS[name]
    mangled = MANGLED[type_]
    head = "".join(f"declare {type_} @llvm.{n}.{mangled}({type_})\n" for n in ("floor", "rint"))
    body = text.format(t=type_, m=mangled)
    for i, x in enumerate(FLOATS):
        for y in (FLOATS[i], FLOATS[i - 1], FLOATS[i - 4]):
            with np.errstate(all="ignore"):
                a, b = DTYPES[type_](x), DTYPES[type_](y)
                want = b if name == "less" and not a < b else compute_exactly(a, b)
                want = DTYPES[type_](want)
            found = shared(chip, type_, type_, body, [a, b], head)
            if np.isnan(want):
                assert np.isnan(found), (a, b)
            else:
                assert found.tobytes() == want.tobytes(), (a, b, found, want)


@pytest.mark.parametrize("chip", CHIPS)
def test_wide_integers_to_float(chip):
    """For which LLVM counts the bits that are like the sign."""
    for value in INTEGERS["i64"]:
        value = value - (1 << 64) if value >> 63 > 0 else value
        found = shared(chip, "i64", "float", "%r = sitofp i64 %x to float", [value])
        assert found == np.int64(value).astype(np.float32), value
