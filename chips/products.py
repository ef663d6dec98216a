"""Cards as their drivers name them, with the peak rates that their vendors state.

A chip's row (`nvptx.py`, `amdgpu.py`) has the figures of one product, for estimates; a measurement
needs those of the very card.  Rates are dense, at the boost clock, in operations a second (an FMA
is two): `f16` and `i8` of matrix units with f32 and i32 sums where there are such units, `f32` of
vector units.  Bandwidth in bytes a second.  The words of a name are looked for in the driver's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TERA = 1e12


@dataclass(frozen=True)
class Product:
    """A card.  A rate of 0 is not stated by the vendor."""

    name: str  # words that the driver's name of the card has, in their order
    chip: str  # "nvptx:sm_90"
    f16: float
    f32: float
    i8: float
    bandwidth: float
    source: str

    def __post_init__(self) -> None:
        for rate in ("f16", "f32", "i8", "bandwidth"):
            value = getattr(self, rate)
            if value < 0 or (value == 0 and rate != "i8"):
                raise ValueError(f"product {self.name}: {rate} is {value}; expected above 0")
        if not self.source:
            raise ValueError(f"product {self.name}: the figures have no source")

    def is_named(self, driver: str) -> bool:
        words = ".*".join(rf"\b{re.escape(word)}\b" for word in self.name.split())
        return re.search(words, driver) is not None


def _row(
    name: str, chip: str, f16: float, f32: float, i8: float, bandwidth: float, source: str
) -> Product:
    """Rates in tera-operations, bandwidth in terabytes a second."""
    return Product(name, chip, f16 * TERA, f32 * TERA, i8 * TERA, bandwidth * TERA, source)


_H100 = "NVIDIA H100 architecture whitepaper, 2022"
_H100_SHEET = "NVIDIA H100 datasheet, 2023"
_A100_SHEET = "NVIDIA A100 datasheet, 2021"
_MI300 = "AMD CDNA 3 architecture whitepaper, 2023; MI300X datasheet, 2023"
PRODUCTS = (  # of two rows that fit, the first one is taken: the more special name
    _row("H100 PCIe", "nvptx:sm_90", 756, 51, 1513, 2.0, _H100_SHEET),
    _row("H100 NVL", "nvptx:sm_90", 835.5, 60, 1670.5, 3.9, "NVIDIA H100 NVL datasheet, 2024"),
    _row("H100", "nvptx:sm_90", 989.4, 66.9, 1978.9, 3.352, _H100),
    _row("H200 NVL", "nvptx:sm_90", 835.5, 60, 1670.5, 4.8, "NVIDIA H200 datasheet, 2024"),
    _row("H200", "nvptx:sm_90", 989.5, 67, 1979, 4.8, "NVIDIA H200 datasheet, 2024"),
    _row("GH200", "nvptx:sm_90", 989.5, 67, 1979, 4.0, "NVIDIA GH200 datasheet, 2023"),
    _row("A100 80GB PCIe", "nvptx:sm_80", 312, 19.5, 624, 1.935, _A100_SHEET),
    _row("A100 SXM4 80GB", "nvptx:sm_80", 312, 19.5, 624, 2.039, _A100_SHEET),
    _row("A100", "nvptx:sm_80", 312, 19.5, 624, 1.555, "NVIDIA A100 whitepaper, 2020"),
    _row("A30", "nvptx:sm_80", 165, 10.3, 330, 0.933, "NVIDIA A30 datasheet, 2021"),
    _row("A10", "nvptx:sm_86", 125, 31.2, 250, 0.6, "NVIDIA A10 datasheet, 2021"),
    _row("RTX A6000", "nvptx:sm_86", 154.8, 38.7, 309.7, 0.768, "NVIDIA GA102 whitepaper, 2020"),
    _row("RTX 3090", "nvptx:sm_86", 71, 35.6, 284, 0.936, "NVIDIA GA102 whitepaper, 2020"),
    _row("L40S", "nvptx:sm_89", 362, 91.6, 733, 0.864, "NVIDIA L40S datasheet, 2023"),
    _row("L4", "nvptx:sm_89", 121, 30.3, 242.5, 0.3, "NVIDIA L4 datasheet, 2023"),
    _row("RTX 4090", "nvptx:sm_89", 165.2, 82.6, 660.6, 1.008, "NVIDIA Ada whitepaper, 2022"),
    _row("T4", "nvptx:sm_75", 65, 8.1, 130, 0.32, "NVIDIA T4 product brief, 2019"),
    _row("V100 SXM2", "nvptx:sm_70", 125, 15.7, 0, 0.9, "NVIDIA V100 datasheet, 2018"),
    _row("V100", "nvptx:sm_70", 112, 14, 0, 0.9, "NVIDIA V100 datasheet, 2018"),
    _row("B200", "nvptx:sm_100", 2250, 75, 4500, 8, "NVIDIA HGX B200 datasheet, 2024"),
    _row("RTX 5090", "nvptx:sm_120", 209.5, 104.8, 838, 1.792, "NVIDIA RTX Blackwell paper, 2025"),
    _row("MI300X", "amdgpu:gfx942", 1307.4, 163.4, 2614.9, 5.3, _MI300),
    _row("MI325X", "amdgpu:gfx942", 1307.4, 163.4, 2614.9, 6, "AMD MI325X datasheet, 2024"),
    _row("MI300A", "amdgpu:gfx942", 980.6, 122.6, 1961.2, 5.3, "AMD MI300A datasheet, 2023"),
    _row("MI355X", "amdgpu:gfx950", 2516.6, 157.3, 5033.2, 8, "AMD CDNA 4 whitepaper, 2025"),
    _row("MI250X", "amdgpu:gfx90a", 191.5, 23.95, 191.5, 1.6384, "AMD CDNA 2 whitepaper, 2021"),
    _row("MI210", "amdgpu:gfx90a", 181, 22.6, 181, 1.638, "AMD MI210 datasheet, 2022"),
    _row("MI100", "amdgpu:gfx908", 184.6, 23.1, 184.6, 1.2288, "AMD CDNA whitepaper, 2020"),
    _row("RX 7900 XTX", "amdgpu:gfx1100", 122.8, 61.4, 122.8, 0.96, "AMD RX 7900 XTX, 2022"),
    _row("RX 9070 XT", "amdgpu:gfx1201", 195, 48.7, 389, 0.64, "AMD RX 9070 XT, 2025"),
)


def find_product(driver: str) -> Product | None:
    """The card that a driver calls `driver`, such as "NVIDIA H100 80GB HBM3"."""
    return next((row for row in PRODUCTS if row.is_named(driver)), None)
