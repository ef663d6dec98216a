"""AMD's code of another producer, Triton: products of matrices and attention, against NumPy."""

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("triton", reason="Triton is not installed")
import triton_kernels as kernels  # noqa: E402
import triton_products as shared  # noqa: E402
from triton_runner import run  # noqa: E402

chips = pytest.mark.parametrize("chip", ["gfx90a", "gfx942", "gfx950", "gfx1100", "gfx1200"])


@pytest.mark.parametrize(
    ("type_", "stages", "order"),
    [("fp16", 1, "reversed"), ("bf16", 2, "lockstep"), ("fp8e5", 2, "reversed")],
)
@chips
def test_products(chip, type_, stages, order):
    shared.check_product(chip, type_, 72, 48, 80, stages=stages, order=order)


@pytest.mark.parametrize(("stages", "order"), [(1, "reversed"), (2, "lockstep")])
@pytest.mark.parametrize("chip", ["gfx942", "gfx950"])
def test_products_of_f32(chip, stages, order):
    """On gfx950, two stages are `global_load_lds_...`, past the registers."""
    text = shared.check_product(chip, "fp32", 72, 48, 80, stages=stages, order=order)
    assert text.startswith("\x7fELF")


@chips
def test_sizes_that_no_vector_divides(chip):
    shared.check_product(chip, "fp16", 67, 51, 83)


@chips
def test_integers(chip):
    shared.check_integers(chip)


@pytest.mark.parametrize("turned", ["a", "b", "ab"])
@pytest.mark.parametrize("type_", ["fp16", "fp8e4nv"])
def test_loads_that_turn_on_gfx950(type_, turned):
    """Whichever way the matrices lie, a lane has its elements along k."""
    text = shared.check_product("gfx950", type_, 72, 48, 80, stages=2, turned=turned)
    assert text.startswith("\x7fELF")


SMALL = {  # by Triton's name: NumPy's type, elements in a byte
    "e4m3": (ml_dtypes.float8_e4m3fn, 1),
    "e5m2": (ml_dtypes.float8_e5m2, 1),
    "e2m1": (ml_dtypes.float4_e2m1fn, 2),
}


@pytest.mark.parametrize("of_b", SMALL)
@pytest.mark.parametrize("of_a", SMALL)
def test_scaled_products_on_gfx950(of_a, of_b):
    rows, columns, k = 64, 32, 256
    rng = np.random.default_rng(2)
    (type_a, held_a), (type_b, held_b) = SMALL[of_a], SMALL[of_b]
    a = rng.standard_normal((rows, k)).astype(np.float32).astype(type_a)
    b = rng.standard_normal((k, columns)).astype(np.float32).astype(type_b)
    a_scale, b_scale = (rng.integers(122, 133, (n, k // 32), np.uint8) for n in (rows, columns))
    out = np.zeros((rows, columns), np.float32)
    arrays = [_in_bytes(a, held_a), a_scale, np.ascontiguousarray(_in_bytes(b.T, held_b).T)]
    run(
        kernels.scaled_matmul, "*u8:16 *u8:16 *u8:16 *u8:16 *fp32:16", "gfx950", 1,
        [*arrays, b_scale, out], N=columns, K=k, A_TYPE=of_a, A_HELD=held_a, B_TYPE=of_b,
        B_HELD=held_b, BLOCK=rows,
    )  # fmt: skip
    wide_a, wide_b = (
        np.ldexp(x.astype(np.float64), np.repeat(scale.astype(int) - 127, 32, axis=1))
        for x, scale in ((a, a_scale), (b.T, b_scale))
    )
    # two products of k = 128 follow each other; all that is summed is exact
    bound = 2 * shared.F32 * (np.abs(wide_a) @ np.abs(wide_b).T)
    assert (np.abs(out - wide_a @ wide_b.T) <= bound).all()


@pytest.mark.parametrize(("of_a", "of_b"), [("bf16", "e2m1"), ("bf16", "e5m2"), ("fp16", "e4m3")])
def test_products_of_which_one_is_scaled_on_gfx950(of_a, of_b):
    """By conversions with the scale, whose results are exact."""
    rows, columns, k = 64, 32, 256
    rng = np.random.default_rng(3)
    type_b, held = SMALL[of_b]
    a = rng.standard_normal((rows, k)).astype(np.float32).astype(shared.DTYPES[of_a])
    b = rng.standard_normal((k, columns)).astype(np.float32).astype(type_b)
    scale = rng.integers(122, 133, (columns, k // 32), np.uint8)
    out = np.zeros((rows, columns), np.float32)
    run(
        kernels.half_scaled_matmul, f"*{of_a}:16 *u8:16 *u8:16 *fp32:16", "gfx950", 1,
        [a, np.ascontiguousarray(_in_bytes(b.T, held).T), scale, out], N=columns, K=k,
        A_TYPE=of_a, B_TYPE=of_b, B_HELD=held, BLOCK=rows,
    )  # fmt: skip
    wide_a, powers = a.astype(np.float64), np.repeat(scale.astype(int) - 127, 32, axis=1)
    wide_b = np.ldexp(b.T.astype(np.float64), powers).T
    bound = k * shared.F32 * (np.abs(wide_a) @ np.abs(wide_b))
    assert (np.abs(out - wide_a @ wide_b) <= bound).all()


@pytest.mark.parametrize("wide", ["fp32", "fp16", "bf16"])
@pytest.mark.parametrize("small", ["fp8e4nv", "fp8e5"])
def test_conversions_on_gfx950(small, wide):
    """All codes one way; the other way numbers of all sizes, ties, some that overflow, NaN."""
    types = shared.DTYPES
    codes = np.arange(256, dtype=np.uint8).view(types[small])
    out = np.zeros(256, types[wide])
    run(kernels.converted, f"*{small}:16 *{wide}:16", "gfx950", 1, [codes, out], BLOCK=256)
    np.testing.assert_array_equal(out.astype(np.float32), codes.astype(np.float32))
    rng = np.random.default_rng(4)
    numbers = np.ldexp(rng.uniform(-2, 2, 256), rng.integers(-18, 8, 256)).astype(np.float32)
    finite = codes.astype(np.float32)
    numbers[:100] = (finite[:100] + finite[1:101]) / 2
    numbers[100:104] = np.nan, -0.0, 30000, -30000
    numbers = numbers.astype(types[wide])
    found = np.zeros(256, types[small])
    run(kernels.converted, f"*{wide}:16 *{small}:16", "gfx950", 1, [numbers, found], BLOCK=256)
    largest = float(ml_dtypes.finfo(types[small]).max)  # where what overflows is held
    want = numbers.astype(np.float32).clip(-largest, largest).astype(types[small])
    np.testing.assert_array_equal(found.astype(np.float32), want.astype(np.float32))
    np.testing.assert_array_equal(
        np.signbit(found.astype(np.float32)), np.signbit(want.astype(np.float32))
    )


def _in_bytes(x: np.ndarray, held: int) -> np.ndarray:
    """Elements along the second axis, the low half of a byte first."""
    codes = x.view(np.uint8)
    return np.ascontiguousarray(codes if held == 1 else codes[:, ::2] | codes[:, 1::2] << 4)


@pytest.mark.parametrize(
    ("chip", "order"), [("gfx942", "reversed"), ("gfx950", "reversed"), ("gfx1100", "lockstep")]
)
def test_attention(chip, order):
    shared.check_attention(chip, "fp16", order)
