"""Devices reached through SPIR-V: OpenCL and Vulkan."""

from clawc.targets.chip import Chip

TYPES = frozenset("f16 bf16 f32 f64 i1 i8 i16 i32 i64".split())
CHIPS = (
    Chip("spirv", "opencl", 1, 256, 32 << 10, 16, 64, TYPES, index_bits=64),
    Chip("spirv", "opencl-cpu", 1, 1024, 32 << 10, 16, 64, TYPES, index_bits=64),
    Chip("spirv", "vulkan", 1, 256, 16 << 10, 4, 16, TYPES),
)
