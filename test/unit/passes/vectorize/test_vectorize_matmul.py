"""Contractions at L3 against NumPy: operand orders, types, epilogues, sizes of all sorts."""

import ml_dtypes
import numpy as np
import pytest
from l3_run import CHIPS, generic, run, shaped

NUMPY = {
    "f16": np.float16,
    "bf16": ml_dtypes.bfloat16,
    "f32": np.float32,
    "i8": np.int8,
    "i32": np.int32,
}
PRODUCTS = {
    ("f32", "f32"): "    %p = arith.mulf %a0, %a1 : f32\n    %y = arith.addf %o, %p : f32",
    ("f16", "f32"): """    %l = arith.extf %a0 : f16 to f32
    %r = arith.extf %a1 : f16 to f32
    %p = arith.mulf %l, %r : f32
    %y = arith.addf %o, %p : f32""",
    ("i8", "i32"): """    %l = arith.extsi %a0 : i8 to i32
    %r = arith.extsi %a1 : i8 to i32
    %p = arith.muli %l, %r : i32
    %y = arith.addi %p, %o : i32""",
}
PRODUCTS["bf16", "f32"] = PRODUCTS["f16", "f32"].replace("f16", "bf16")


def matmul(a: str, b: str, out: str, sizes: dict, types=("f32", "f32"), batch="", epilogue=False):
    """einsum a, b -> out; `sizes` maps a letter to its size, None: dynamic."""
    ta = shaped([sizes[c] for c in a], types[0])
    tb = shaped([sizes[c] for c in b], types[0])
    to = shaped([sizes[c] for c in out], types[1])
    letters = out + "".join(c for c in a if c not in out)
    dims = []
    text = "".join(f"\n  %i{i} = arith.constant {i} : index" for i in range(4))
    for c in out:
        if sizes[c] is None:
            source, type_, at = ("%a", ta, a.index(c)) if c in a else ("%b", tb, b.index(c))
            text += f"\n  %d{c} = tensor.dim {source}, %i{at} : {type_}"
            dims.append(f"%d{c}")
    zero = "0.0" if types[1][0] != "i" else "0"
    text += f"""
  %zero = arith.constant {zero} : {types[1]}
  %e = tensor.empty({", ".join(dims)}) : {to}
  %f = linalg.fill ins(%zero : {types[1]}) outs(%e : {to}) -> {to}"""
    maps = [f"({', '.join(letters)}) -> ({', '.join(s)})" for s in (a, b, out)]
    kinds = ["parallel" if c in out else "reduction" for c in letters]
    text += generic("%p", [("%a", ta), ("%b", tb)], ("%f", to), maps, kinds, PRODUCTS[types])
    result = "%p"
    if epilogue:
        inner = f"({', '.join(out)}) -> ({', '.join(out)})"
        body = "    %t = arith.addf %a0, %a0 : f32\n    %y = math.tanh %t : f32"
        kinds = ["parallel"] * len(out)
        text += generic("%q", [("%p", to)], ("%e", to), [inner] * 2, kinds, body)
        result = "%q"
    return f"func.func @main(%a: {ta}, %b: {tb}) -> {to} {{{text}\n  return {result} : {to}\n}}"


def values(shape, kind, seed):
    rng = np.random.default_rng(seed)
    if kind == "i8":
        return rng.integers(-128, 128, shape).astype(np.int8)
    return rng.standard_normal(shape).astype(NUMPY[kind])


def check(a, b, out, actual, chip, types=("f32", "f32"), static=True, epilogue=False):
    known = {c: n if static else None for c, n in actual.items()}
    x, y = (values([actual[c] for c in s], types[0], i) for i, s in enumerate((a, b)))
    (got,) = run(matmul(a, b, out, known, types, epilogue=epilogue), chip, x, y)
    wide = np.int64 if types[0] == "i8" else np.float64
    want = np.einsum(f"{a},{b}->{out}", x.astype(wide), y.astype(wide))
    want = np.tanh(2 * want) if epilogue else want
    np.testing.assert_allclose(got.astype(wide), want, rtol=2e-4, atol=2e-4)


SIZES = [(64, 64, 64), (33, 70, 19), (130, 5, 40), (2, 3, 4), (128, 128, 0), (0, 4, 4)]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("static", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_sizes(chip, size, static):
    check("mk", "kn", "mn", dict(zip("mnk", size, strict=True)), chip, static=static, epilogue=True)


ORDERS = [
    "mk nk mn",
    "km kn mn",
    "km nk mn",
    "mk kn nm",
    "bmk bkn bmn",
    "bmk kn bmn",
    "bmk bnk bmn",
    "mbk kbn bmn",
    "mpk kpn mn",
    "mpk kqp mq",
    "mpk kqn pmnq",
]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("orders", ORDERS)
def test_orders(chip, orders):
    a, b, out = orders.split()
    sizes = dict(m=20, n=37, k=18, b=3, p=2, q=5)
    check(a, b, out, {c: sizes[c] for c in a + b}, chip, static=True)
    check(a, b, out, {c: sizes[c] for c in a + b}, chip, static=False)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("types", PRODUCTS)
def test_types(chip, types):
    check("mk", "kn", "mn", dict(m=33, n=20, k=50), chip, types=types)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("size", [(1, 50, 70), (50, 1, 70), (9, 9, 1)])
def test_vectors(chip, size):
    check("mk", "kn", "mn", dict(zip("mnk", size, strict=True)), chip)
