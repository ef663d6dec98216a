"""AMD chips.

Limits: the instruction set manuals of each generation.  Rates are of `product` at its boost clock;
f16 rates are dense with f32 accumulation, and of the vector units where there are no matrix units.
"""

from typing import Any

from clawc.chips.chip import Chip, Figures

KB, MB, GB, TERA = 1 << 10, 1 << 20, 1 << 30, 1e12


# What the chips of a family share.  A thread of CDNA 2 and later has 256 vector registers and 256
# accumulators of the same file.  On RDNA two units share a workgroup.
_GCN: dict[str, Any] = dict(lanes=64, registers=256)
_CDNA: dict[str, Any] = dict(lanes=64, registers=512)
_RDNA: dict[str, Any] = dict(lanes=32, registers=256, row_xmask=True, barriers_empty_caches=True)
_SHARED = {
    **dict.fromkeys(("gcn5", "cdna1"), _GCN),
    **dict.fromkeys(("cdna2", "cdna3", "cdna4"), _CDNA),
    **dict.fromkeys(("rdna2", "rdna3", "rdna4"), _RDNA),
}


def _row(name: str, family: str, lds_kb: int = 64, feature: str = "", **figures: Any) -> Chip:
    if family not in _SHARED:
        raise ValueError(f"chip amdgpu:{name}: family is {family!r}; expected a key of _SHARED")
    return Chip(
        *("amdgpu", name, family),
        max_workgroup=1024,
        shared_memory=lds_kb * KB,
        vector_width=8,
        access_bytes=16,
        shuffles=True,
        feature=feature,
        figures=Figures(unit_shared_memory=lds_kb * KB, **figures),
        **_SHARED[family],
    )


_CDNA_UNIT: dict[str, Any] = dict(unit_registers=128 * KB, unit_threads=2048)
_RDNA_UNIT: dict[str, Any] = dict(unit_threads=1024)

