"""Every cast of L4 between every two types, by OpenCL and Vulkan against NumPy."""

from __future__ import annotations

import itertools

import numpy as np
from spirv_kernels import (
    DTYPES,
    FLOATS,
    INTEGERS,
    Elementwise,
    check,
    per_width,
    samples,
    unsigned,
)


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
