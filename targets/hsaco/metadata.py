"""Read what an AMD code object says about its kernels: registers, spills, shared memory."""

from __future__ import annotations

import struct
from typing import Any

from clawc.runtime import message_pack
from clawc.runtime.elf import read_elf
from clawc.targets.emission import EmissionError, KernelFacts

_METADATA = 32  # NT_AMDGPU_METADATA
_FACTS = {
    "registers": ".vgpr_count",
    "accumulators": ".agpr_count",
    "scalar_registers": ".sgpr_count",
    "spills": ".vgpr_spill_count",
    "scalar_spills": ".sgpr_spill_count",
    "shared": ".group_segment_fixed_size",
    "stack": ".private_segment_fixed_size",
    "kernarg": ".kernarg_segment_size",
    "lanes": ".wavefront_size",
}


def kernel_resources(data: bytes) -> dict[str, KernelFacts]:
    """The facts of each kernel of a code object."""
    return {
        kernel[".name"]: {fact: kernel[key] for fact, key in _FACTS.items() if key in kernel}
        for kernel in metadata(data)["amdhsa.kernels"]
    }


def metadata(data: bytes) -> dict[str, Any]:
    """The metadata of a code object, linked or not.  Raises EmissionError if it has none."""
    note = read_elf(data).section(".note")
    content, at = (note.data if note else b""), 0
    while at < len(content):
        name_size, size, kind = struct.unpack_from("<III", content, at)
        start = at + 12 + (name_size + 3) // 4 * 4
        if kind == _METADATA and content[at + 12 :].startswith(b"AMDGPU\0"):
            return unpack(content[start : start + size])
        at = start + (size + 3) // 4 * 4
    raise EmissionError("the code object has no AMDGPU metadata")


def unpack(data: bytes) -> Any:
    """The value of MessagePack `data`."""
    try:
        return message_pack.unpack(data)
    except message_pack.DamagedMessage as error:
        raise EmissionError(f"the metadata cannot be read: {error}") from None