# With names for halves of registers, its default for RDNA 3, LLVM 22 overwrites 16-bit values that
# branches and loops still need (see test/unit/llvm_targets.py, where random programs showed it).
_WHOLE_REGISTERS = "-real-true16"
CHIPS = (
    _row(
        "gfx1100",
        "rdna3",
        feature=_WHOLE_REGISTERS,
        product="Radeon RX 7900 XTX",
        also=("Radeon PRO W7900", "RX 7900 XT"),
        units=96,
        clock=2.5e9,
        memory=24 * GB,
        bandwidth=0.96 * TERA,
        l2_cache=6 * MB,
        unit_registers=96 * KB,
        peak_f32=61.4 * TERA,
        peak_f16=122.8 * TERA,
        source="AMD Radeon RX 7900 XTX specifications, 2022",
        **_RDNA_UNIT,
    ),
    _row(
        "gfx906",
        "gcn5",
        product="Instinct MI60",
        also=("Instinct MI50", "Radeon VII"),
        units=64,
        clock=1.8e9,
        memory=32 * GB,
        bandwidth=1.024 * TERA,
        l2_cache=4 * MB,
        unit_registers=64 * KB,
        unit_threads=2560,
        peak_f32=14.7 * TERA,
        peak_f16=29.5 * TERA,
        source="AMD Radeon Instinct MI60 datasheet, 2018",
    ),
    _row(
        "gfx908",
        "cdna1",
        product="Instinct MI100",
        units=120,
        clock=1.502e9,
        memory=32 * GB,
        bandwidth=1.2288 * TERA,
        l2_cache=8 * MB,
        unit_registers=128 * KB,
        unit_threads=2560,
        peak_f32=23.1 * TERA,
        peak_f16=184.6 * TERA,
        source="AMD CDNA architecture whitepaper, 2020",
    ),
    _row(
        "gfx90a",
        "cdna2",
        product="Instinct MI250X, one of its two dies",
        also=("Instinct MI210", "Instinct MI250"),
        units=110,
        clock=1.7e9,
        memory=64 * GB,
        bandwidth=1.6384 * TERA,
        l2_cache=8 * MB,
        peak_f32=23.95 * TERA,
        peak_f16=191.5 * TERA,
        source="AMD CDNA 2 architecture whitepaper, 2021",
        **_CDNA_UNIT,
    ),
    _row(
        "gfx942",
        "cdna3",
        product="Instinct MI300X",
        also=("Instinct MI300A", "Instinct MI325X"),
        units=304,
        clock=2.1e9,
        memory=192 * GB,
        bandwidth=5.3 * TERA,
        l2_cache=32 * MB,
        peak_f32=163.4 * TERA,
        peak_f16=1307.4 * TERA,
        source="AMD CDNA 3 architecture whitepaper, 2023; MI300X datasheet, 2023",
        **_CDNA_UNIT,
    ),
    _row(
        "gfx950",
        "cdna4",
        lds_kb=160,
        product="Instinct MI355X",
        also=("Instinct MI350X",),
        units=256,
        clock=2.4e9,
        memory=288 * GB,
        bandwidth=8 * TERA,
        l2_cache=32 * MB,
        peak_f32=157.3 * TERA,
        peak_f16=2516.6 * TERA,
        source="AMD CDNA 4 architecture whitepaper, 2025",
        **_CDNA_UNIT,
    ),
    _row(
        "gfx1030",
        "rdna2",
        product="Radeon RX 6900 XT",
        also=("Radeon PRO W6800", "RX 6800"),
        units=80,
        clock=2.25e9,
        memory=16 * GB,
        bandwidth=0.512 * TERA,
        l2_cache=4 * MB,
        unit_registers=64 * KB,
        peak_f32=23.04 * TERA,
        peak_f16=46.08 * TERA,
        source="AMD Radeon RX 6900 XT specifications, 2020",
        **_RDNA_UNIT,
    ),
    _row(
        "gfx1101",
        "rdna3",
        feature=_WHOLE_REGISTERS,
        product="Radeon RX 7800 XT",
        also=("RX 7700 XT", "Radeon PRO W7700"),
        units=60,
        clock=2.43e9,
        memory=16 * GB,
        bandwidth=0.6241 * TERA,
        l2_cache=4 * MB,
        unit_registers=96 * KB,
        peak_f32=37.3 * TERA,
        peak_f16=74.6 * TERA,
        source="AMD Radeon RX 7800 XT specifications, 2023",
        **_RDNA_UNIT,
    ),
    _row(
        "gfx1151",
        "rdna3",
        feature=_WHOLE_REGISTERS,
        product="Radeon 8060S of Ryzen AI Max+ 395",
        units=40,
        clock=2.9e9,
        memory=128 * GB,
        bandwidth=0.256 * TERA,
        l2_cache=2 * MB,
        unit_registers=96 * KB,
        peak_f32=29.7 * TERA,
        peak_f16=59.4 * TERA,
        source="AMD Ryzen AI Max+ 395 specifications, 2025",
        **_RDNA_UNIT,
    ),
    _row(
        "gfx1200",
        "rdna4",
        product="Radeon RX 9060 XT",
        units=32,
        clock=3.13e9,
        memory=16 * GB,
        bandwidth=0.32 * TERA,
        l2_cache=4 * MB,
        unit_registers=96 * KB,
        peak_f32=25.6 * TERA,
        peak_f16=103 * TERA,
        source="AMD Radeon RX 9060 XT specifications, 2025",
        **_RDNA_UNIT,
    ),
    _row(
        "gfx1201",
        "rdna4",
        product="Radeon RX 9070 XT",
        also=("RX 9070", "Radeon AI PRO R9700"),
        units=64,
        clock=2.97e9,
        memory=16 * GB,
        bandwidth=0.64 * TERA,
        l2_cache=8 * MB,
        unit_registers=96 * KB,
        peak_f32=48.7 * TERA,
        peak_f16=195 * TERA,
        source="AMD Radeon RX 9070 XT specifications, 2025",
        **_RDNA_UNIT,
    ),
)
