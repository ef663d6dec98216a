"""AMD chips."""

from clawc.targets.chip import Chip

TYPES = frozenset("f16 bf16 f32 f64 i1 i8 i16 i32 i64".split())
CHIPS = tuple(
    Chip("amdgpu", name, lanes, 1024, 64 << 10, 8, 16, TYPES, shuffles=True)
    for name, lanes in (
        ("gfx1100", 32),
        ("gfx906", 64),
        ("gfx90a", 64),
        ("gfx942", 64),
        ("gfx950", 64),
        ("gfx1030", 32),
        ("gfx1101", 32),
        ("gfx1151", 32),
        ("gfx1200", 32),
        ("gfx1201", 32),
    )
)
