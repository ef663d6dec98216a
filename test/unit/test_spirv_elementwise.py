"""Every arithmetic operation and cast of L4, in every type, by OpenCL and Vulkan against NumPy."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from spirv_kernels import (
    CHIPS,
    DTYPES,
    FLOATS,
    INTEGERS,
    THREADS,
    WIDTHS,
    Elementwise,
    Program,
    module,
    samples,
)

SPECS = [(chip, width) for chip in CHIPS for width in WIDTHS[chip]]
per_width = pytest.mark.parametrize(("chip", "width"), SPECS)


def unsigned(a: np.ndarray) -> np.ndarray:
    return a.view(f"uint{8 * a.itemsize}")


def quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    signs = np.where((a < 0) == (b < 0), 1, -1).astype(object)
    return (abs(a.astype(object)) // abs(b.astype(object)) * signs).astype(a.dtype)


BINARY_FLOAT = {
    "addf": np.add,
    "subf": np.subtract,
    "mulf": np.multiply,
    "divf": np.divide,
    "maximumf": np.maximum,
    "minimumf": np.minimum,
    "maxnumf": np.fmax,
    "minnumf": np.fmin,
}
COMPARE_FLOAT = {
    "oeq": lambda a, b: a == b,
    "one": lambda a, b: (a < b) | (a > b),
    "olt": lambda a, b: a < b,
    "oge": lambda a, b: a >= b,
    "une": lambda a, b: a != b,
    "ult": lambda a, b: ~(a >= b),
    "uno": lambda a, b: np.isnan(a) | np.isnan(b),
    "ord": lambda a, b: ~(np.isnan(a) | np.isnan(b)),
}
UNARY_FLOAT = {
    "arith.negf": np.negative,
    "math.absf": np.abs,
    "math.floor": np.floor,
    "math.ceil": np.ceil,
    "math.trunc": np.trunc,
    "math.roundeven": np.rint,
    "math.sqrt": np.sqrt,
}
FUNCTIONS = {"exp": np.exp, "tanh": np.tanh, "log": np.log, "erf": np.vectorize(math.erf)}
BINARY_INTEGER = {
    "addi": np.add,
    "subi": np.subtract,
    "muli": np.multiply,
    "andi": np.bitwise_and,
    "ori": np.bitwise_or,
    "xori": np.bitwise_xor,
    "maxsi": np.maximum,
    "minsi": np.minimum,
    "maxui": lambda a, b: np.maximum(unsigned(a), unsigned(b)),
    "minui": lambda a, b: np.minimum(unsigned(a), unsigned(b)),
    "divsi": quotient,
    "remsi": lambda a, b: a - quotient(a, b) * b,
    "divui": lambda a, b: unsigned(a) // unsigned(b),
    "remui": lambda a, b: unsigned(a) % unsigned(b),
    "shli": np.left_shift,
    "shrsi": np.right_shift,
    "shrui": lambda a, b: unsigned(a) >> unsigned(b),
}
COMPARE_INTEGER = {
    "eq": np.equal,
    "ne": np.not_equal,
    "slt": np.less,
    "sge": np.greater_equal,
    "ult": lambda a, b: unsigned(a) < unsigned(b),
    "uge": lambda a, b: unsigned(a) >= unsigned(b),
}
TOLERANCE = {"f16": 2e-3, "bf16": 1e-2, "f32": 4e-6, "f64": 1e-12}


def check(chip: str, width: int, cases: list[tuple[Elementwise, list[np.ndarray], np.ndarray]]):
    """Compile all cases into one module and run each; the wanted arrays bring the tolerance."""
    program = Program(module(*(case.text(width) for case, _, _ in cases)), chip)
    for case, arrays, wanted in cases:
        count = arrays[0].size
        out = np.zeros(count, DTYPES[case.output])
        grid = -(-count // (THREADS * max(width, 1)))
        got = program(case.name, [*arrays, out], [count], grid)[-1]
        if case.output in INTEGERS:
            np.testing.assert_array_equal(got, wanted.astype(got.dtype), case.name)
        else:
            exact = case.name.startswith("exact")
            tolerance = 0.0 if exact else TOLERANCE[case.output]
            wide = [a.astype(np.float64) for a in (got, wanted)]
            np.testing.assert_allclose(*wide, rtol=tolerance, atol=0, err_msg=case.name)


@pytest.mark.parametrize("type_", FLOATS)
@per_width
@np.errstate(all="ignore")
def test_float(chip: str, width: int, type_: str) -> None:
    a, b, c = (samples(type_, seed) for seed in range(3))
    b[100:] = np.where(np.arange(156) % 2, a[100:], b[100:])
    wide = (lambda x: x.astype(np.float32)) if type_ in ("f16", "bf16") else (lambda x: x)
    cases = []
    for name, reference in BINARY_FLOAT.items():
        exact = "" if name == "divf" else "exact_"
        case = Elementwise(
            exact + name, (type_, type_), type_, f"%r = arith.{name} %a, %b : T{{{type_}}}"
        )
        cases.append((case, [a, b], reference(wide(a), wide(b)).astype(a.dtype)))
    for name, reference in UNARY_FLOAT.items():
        exact = "" if name == "math.sqrt" else "exact_"
        label = exact + name.replace(".", "_")
        case = Elementwise(label, (type_,), type_, f"%r = {name} %a : T{{{type_}}}")
        cases.append((case, [a], reference(wide(a)).astype(a.dtype)))
    for name, reference in COMPARE_FLOAT.items():
        body = f"""%q = arith.cmpf {name}, %a, %b : T{{{type_}}}
        %r = arith.extui %q : T{{i1}} to T{{i8}}"""
        case = Elementwise(f"cmpf_{name}", (type_, type_), "i8", body)
        cases.append((case, [a, b], reference(wide(a), wide(b))))
    body = f"%c = arith.constant 2.5 : T{{{type_}}}\n%r = arith.mulf %a, %c : T{{{type_}}}"
    case = Elementwise("exact_constant", (type_,), type_, body)
    cases.append((case, [a], (wide(a) * 2.5).astype(a.dtype)))
    finite = [np.nan_to_num(x.astype(np.float64), nan=1, posinf=2, neginf=3) for x in (a, b, c)]
    finite[2] = abs(finite[2]) * np.sign(finite[0] * finite[1])  # no cancellation
    finite = [x.astype(a.dtype) for x in finite]
    case = Elementwise("fma", (type_,) * 3, type_, f"%r = math.fma %a, %b, %c : T{{{type_}}}")
    wanted = [x.astype(np.float64) for x in finite]
    cases.append((case, finite, (wanted[0] * wanted[1] + wanted[2]).astype(a.dtype)))
    check(chip, width, cases)


@pytest.mark.parametrize("chip", CHIPS)
@np.errstate(all="ignore")
def test_functions(chip: str) -> None:
    cases = []
    for type_, (name, reference) in itertools.product(("f16", "bf16", "f32"), FUNCTIONS.items()):
        a = samples(type_, 5)
        case = Elementwise(
            f"{name}_{type_}", (type_,), type_, f"%r = math.{name} %a : T{{{type_}}}"
        )
        cases.append((case, [a], reference(a.astype(np.float64)).astype(a.dtype)))
    check(chip, 4, cases)


@pytest.mark.parametrize("type_", INTEGERS)
@per_width
@np.errstate(all="ignore")
def test_integer(chip: str, width: int, type_: str) -> None:
    a, b = samples(type_, 1), samples(type_, 2)
    b[100:] = np.where(np.arange(156) % 2, a[100:], b[100:])
    cases = []
    for name, reference in BINARY_INTEGER.items():
        other = b
        if name.startswith("sh"):
            other = (unsigned(b) % (8 * b.itemsize)).astype(b.dtype)
        elif name.startswith(("div", "rem")):
            other = np.where((b == 0) | (b == -1), b.dtype.type(3), b)
        case = Elementwise(name, (type_, type_), type_, f"%r = arith.{name} %a, %b : T{{{type_}}}")
        cases.append((case, [a, other], reference(a, other).view(a.dtype)))
    for name, reference in COMPARE_INTEGER.items():
        body = f"""%q = arith.cmpi {name}, %a, %b : T{{{type_}}}
        %r = arith.extui %q : T{{i1}} to T{{i8}}"""
        case = Elementwise(f"cmpi_{name}", (type_, type_), "i8", body)
        cases.append((case, [a, b], reference(a, b)))
    body = f"""%q = arith.cmpi slt, %a, %b : T{{{type_}}}
    %r = arith.select %q, %b, %a : T{{i1}}, T{{{type_}}}"""
    cases.append((Elementwise("select", (type_, type_), type_, body), [a, b], np.maximum(a, b)))
    check(chip, width, cases)


@per_width
def test_long_products_and_carries(chip: str, width: int) -> None:
    cases = []
    for type_ in INTEGERS:
        a, b = samples(type_, 10), samples(type_, 11)
        bits = 8 * a.itemsize
        for name, x, y in (("mulsi", a, b), ("mului", unsigned(a), unsigned(b))):
            body = f"%low, %r = arith.{name}_extended %a, %b : T{{{type_}}}"
            wanted = (x.astype(object) * y.astype(object)) >> bits
            case = Elementwise(f"{name}_{type_}", (type_, type_), type_, body)
            cases.append((case, [a, b], wanted.astype(x.dtype).view(a.dtype)))
        body = f"""%sum, %carry = arith.addui_extended %a, %b : T{{{type_}}}, T{{i1}}
        %r = arith.extui %carry : T{{i1}} to T{{i8}}"""
        if type_ != "i8":
            wanted = (unsigned(a).astype(object) + unsigned(b).astype(object)) >> bits
            cases.append(
                (Elementwise(f"carry_{type_}", (type_, type_), "i8", body), [a, b], wanted)
            )
    check(chip, width, cases)


@per_width
@np.errstate(all="ignore")
def test_casts_between_floats(chip: str, width: int) -> None:
    cases = []
    for source, target in itertools.permutations(FLOATS, 2):
        sizes = DTYPES[source].itemsize, DTYPES[target].itemsize
        if sizes[0] == sizes[1]:
            continue
        a = samples(source, 3)
        name = "extf" if sizes[0] < sizes[1] else "truncf"
        wanted = a.astype(np.float32) if target == "bf16" else a
        body = f"%r = arith.{name} %a : T{{{source}}} to T{{{target}}}"
        case = Elementwise(f"exact_{source}_{target}", (source,), target, body)
        cases.append((case, [a], wanted.astype(DTYPES[target])))
    check(chip, width, cases)


@per_width
def test_casts_between_integers(chip: str, width: int) -> None:
    cases = []
    for source, target in itertools.permutations(INTEGERS, 2):
        a = samples(source, 4)
        grows = DTYPES[target].itemsize > DTYPES[source].itemsize
        for name in ("extsi", "extui") if grows else ("trunci",):
            body = f"%r = arith.{name} %a : T{{{source}}} to T{{{target}}}"
            case = Elementwise(f"{name}_{source}_{target}", (source,), target, body)
            wanted = (unsigned(a) if name == "extui" else a).astype(DTYPES[target])
            cases.append((case, [a], wanted))
    check(chip, width, cases)


@per_width
@np.errstate(all="ignore")
def test_casts_between_floats_and_integers(chip: str, width: int) -> None:
    cases = []
    for integer, real in itertools.product(INTEGERS, FLOATS):
        a = samples(integer, 6)
        if real == "f16" and integer != "i8":
            a = (a % 1000).astype(a.dtype)
        for name, values in (("sitofp", a), ("uitofp", unsigned(a))):
            body = f"%r = arith.{name} %a : T{{{integer}}} to T{{{real}}}"
            case = Elementwise(f"exact_{name}_{integer}_{real}", (integer,), real, body)
            wanted = values.astype(np.float32) if real == "bf16" else values
            cases.append((case, [a], wanted.astype(DTYPES[real])))
        x = (np.random.default_rng(7).standard_normal(256) * 30).astype(DTYPES[real])
        for name, values in (("fptosi", x), ("fptoui", np.abs(x))):
            body = f"%r = arith.{name} %a : T{{{real}}} to T{{{integer}}}"
            case = Elementwise(f"{name}_{real}_{integer}", (real,), integer, body)
            cases.append((case, [values], values.astype(np.float64).astype(DTYPES[integer])))
    check(chip, width, cases)


@per_width
def test_bitcasts_and_indices(chip: str, width: int) -> None:
    cases = []
    for real, integer in (("f16", "i16"), ("bf16", "i16"), ("f32", "i32"), ("f64", "i64")):
        bits = np.random.default_rng(8).integers(0, 1 << 14, 256).astype(DTYPES[integer])
        body = f"%r = arith.bitcast %a : T{{{integer}}} to T{{{real}}}"
        case = Elementwise(f"exact_{integer}_{real}", (integer,), real, body)
        cases.append((case, [bits], bits.view(DTYPES[real])))
        body = f"%r = arith.bitcast %a : T{{{real}}} to T{{{integer}}}"
        case = Elementwise(f"bits_{real}_{integer}", (real,), integer, body)
        cases.append((case, [bits.view(DTYPES[real])], bits))
    for integer in INTEGERS[:3]:
        a = samples(integer, 9)
        for name, values in (("index_cast", a), ("index_castui", unsigned(a))):
            body = f"""%q = arith.{name} %a : T{{{integer}}} to T{{index}}
            %one = arith.constant 1 : T{{index}}
            %s = arith.addi %q, %one : T{{index}}
            %r = arith.{name} %s : T{{index}} to T{{i32}}"""
            case = Elementwise(f"{name}_{integer}", (integer,), "i32", body)
            cases.append((case, [a], (values.astype(np.int64) + 1).astype(np.int32)))
    check(chip, width, cases)


@per_width
@np.errstate(all="ignore")
def test_rounding_to_bf16(chip: str, width: int) -> None:
    """Ties, carries into the exponent, overflow to infinity, denormals, NaN payloads and signs."""
    patterns = [0x3F808000, 0x3F818000, 0x3F80FFFF, 0x3FFF8000, 0x7F7F8000, 0x7F7F7FFF, 0x00008000]
    patterns += [0x00018000, 0x7F800000, 0xFF800000, 0x7F800001, 0xFFC12345, 0x7FFFFFFF, 0x80000000]
    bits = np.random.default_rng(9).integers(0, 1 << 32, 256, dtype=np.uint32)
    bits[: len(patterns)] = patterns
    a = bits.view(np.float32)
    body = "%q = arith.truncf %a : T{f32} to T{bf16}\n%r = arith.bitcast %q : T{bf16} to T{i16}"
    case = Elementwise("truncf", ("f32",), "i16", body)
    wanted = a.astype(DTYPES["bf16"]).view(np.int16)
    quiet = (bits >> 16 | 0x40).astype(np.uint16).view(np.int16)
    check(chip, width, [(case, [a], np.where(np.isnan(a), quiet, wanted))])
