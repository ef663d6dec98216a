"""Elementwise operations on every device: all kinds in one program for each type."""

import numpy as np
import pytest
from claw_programs import kinds_of, unary
from harness import DEVICES, check, program, shape_id, single, supports, tensor, values

from clawc.dialects.elementwise_ops import (
    BINARY,
    COMPARE,
    UNARY,
    binary_elements,
    unary_elements,
)

TYPES = ("f32", "f16", "bf16", "f64", "i8", "i16", "i32", "i64", "i1")
# What each function needs of its argument to be defined.
DOMAINS = {
    "log": np.abs,
    "log2": np.abs,
    "log10": np.abs,
    "log1p": np.abs,
    "sqrt": np.abs,
    "rsqrt": np.abs,
    "asin": np.tanh,
    "acos": np.tanh,
}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", TYPES)
def test_unary(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    kinds = kinds_of(dtype, UNARY, unary_elements)
    free = [k for k in kinds if k not in DOMAINS]
    check(unary(dtype, free, (3, 37)), [values(dtype, (3, 37))], device, ulps=8, terms=8)
    for kind in sorted(set(kinds) & set(DOMAINS)):
        x = DOMAINS[kind](values(dtype, (67,)).astype(np.float64))
        x = x.astype(values(dtype, (1,)).dtype)
        check(unary(dtype, [kind], (67,)), [x], device, ulps=8, terms=8)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", TYPES)
def test_binary(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    kinds = [k for k in kinds_of(dtype, BINARY, binary_elements) if not k.startswith("shift")]
    type_ = tensor(dtype, (5, 29))
    body = "\n".join(
        f'  %r{i} = claw.binary %0, %1 {{kind = "{kind}"}} : ({type_}, {type_}) -> {type_}'
        for i, kind in enumerate(kinds)
    )
    text = program([type_, type_], body, [type_] * len(kinds))
    x, y = values(dtype, (5, 29)), values(dtype, (5, 29), seed=1)
    if "pow" in kinds:
        x, y = np.abs(x) + x.dtype.type(1), np.abs(y)
    check(text, [x, y], device, ulps=8, terms=8)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ("i8", "i16", "i32", "i64"))
def test_shifts(device, dtype):
    type_ = tensor(dtype, (70,))
    x, y = values(dtype, (70,)), np.abs(values(dtype, (70,), seed=1)) % 7
    for kind in ("shift_left", "shift_right"):
        check(single("binary", [type_] * 2, type_, f'{{kind = "{kind}"}}'), [x, y], device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", TYPES)
def test_compare_and_select(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    type_, bools = tensor(dtype, (3, 41)), tensor("i1", (3, 41))
    lines, results = [], []
    for i, kind in enumerate(COMPARE):
        operands = f"({type_}, {type_})"
        lines.append(
            f'  %r{2 * i} = claw.compare %0, %1 {{kind = "{kind}"}} : {operands} -> {bools}'
        )
        chosen = f"({bools}, {type_}, {type_}) -> {type_}"
        lines.append(f"  %r{2 * i + 1} = claw.select %r{2 * i}, %0, %1 : {chosen}")
        results += [bools, type_]
    x, y = values(dtype, (3, 41)), values(dtype, (3, 41), seed=1)
    y[0] = x[0]
    check(program([type_, type_], "\n".join(lines), results), [x, y], device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("source", TYPES)
def test_cast(device, source):
    if not supports(device, source):
        pytest.skip(f"{device} has no {source}")
    targets = [t for t in TYPES if t != source and supports(device, t)]
    from_ = tensor(source, (83,))
    body = "\n".join(
        f"  %r{i} = claw.cast %0 : ({from_}) -> {tensor(t, (83,))}" for i, t in enumerate(targets)
    )
    text = program([from_], body, [tensor(t, (83,)) for t in targets])
    check(text, [values(source, (83,))], device, ulps=0.5)


SHAPES = [(), (0,), (1,), (7, 0, 3), (1, 1), (255,), (256,), (257,), (2, 3, 4, 5), (1000, 3)]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("shape", SHAPES, ids=shape_id)
def test_shapes(device, shape, dynamic):
    text = unary("f32", ["relu", "exp"], shape, dynamic)
    check(text, [values("f32", shape)], device, ulps=8, terms=8)


@pytest.mark.parametrize("device", DEVICES)
def test_special_values(device):
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, 3e38, -3e38], np.float32)
    kinds = ["exp", "log", "tanh", "erf", "sigmoid", "relu", "sqrt", "abs", "is_nan", "gelu", "sin"]
    check(unary("f32", kinds, (8,)), [x], device, ulps=8, terms=8)


@pytest.mark.parametrize("device", DEVICES)
def test_max_and_min_propagate_nan(device):
    type_ = tensor("f32", (4,))
    x = np.array([np.nan, 1, 2, -0.0], np.float32)
    y = np.array([1, np.nan, 3, 0.0], np.float32)
    for kind in ("max", "min"):
        check(single("binary", [type_] * 2, type_, f'{{kind = "{kind}"}}'), [x, y], device)
