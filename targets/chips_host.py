"""The processor that clawc itself runs on."""

from clawc.targets.chip import Chip

TYPES = frozenset("f16 bf16 f32 f64 i1 i8 i16 i32 i64".split())
CHIPS = (Chip("host", "native", 1, 1, 1 << 20, 16, 64, TYPES, index_bits=64),)
