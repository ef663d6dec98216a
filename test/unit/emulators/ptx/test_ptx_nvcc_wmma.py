"""What nvcc makes of `nvcuda::wmma`, with fragments worked on element by element, against NumPy."""

import ml_dtypes
import numpy as np
import pytest
from nvcc_suites import compiled
from ptx_runner import kinds, launch

RNG = np.random.default_rng(2)


def suite(*options: str) -> str:
    return compiled("ptx_wmma.cu", "sm_80", *options)


def run(name: str, *arguments: object, grid: int = 1, workgroup: int = 32) -> None:
    outcome = launch(suite(), name, grid, workgroup, arguments)
    assert not outcome.findings


def integers(low: int, high: int, *shape: int, type_: type = np.float32) -> np.ndarray:
    return RNG.integers(low, high, shape).astype(type_)


@pytest.mark.parametrize("k", [16, 80, 144])
def test_tiles_scaled_and_clamped(k):
    m, n = 48, 64
    a, b = (integers(-4, 5, rows, k, type_=np.float16) for rows in (m, n))
    c = integers(-50, 50, m, n)
    expected = np.maximum(0.5 * (a.astype(float) @ b.T.astype(float)) - 2 * c, 0)
    alpha, beta = (int(np.float32(x).view(np.uint32)) for x in (0.5, -2))
    run("scaled", a, b, c, n, k, alpha, beta, grid=3, workgroup=128)
    np.testing.assert_array_equal(c, expected)


def test_sums_converted_to_halves():
    a, b = integers(-4, 5, 16, 32, type_=np.float16), integers(-4, 5, 16, 8, type_=np.float16)
    c = integers(-9, 9, 8, 32, type_=np.float16)
    expected = c.T + 2 * a.T.astype(float) @ b + 0.5
    run("converted", a, b, c)
    np.testing.assert_array_equal(c.T, expected)


def test_bytes_in_shared_memory():
    a, b = integers(-128, 128, 16, 32, type_=np.int8), integers(-128, 128, 16, 8, type_=np.int8)
    c = np.zeros((32, 8), np.int32)
    run("shared_bytes", a, b, c, workgroup=64)
    np.testing.assert_array_equal(c, a.T.astype(int) @ b + 1)


def test_a_store_that_is_not_waited_for():
    a, b = integers(-128, 128, 16, 32, type_=np.int8), integers(-128, 128, 16, 8, type_=np.int8)
    text = suite("-DWITHOUT_BARRIER")
    found = launch(text, "shared_bytes", 1, 64, [a, b, np.zeros((32, 8), np.int32)]).findings
    assert "race" in kinds(found)


def test_single_bits():
    a, b = (RNG.integers(0, 2, (8, 128)).astype(np.uint8) for _ in range(2))
    c = np.zeros((8, 8), np.int32)
    run("bits", *(np.packbits(x, axis=1, bitorder="little") for x in (a, b)), c)
    pairs = [(x[:, None] != y[None]) for x, y in [(a, b)]][0]
    both = a.astype(int) @ b.T.astype(int)
    np.testing.assert_array_equal(c, 1000 * pairs.sum(axis=2) + both)


def test_nibbles():
    a, b = (RNG.integers(-8, 8, (8, 32)) for _ in range(2))
    held = [(x[:, ::2] & 15 | (x[:, 1::2] & 15) << 4).astype(np.uint8) for x in (a, b)]
    c = np.zeros((8, 8), np.int32)
    run("nibbles", *held, c)
    np.testing.assert_array_equal(c, a @ b.T)


def test_floats_rounded_to_tf32():
    a, b = (RNG.standard_normal(shape).astype(np.float32) for shape in ((16, 8), (8, 16)))
    c = np.zeros((16, 16), np.float32)
    run("floats", a, b, c)
    bound = (np.abs(a).astype(float) @ np.abs(b)) * (2.0**-11 * 2 + 2.0**-22)  # two roundings each
    assert (np.abs(c - a.astype(float) @ b) <= bound + np.abs(c) * 2.0**-24).all()
    assert (c != (a.astype(float) @ b).astype(np.float32)).any()


def test_doubles_and_bfloat16():
    a, b, c = RNG.standard_normal((8, 4)), RNG.standard_normal((8, 4)), np.zeros((8, 8))
    run("doubles", a, b, c)
    np.testing.assert_allclose(c, a @ b.T, rtol=0, atol=5 * 2.0**-53 * np.abs(a).max() * 16)
    x, y = (integers(-9, 9, *s).astype(ml_dtypes.bfloat16) for s in ((8, 16), (16, 32)))
    z = np.zeros((8, 32), np.float32)
    run("brains", x, y, z)
    np.testing.assert_array_equal(z, x.astype(float) @ y.astype(float))
