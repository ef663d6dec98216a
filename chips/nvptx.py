"""NVIDIA chips.

Limits by compute capability: CUDA C++ Programming Guide 13, "Compute Capabilities".  Rates are of
`product` at its boost clock; tensor rates are dense with f32 accumulation.
"""

from typing import Any

from clawc.chips.chip import Chip, Figures

KB, MB, GB, TERA = 1 << 10, 1 << 20, 1 << 30, 1e12


def _row(name: str, family: str, shared_kb: int, ptx: int = 80, **figures: Any) -> Chip:
    # A workgroup may have all of a multiprocessor's shared memory but the 1 KB the system takes;
    # chips before Ampere kept that elsewhere.
    workgroup_kb = shared_kb if family in ("volta", "turing") else shared_kb - 1
    return Chip(
        *("nvptx", name, family, 32, 1024, workgroup_kb * KB, 8, 16),
        shuffles=True,
        static_shared_memory=48 * KB,
        feature=f"+ptx{ptx}",  # 80: drivers since CUDA 12.0 take it
        figures=Figures(
            unit_shared_memory=shared_kb * KB,
            unit_registers=64 * KB,
            **figures,
        ),
    )


CHIPS = (
    _row(
        "sm_80",
        "ampere",
        shared_kb=164,
        product="A100 SXM 80 GB",
        also=("A30",),
        units=108,
        clock=1.41e9,
        memory=80 * GB,
        bandwidth=2.039 * TERA,
        l2_cache=40 * MB,
        unit_threads=2048,
        peak_f32=19.5 * TERA,
        peak_f16=312 * TERA,
        source="NVIDIA A100 architecture whitepaper, 2020; A100 80 GB datasheet, 2021",
    ),
    _row(
        "sm_70",
        "volta",
        shared_kb=96,
        product="V100 SXM2 32 GB",
        also=("Titan V", "Quadro GV100"),
        units=80,
        clock=1.53e9,
        memory=32 * GB,
        bandwidth=0.9 * TERA,
        l2_cache=6 * MB,
        unit_threads=2048,
        peak_f32=15.7 * TERA,
        peak_f16=125 * TERA,
        source="NVIDIA V100 architecture whitepaper, 2017; V100 datasheet, 2018",
    ),
    _row(
        "sm_75",
        "turing",
        shared_kb=64,
        product="T4",
        also=("RTX 2080 Ti", "GTX 1660"),
        units=40,
        clock=1.59e9,
        memory=16 * GB,
        bandwidth=0.32 * TERA,
        l2_cache=4 * MB,
        unit_threads=1024,
        peak_f32=8.1 * TERA,
        peak_f16=65 * TERA,
        source="NVIDIA Turing architecture whitepaper, 2018; T4 product brief, 2019",
    ),
    _row(
        "sm_86",
        "ampere",
        shared_kb=100,
        product="GeForce RTX 3090",
        also=("A10", "A40", "RTX A6000", "RTX 3060"),
        units=82,
        clock=1.695e9,
        memory=24 * GB,
        bandwidth=0.936 * TERA,
        l2_cache=6 * MB,
        unit_threads=1536,
        peak_f32=35.6 * TERA,
        peak_f16=71 * TERA,
        source="NVIDIA Ampere GA102 architecture whitepaper, 2020",
    ),
    _row(
        "sm_89",
        "ada",
        shared_kb=100,
        product="GeForce RTX 4090",
        also=("L4", "L40S", "RTX 6000 Ada"),
        units=128,
        clock=2.52e9,
        memory=24 * GB,
        bandwidth=1.008 * TERA,
        l2_cache=72 * MB,
        unit_threads=1536,
        peak_f32=82.6 * TERA,
        peak_f16=165.2 * TERA,
        source="NVIDIA Ada GPU architecture whitepaper, 2022",
    ),
    _row(
        "sm_90",
        "hopper",
        shared_kb=228,
        product="H100 SXM5 80 GB",
        also=("H200", "GH200"),
        units=132,
        clock=1.98e9,  # of the vector units; under tensor load 1.83e9
        memory=80 * GB,
        bandwidth=3.352 * TERA,
        l2_cache=50 * MB,
        unit_threads=2048,
        peak_f32=66.9 * TERA,
        peak_f16=989.4 * TERA,
        source="NVIDIA H100 architecture whitepaper, 2022",
    ),
    _row(
        "sm_100",
        "blackwell",
        shared_kb=228,
        product="B200",
        also=("GB200",),
        ptx=86,
        units=148,
        clock=1.98e9,  # from the peak
        memory=180 * GB,
        bandwidth=8 * TERA,
        l2_cache=126 * MB,
        unit_threads=2048,
        peak_f32=75 * TERA,
        peak_f16=2250 * TERA,
        source="NVIDIA HGX B200 datasheet, 2024",
    ),
    _row(
        "sm_120",
        "rtx-blackwell",
        shared_kb=100,
        product="GeForce RTX 5090",
        also=("RTX PRO 6000 Blackwell", "RTX 5070"),
        ptx=87,
        units=170,
        clock=2.407e9,
        memory=32 * GB,
        bandwidth=1.792 * TERA,
        l2_cache=96 * MB,
        unit_threads=1536,
        peak_f32=104.8 * TERA,
        peak_f16=209.5 * TERA,
        source="NVIDIA RTX Blackwell architecture whitepaper, 2025",
    ),
)
