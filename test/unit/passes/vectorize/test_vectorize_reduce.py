"""Reductions at L3 against NumPy: every axis, rows short and long, chains of reductions."""

import numpy as np
import pytest
from l3_programs import dynamic, sizes_of, softmax
from l3_run import CHIPS, generic, run, shaped

KINDS = {
    "add": ("arith.addf", "0.0", np.sum),
    "max": ("arith.maximumf", "0xFF800000", np.max),
    "mul": ("arith.mulf", "1.0", np.prod),
}


def reduce_program(sizes, axes, kind="add") -> str:
    op, neutral, _ = KINDS[kind]
    kept = [i for i in range(len(sizes)) if i not in axes]
    source, result = shaped(sizes, "f32"), shaped([sizes[i] for i in kept], "f32")
    letters = [f"d{i}" for i in range(len(sizes))]
    maps = [
        f"({', '.join(letters)}) -> ({', '.join(letters[i] for i in dims)})"
        for dims in (range(len(sizes)), kept)
    ]
    kinds = ["reduction" if i in axes else "parallel" for i in range(len(sizes))]
    text = sizes_of("%x", source, sizes)
    text += f"""
  %c = arith.constant {neutral} : f32
  %e = tensor.empty({dynamic(sizes, kept)}) : {result}
  %f = linalg.fill ins(%c : f32) outs(%e : {result}) -> {result}"""
    text += generic(
        "%r", [("%x", source)], ("%f", result), maps, kinds, f"    %y = {op} %a0, %o : f32"
    )
    return f"func.func @main(%x: {source}) -> {result} {{{text}\n  return %r : {result}\n}}"


AXES = [
    ((7, 64), [1]),
    ((5, 3000), [1]),
    ((40, 33), [0]),
    ((3000, 5), [0]),
    ((2000, 70), [0]),
    ((9, 11, 13), [0, 2]),
    ((9, 11, 13), [1]),
    ((9, 11, 13), [0, 1]),
    ((700, 3), [0, 1]),
    ((5000,), [0]),
    ((4, 5, 6, 7), [1, 3]),
    ((3, 0), [1]),
    ((0, 3), [1]),
    ((0, 3), [0]),
    ((2, 2), [0]),
]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("static", [True, False])
@pytest.mark.parametrize("shape, axes", AXES)
@pytest.mark.parametrize("kind", ["add", "max"])
def test_axes(chip, static, shape, axes, kind):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    (got,) = run(reduce_program([n if static else None for n in shape], axes, kind), chip, x)
    initial = {"add": 0, "max": -np.inf}[kind]
    want = KINDS[kind][2](x.astype(np.float64), axis=tuple(axes), initial=initial)
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


ROW, ALL = "(i, j) -> (i)", "(i, j) -> (i, j)"


def layer_norm(sizes, length: int) -> str:
    """(x - mean) * rsqrt(mean((x - mean)^2) + 1e-5) * w + b, rows of two dimensions."""
    whole, rows, columns = shaped(sizes, "f32"), shaped(sizes[:1], "f32"), shaped(sizes[1:], "f32")
    text = sizes_of("%x", whole, sizes)
    text += f"""
  %length = arith.constant {length}.0 : f32
  %eps = arith.constant 1.0e-5 : f32
  %zero = arith.constant 0.0 : f32
  %er = tensor.empty({dynamic(sizes, [0])}) : {rows}
  %e = tensor.empty({dynamic(sizes, [0, 1])}) : {whole}
  %f = linalg.fill ins(%zero : f32) outs(%er : {rows}) -> {rows}"""
    sum_ = "    %y = arith.addf %a0, %o : f32"
    both, reduction = ["parallel"] * 2, ["parallel", "reduction"]
    text += generic("%s", [("%x", whole)], ("%f", rows), [ALL, ROW], reduction, sum_)
    text += generic(
        "%m",
        [("%s", rows)],
        ("%er", rows),
        ["(i) -> (i)"] * 2,
        ["parallel"],
        "    %y = arith.divf %a0, %length : f32",
    )
    text += generic(
        "%c",
        [("%x", whole), ("%m", rows)],
        ("%e", whole),
        [ALL, ROW, ALL],
        both,
        "    %y = arith.subf %a0, %a1 : f32",
    )
    square = "    %t = arith.mulf %a0, %a0 : f32\n    %y = arith.addf %t, %o : f32"
    text += generic("%q", [("%c", whole)], ("%f", rows), [ALL, ROW], reduction, square)
    text += generic(
        "%r",
        [("%q", rows)],
        ("%er", rows),
        ["(i) -> (i)"] * 2,
        ["parallel"],
        """    %t = arith.divf %a0, %length : f32
    %u = arith.addf %t, %eps : f32
    %y = math.rsqrt %u : f32""",
    )
    scale = """    %t = arith.mulf %a0, %a1 : f32
    %u = arith.mulf %t, %a2 : f32
    %y = arith.addf %u, %a3 : f32"""
    operands = [("%c", whole), ("%r", rows), ("%w", columns), ("%b", columns)]
    maps = [ALL, ROW, "(i, j) -> (j)", "(i, j) -> (j)", ALL]
    text += generic("%z", operands, ("%e", whole), maps, both, scale)
    arguments = f"%x: {whole}, %w: {columns}, %b: {columns}"
    return f"func.func @main({arguments}) -> {whole} {{{text}\n  return %z : {whole}\n}}"


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("static", [True, False])
@pytest.mark.parametrize("shape", [(7, 64), (3, 100), (5, 20000), (2, 3), (0, 5)])
def test_layer_norm(chip, static, shape):
    rng = np.random.default_rng(1)
    x, w, b = (rng.standard_normal(s).astype(np.float32) for s in (shape, shape[1:], shape[1:]))
    (got,) = run(layer_norm([n if static else None for n in shape], shape[1]), chip, x, w, b)
    centred = x - x.mean(1, keepdims=True)
    want = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5) * w + b
    np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-4)


