"""Elementwise kernels at L3 against NumPy: transposes, broadcasts, casts, coordinates."""

import numpy as np
import pytest
from l3_run import CHIPS, generic, run, shaped


def indices() -> str:
    return "".join(f"\n  %i{i} = arith.constant {i} : index" for i in range(4))


def program(operands, result, letters, body) -> str:
    """`operands`: (letters, element, sizes); `result`: (letters, element, sizes)."""
    names = [f"%x{i}" for i in range(len(operands))]
    types = [shaped(s, e) for _, e, s in operands]
    out = shaped(result[2], result[1])
    text = indices()
    dims = []
    for letter, n in zip(result[0], result[2], strict=True):
        if n is None:
            i = next(i for i, (at, _, _) in enumerate(operands) if letter in at)
            place = operands[i][0].index(letter)
            text += f"\n  %d{letter} = tensor.dim {names[i]}, %i{place} : {types[i]}"
            dims.append(f"%d{letter}")
    text += f"\n  %e = tensor.empty({', '.join(dims)}) : {out}"
    places = [o[0] for o in operands] + [result[0]]
    maps = [f"({', '.join(letters)}) -> ({', '.join(p)})" for p in places]
    text += generic(
        "%r",
        list(zip(names, types, strict=True)),
        ("%e", out),
        maps,
        ["parallel"] * len(letters),
        body,
    )
    arguments = ", ".join(f"{n}: {t}" for n, t in zip(names, types, strict=True))
    return f"func.func @main({arguments}) -> {out} {{{text}\n  return %r : {out}\n}}"


def sizes(shape, static):
    return [n if static else None for n in shape]


def randn(shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


both = pytest.mark.parametrize("static", [True, False])
chips = pytest.mark.parametrize("chip", CHIPS)
ADD = "    %y = arith.addf %a0, %a1 : f32"


@chips
@both
@pytest.mark.parametrize("shape", [(1000,), (64, 128), (3, 5, 7), (0, 4), (1, 3), (2, 2048)])
def test_elementwise(chip, static, shape):
    at = "abcd"[: len(shape)]
    operand = (at, "f32", sizes(shape, static))
    x, z = randn(shape), randn(shape) + 1
    (got,) = run(program([operand, operand], operand, at, ADD), chip, x, z)
    np.testing.assert_array_equal(got, x + z)


TRANSPOSES = [
    ("ba", (65, 130)),
    ("ba", (3, 1000)),
    ("cba", (9, 10, 11)),
    ("acb", (5, 33, 40)),
    ("bac", (4, 5, 64)),
    ("bdac", (3, 4, 5, 6)),
]


@chips
@both
@pytest.mark.parametrize("source, shape", TRANSPOSES)
def test_transpose(chip, static, source, shape):
    at = "".join(sorted(source))
    out = [shape[source.index(c)] for c in at]
    x = randn(shape)
    body = "    %y = arith.addf %a0, %a0 : f32"
    text = program(
        [(source, "f32", sizes(shape, static))], (at, "f32", sizes(out, static)), at, body
    )
    (got,) = run(text, chip, x)
    np.testing.assert_array_equal(got, 2 * x.transpose([source.index(c) for c in at]))


BROADCASTS = [
    ("b", (70, 33)),
    ("a", (70, 33)),
    ("b", (5, 1)),
    ("", (3, 4)),
    ("ac", (4, 5, 6)),
    ("bc", (4, 5, 6)),
    ("b", (4, 5, 6)),
    ("ba", (17, 40)),
]


@chips
@both
@pytest.mark.parametrize("second, shape", BROADCASTS)
def test_broadcast(chip, static, second, shape):
    at = "abc"[: len(shape)]
    size = dict(zip(at, shape, strict=True))
    x, z = randn(shape), randn([size[c] for c in second])
    operands = [
        (at, "f32", sizes(shape, static)),
        (second, "f32", sizes([size[c] for c in second], static)),
    ]
    (got,) = run(program(operands, operands[0], at, ADD), chip, x, z)
    np.testing.assert_array_equal(
        got, x + np.einsum(f"{at},{second}->{at}", np.ones(shape, np.float32), z)
    )


@chips
@both
def test_outer(chip, static):
    x, z = randn(40), randn(50)
    operands = [("a", "f32", sizes([40], static)), ("b", "f32", sizes([50], static))]
    (got,) = run(program(operands, ("ab", "f32", sizes([40, 50], static)), "ab", ADD), chip, x, z)
    np.testing.assert_array_equal(got, x[:, None] + z)


@chips
@both
def test_integer_division_at_the_edge(chip, static):
    x = np.arange(1, 101, dtype=np.int32)
    operand = ("a", "i32", sizes([100], static))
    body = "    %y = arith.divsi %a0, %a1 : i32"
    (got,) = run(program([operand, operand], operand, "a", body), chip, x * 7, x)
    np.testing.assert_array_equal(got, 7)


@chips
@both
def test_casts_and_select(chip, static):
    x = randn((33, 20))
    body = """    %c = arith.constant 0.5 : f32
    %p = arith.cmpf ogt, %a0, %c : f32
    %t = arith.select %p, %a0, %c : f32
    %y = arith.truncf %t : f32 to f16"""
    text = program(
        [("ab", "f32", sizes(x.shape, static))], ("ab", "f16", sizes(x.shape, static)), "ab", body
    )
    (got,) = run(text, chip, x)
    np.testing.assert_array_equal(got, np.maximum(x, 0.5).astype(np.float16))


@chips
@both
def test_coordinates(chip, static):
    x = np.zeros((70, 90), np.float32)
    body = """    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %c = arith.constant 100 : index
    %s = arith.muli %i, %c : index
    %k = arith.addi %s, %j : index
    %n = arith.index_cast %k : index to i32
    %f = arith.sitofp %n : i32 to f32
    %y = arith.addf %f, %a0 : f32"""
    operand = ("ab", "f32", sizes(x.shape, static))
    (got,) = run(program([operand], operand, "ab", body), chip, x)
    np.testing.assert_array_equal(got, np.arange(70)[:, None] * 100 + np.arange(90))


@chips
def test_constant_result(chip):
    """A kernel without inputs."""
    source = """func.func @main() -> tensor<10x20xf32> {
      %c = arith.constant 3.0 : f32
      %e = tensor.empty() : tensor<10x20xf32>
      %f = linalg.fill ins(%c : f32) outs(%e : tensor<10x20xf32>) -> tensor<10x20xf32>
      return %f : tensor<10x20xf32>
    }"""
    (got,) = run(source, chip)
    np.testing.assert_array_equal(got, np.full((10, 20), 3))


@chips
@both
def test_two_results(chip, static):
    t = shaped(sizes([7, 100], static), "f32")
    dims = "" if static else "%d0, %d1"
    read = "" if static else f"\n  %d0 = tensor.dim %x, %i0 : {t}\n  %d1 = tensor.dim %x, %i1 : {t}"
    every = "(i, j) -> (i, j)"
    text = indices() + read + f"\n  %e = tensor.empty({dims}) : {t}"
    for name, source in (("%r", "%x"), ("%s", "%r")):
        text += generic(
            name,
            [(source, t)],
            ("%e", t),
            [every] * 2,
            ["parallel"] * 2,
            "    %y = arith.addf %a0, %a0 : f32",
        )
    x = randn((7, 100))
    first, second = run(
        f"func.func @main(%x: {t}) -> ({t}, {t}) {{{text}\n  return %r, %s : {t}, {t}\n}}", chip, x
    )
    np.testing.assert_array_equal(first, 2 * x)
    np.testing.assert_array_equal(second, 4 * x)
