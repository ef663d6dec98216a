"""Every arithmetic operation of L4, in every type, by OpenCL and Vulkan against NumPy."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from spirv_kernels import (
    CHIPS,
    FLOATS,
    INTEGERS,
    Elementwise,
    check,
    per_width,
    samples,
    unsigned,
)


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
    for name, wanted in (("uno", np.isnan(a)), ("une", np.isnan(a)), ("oeq", ~np.isnan(a))):
        body = f"""%q = arith.cmpf {name}, %a, %a : T{{{type_}}}
        %r = arith.extui %q : T{{i1}} to T{{i8}}"""
        cases.append((Elementwise(f"itself_{name}", (type_,), "i8", body), [a], wanted))
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
