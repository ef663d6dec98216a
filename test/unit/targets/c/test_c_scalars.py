"""Scalar operations in C give what the runtime gives, bit for bit where both round correctly.

Covers: targets/c/scalars.py, lines.py.
"""

from __future__ import annotations

import ctypes
import math
import random
import subprocess
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from c_program import WARNINGS

from clawc.runtime.scalar_kinds import FLOAT, INTEGER, kind_of, operands_of
from clawc.runtime.scalar_operations import OPERATIONS
from clawc.runtime.scalar_types import bits, is_float, rounded, wrapped
from clawc.targets.c.lines import decoded, encoded, text
from clawc.targets.c.scalars import expression
from clawc.targets.c.source import _runtime
from clawc.targets.emission import EmissionError

TYPES = ("i1", "i8", "i16", "i32", "i64", "index", "f16", "bf16", "f32", "f64")
INTEGERS = (0, 1, -1, 2, -2, 3, 7, -7, 31, 32, 63, 64, 127, -128, 255, 1 << 31, 1 << 62, -(1 << 63))
FLOATS = (
    *(0.0, -0.0, 0.5, -0.5, 1.0, -1.5, 2.5, 3.5, -3.7, 100.25, 65504.0, 65520.0, 1e-8, 6e-8),
    *(3e38, 1e300, 2.0**31, 2.0**63, -(2.0**63), 1.8e19, math.inf, -math.inf, math.nan),
)
# The C library and NumPy may differ in the last place of binary64, which seldom shows.
ROUGH = {"exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "powf", "fpowi", "cbrt", "erf"}
ROUGH |= {"erfc", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh"}
ROUGH |= {"asinh", "acosh", "atanh", "sincos", "sincos#1", "rsqrt"}
PREAMBLE = """#include <math.h>
#include <stdint.h>
#include <string.h>
#define CLAW_MAYBE_UNUSED __attribute__((unused))
"""


def cases() -> list[tuple[str, tuple[str, str]]]:
    """All operations with all types that they take."""
    found = []
    for name, types in product(OPERATIONS, product(TYPES, TYPES)):
        try:
            operands_of(name, types)
        except ValueError:
            continue
        same = name.split(".")[1] not in ("select", "bitcast") and kind_of(types[0]) == kind_of(
            types[1]
        )
        converts = any(part in name for part in ("ext", "trunc", "cast", "cmp")) or "is" in name
        if same and types[0] != types[1] and not (converts and "extended" not in name):
            continue
        if "bitcast" in name and _width(types[0]) != _width(types[1]):
            continue
        if "select" in name and types[0] != types[1]:
            continue
        if "fpowi" in name and types[1] not in ("f32", "f64"):
            continue
        found.append((name, types))
    return found


def _width(type_: str) -> int:
    return {"f16": 16, "bf16": 16, "f32": 32, "f64": 64}.get(type_) or bits(type_)


CASES = cases()


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> ctypes.CDLL:
    """A function for each case: of its operands' addresses, and where the result goes."""
    folder: Path = tmp_path_factory.mktemp("scalars")
    functions = []
    for number, (name, types) in enumerate(CASES):
        kinds = operands_of(name, types)
        names = [f"x[{i}].{'f' if kind == FLOAT else 'i'}" for i, kind in enumerate(kinds)]
        member = "f" if kind_of(types[1]) == FLOAT else "i"
        computed = expression(name, types, names)
        functions.append(
            f"void f{number}(const number *x, number *y); "
            f"void f{number}(const number *x, number *y) {{ (void)x; y->{member} = {computed}; }}"
        )
    union = "typedef union number { int64_t i; double f; } number;"
    whole = "\n".join([PREAMBLE, _runtime("numbers"), union, *functions])
    (folder / "scalars.c").write_text(whole)
    command = ["gcc", "-std=c11", "-O1", "-fPIC", "-shared", *WARNINGS, "scalars.c"]
    subprocess.run([*command, "-o", "scalars.so", "-lm"], cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "scalars.so"))


class Number(ctypes.Union):
    _fields_ = (("i", ctypes.c_int64), ("f", ctypes.c_double))


def drawn(kind: str, type_: str, generator: random.Random) -> int | float:
    if kind == INTEGER:
        value = generator.choice([*INTEGERS, generator.getrandbits(64)])
        return wrapped(value, "i64" if is_float(type_) else type_)
    value = generator.choice([*FLOATS, generator.gauss(0, 3)])
    return rounded(value, type_)


def test_all_operations_are_there():
    assert {name for name, _ in CASES} == set(OPERATIONS)
    assert len(CASES) > 500


@pytest.mark.parametrize("seed", range(4))
def test_each_operation_gives_what_the_runtime_gives(library, seed):
    generator = random.Random(seed)
    for number, (name, types) in enumerate(CASES):
        kinds = operands_of(name, types)
        for _ in range(12):
            taken = [types[1], types[0]] if name == "math.fpowi" else [types[0]] * len(kinds)
            operands = [drawn(k, type_, generator) for k, type_ in zip(kinds, taken, strict=True)]
            if name == "arith.select":
                operands[0] = -generator.getrandbits(1)
            given = (Number * 3)()
            for at, (kind, value) in enumerate(zip(kinds, operands, strict=True)):
                setattr(given[at], "f" if kind == FLOAT else "i", value)
            result = Number()
            library[f"f{number}"](given, ctypes.byref(result))
            right = OPERATIONS[name].compute(*types, *operands)
            found = result.f if kind_of(types[1]) == FLOAT else result.i
            assert equal(found, right, types[1], name), (name, types, operands, found, right)


def equal(found, right, type_: str, name: str) -> bool:
    if isinstance(right, int) or isinstance(found, int):
        return found == right
    if math.isnan(right):
        return math.isnan(found)
    if found == right:
        rough = name.partition(".")[2] in ROUGH
        return rough or math.copysign(1, found) == math.copysign(1, right)
    if name.partition(".")[2] not in ROUGH:
        return False
    places = {"f16": 2.0**-10, "bf16": 2.0**-7, "f32": 2.0**-23, "f64": 2.0**-51}
    return abs(found - right) <= places[type_] * max(abs(right), np.finfo(np.float32).tiny)


@pytest.mark.parametrize("type_", TYPES)
def test_numbers_in_memory(type_, tmp_path):
    member, kind = ("f", "double") if is_float(type_) else ("i", "int64_t")
    body = "\n".join(
        [
            f"void read(const void *p, {kind} *{member}); uint64_t write({kind} {member});",
            f"void read(const void *p, {kind} *{member}) {{ *{member} = {decoded(type_, 'p')}; }}",
            f"uint64_t write({kind} {member}) {{ return {encoded(type_, member)}; }}",
        ]
    )
    (tmp_path / "m.c").write_text(PREAMBLE + _runtime("numbers") + body)
    command = ["gcc", "-std=c11", "-fPIC", "-shared", *WARNINGS, "m.c", "-o", "m.so", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    library = ctypes.CDLL(str(tmp_path / "m.so"))
    made = ctypes.c_double if is_float(type_) else ctypes.c_int64
    library.write.argtypes, library.write.restype = [made], ctypes.c_uint64
    from clawc.runtime.scalar_types import to_numpy

    generator = random.Random(1)
    for _ in range(300):
        value = drawn(kind_of(type_), type_, generator)
        stored = to_numpy(value, type_).tobytes()
        raw, number = ctypes.create_string_buffer(stored, 8), made()
        library.read(raw, ctypes.byref(number))
        assert number.value == value or number.value != number.value and value != value
        if value == value:
            size = len(stored)
            assert library.write(value).to_bytes(8, "little")[:size] == stored


def test_integers_that_c_has_not():
    with pytest.raises(EmissionError, match="no integers of 128 bits"):
        expression("arith.addi", ("i128", "i128"), ["a", "b"])


def test_strings_say_what_they_should(tmp_path):
    said = 'a "quoted" \\ %s ??= \n é \udcff'
    (tmp_path / "s.c").write_text(f"#include <stdio.h>\nint main(void) {{ puts({text(said)}); }}")
    subprocess.run(["gcc", "s.c", "-o", "s", "-Wall", "-Werror"], cwd=tmp_path, check=True)
    found = subprocess.run([tmp_path / "s"], capture_output=True, check=True).stdout
    assert found == said.encode(errors="backslashreplace") + b"\n"
