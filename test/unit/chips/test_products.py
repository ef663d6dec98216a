"""Cards by the names that drivers give them: the right row, and figures that agree with chips'."""

from dataclasses import replace

import pytest

from clawc.chips.known import find
from clawc.chips.products import PRODUCTS, find_product


@pytest.mark.parametrize(
    ("driver", "row"),
    [
        ("NVIDIA H100 80GB HBM3, sm_90", "H100"),
        ("NVIDIA H100 PCIe, sm_90", "H100 PCIe"),
        ("NVIDIA H100 NVL, sm_90", "H100 NVL"),
        ("NVIDIA H200, sm_90", "H200"),
        ("NVIDIA GH200 480GB, sm_90", "GH200"),
        ("NVIDIA A100-SXM4-80GB, sm_80", "A100 SXM4 80GB"),
        ("NVIDIA A100 80GB PCIe, sm_80", "A100 80GB PCIe"),
        ("NVIDIA A100-SXM4-40GB, sm_80", "A100"),
        ("NVIDIA A10, sm_86", "A10"),
        ("NVIDIA L4, sm_89", "L4"),
        ("NVIDIA L40S, sm_89", "L40S"),
        ("Tesla T4, sm_75", "T4"),
        ("AMD Instinct MI300X, gfx942", "MI300X"),
        ("AMD Radeon RX 7900 XTX, gfx1100", "RX 7900 XTX"),
    ],
)
def test_names_of_drivers(driver: str, row: str) -> None:
    found = find_product(driver)
    assert found is not None and found.name == row


@pytest.mark.parametrize("driver", ["NVIDIA A10G, sm_86", "llvmpipe (LLVM 15)", ""])
def test_a_card_without_a_row(driver: str) -> None:
    assert find_product(driver) is None


OWN = {  # rows of the product that the chip's figures are of
    *("H100", "A100 SXM4 80GB", "RTX 3090", "RTX 4090", "T4", "V100 SXM2", "B200", "RTX 5090"),
    *("MI300X", "MI355X", "MI250X", "MI100", "RX 7900 XTX", "RX 9070 XT"),
}


@pytest.mark.parametrize("row", [r for r in PRODUCTS if r.name in OWN], ids=lambda row: row.name)
def test_a_chips_own_product_has_the_chips_figures(row) -> None:
    figures = find(row.chip).figures
    assert row.name.split()[0] in figures.product
    assert row.f16 == pytest.approx(figures.peak_f16, rel=0.01)
    assert row.f32 == pytest.approx(figures.peak_f32, rel=0.01)
    assert row.bandwidth == pytest.approx(figures.bandwidth, rel=0.01)


def test_rows_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="product H100 PCIe: f16 is 0; expected above 0"):
        replace(PRODUCTS[0], f16=0)
    with pytest.raises(ValueError, match="no source"):
        replace(PRODUCTS[0], source="")
