"""PTX of another producer, nvcc, on the emulator; every result against NumPy."""

import math

import ml_dtypes
import numpy as np
import pytest
from nvcc_suites import compiled
from ptx_runner import kinds, launch

from clawc.emulators.interface import Options

RNG = np.random.default_rng(1)
BF16 = np.dtype(ml_dtypes.bfloat16)


def suite() -> str:
    return compiled("ptx_suite.cu", "sm_80")


def run(name: str, grid: int, workgroup: int, *arguments, finds=frozenset(), **settings) -> None:
    outcome = launch(suite(), name, grid, workgroup, arguments, **settings)
    assert kinds(outcome.findings) == set(finds), outcome.findings


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def test_functions_are_called():
    x, y = normal(100), np.zeros(100, np.float32)
    run("calls", 4, 32, x, y, 100)
    k = np.arange(100) & 7
    np.testing.assert_allclose(y, x * (k * (k - 1) // 2), rtol=1e-6)


def test_accesses_out_of_bounds():
    x, y = normal(100), np.zeros(100, np.float32)
    run("calls", 4, 32, x, y, 128, finds={"out-of-bounds"})


def test_tables_of_branches_and_constants():
    x = (np.arange(33) % 9).astype(np.int32)
    y = np.zeros(32, np.float32)
    run("switches", 1, 32, x, y)
    table = np.arange(1, 9)
    for i in range(32):
        chosen = {0: 1.5, 1: table[i & 7], 2: 8, 3: -1, 4: table[x[i + 1] & 7], 5: 11, 6: 42}
        assert y[i] == chosen.get(int(x[i]), 7)


def test_pairs_of_halves():
    a, b = RNG.standard_normal((2, 128)).astype(np.float16)
    c = RNG.standard_normal(128).astype(BF16)
    o, p = np.zeros(128, np.float16), np.zeros(128, BF16)
    run("halves", 1, 64, a, b, o, c, p, 64)
    wide = a.astype(np.float64) * b.astype(np.float64) + np.maximum(a, b).astype(np.float64)
    np.testing.assert_array_equal(o, wide.astype(np.float16))
    np.testing.assert_allclose(p.astype(float), c.astype(float) + c.astype(float) ** 2, atol=0.1)


def test_conversions():
    x = normal(64) * 50
    x[:6] = [0.5, 1.5, 2.5, -0.5, 3e9, -3e9]
    h, b = np.zeros(64, np.float16), np.zeros(64, BF16)
    i, u, c, k = (np.zeros(64, t) for t in (np.int32, np.uint32, np.int8, np.int64))
    run("conversions", 1, 64, x, h, b, i, u, c, k, 64)
    wide = x.astype(np.float64)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(h, x.astype(np.float16))
        np.testing.assert_array_equal(b, x.astype(BF16))
    int_range = np.clip(np.floor(wide), -(2**31), 2**31 - 1).astype(np.int64)
    np.testing.assert_array_equal(i, np.clip(np.rint(wide), -(2**31), 2**31 - 1))
    np.testing.assert_array_equal(u, np.clip(np.trunc(wide), 0, 2**32 - 1))
    np.testing.assert_array_equal(c, int_range.astype(np.int8))
    np.testing.assert_array_equal(k, np.ceil(wide))


def test_what_warps_do_together():
    x, o = RNG.integers(0, 100, 64).astype(np.int32), np.zeros(576, np.int32)
    run("warps", 1, 64, x, o)
    i = np.arange(64)
    lane, warp = i % 32, i // 32 * 32
    per_warp = x.reshape(2, 32)
    ballot = lambda chosen: np.repeat((chosen.astype(np.int64) << np.arange(32)).sum(1), 32)  # noqa: E731
    parts = [
        np.where(lane >= 3, x[i - 3], x),
        np.where(lane % 16 + 5 < 16, x[np.minimum(i + 5, 63)], x),
        x[warp + lane // 8 * 8 + (i & 7)],
        ballot(per_warp & 1),
        np.repeat((per_warp > 90).any(1) + 2, 32),
        np.repeat(per_warp.sum(1), 32),
        np.repeat(per_warp.max(1), 32),
        np.where(i & 1, 0xAAAAAAAA, np.repeat((per_warp[:, ::2] & 2 > 0).sum(1), 32)),
        [sum(1 << k for k in range(32) if (x[warp[j] + k] ^ x[j]) & 3 == 0) for j in i],
    ]
    found = o.view(np.uint32).reshape(9, 64)
    for number, (got, want) in enumerate(zip(found, parts, strict=True)):
        unsigned = np.asarray(want, np.int64) & 0xFFFFFFFF
        np.testing.assert_array_equal(got, unsigned, err_msg=str(number))


def test_atomics():
    x, f, u = normal(200), np.zeros(1, np.float32), np.zeros(1, np.uint64)
    m = np.zeros(3, np.int32)
    run("atomics", 4, 64, f, m, u, x, 200)
    assert abs(f[0] - x.sum()) < 1e-3 and u[0] == 200 * 199 // 2
    assert m[0] == max(0, int((x * 100).astype(np.int32).max())) and m[1] == 1 and m[2] == 5


def test_dynamic_shared_memory():
    x, y = normal(64), np.zeros(64, np.float32)
    run("prefix_sum", 1, 64, x, y, 64, shared=256)
    np.testing.assert_allclose(y, np.cumsum(x), rtol=1e-5, atol=1e-5)
    run("prefix_sum", 1, 64, x, y, 64, shared=128, finds={"out-of-bounds"})


def test_local_memory():
    x, y = normal(32, 16), np.zeros((32, 16), np.float32)
    run("local_array", 1, 32, x, y, 3)
    for i in range(16):
        x[:, [i, i * 3 & 15]] = x[:, [i * 3 & 15, i]]
    np.testing.assert_array_equal(y, x)


def test_a_forgotten_barrier():
    x, y = normal(256), np.zeros(256, np.float32)
    run("forgets_barrier", 1, 256, x, y, finds={"race"})
    run("forgets_barrier", 1, 256, x, y, options=Options(check=False, order="warp"))
    assert np.isnan(y).any()


@pytest.mark.parametrize("order", ["lockstep", "reversed"])
def test_synchronised_warps(order):
    x, y = normal(3 * 256), np.zeros(3, np.float32)
    run("tree_sum", 3, 256, x, y, options=Options(order=order))
    np.testing.assert_allclose(y, x.reshape(3, 256).sum(1), rtol=1e-4)


def test_asynchronous_copies():
    x, y = normal(64, 4), np.ones((64, 4), np.float32)
    run("copies", 1, 64, x, y, 40)
    x[40:] = 0
    np.testing.assert_array_equal(y, x[::-1])


def test_divergence():
    o = np.zeros(128, np.int32)
    run("diverges", 1, 128, o, 0)
    for i in range(128):
        total = 0
        for j in range(i % 17):
            if (i + j) % 3 == 0:
                continue
            if j > 12:
                break
            total += j * i
            if total > 500:
                total -= -(-(total - 100) // 37) * 37
        assert o[i] == total


def test_a_barrier_that_half_a_warp_reaches():
    run("deadlocks", 1, 32, np.zeros(32, np.int32), finds={"divergence"})


def test_doubles():
    x, y = np.abs(RNG.standard_normal(32)), np.zeros(32)
    run("doubles", 1, 32, x, y, 32)
    np.testing.assert_allclose(y, np.sqrt(x) * np.exp(-x) + x / 3, rtol=1e-14)


def test_functions_of_the_library():
    x, y = normal(32), np.zeros(32, np.float32)
    run("functions", 1, 32, x, y)
    v = x.astype(np.float64)
    expected = np.tanh(v) + np.exp(v) + np.log(np.abs(v) + 1) + 1 / np.sqrt(v * v + 1)
    expected += np.sin(v * 3) + np.abs(v) ** 1.7 + np.fmod(v, float(np.float32(0.3)))
    expected += np.array([math.erf(q) for q in v])
    np.testing.assert_allclose(y, expected, rtol=3e-6, atol=3e-6)


def test_integers():
    a, b = RNG.integers(-(2**63), 2**63 - 1, (2, 64))
    b[:16] = RNG.integers(1, 1000, 16)
    o = np.zeros((6, 64), np.int64)
    run("integers", 1, 64, a, b, o)

    def divided(x, y):
        return abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)

    def low(x):
        return (x + 2**31) % 2**32 - 2**31

    for i, (x, y) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        assert o[0, i] == divided(x, y) and o[1, i] == x - divided(x, y) * y
        assert o[2, i] == x * y >> 64
        assert o[3, i] == divided(low(x), low(y | 1))
        bits = f"{x % 2**64:064b}"
        ones = bits.count("1")
        assert o[4, i] == bits.index("1") + 100 * (64 - bits.rindex("1")) + 10000 * ones
        data = (x % 2**32).to_bytes(4, "little") + (y % 2**32).to_bytes(4, "little")
        permuted = int.from_bytes(bytes(data[n] for n in (1, 7, 2, 5)), "little")
        assert int(o[5, i]) % 2**64 == int(bits[::-1], 2) ^ permuted
