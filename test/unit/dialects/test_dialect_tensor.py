"""Contractions, shape operations and reductions of claw against the reference.

Covers: dialects/contraction_ops.py, shape_ops.py, reduction_ops.py, shapes.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from linalg_jit import check, draw, program, run, tensor

from clawc.dialects.claw_op import accumulated_types
from clawc.dialects.reduction_ops import REDUCE, reduce_elements
from clawc.dialects.reference import DTYPES
from clawc.dialects.shapes import ELEMENTS, FLOATS, NUMBERS

SIZES = [(5, 7, 3), (1, 1, 1), (0, 4, 3), (4, 0, 3), (17, 33, 9)]


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_matmul_sizes(sizes: tuple[int, int, int], dynamic: bool) -> None:
    m, k, n = sizes
    x, y = draw((m, k), "f32", 1), draw((k, n), "f32", 2)
    types = [tensor((m, k), "f32", dynamic), tensor((k, n), "f32", dynamic)]
    check(program("matmul", types, tensor((m, n), "f32", dynamic)), x, y, terms=k)


@pytest.mark.parametrize("name", NUMBERS)
def test_matmul_types(name: str) -> None:
    x, y = draw((5, 19), name, 1), draw((19, 7), name, 2)
    for result in accumulated_types(name):
        types = [tensor((5, 19), name), tensor((19, 7), name)]
        check(program("matmul", types, tensor((5, 7), result)), x, y, terms=19)


@pytest.mark.parametrize("op", ["matmul", "batch_matmul"])
@pytest.mark.parametrize(
    "flags", ["{transpose_lhs}", "{transpose_rhs}", "{transpose_lhs, transpose_rhs}"]
)
def test_transposed_operands(op: str, flags: str) -> None:
    batch = (3,) if op == "batch_matmul" else ()
    lhs = (*batch, 5, 4) if "lhs" in flags else (*batch, 4, 5)
    rhs = (*batch, 6, 5) if "rhs" in flags else (*batch, 5, 6)
    types = [tensor(lhs, "f32", True), tensor(rhs, "f32")]
    text = program(op, types, tensor((*batch, 4, 6), "f32", True), attributes=flags)
    check(text, draw(lhs, "f32", 1), draw(rhs, "f32", 2), terms=5)


@pytest.mark.parametrize(
    ("source", "target", "dims"),
    [
        ((4,), (3, 4), None),
        ((4,), (4, 3), [0]),
        ((1, 4), (3, 4), None),
        ((4, 1), (2, 4, 3), None),
        ((2, 1, 3), (2, 5, 4, 3), [0, 2, 3]),
        ((), (2, 3), None),
        ((1, 1), (2, 3), None),
        ((3, 1), (3, 1), None),
        ((2, 0), (3, 2, 0), None),
    ],
)
def test_broadcast(source: tuple, target: tuple, dims: list[int] | None) -> None:
    attributes = f"{{dims = array<i64: {', '.join(map(str, dims))}>}}" if dims else ""
    types = tensor(source, "f32"), tensor(target, "f32")
    check(program("broadcast", [types[0]], types[1], attributes=attributes), draw(source, "f32"))


def test_broadcast_to_given_sizes() -> None:
    text = """
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?x?xf32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %y, %c0 : tensor<?xf32>
      %r = claw.broadcast %x, %n : (tensor<?xf32>, index) -> tensor<?x?xf32>
      return %r : tensor<?x?xf32>
    }"""
    check(text, draw((5,), "f32"), draw((3,), "f32"))


@pytest.mark.parametrize("permutation", [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]])
@pytest.mark.parametrize("name", ["f32", "f16", "i8", "i1", "f64"])
def test_transpose(permutation: list[int], name: str) -> None:
    shape = (2, 3, 5)
    result = tuple(shape[axis] for axis in permutation)
    listed = f"{{permutation = array<i64: {', '.join(map(str, permutation))}>}}"
    types = tensor(shape, name, True), tensor(result, name, True)
    check(program("transpose", [types[0]], types[1], attributes=listed), draw(shape, name))


@pytest.mark.parametrize(
    ("shape", "source", "target"),
    [
        ((2, 6), "2x6x", "3x4x"),
        ((2, 6), "?x6x", "?x3x"),
        ((2, 6), "?x?x", "12x"),
        ((12,), "12x", "?x3x"),
        ((1, 1), "1x1x", ""),
        ((), "", "1x1x"),
        ((), "", ""),
        ((0, 3), "?x3x", "3x?x"),
        ((0, 3), "0x3x", "5x0x"),
        ((1,), "?x", ""),
        ((2, 3, 4), "?x3x?x", "2x12x"),
    ],
)
def test_reshape(shape: tuple[int, ...], source: str, target: str) -> None:
    text = program("reshape", [f"tensor<{source}f32>"], f"tensor<{target}f32>")
    check(text, draw(shape, "f32"))


@pytest.mark.parametrize("seed", range(30))
def test_reshapes_of_all_kinds(seed: int) -> None:
    """One number cut twice; any of the input's sizes unknown, and at most one of the result's."""
    random = np.random.default_rng(seed)
    factors = random.choice([1, 2, 2, 3, 5], random.integers(0, 6))

    def cut() -> tuple[int, ...]:
        places = sorted(random.integers(0, len(factors) + 1, random.integers(0, 4)))
        return tuple(int(np.prod(part)) for part in np.split(factors, places))

    source, target = cut(), cut()
    hidden = random.random(len(source)) < 0.4
    known = "".join("?x" if h else f"{n}x" for n, h in zip(source, hidden, strict=True))
    axis = random.integers(0, len(target) + 1)
    wanted = "".join("?x" if i == axis else f"{n}x" for i, n in enumerate(target))
    text = program("reshape", [f"tensor<{known}f32>"], f"tensor<{wanted}f32>")
    check(text, draw(source, "f32"))


def test_reshape_to_given_sizes() -> None:
    text = """
    func.func @f(%x: tensor<?x?x6xf32>) -> tensor<?x?x2x3xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %m = tensor.dim %x, %c0 : tensor<?x?x6xf32>
      %n = tensor.dim %x, %c1 : tensor<?x?x6xf32>
      %r = claw.reshape %x, %m, %n : (tensor<?x?x6xf32>, index, index) -> tensor<?x?x2x3xf32>
      return %r : tensor<?x?x2x3xf32>
    }"""
    check(text, draw((4, 5, 6), "f32"))
    check(text, draw((4, 0, 6), "f32"))


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("axis", [0, -1])
def test_iota(name: str, axis: int) -> None:
    check(program("iota", [], tensor((3, 5), name), attributes=f"{{axis = {axis} : i64}}"))


def test_iota_of_given_sizes() -> None:
    text = """
    func.func @f(%x: tensor<?xf32>) -> tensor<?x2xi32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %r = claw.iota %n {axis = 0 : i64} : (index) -> tensor<?x2xi32>
      return %r : tensor<?x2xi32>
    }"""
    check(text, draw((4,), "f32"))


def test_constant() -> None:
    value = "dense<[[1, 2], [3, 4]]> : tensor<2x2xi16>"
    check(program("constant", [], "tensor<2x2xi16>", attributes=f"{{value = {value}}}"))


@pytest.mark.parametrize("kind", REDUCE)
def test_reduce_types(kind: str) -> None:
    for name in reduce_elements(kind):
        x = draw((4, 9), name)
        if kind == "prod" and name in FLOATS:
            x = (np.abs(x) + DTYPES[name].type(0.5)).astype(x.dtype)
        sums = accumulated_types(name) if kind in ("sum", "prod", "mean") else ()
        for result in dict.fromkeys((name, *sums)):
            attributes = f'{{kind = "{kind}", axes = array<i64: 1>}}'
            text = program("reduce", [tensor((4, 9), name)], tensor((4,), result), "", attributes)
            scale = float(np.max(np.abs(np.prod(x.astype(np.float64), 1)))) if kind == "prod" else 1
            check(text, x, terms=9, scale=max(scale, 1))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axes", [[0], [1, 2], [0, 2], [0, 1, 2], [-1], []])
@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 0, 3), (1, 1, 1)])
def test_reduce_axes(shape: tuple, axes: list[int], keepdims: bool) -> None:
    along = [axis % 3 for axis in axes]
    kept = tuple(1 if a in along else n for a, n in enumerate(shape) if keepdims or a not in along)
    listed = f"array<i64: {', '.join(map(str, axes))}>" if axes else "array<i64>"
    attributes = f'{{kind = "sum", axes = {listed}, keepdims = {str(keepdims).lower()}}}'
    for dynamic in (False, True):
        out = "?x" * len(kept) if dynamic else "".join(f"{n}x" for n in kept)
        text = program(
            "reduce", [tensor(shape, "f32", dynamic)], f"tensor<{out}f32>", "", attributes
        )
        check(text, draw(shape, "f32"), terms=60)


@pytest.mark.parametrize("kind", ["sum", "prod", "mean", "max", "min"])
@pytest.mark.parametrize("name", ["f16", "f32", "i8", "i32"])
def test_reduction_of_nothing_is_neutral(kind: str, name: str) -> None:
    attributes = f'{{kind = "{kind}", axes = array<i64: 0>}}'
    result = "i32" if name == "i8" and kind in ("sum", "prod", "mean") else name
    text = program("reduce", [tensor((0, 3), name)], tensor((3,), result), "", attributes)
    found = run(text, np.zeros((0, 3), DTYPES[name]))
    limits = np.iinfo(DTYPES[name]) if name[0] == "i" else None
    least, most = (limits.min, limits.max) if limits else (-np.inf, np.inf)
    mean = 0 if limits else np.nan
    neutral = {"sum": 0, "prod": 1, "mean": mean, "max": least, "min": most}[kind]
    np.testing.assert_array_equal(found, np.full(3, neutral, DTYPES[result]))


@pytest.mark.parametrize("kind", ["max", "min"])
def test_reduced_extremes_propagate_nan(kind: str) -> None:
    x = np.array([[1, np.nan, 3], [1, 2, 3]], np.float32)
    attributes = f'{{kind = "{kind}", axes = array<i64: 1>}}'
    check(program("reduce", ["tensor<2x3xf32>"], "tensor<2xf32>", "", attributes), x)


@pytest.mark.parametrize("name", ELEMENTS)
def test_every_type_moves(name: str) -> None:
    check(program("broadcast", [tensor((3,), name)], tensor((2, 3), name)), draw((3,), name))
    check(program("reshape", [tensor((6,), name)], tensor((2, 3), name)), draw((6,), name))