SOFTMAXES = [
    ((7, 64), 1),
    ((4, 1000), 1),
    ((2, 9000), 1),
    ((30, 20), 0),
    ((500, 3), 0),
    ((3, 4, 5), 1),
    ((3, 4, 5), 2),
    ((3, 0), 1),
    ((0, 3), 1),
]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("static", [True, False])
@pytest.mark.parametrize("shape, axis", SOFTMAXES)
def test_softmax(chip, static, shape, axis):
    x = np.random.default_rng(2).standard_normal(shape).astype(np.float32)
    (got,) = run(softmax([n if static else None for n in shape], axis), chip, x)
    e = np.exp(x - x.max(axis, keepdims=True, initial=-100))
    np.testing.assert_allclose(got, e / e.sum(axis, keepdims=True), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("cols", [20, 6000, None])
def test_argument_free_sum(chip, cols):
    """Sums of what is no argument: the coordinates, scaled by a row."""
    rows, whole = shaped([None], "f32"), shaped([None, cols], "f32")
    text = sizes_of("%w", whole, [None, cols])
    text += f"""
  %zero = arith.constant 0.0 : f32
  %er = tensor.empty(%d0) : {rows}
  %f = linalg.fill ins(%zero : f32) outs(%er : {rows}) -> {rows}"""
    body = """    %j = linalg.index 1 : index
    %k = arith.index_cast %j : index to i64
    %v = arith.sitofp %k : i64 to f32
    %t = arith.mulf %v, %a0 : f32
    %u = arith.mulf %t, %a1 : f32
    %y = arith.addf %o, %u : f32"""
    text += generic(
        "%r",
        [("%x", rows), ("%w", whole)],
        ("%f", rows),
        [ROW, ALL, ROW],
        ["parallel", "reduction"],
        body,
    )
    source = (
        f"func.func @main(%x: {rows}, %w: {whole}) -> {rows} {{{text}\n  return %r : {rows}\n}}"
    )
    n = cols or 77
    rng = np.random.default_rng(3)
    x, w = rng.standard_normal(5).astype(np.float32), rng.standard_normal((5, n)).astype(np.float32)
    (got,) = run(source, chip, x, w)
    np.testing.assert_allclose(got, (np.arange(n) * w).sum(1) * x, rtol=1e-3, atol=1e-1)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("op, neutral, want", [("andi", "true", np.all), ("ori", "false", np.any)])
def test_truth_values(chip, op, neutral, want):
    """Truth values are bytes in memory."""
    source, rows = shaped([40, 33], "i1"), shaped([40], "i1")
    text = f"""
  %c = arith.constant {neutral}
  %e = tensor.empty() : {rows}
  %f = linalg.fill ins(%c : i1) outs(%e : {rows}) -> {rows}"""
    body = f"    %y = arith.{op} %a0, %o : i1"
    kinds = ["parallel", "reduction"]
    text += generic("%r", [("%x", source)], ("%f", rows), [ALL, ROW], kinds, body)
    x = np.random.default_rng(0).integers(0, 30, (40, 33)) > (0 if op == "andi" else 28)
    program = f"func.func @main(%x: {source}) -> {rows} {{{text}\n  return %r : {rows}\n}}"
    (got,) = run(program, chip, x.astype(np.int8))
    np.testing.assert_array_equal(got, want(x, axis=1))


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("op, want", [("maxsi", np.max), ("minsi", np.min), ("addi", np.sum)])
def test_integers(chip, op, want):
    source, rows = shaped([None, 100], "i32"), shaped([None], "i32")
    initial = {"maxsi": -(2**31), "minsi": 2**31 - 1, "addi": 0}[op]
    text = sizes_of("%x", source, [None, 100])
    text += f"""
  %c = arith.constant {initial} : i32
  %e = tensor.empty(%d0) : {rows}
  %f = linalg.fill ins(%c : i32) outs(%e : {rows}) -> {rows}"""
    body = f"    %y = arith.{op} %a0, %o : i32"
    kinds = ["parallel", "reduction"]
    text += generic("%r", [("%x", source)], ("%f", rows), [ALL, ROW], kinds, body)
    x = np.random.default_rng(0).integers(-1000, 1000, (7, 100)).astype(np.int32)
    program = f"func.func @main(%x: {source}) -> {rows} {{{text}\n  return %r : {rows}\n}}"
    (got,) = run(program, chip, x)
    np.testing.assert_array_equal(got, want(x, axis=1))
