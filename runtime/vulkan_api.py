"""The part of Vulkan that compute needs, on ctypes: structures as tables, calls that check.

Names are Vulkan's own without the prefix; a structure with a number is *tagged*: it starts with
that number (its sType) and a pointer to an extension, and fills them in itself.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from ctypes import POINTER, c_char_p, c_float, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from functools import cache
from typing import Any

from clawc.runtime.errors import BadImage, DeviceLost, DeviceNotFound, DriverError, OutOfMemory

LIBRARIES = {"win32": ["vulkan-1.dll"], "darwin": ["libvulkan.1.dylib", "libMoltenVK.dylib"]}
API_VERSION = 1 << 22 | 3 << 12  # 1.3

STATUS = {
    1: "VK_NOT_READY",
    2: "VK_TIMEOUT",
    -1: "VK_ERROR_OUT_OF_HOST_MEMORY",
    -2: "VK_ERROR_OUT_OF_DEVICE_MEMORY",
    -3: "VK_ERROR_INITIALIZATION_FAILED",
    -4: "VK_ERROR_DEVICE_LOST",
    -5: "VK_ERROR_MEMORY_MAP_FAILED",
    -6: "VK_ERROR_LAYER_NOT_PRESENT",
    -7: "VK_ERROR_EXTENSION_NOT_PRESENT",
    -8: "VK_ERROR_FEATURE_NOT_PRESENT",
    -9: "VK_ERROR_INCOMPATIBLE_DRIVER",
    -10: "VK_ERROR_TOO_MANY_OBJECTS",
    -12: "VK_ERROR_FRAGMENTED_POOL",
    -13: "VK_ERROR_UNKNOWN",
    -1000012000: "VK_ERROR_INVALID_SHADER_NV",
    -1000069000: "VK_ERROR_OUT_OF_POOL_MEMORY",
}
CLASSES = {-1: OutOfMemory, -2: OutOfMemory, -4: DeviceLost, 2: DeviceLost}


TAG = {"sType": c_uint32, "pNext": c_void_p}


def structure(name: str, tag: int | None = None, /, **fields: Any) -> Any:
    """A ctypes structure; with a tag its sType is set when one is made."""

    class Made(ctypes.Structure):
        _fields_ = [*({} if tag is None else TAG).items(), *fields.items()]

        def __init__(self, **values: Any) -> None:
            super().__init__(**values)
            if tag is not None:
                self.sType = tag

    Made.__name__ = name
    return Made


u32, u64, flags = c_uint32, c_uint64, c_uint32
handle = c_uint64  # of what a device owns; instances, devices, queues, command buffers: c_void_p

ApplicationInfo = structure(
    "ApplicationInfo", 0, name=c_char_p, version=u32, engine=c_char_p, engine_version=u32, api=u32
)
InstanceCreateInfo = structure(
    "InstanceCreateInfo",
    1,
    flags=flags,
    application=POINTER(ApplicationInfo),
    layer_count=u32,
    layers=c_void_p,
    extension_count=u32,
    extensions=POINTER(c_char_p),
)
QueueFamilyProperties = structure(
    "QueueFamilyProperties", flags=flags, count=u32, timestamp_bits=u32, granularity=u32 * 3
)
ExtensionProperties = structure("ExtensionProperties", name=ctypes.c_char * 256, version=u32)
QueueCreateInfo = structure(
    "QueueCreateInfo", 2, flags=flags, family=u32, count=u32, priorities=POINTER(c_float)
)
DeviceCreateInfo = structure(
    "DeviceCreateInfo",
    3,
    flags=flags,
    queue_count=u32,
    queues=POINTER(QueueCreateInfo),
    layer_count=u32,
    layers=c_void_p,
    extension_count=u32,
    extensions=POINTER(c_char_p),
    features=c_void_p,
)
MemoryType = structure("MemoryType", flags=flags, heap=u32)
MemoryHeap = structure("MemoryHeap", size=u64, flags=flags)
MemoryProperties = structure(
    "MemoryProperties", type_count=u32, types=MemoryType * 32, heap_count=u32, heaps=MemoryHeap * 16
)
BufferCreateInfo = structure(
    "BufferCreateInfo",
    12,
    flags=flags,
    size=u64,
    usage=flags,
    sharing=u32,
    family_count=u32,
    families=c_void_p,
)
MemoryRequirements = structure("MemoryRequirements", size=u64, alignment=u64, types=u32)
MemoryAllocateInfo = structure("MemoryAllocateInfo", 5, size=u64, type=u32)
ShaderModuleCreateInfo = structure(
    "ShaderModuleCreateInfo", 16, flags=flags, size=c_size_t, code=c_char_p
)
SetLayoutBinding = structure(
    "SetLayoutBinding", binding=u32, type=u32, count=u32, stages=flags, samplers=c_void_p
)
SetLayoutCreateInfo = structure(
    "SetLayoutCreateInfo", 32, flags=flags, count=u32, bindings=POINTER(SetLayoutBinding)
)
PushConstantRange = structure("PushConstantRange", stages=flags, offset=u32, size=u32)
PipelineLayoutCreateInfo = structure(
    "PipelineLayoutCreateInfo",
    30,
    flags=flags,
    set_count=u32,
    sets=POINTER(handle),
    range_count=u32,
    ranges=POINTER(PushConstantRange),
)
StageCreateInfo = structure(
    "StageCreateInfo", 18, flags=flags, stage=u32, module=handle, name=c_char_p, constants=c_void_p
)
ComputePipelineCreateInfo = structure(
    "ComputePipelineCreateInfo",
    29,
    flags=flags,
    stage=StageCreateInfo,
    layout=handle,
    base=handle,
    base_index=c_int32,
)
PoolSize = structure("PoolSize", type=u32, count=u32)
DescriptorPoolCreateInfo = structure(
    "DescriptorPoolCreateInfo", 33, flags=flags, sets=u32, count=u32, sizes=POINTER(PoolSize)
)
DescriptorSetAllocateInfo = structure(
    "DescriptorSetAllocateInfo", 34, pool=handle, count=u32, layouts=POINTER(handle)
)
DescriptorBufferInfo = structure("DescriptorBufferInfo", buffer=handle, offset=u64, range=u64)
WriteDescriptorSet = structure(
    "WriteDescriptorSet",
    35,
    set=handle,
    binding=u32,
    element=u32,
    count=u32,
    type=u32,
    images=c_void_p,
    buffers=POINTER(DescriptorBufferInfo),
    texels=c_void_p,
)
CommandPoolCreateInfo = structure("CommandPoolCreateInfo", 39, flags=flags, family=u32)
CommandBufferAllocateInfo = structure(
    "CommandBufferAllocateInfo", 40, pool=handle, level=u32, count=u32
)
CommandBufferBeginInfo = structure("CommandBufferBeginInfo", 42, flags=flags, inherited=c_void_p)
MemoryBarrier = structure("MemoryBarrier", 46, before=flags, after=flags)
BufferCopy = structure("BufferCopy", source=u64, target=u64, size=u64)
FenceCreateInfo = structure("FenceCreateInfo", 8, flags=flags)
SubmitInfo = structure(
    "SubmitInfo",
    4,
    wait_count=u32,
    waits=c_void_p,
    stages=c_void_p,
    command_count=u32,
    commands=POINTER(c_void_p),
    signal_count=u32,
    signals=c_void_p,
)


@cache
def library() -> ctypes.CDLL:
    """The Vulkan loader of this machine."""
    names = LIBRARIES.get(sys.platform, ["libvulkan.so.1", "libvulkan.so"])
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise DeviceNotFound(f"no Vulkan loader ({names[0]}) on this machine")


def check(call: str, status: int) -> None:
    if status == 0:
        return
    text = f"{STATUS.get(status, 'unknown error')} ({status})"
    if "Shader" in call or "Pipelines" in call:
        raise CLASSES.get(status, BadImage)(call, text)
    raise CLASSES.get(status, DriverError)(call, text)


def call(function: str, *arguments: Any) -> None:
    """Call a function that returns a status."""
    check(function, getattr(library(), function)(*arguments))


def run(function: str, *arguments: Any) -> None:
    """Call a function that returns nothing."""
    getattr(library(), function)(*arguments)


def listed(function: str, kind: Any, *arguments: Any) -> list[Any]:
    """Call one of the functions that first tell how many elements there are, then give them."""
    count = u32()
    getattr(library(), function)(*arguments, ctypes.byref(count), None)
    found = (kind * count.value)()
    status = getattr(library(), function)(*arguments, ctypes.byref(count), found)
    if status and status < 0:
        check(function, status)
    return list(found)[: count.value]
