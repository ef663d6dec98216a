"""AMD's code of another producer, Triton: products of matrices and attention, against NumPy."""

import pytest

pytest.importorskip("triton", reason="Triton is not installed")
import test_ptx_triton_matmul as shared  # noqa: E402

chips = pytest.mark.parametrize("chip", ["gfx90a", "gfx942", "gfx1100", "gfx1200"])


@pytest.mark.parametrize(
    ("type_", "stages", "schedule"),
    [("fp16", 1, "reversed"), ("bf16", 2, "lockstep"), ("fp8e5", 2, "reversed")],
)
@chips
def test_products(chip, type_, stages, schedule):
    shared.check_product(chip, type_, 72, 48, 80, stages=stages, schedule=schedule)


@pytest.mark.parametrize(("stages", "schedule"), [(1, "reversed"), (2, "lockstep")])
@pytest.mark.parametrize("chip", ["gfx942", "gfx950"])
def test_products_of_f32(chip, stages, schedule):
    """On gfx950, two stages are `global_load_lds_...`, past the registers."""
    text = shared.check_product(chip, "fp32", 72, 48, 80, stages=stages, schedule=schedule)
    assert text.startswith("\x7fELF")


@chips
def test_sizes_that_no_vector_divides(chip):
    shared.check_product(chip, "fp16", 67, 51, 83)


@chips
def test_integers(chip):
    shared.test_integers(chip)


@pytest.mark.parametrize(("chip", "schedule"), [("gfx942", "reversed"), ("gfx1100", "lockstep")])
def test_attention(chip, schedule):
    shared.test_attention(chip, "fp16", schedule)
