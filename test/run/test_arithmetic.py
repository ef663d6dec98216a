"""Arithmetic that MLIR leaves undefined, or that chips do differently: one answer on all."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from arithmetic_bodies import binary, elementwise, nearest, quotient
from harness import DEVICES, run

import clawc
from clawc.compiler.report import report
from clawc.runtime.errors import CheckFailed

INTEGERS = {"i8": np.int8, "i32": np.int32, "i64": np.int64}
FLOATS = {"f16": np.float16, "bf16": ml_dtypes.bfloat16, "f32": np.float32, "f64": np.float64}
DIVISIONS = ("divsi", "remsi", "floordivsi", "ceildivsi", "divui", "remui", "ceildivui")
FALSE_TRUE = np.array([False, False, True, True]), np.array([False, True, False, True])


def unsigned(x: np.ndarray) -> np.ndarray:
    return x.view(x.dtype.str.replace("i", "u"))


@pytest.mark.parametrize("device", DEVICES)
def test_truth_values(device):
    """As integers of one bit, -1 or 0 with a sign, 1 or 0 without."""
    a, b = FALSE_TRUE
    expected = {
        "addi": a ^ b,
        "subi": a ^ b,
        "muli": a & b,
        "maxsi": a & b,
        "minsi": a | b,
        "maxui": a | b,
        "minui": a & b,
        "divsi": a & b,
        "remui": a & ~a,
        "shli": a & ~b,
        "shrsi": a,
        "cmpi slt,": a & ~b,
        "cmpi sge,": ~a | b,
        "cmpi ult,": ~a & b,
        "cmpi eq,": a == b,
    }
    for got, want in zip(
        run(binary("i1", expected, 4), [a, b], device), expected.values(), strict=True
    ):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", FLOATS)
def test_truth_of_floats(device, dtype):
    x = np.array([0, 0.5, 1, 7, np.nan, -0.5, -1], np.float32).astype(FLOATS[dtype])
    body = f"""%u = arith.fptoui %a : {dtype} to i1
    %s = arith.fptosi %a : {dtype} to i1
    %t = arith.cmpf true, %a, %a : {dtype}
    %f = arith.cmpf false, %a, %a : {dtype}"""
    text = elementwise([dtype], {"": body, **dict.fromkeys("ustf", "i1")}, 7)
    integral = [False, False, True, True, False, False, True]
    for got, want in zip(
        run(text, [x], device), (integral, integral, [True] * 7, [False] * 7), strict=True
    ):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_division(device, dtype):
    kind = INTEGERS[dtype]
    least, most = np.iinfo(kind).min, np.iinfo(kind).max
    x = np.array([7, -7, least, least, 0, 5, -5, 3, most, -1], kind)
    y = np.array([0, 0, -1, 0, 0, -2, 2, 3, -1, least], kind)
    for operation, got in zip(
        DIVISIONS, run(binary(dtype, DIVISIONS), [x, y], device), strict=True
    ):
        a, b = (unsigned(x), unsigned(y)) if operation.endswith("ui") else (x, y)
        answers = [quotient(operation, int(p), int(q)) for p, q in zip(a, b, strict=True)]
        wrapped = np.array([n % 2 ** np.iinfo(kind).bits for n in answers], unsigned(x).dtype)
        np.testing.assert_array_equal(got, wrapped.view(kind), err_msg=operation)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_shifts_by_any_count(device, dtype):
    kind = INTEGERS[dtype]
    bits = np.iinfo(kind).bits
    count = np.array([0, 1, bits - 1, bits, bits + 1, -1, 127], kind)
    x = np.array([5, -3, -1, -1, 7, -7, 1], kind)
    fits = (count >= 0) & (count < bits)
    within = np.where(fits, count, 0).astype(kind)
    logical = (unsigned(x) >> unsigned(within)).view(kind)
    expected = np.where(fits, x << within, 0), np.where(fits, logical, 0)
    left, right, signed = run(binary(dtype, ("shli", "shrui", "shrsi")), [x, count], device)
    np.testing.assert_array_equal(left, expected[0])
    np.testing.assert_array_equal(right, expected[1])
    np.testing.assert_array_equal(signed, np.where(fits, x >> within, x >> (bits - 1)))


@pytest.mark.parametrize("device", DEVICES)
def test_pairs(device):
    x = np.array([-1, 5, -(2**31), 7, 123456789], np.int32)
    y = np.array([1, -3, -(2**31), 7, -987654321], np.int32)
    body = """%s, %c = arith.addui_extended %a, %b : i32, i1
    %l, %h = arith.mulsi_extended %a, %b : i32
    %m, %u = arith.mului_extended %a, %b : i32
    %f = arith.sitofp %a : i32 to f32
    %sine, %cosine = math.sincos %f : f32"""
    types = {"s": "i32", "c": "i1", "h": "i32", "u": "i32", "sine": "f32", "cosine": "f32"}
    got = run(elementwise(["i32"] * 2, {"": body, **types}, 5), [x, y], device)
    total = unsigned(x).astype(np.uint64) + unsigned(y)
    product = unsigned(x).astype(np.uint64) * unsigned(y)
    np.testing.assert_array_equal(got[0], x + y)
    np.testing.assert_array_equal(got[1], total >= 2**32)
    np.testing.assert_array_equal(got[2], (x.astype(np.int64) * y) >> 32)
    np.testing.assert_array_equal(unsigned(got[3]), product >> np.uint64(32))
    angle = x.astype(np.float32).astype(np.float64)
    np.testing.assert_allclose(got[4], np.sin(angle), atol=3e-7)
    np.testing.assert_allclose(got[5], np.cos(angle), atol=3e-7)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("size", [64, None], ids=["static", "dynamic"])
def test_indices_have_64_bits(device, size):
    body = """%i = linalg.index 0 : index
    %k = arith.constant 1000000007 : index
    %m = arith.constant 97 : index
    %p = arith.muli %i, %k : index
    %q = arith.remui %p, %m : index
    %s = arith.index_cast %q : index to i32
    %n0 = tensor.dim %xa, %c0 : tensor<DIMSxi32>
    %t = arith.muli %n0, %k : index
    %u = arith.index_cast %t : index to i64
    %z = arith.addi %s, %a : i32""".replace("DIMS", "?" if size is None else str(size))
    x = np.arange(64, dtype=np.int32)
    z, u = run(elementwise(["i32"], {"": body, "z": "i32", "u": "i64"}, size), [x], device)
    np.testing.assert_array_equal(z, x + np.arange(64) * 1000000007 % 97)
    np.testing.assert_array_equal(u, np.full(64, 64 * 1000000007))


def gather(dtype: str, rows: str) -> str:
    return f"""
