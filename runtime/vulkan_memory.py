"""Buffers of a Vulkan device: which memory they live in, and how the host reaches it."""

from __future__ import annotations

from ctypes import byref, c_void_p
from dataclasses import dataclass

from clawc.runtime import vulkan_api as vk
from clawc.runtime.errors import OutOfMemory

DEVICE_LOCAL, VISIBLE, COHERENT, CACHED = 1, 2, 4, 8
STORAGE_AND_TRANSFER = 0x20 | 1 | 2
# Memory for kernels: the device's own, reachable from the host where there is such; then the
# device's own through copies; then the host's.  Memory for the copies: the host's.
FOR_KERNELS = (DEVICE_LOCAL | VISIBLE | COHERENT, DEVICE_LOCAL, VISIBLE | COHERENT)
FOR_COPIES = (VISIBLE | COHERENT | CACHED, VISIBLE | COHERENT)


@dataclass(frozen=True)
class VulkanBuffer:
    handle: vk.handle
    memory: vk.handle
    size: int
    address: int | None  # where the host sees it; None: only through a copy


class VulkanMemory:
    """Allocates buffers of one device."""

    def __init__(self, physical: c_void_p, device: c_void_p) -> None:
        self.device = device
        self.properties = vk.MemoryProperties()
        vk.run("vkGetPhysicalDeviceMemoryProperties", physical, byref(self.properties))
        self.live: dict[int, VulkanBuffer] = {}  # by handle

    def alloc(self, size: int, preferences: tuple[int, ...] = FOR_KERNELS) -> VulkanBuffer:
        info = vk.BufferCreateInfo(size=size, usage=STORAGE_AND_TRANSFER)
        buffer = vk.handle()
        vk.call("vkCreateBuffer", self.device, byref(info), None, byref(buffer))
        needs = vk.MemoryRequirements()
        vk.run("vkGetBufferMemoryRequirements", self.device, buffer, byref(needs))
        try:
            memory, kind = self.memory(needs, preferences)
        except OutOfMemory:
            vk.run("vkDestroyBuffer", self.device, buffer, None)
            raise
        made = self.live[buffer.value] = VulkanBuffer(buffer, memory, size, None)
        try:
            vk.call("vkBindBufferMemory", self.device, buffer, memory, vk.u64(0))
            if not self.properties.types[kind].flags & VISIBLE:
                return made
            address = c_void_p()
            whole = vk.u64(2**64 - 1)
            vk.call("vkMapMemory", self.device, memory, vk.u64(0), whole, vk.u32(0), byref(address))
            return VulkanBuffer(buffer, memory, size, address.value)
        except BaseException:
            self.free(made)
            raise

    def memory(self, needs, preferences: tuple[int, ...]) -> tuple[vk.handle, int]:
        """Memory of the first preferred type that has room, and the type's number."""
        failure = OutOfMemory("vkAllocateMemory", "no memory type fits a storage buffer")
        for wanted in preferences:
            for kind in range(self.properties.type_count):
                fits = self.properties.types[kind].flags & wanted == wanted
                if not fits or not needs.types >> kind & 1:
                    continue
                info = vk.MemoryAllocateInfo(size=needs.size, type=kind)
                memory = vk.handle()
                try:
                    vk.call("vkAllocateMemory", self.device, byref(info), None, byref(memory))
                    return memory, kind
                except OutOfMemory as error:
                    failure = error
        raise failure

    def free(self, buffer: VulkanBuffer) -> None:
        del self.live[buffer.handle.value]
        vk.run("vkDestroyBuffer", self.device, buffer.handle, None)
        vk.run("vkFreeMemory", self.device, buffer.memory, None)

    def close(self) -> None:
        for buffer in list(self.live.values()):
            self.free(buffer)
