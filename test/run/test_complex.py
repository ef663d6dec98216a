"""Complex numbers on every device: all functions, products of matrices, what moves them."""

import numpy as np
import pytest
from harness import DRIVERS, run, supports

TYPES = {"f32": np.complex64, "f64": np.complex128}
UNARY = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "conj": np.conj,
    "neg": np.negative,
    "sign": lambda x: x / np.abs(x),
}
BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
}
REAL = {"abs": np.abs, "angle": np.angle, "re": np.real, "im": np.imag}
FUNCTIONS = {**UNARY, **BINARY, **REAL}
# Chips differ in the functions of reals that these are made of, which tests of math compare.
_CHIPS = ("emulator:sm_90", "emulator:gfx942")
PLACES = [(device, "f32") for device in DRIVERS if device not in _CHIPS] + [("host", "f64")]


def numbers(part: str, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(TYPES[part])


def program(part: str, names: list[str]) -> str:
    """Each of these functions of two numbers, or of the first, a result each."""
    c = f"complex<{part}>"
    types = [part if name in REAL else c for name in names]
    body = "\n    ".join(
        f"%{name} = complex.{name} {'%a, %b' if name in BINARY else '%a'} : {c}" for name in names
    )
    maps = ", ".join(["affine_map<(i) -> (i)>"] * (2 + len(names)))
    empties = "\n".join(f"  %e{i} = tensor.empty(%n) : tensor<?x{t}>" for i, t in enumerate(types))
    results = ", ".join(f"tensor<?x{t}>" for t in types)
    outputs = ", ".join(f"%e{i}" for i in range(len(types)))
    arguments = ", ".join(f"%o{i}: {t}" for i, t in enumerate(types))
    return f"""
func.func @main(%x: tensor<?x{c}>, %y: tensor<?x{c}>) -> ({results}) {{
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x{c}>
{empties}
  %r:{len(types)} = linalg.generic {{indexing_maps = [{maps}], iterator_types = ["parallel"]}}
      ins(%x, %y : tensor<?x{c}>, tensor<?x{c}>) outs({outputs} : {results}) {{
  ^bb0(%a: {c}, %b: {c}, {arguments}):
    {body}
    linalg.yield {", ".join(f"%{name}" for name in names)} : {", ".join(types)}
  }} -> ({results})
  return {", ".join(f"%r#{i}" for i in range(len(types)))} : {results}
}}
"""


@pytest.mark.parametrize("device, part", PLACES)
@pytest.mark.parametrize("group", range(2))
def test_functions(device, part, group):
    if not supports(device, part):
        pytest.skip(f"{device} has no {part}")
    names = list(FUNCTIONS)[group::2]
    x, y = numbers(part, (19,)), numbers(part, (19,), seed=1)
    wide, other = x.astype(np.complex128), y.astype(np.complex128)
    epsilon = float(np.finfo(x.dtype).eps)
    for name, got in zip(names, run(program(part, names), [x, y], device), strict=True):
        want = FUNCTIONS[name](wide, other) if name in BINARY else FUNCTIONS[name](wide)
        assert got.dtype == (x.real.dtype if name in REAL else x.dtype)
        error = np.abs(got - want) / np.maximum(np.abs(want), 1)
        assert error.max() <= 32 * epsilon, (name, error.max() / epsilon)


MATMUL = """
func.func @main(%x: tensor<?x?xcomplex<f32>>, %y: tensor<?x5xcomplex<f32>>)
    -> tensor<?x5xcomplex<f32>> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xcomplex<f32>>
  %zero = complex.constant [0.0 : f32, 0.0 : f32] : complex<f32>
  %e = tensor.empty(%m) : tensor<?x5xcomplex<f32>>
  %f = linalg.fill ins(%zero : complex<f32>) outs(%e : tensor<?x5xcomplex<f32>>)
      -> tensor<?x5xcomplex<f32>>
  %r = linalg.matmul ins(%x, %y : tensor<?x?xcomplex<f32>>, tensor<?x5xcomplex<f32>>)
      outs(%f : tensor<?x5xcomplex<f32>>) -> tensor<?x5xcomplex<f32>>
  return %r : tensor<?x5xcomplex<f32>>
}
"""


@pytest.mark.parametrize("device", DRIVERS)
def test_products_of_matrices(device):
    for m, k in ((3, 7), (1, 1), (0, 4), (2, 0)):
        x, y = numbers("f32", (m, k)), numbers("f32", (k, 5))
        (got,) = run(MATMUL, [x, y], device)
        np.testing.assert_allclose(got, x @ y, rtol=1e-5, atol=1e-5)


MOVES = """
func.func @main(%x: tensor<?x3xcomplex<f32>>)
    -> (tensor<?x3xcomplex<f32>>, tensor<?xcomplex<f32>>, tensor<3xcomplex<f32>>,
        tensor<complex<f32>>, tensor<?x3xcomplex<f32>>, tensor<2xi1>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x3xcomplex<f32>>
  %i = complex.constant [0.0 : f32, 1.0 : f32] : complex<f32>
  %p = tensor.pad %x low[1, 0] high[%c1, 0] {
  ^bb0(%a: index, %b: index):
    tensor.yield %i : complex<f32>
  } : tensor<?x3xcomplex<f32>> to tensor<?x3xcomplex<f32>>
  %column = tensor.extract_slice %x[0, 1] [%n, 1] [1, 1]
      : tensor<?x3xcomplex<f32>> to tensor<?xcomplex<f32>>
  %k = arith.constant dense<[(1.0, 2.0), (3.0, 4.0), (5.0, -1.0)]> : tensor<3xcomplex<f32>>
  %same = arith.constant dense<(1.0, 2.0)> : tensor<2xcomplex<f32>>
  %two = tensor.extract_slice %k[0] [2] [1] : tensor<3xcomplex<f32>> to tensor<2xcomplex<f32>>
  %e = tensor.empty() : tensor<2xi1>
  %equal = linalg.generic {indexing_maps = [affine_map<(d) -> (d)>, affine_map<(d) -> (d)>,
      affine_map<(d) -> (d)>], iterator_types = ["parallel"]}
      ins(%same, %two : tensor<2xcomplex<f32>>, tensor<2xcomplex<f32>>) outs(%e : tensor<2xi1>) {
  ^bb0(%a: complex<f32>, %b: complex<f32>, %o: i1):
    %q = complex.eq %a, %b : complex<f32>
    linalg.yield %q : i1
  } -> tensor<2xi1>
  %first = tensor.extract %x[%c0, %c1] : tensor<?x3xcomplex<f32>>
  %scalar = tensor.from_elements %first : tensor<complex<f32>>
  return %p, %column, %k, %scalar, %x, %equal
      : tensor<?x3xcomplex<f32>>, tensor<?xcomplex<f32>>, tensor<3xcomplex<f32>>,
        tensor<complex<f32>>, tensor<?x3xcomplex<f32>>, tensor<2xi1>
}
"""


@pytest.mark.parametrize("device", DRIVERS)
def test_moves(device):
    x = numbers("f32", (4, 3))
    expected = [
        np.pad(x, ((1, 1), (0, 0)), constant_values=1j),
        x[:, 1],
        np.array([1 + 2j, 3 + 4j, 5 - 1j], np.complex64),
        x[0, 1],
        x,
        np.array([True, False]),
    ]
    for got, want in zip(run(MOVES, [x], device), expected, strict=True):
        np.testing.assert_array_equal(got, want)


CONTROL = """
!c = complex<f32>
!t = tensor<?xcomplex<f32>>
#i = affine_map<(i) -> (i)>
func.func @main(%x: !t, %c: i1, %z: !c) -> (!t, !c, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : !t
  %one = complex.constant [1.0 : f32, -1.0 : f32] : !c
  %r, %s, %t = scf.if %c -> (!t, !c, tensor<?xf32>) {
    %e = tensor.empty(%n) : !t
    %g = tensor.empty(%n) : tensor<?xf32>
    %m, %a = linalg.generic {indexing_maps = [#i, #i, #i], iterator_types = ["parallel"]}
        ins(%x: !t) outs(%e, %g : !t, tensor<?xf32>) {
    ^bb0(%p: !c, %o: !c, %q: f32):
      %ab = complex.abs %p : !c
      %lim = arith.constant 1.0 : f32
      %big = arith.cmpf ogt, %ab, %lim : f32
      %w = scf.if %big -> !c {
        %v = complex.mul %p, %z : !c
        scf.yield %v : !c
      } else {
        scf.yield %one : !c
      }
      linalg.yield %w, %ab : !c, f32
    } -> (!t, tensor<?xf32>)
    %y = complex.add %z, %one : !c
    scf.yield %m, %y, %a : !t, !c, tensor<?xf32>
  } else {
    %g = tensor.empty(%n) : tensor<?xf32>
    %k = arith.constant 2.0 : f32
    %f = linalg.fill ins(%k : f32) outs(%g : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %x, %z, %f : !t, !c, tensor<?xf32>
  }
  %lim = arith.constant 100.0 : f32
  %r2, %s2 = scf.while (%a = %r, %b = %s) : (!t, !c) -> (!t, !c) {
    %ab = complex.abs %b : !c
    %go = arith.cmpf olt, %ab, %lim : f32
    scf.condition(%go) %a, %b : !t, !c
  } do {
  ^bb0(%a: !t, %b: !c):
    %e = tensor.empty(%n) : !t
    %m = linalg.generic {indexing_maps = [#i, #i], iterator_types = ["parallel"]}
        ins(%a: !t) outs(%e : !t) {
    ^bb0(%p: !c, %o: !c):
      %v = complex.add %p, %b : !c
      linalg.yield %v : !c
    } -> !t
    %b2 = complex.mul %b, %b : !c
    %b3 = complex.add %b2, %one : !c
    scf.yield %m, %b3 : !t, !c
  }
  return %r2, %s2, %t : !t, !c, tensor<?xf32>
}
"""


@pytest.mark.parametrize("device", ["host", "opencl", "vulkan", "emulator:sm_80"])
def test_loops_and_branches(device: str) -> None:
    """Complex scalars go in and out; a branch, one of a body, and a loop carry complex numbers."""
    x, z, one = numbers("f32", (5,)), 1.5 - 0.5j, 1 - 1j
    for condition in (True, False):
        if condition:
            r, s, t = np.where(abs(x) > 1, x * z, one), z + one, abs(x)
        else:
            r, s, t = x, z, np.full(5, 2.0)
        while abs(s) < 100:
            r, s = r + s, s * s + one
        got = run(CONTROL, [x, condition, z], device)
        for found, wanted in zip(got, (r, s, t), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-5)
