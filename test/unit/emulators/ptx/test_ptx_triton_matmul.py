"""Products of matrices by Triton: mma, wgmma, asynchronous copies in stages; against NumPy."""

from __future__ import annotations

import pytest

pytest.importorskip("triton", reason="Triton is not installed")
from triton_products import check_attention, check_integers, check_product  # noqa: E402

stages = pytest.mark.parametrize(
    ("stages", "order"), [(1, "reversed"), (2, "lockstep"), (3, "reversed"), (4, "lockstep")]
)


@stages
@pytest.mark.parametrize("type_", ["fp16", "bf16", "fp32", "fp8e5"])
def test_ampere(type_, stages, order):
    text = check_product("sm_80", type_, 72, 112, 144, stages=stages, order=order)
    assert "mma.sync" in text and ("cp.async" in text) == (stages > 1)


@stages
@pytest.mark.parametrize("type_", ["fp16", "bf16", "fp32", "fp8e4nv", "fp8e5"])
def test_hopper(type_, stages, order):
    text = check_product("sm_90", type_, 72, 112, 144, stages=stages, order=order)
    assert "wgmma.mma_async" in text and ("cp.async" in text) == (stages > 1)


@pytest.mark.parametrize("chip", ["sm_80", "sm_90"])
def test_sizes_that_no_vector_divides(chip):
    check_product(chip, "fp16", 67, 101, 131)


@pytest.mark.parametrize("turned", ["a", "b", "ab"])
@pytest.mark.parametrize("chip", ["sm_80", "sm_90"])
def test_columns_that_lie_together(chip, turned):
    check_product(chip, "fp16", 80, 96, 112, turned=turned)


@pytest.mark.parametrize("tile", [(64, 32, 32), (64, 16, 16), (128, 128, 16), (128, 256, 64)])
@pytest.mark.parametrize("warps", [4, 8])
def test_tiles_of_warpgroups(tile, warps):
    text = check_product("sm_90", "fp16", 130, 264, 48, tile=tile, warps=warps, turned="b")
    assert "wgmma.mma_async" in text


@pytest.mark.parametrize("chip", ["sm_80", "sm_90"])
def test_integers(chip):
    check_integers(chip)


@pytest.mark.parametrize(("type_", "order"), [("fp16", "lockstep"), ("bf16", "reversed")])
@pytest.mark.parametrize("chip", ["sm_80", "sm_90"])
def test_attention(chip, type_, order):
    check_attention(chip, type_, order)
