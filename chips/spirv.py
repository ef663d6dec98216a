"""Devices reached through SPIR-V.

A `.spv` is for every device of its API, so that these rows hold what an API's devices share.

OpenCL, full profile: 32 KiB of local memory and vectors of 16 are guaranteed, nothing of a
workgroup's size; GPUs and CPU drivers take 256 work-items.  Subgroups are optional and their size
varies: no lanes are assumed.

Vulkan, "Required Limits" of the 1.1 specification: 128 invocations in a workgroup, 65535
workgroups a dimension, 128 bytes of push constants.  16 KiB of shared memory are required too; the
row has the 32 KiB that GPUs of AMD, Apple, Arm, Intel, NVIDIA and Qualcomm have.  Subgroups may
have any size from 1 to 128: no lanes are assumed.

Types are those that code can be made for; a kernel asks its device only for those it uses.  bf16
is stored as 16-bit integers and computed in f32.
"""

from clawc.chips.chip import Chip

CHIPS = (
    # GPUs: memory accesses of 16 bytes.
    Chip("spirv", "opencl", "opencl", 1, 256, 32 << 10, 8, 16, index_bits=64),
    # CPU drivers: a work-item is a loop iteration, and a vector is a register of AVX-512.  Local
    # memory is ordinary memory; 256 KiB is what Intel's driver reports, and allows 8192 work-items.
    Chip(
        *("spirv", "opencl-cpu", "opencl", 1, 1024, 256 << 10, 16, 64),
        index_bits=64,
        wide_vectors=True,
    ),
    Chip("spirv", "vulkan", "vulkan", 1, 128, 32 << 10, 4, 16),
)
