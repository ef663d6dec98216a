"""NVIDIA chips."""

from clawc.targets.chip import Chip

TYPES = frozenset("f16 bf16 f32 f64 i1 i8 i16 i32 i64".split())
CHIPS = tuple(
    Chip("nvptx", name, 32, 1024, shared, 8, 16, TYPES, shuffles=True)
    for name, shared in (
        ("sm_80", 163 << 10),
        ("sm_70", 96 << 10),
        ("sm_75", 64 << 10),
        ("sm_86", 99 << 10),
        ("sm_89", 99 << 10),
        ("sm_90", 227 << 10),
        ("sm_100", 227 << 10),
        ("sm_120", 99 << 10),
    )
)