func.func @main(%x: tensor<{rows}x4xf32>, %i: tensor<?x{dtype}>) -> tensor<?x4xf32> {{
  %c0 = arith.constant 0 : index
  %n = tensor.dim %i, %c0 : tensor<?x{dtype}>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %r = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}}
      ins(%i : tensor<?x{dtype}>) outs(%e : tensor<?x4xf32>) {{
  ^bb0(%a: {dtype}, %o: f32):
    %p = arith.index_cast %a : {dtype} to index
    %j = linalg.index 1 : index
    %v = tensor.extract %x[%p, %j] : tensor<{rows}x4xf32>
    linalg.yield %v : f32
  }} -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}}
"""


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_indices_out_of_range_take_the_nearest(device, dtype):
    x = np.arange(40, dtype=np.float32).reshape(10, 4)
    ends = np.iinfo(INTEGERS[dtype])
    i = np.array([3, -1, 9, 10, -100, 100, ends.min, ends.max], INTEGERS[dtype])
    if dtype == "i64":
        i = np.append(i, np.int64(2**32 + 5))  # whose lower half is in range
    for rows in ("10", "?"):
        (got,) = run(gather(dtype, rows), [x, i], device)
        np.testing.assert_array_equal(got, x[np.clip(i, 0, 9)])


@pytest.mark.parametrize("device", ["host", "vulkan"])
def test_nothing_is_read_of_a_tensor_without_elements(device):
    text, none = gather("i64", "?"), np.zeros((0, 4), np.float32)
    (got,) = run(text, [none, np.zeros(0, np.int64)], device)
    assert got.shape == (0, 4)
    with pytest.raises(CheckFailed, match="reads an element of a tensor that has none"):
        run(text, [none, np.zeros(3, np.int64)], device)


SLICE = """
func.func @main(%x: tensor<?xf32>, %k: tensor<1xi64>) -> tensor<3xf32> {
  %c0 = arith.constant 0 : index
  %v = tensor.extract %k[%c0] : tensor<1xi64>
  %o = arith.index_cast %v : i64 to index
  %r = tensor.extract_slice %x[%o] [3] [1] : tensor<?xf32> to tensor<3xf32>
  return %r : tensor<3xf32>
}
"""


@pytest.mark.parametrize("device", ["host", "opencl", "vulkan", "emulator:sm_80"])
def test_a_slice_lies_within_its_tensor(device):
    x = np.arange(10, dtype=np.float32)
    for offset in (2, 7, 8, -5, 2**40 + 1):
        start = min(max(offset, 0), 7)
        (got,) = run(SLICE, [x, np.array([offset])], device)
        np.testing.assert_array_equal(got, x[start : start + 3])
    with pytest.raises(CheckFailed, match="takes a slice that is larger than its tensor"):
        run(SLICE, [x[:2], np.array([0])], device)


def test_indices_may_be_trusted():
    text = gather("i64", "10")
    assert "--unchecked-indices" in report(clawc.compile(text))
    trusted = clawc.compile(text, unchecked_indices=True)
    assert "--unchecked-indices" not in report(trusted)
    x = np.arange(40, dtype=np.float32).reshape(10, 4)
    got = clawc.load(trusted, "host")(x, np.array([3, 9]))
    np.testing.assert_array_equal(got, x[[3, 9]])


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("source", FLOATS)
def test_floats_saturate(device, source):
    wide = [np.nan, np.inf, -np.inf, 1e20, -1e20, 127.9, 128, -128.9, -129, -0.5, 255.5, 256]
    wide += [2.0**31, -(2.0**31), 2.0**63, 3.7, -3.7, 2.0**32, 2.0**64]
    with np.errstate(over="ignore"):
        x = np.array(wide).astype(FLOATS[source])
    names = [(sign, t) for sign in "su" for t in INTEGERS]
    body = "\n".join(f"    %{s}{t} = arith.fpto{s}i %a : {source} to {t}" for s, t in names)
    text = elementwise([source], {"": body, **{f"{s}{t}": t for s, t in names}}, len(x))
    for (sign, dtype), got in zip(names, run(text, [x], device), strict=True):
        kind = np.dtype(INTEGERS[dtype])
        ends = np.iinfo(kind if sign == "s" else kind.str.replace("i", "u"))
        want = [
            0 if v != v else ends.max if v >= ends.max else max(ends.min, int(max(v, ends.min)))
            for v in map(float, x)
        ]
        np.testing.assert_array_equal(
            got.view(ends.dtype), np.array(want, ends.dtype), err_msg=sign + dtype
        )


def integers_near_ties(bits: int) -> np.ndarray:
    """Middles between neighbours of bf16, those beside them, and others, of all magnitudes."""
    rng = np.random.default_rng(bits)
    middles = [
        int(m) << int(s)
        for m, s in zip(
            rng.integers(128, 256, 60) * 2 + 1, rng.integers(0, bits - 10, 60), strict=True
        )
    ]
    near = [m + int(d) for m, d in zip(middles, rng.integers(-1, 2, 60), strict=True)]
    ends = [16842753, 0, 1, (1 << (bits - 1)) - 1]
    numbers = [*middles, *near, *ends, *(-n for n in [*middles, *near]), -(1 << (bits - 1))]
    return np.array(numbers, np.int32 if bits == 32 else np.int64)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("bits", [32, 64])
def test_integers_are_rounded_once(device, bits):
    x = integers_near_ties(bits)
    body = f"""%s = arith.sitofp %a : i{bits} to bf16
    %u = arith.uitofp %a : i{bits} to bf16"""
    text = elementwise([f"i{bits}"], {"": body, "s": "bf16", "u": "bf16"}, len(x))
    type_ = np.dtype(ml_dtypes.bfloat16)
    for got, numbers in zip(run(text, [x], device), (x, unsigned(x)), strict=True):
        want = np.array([nearest(Fraction(int(n)), type_) for n in numbers])
        np.testing.assert_array_equal(got.view(np.uint16), want.view(np.uint16))


@pytest.mark.parametrize("device", DEVICES)
def test_a_cast_is_rounded_once(device):
    text = """func.func @main(%x: tensor<3xi32>) -> tensor<3xbf16> {
  %0 = claw.cast %x : (tensor<3xi32>) -> tensor<3xbf16>
  return %0 : tensor<3xbf16>
}"""
    (got,) = run(text, [np.array([16842753, -16842753, 5], np.int32)], device)
    np.testing.assert_array_equal(got.astype(np.float64), [16908288, -16908288, 5])


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ["f16", "bf16"])
def test_doubles_are_rounded_once(device, dtype):
    type_ = np.dtype(FLOATS[dtype])
    rng = np.random.default_rng(1)
    x = rng.standard_normal(40) * 2.0 ** rng.integers(-30, 20, 40)
    ties = [1 + 2**-11, 1 + 2**-8, 65520.0, 2.0**-25, 2.0**-134, 3.39e38]
    x = np.array([*x, *(t * s for t in ties for s in (1, 1 + 2**-45, 1 - 2**-45, -1)), 1e300])
    text = elementwise(["f64"], {"": f"%r = arith.truncf %a : f64 to {dtype}", "r": dtype}, len(x))
    (got,) = run(text, [x], device)
    want = np.array([nearest(Fraction(n), type_) for n in x])
    np.testing.assert_array_equal(got.view(np.uint16), want.view(np.uint16))
