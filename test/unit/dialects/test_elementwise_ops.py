"""Elementwise claw operations against the reference: every kind, type and kind of size."""

from __future__ import annotations

import numpy as np
import pytest
from linalg_jit import check, draw, lowered, program, run, tensor

from clawc.dialects.elementwise_ops import (
    BINARY,
    COMPARE,
    PREDICATES,
    UNARY,
    binary_elements,
    unary_elements,
)
from clawc.dialects.reference import DTYPES
from clawc.dialects.shapes import ELEMENTS, FLOATS

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 30.0, -30.0, 100.0, -100.0]
SPECIAL += [np.inf, -np.inf, np.nan]
POSITIVE = ("log", "log2", "log10", "log1p", "sqrt", "rsqrt", "cbrt")
UNIT = ("asin", "acos")


def _inputs(kind: str, name: str) -> np.ndarray:
    """Ordinary and special numbers in the domain where the function is well conditioned."""
    x = draw((23,), name, spread=2.0)
    if name not in FLOATS:
        return x
    if kind in POSITIVE:
        return np.abs(x)
    if kind in UNIT:
        return np.clip(x / DTYPES[name].type(8), -1, 1).astype(x.dtype)
    if kind in ("tan", "sinh", "cosh", "sin", "cos", "exp", "exp2", "expm1"):
        return x
    limit = [
        v for v in SPECIAL if not (kind in ("silu", "mish", "gelu", "gelu_tanh") and v == -np.inf)
    ]
    return np.concatenate([x, np.array(limit, x.dtype)])


@pytest.mark.parametrize("kind", UNARY)
def test_unary(kind: str) -> None:
    for name in unary_elements(kind):
        x = _inputs(kind, name)
        result = "i1" if kind in PREDICATES else name
        text = program(
            "unary",
            [tensor(x.shape, name, dynamic=True)],
            tensor(x.shape, result, dynamic=True),
            attributes=f'{{kind = "{kind}"}}',
        )
        check(text, x, terms=4)


@pytest.mark.parametrize("kind", ["leaky_relu", "elu"])
def test_alpha(kind: str) -> None:
    x = _inputs(kind, "f32")
    type_ = tensor(x.shape, "f32")
    check(program("unary", [type_], type_, attributes=f'{{kind = "{kind}", alpha = 0.3}}'), x)


@pytest.mark.parametrize("kind", BINARY)
def test_binary(kind: str) -> None:
    for name in binary_elements(kind):
        shape = (5, 1, 7)
        x, y = draw(shape, name, 1), draw(shape, name, 2)
        if kind == "pow":
            x = np.abs(x) if name in FLOATS else x
            y = np.clip(y, -3, 3)
        if kind.startswith("shift"):
            y = np.abs(y) % 8
        if kind in ("floor_div", "rem", "mod", "div") and name in FLOATS:
            y = np.where(np.abs(y) < 0.25, 1, y).astype(y.dtype)
        text = program(
            "binary",
            [tensor(shape, name)] * 2,
            tensor(shape, name, dynamic=True),
            attributes=f'{{kind = "{kind}"}}',
        )
        scale = 1.0 + float(np.max(np.abs(y.astype(np.float64)))) if kind == "pow" else 1.0
        check(text, x, y, scale=scale)


@pytest.mark.parametrize("name", ["i8", "i32", "i64"])
@pytest.mark.parametrize("kind", ["div", "floor_div", "rem", "mod"])
def test_division_at_the_edges_does_not_trap(kind: str, name: str) -> None:
    limits = np.iinfo(DTYPES[name])
    edges = np.array([0, 1, -1, 7, -7, limits.max, limits.min + (name == "i64"), 2, -3])
    x, y = (a.ravel().astype(DTYPES[name]) for a in np.meshgrid(edges, edges))
    type_ = tensor(x.shape, name)
    check(program("binary", [type_] * 2, type_, attributes=f'{{kind = "{kind}"}}'), x, y)


@pytest.mark.parametrize("kind", ["max", "min"])
def test_extremes_propagate_nan(kind: str) -> None:
    x = np.array([1, np.nan, 2, np.nan, np.inf, -np.inf], np.float32)
    y = np.array([np.nan, 1, 3, np.nan, 0, 0], np.float32)
    type_ = tensor(x.shape, "f32")
    check(program("binary", [type_] * 2, type_, attributes=f'{{kind = "{kind}"}}'), x, y)


@pytest.mark.parametrize("kind", COMPARE)
def test_compare(kind: str) -> None:
    for name in ELEMENTS:
        x, y = draw((40,), name, 3), draw((40,), name, 4)
        y[::3] = x[::3]
        if name in FLOATS:
            x[5] = y[6] = np.nan
        types = [tensor(x.shape, name)] * 2
        check(program("compare", types, "tensor<40xi1>", attributes=f'{{kind = "{kind}"}}'), x, y)


@pytest.mark.parametrize("name", ELEMENTS)
def test_select(name: str) -> None:
    condition, x, y = draw((3, 5), "i1"), draw((3, 5), name, 1), draw((3, 5), name, 2)
    type_ = tensor((3, 5), name, dynamic=True)
    check(program("select", ["tensor<3x5xi1>", type_, type_], type_), condition, x, y)


@pytest.mark.parametrize("source", ELEMENTS)
def test_cast(source: str) -> None:
    for target in ELEMENTS:
        if (source, target) in (("f64", "f16"), ("f64", "bf16")):
            continue  # needs a library routine on this CPU; test_cast_of_f64 looks at the code
        x = draw((31,), source, spread=10.0)
        text = program("cast", [tensor((31,), source)], tensor((31,), target))
        check(text, x, scale=0.0 if target in FLOATS else 1.0)


def test_cast_rounds_to_even() -> None:
    x = np.array([1 + 2**-11, 1 + 3 * 2**-11, 65504.0, 1e-8], np.float32)
    found = run(program("cast", ["tensor<4xf32>"], "tensor<4xf16>"), x)
    np.testing.assert_array_equal(found, x.astype(np.float16))


def test_cast_of_f64_rounds_once() -> None:
    text = str(lowered(program("cast", ["tensor<4xf64>"], "tensor<4xf16>")))
    assert text.count("arith.truncf") == 1


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0, 2)])
def test_shapes_at_the_edges(shape: tuple[int, ...]) -> None:
    x = draw(shape, "f32")
    type_ = tensor(shape, "f32", dynamic=True)
    check(program("unary", [type_], type_, attributes='{kind = "exp"}'), x)
