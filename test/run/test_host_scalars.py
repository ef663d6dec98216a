"""Scalars of programs: arguments, results, in kernels, and what the host computes of them.

Expected values are NumPy's, written down beside each program.
"""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from harness import chip
from host_programs import DEVICES, MAPS, loaded, mapped

import clawc
from clawc.runtime.errors import ArgumentError, CheckFailed

TYPES = {
    "i1": np.bool_,
    "i8": np.int8,
    "i32": np.int32,
    "i64": np.int64,
    "f16": np.float16,
    "bf16": ml_dtypes.bfloat16,
    "f32": np.float32,
    "f64": np.float64,
}


@pytest.mark.parametrize("name", DEVICES)
def test_scalars_of_every_type_go_into_kernels(name):
    """Each is an argument, what a kernel fills a tensor with, and a result."""
    types = [t for t in TYPES if t in chip(name).types]
    arguments = ", ".join(f"%{t}: {t}" for t in types)
    fills = "\n".join(
        f"  %e_{t} = tensor.empty(%n) : tensor<?x{t}>\n"
        f"  %r_{t} = linalg.fill ins(%{t} : {t}) outs(%e_{t} : tensor<?x{t}>) -> tensor<?x{t}>"
        for t in types
    )
    returned = ", ".join([f"%r_{t}" for t in types] + [f"%{t}" for t in types])
    results = ", ".join([f"tensor<?x{t}>" for t in types] + types)
    run = loaded(
        f"func.func @main(%n: index, {arguments}) -> ({results}) {{\n{fills}\n"
        f"  return {returned} : {results}\n}}",
        name,
    )
    given = [TYPES[t](1 if t == "i1" else -3) for t in types]
    for size in (0, 5):
        found = run(size, *given)
        for array, scalar, value in zip(found, found[len(types) :], given, strict=False):
            np.testing.assert_array_equal(array, np.full(size, value))
            assert array.dtype == value.dtype and type(scalar) is type(value) and scalar == value


def test_what_may_be_given_for_a_scalar():
    run = loaded("func.func @main(%k: f32, %n: i8) -> (f32, i8) { return %k, %n : f32, i8 }")
    assert run(np.float32(0.5), 7) == run(0.5, np.array(7, np.int8)) == (0.5, 7)
    assert run(2, -128)[0].dtype == np.float32
    for arguments, message in [
        ((1j, 2), "argument 0 of main is 1j, which is no float32"),
        ((1.0, 200), "argument 1 of main is 200, which is no int8"),
        ((1.0, 2.5), "argument 1 of main is 2.5, which is no int8"),
        ((np.ones(3, np.float32), 1), "argument 0 of main has shape .3.; expected a scalar"),
        ((np.float16(1), 1), "argument 0 of main is an array of float16; expected float32"),
        ((1.0,), r"main takes 2 arguments \(f32, i8\); 1 were given"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            run(*arguments)


def test_a_double_is_rounded_by_the_host():
    """So that a chip without f64 multiplies by it."""
    body = "%s = arith.truncf %k : f64 to f32 %t = arith.mulf %a, %s : f32"
    text = (
        "func.func @main(%x: tensor<?xf32>, %k: f64) -> tensor<?xf32> {"
        " %c0 = arith.constant 0 : index %d = tensor.dim %x, %c0 : tensor<?xf32>"
        f"{mapped('r', 'x', '%d', body)} return %r : tensor<?xf32> }}"
    )
    x = np.arange(7, dtype=np.float32)
    np.testing.assert_array_equal(loaded(text, "vulkan")(x, 0.1), x * np.float32(0.1))
    kernels = clawc.compile(MAPS + text, "host").kernels
    assert len(kernels) == 1


def test_arithmetic_of_the_host():
    run = loaded("""
func.func @main(%a: i64, %b: i64, %f: f64) -> (i64, i64, i64, f32, i1, i8, index) {
  %q = arith.remsi %a, %b : i64
  %d = arith.floordivsi %a, %b : i64
  %m = index.constant 3
  %g = math.floor %f : f64
  %h = arith.fptosi %g : f64 to i64
  %t = arith.truncf %f : f64 to f32
  %s = math.sqrt %t : f32
  %c = arith.cmpf ult, %f, %g : f64
  %w = arith.trunci %a : i64 to i8
  %e = arith.extui %w : i8 to i64
  %x = index.castu %e : i64 to index
  %y = index.mul %x, %m
  return %q, %d, %h, %s, %c, %w, %y : i64, i64, i64, f32, i1, i8, index
}""")
    expected = (-1, -3, 2, np.sqrt(np.float32(2.7)), False, -5, 251 * 3)
    assert run(-5, 2, 2.7) == expected
    assert np.isnan(run(7, -2, np.nan)[3]) and run(7, -2, np.nan)[4]
    assert run(-(1 << 63), -1, 1.0)[1] == -(1 << 63)
    assert run(5, 0, 1.0)[:2] == (0, 0)


def test_a_dimension_by_a_computed_number():
    run = loaded("""
func.func @main(%x: tensor<?x7x?xf32>, %n: index) -> index {
  %d = tensor.dim %x, %n : tensor<?x7x?xf32>
  return %d : index
}""")
    x = np.zeros((2, 7, 5), np.float32)
    assert [run(x, n) for n in range(3)] == [2, 7, 5]
    for n in (3, -1):
        with pytest.raises(CheckFailed, match="asked for of a tensor of rank 3"):
            run(x, n)
