"""Vulkan compute: SPIR-V kernels on whatever Vulkan device the loader finds.

Launches are recorded into one command buffer, with a barrier between them, and submitted when
somebody waits.  Buffers are the storage buffers of set 0; push constants are the scalars as 32-bit
integers and, last, the number of workgroups, which are laid out in rows of at most 65535.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from ctypes import byref, c_float, c_void_p, pointer
from threading import RLock

import numpy as np

from clawc.runtime import vulkan_api as vk
from clawc.runtime.artifact import Image
from clawc.runtime.device import Device
from clawc.runtime.errors import DeviceLost, RunError, Unsupported
from clawc.runtime.spirv_module import read_head
from clawc.runtime.vulkan_devices import describe, limits_of, physical_devices
from clawc.runtime.vulkan_features import FeatureChain, missing_capabilities
from clawc.runtime.vulkan_memory import FOR_COPIES, VulkanBuffer, VulkanMemory
from clawc.runtime.vulkan_pipeline import COMPUTE, STORAGE_BUFFER, VulkanKernel, VulkanModule

COOPERATIVE_MATRIX = b"VK_KHR_cooperative_matrix"
COMPUTE_QUEUE = 2
SETS, DESCRIPTORS = 64, 1024  # in one submission
ROW = 65535  # workgroups in x; every device allows as many
BEFORE, AFTER = 0x40 | 0x1000, 0x20 | 0x40 | 0x800 | 0x1000 | 0x2000  # writes; reads and writes
STAGES_BEFORE, STAGES_AFTER = 0x800 | 0x1000, 0x800 | 0x1000 | 0x4000
SPIRV_VERSIONS = {0: (1, 0), 1: (1, 3), 2: (1, 5), 3: (1, 6)}  # by Vulkan's minor version


def devices() -> list[str]:
    return [describe(limits_of(physical)) for physical in physical_devices()]


def connect(index: int) -> VulkanDevice:
    return VulkanDevice(index)


def seconds_to_wait() -> float:
    """CLAWC_TIMEOUT: how long a submission may take before its device counts as lost."""
    text = os.environ.get("CLAWC_TIMEOUT", "300")
    try:
        return float(text)
    except ValueError:
        raise RunError(f"CLAWC_TIMEOUT is {text!r}; expected a number of seconds") from None


class VulkanDevice(Device):
    target, chip = "spirv", "vulkan"

    def __init__(self, index: int) -> None:
        self.physical = physical_devices()[index]
        self.name = f"vulkan:{index}"
        self.limits = limits_of(self.physical)
        self.description = describe(self.limits)
        self.lock = RLock()
        self.timeout = seconds_to_wait()
        self.modules: list[VulkanModule] = []
        self.recording = self.lost = False
        self.sets = self.descriptors = 0
        self.device, self.queue = self.open_device()
        self.memory = VulkanMemory(self.physical, self.device)
        self.make_queue_objects()

    def open_device(self) -> tuple[c_void_p, c_void_p]:
        if self.limits.api < 1 << 22 | 2 << 12:
            raise Unsupported(f"{self.description}: clawc needs Vulkan 1.2 or newer")
        families = vk.listed(
            "vkGetPhysicalDeviceQueueFamilyProperties", vk.QueueFamilyProperties, self.physical
        )
        computing = [i for i, family in enumerate(families) if family.flags & COMPUTE_QUEUE]
        if not computing:
            raise Unsupported(f"{self.description} has no compute queue")
        self.family = computing[0]
        known = vk.listed(
            "vkEnumerateDeviceExtensionProperties", vk.ExtensionProperties, self.physical, None
        )
        wanted = [e.name for e in known if e.name == COOPERATIVE_MATRIX]
        chain = FeatureChain(bool(wanted))
        vk.run("vkGetPhysicalDeviceFeatures2", self.physical, byref(chain.first))
        self.features = chain.keep_known()
        queue = vk.QueueCreateInfo(family=self.family, count=1, priorities=pointer(c_float(1.0)))
        info = vk.DeviceCreateInfo(
            pNext=ctypes.addressof(chain.first),
            queue_count=1,
            queues=pointer(queue),
            extension_count=len(wanted),
            extensions=(ctypes.c_char_p * len(wanted))(*wanted),
        )
        device, first_queue = c_void_p(), c_void_p()
        vk.call("vkCreateDevice", self.physical, byref(info), None, byref(device))
        vk.run("vkGetDeviceQueue", device, self.family, 0, byref(first_queue))
        return device, first_queue

    def make_queue_objects(self) -> None:
        self.command_pool, self.fence, self.set_pool = vk.handle(), vk.handle(), vk.handle()
        pool = vk.CommandPoolCreateInfo(flags=2, family=self.family)  # 2: may be reset one by one
        vk.call("vkCreateCommandPool", self.device, byref(pool), None, byref(self.command_pool))
        self.commands = c_void_p()
        info = vk.CommandBufferAllocateInfo(pool=self.command_pool, count=1)
        vk.call("vkAllocateCommandBuffers", self.device, byref(info), byref(self.commands))
        fence = vk.FenceCreateInfo()
        vk.call("vkCreateFence", self.device, byref(fence), None, byref(self.fence))
        size = vk.PoolSize(type=STORAGE_BUFFER, count=DESCRIPTORS)
        sets = vk.DescriptorPoolCreateInfo(sets=SETS, count=1, sizes=pointer(size))
        vk.call("vkCreateDescriptorPool", self.device, byref(sets), None, byref(self.set_pool))

    def alloc(self, size: int) -> VulkanBuffer:
        return self.memory.alloc(size)

    def free(self, buffer: VulkanBuffer) -> None:
        self.synchronize()
        self.memory.free(buffer)

    def write(self, buffer: VulkanBuffer, array: np.ndarray) -> None:
        with self.lock:
            self.synchronize()
            if buffer.address is not None:
                ctypes.memmove(buffer.address, array.ctypes.data, array.nbytes)
            elif array.nbytes:
                staging = self.memory.alloc(array.nbytes, FOR_COPIES)
                ctypes.memmove(staging.address or 0, array.ctypes.data, array.nbytes)
                self.copy(staging, buffer, array.nbytes)
                self.memory.free(staging)

    def read(self, buffer: VulkanBuffer, array: np.ndarray) -> None:
        with self.lock:
            self.synchronize()
            if buffer.address is not None:
                ctypes.memmove(array.ctypes.data, buffer.address, array.nbytes)
            elif array.nbytes:
                staging = self.memory.alloc(array.nbytes, FOR_COPIES)
                self.copy(buffer, staging, array.nbytes)
                ctypes.memmove(array.ctypes.data, staging.address or 0, array.nbytes)
                self.memory.free(staging)

    def copy(self, source: VulkanBuffer, target: VulkanBuffer, size: int) -> None:
        self.record()
        piece = vk.BufferCopy(size=size)
        vk.run("vkCmdCopyBuffer", self.commands, source.handle, target.handle, 1, byref(piece))
        self.barrier()
        self.synchronize()

    def load(self, image: Image) -> VulkanModule:
        head = read_head(image.data)
        missing = missing_capabilities(head, self.features)
        if missing:
            raise Unsupported(f"the kernels need {', '.join(missing)}; {self.description} lacks it")
        newest = SPIRV_VERSIONS.get(self.limits.api >> 12 & 0x3FF, (1, 6))
        if head.version > newest:
            text = ".".join(map(str, head.version))
            raise Unsupported(f"the kernels are SPIR-V {text}, too new for {self.description}")
        module = VulkanModule(self.device, image.data, head.entry_points)
        self.modules.append(module)
        return module

    def launch(
        self,
        kernel: VulkanKernel,
        grid: int,
        workgroup: int,
        shared: int,
        buffers: Sequence[VulkanBuffer],
        scalars: Sequence[int],
    ) -> None:
        self.check_limits(kernel, grid, workgroup, buffers, scalars)
        pushed = np.array([*scalars, grid], np.int32)
        pipeline = kernel.pipeline(len(buffers), pushed.nbytes)
        with self.lock:
            if self.sets == SETS or self.descriptors + len(buffers) > DESCRIPTORS:
                self.synchronize()
            self.record()
            described = self.descriptor_set(pipeline.set_layout, buffers)
            vk.run("vkCmdBindPipeline", self.commands, 1, pipeline.handle)
            layout = pipeline.layout
            vk.run(
                "vkCmdBindDescriptorSets", self.commands, 1, layout, 0, 1, byref(described), 0, None
            )
            data = c_void_p(pushed.ctypes.data)
            vk.run("vkCmdPushConstants", self.commands, layout, COMPUTE, 0, pushed.nbytes, data)
            x = min(grid, ROW)
            vk.run("vkCmdDispatch", self.commands, x, -(-grid // x), 1)
            self.barrier()

    def check_limits(
        self,
        kernel: VulkanKernel,
        grid: int,
        workgroup: int,
        buffers: Sequence[VulkanBuffer],
        scalars: Sequence[int],
    ) -> None:
        limits = self.limits
        largest = max((buffer.size for buffer in buffers), default=0)
        for what, needed, allowed in (
            ("threads a workgroup", workgroup, min(limits.threads, limits.threads_x)),
            ("workgroups", grid, ROW * limits.groups_y),
            ("bytes of scalars", 4 * len(scalars) + 4, limits.push_bytes),
            ("bytes in a buffer", largest, limits.buffer_bytes),
            ("buffers", len(buffers), DESCRIPTORS),
        ):
            if needed > allowed:
                raise Unsupported(
                    f"the kernel {kernel.name} needs {needed} {what}; "
                    f"{self.description} allows {allowed}"
                )

    def descriptor_set(self, layout: vk.handle, buffers: Sequence[VulkanBuffer]) -> vk.handle:
        """The buffers as the kernel's set 0."""
        info = vk.DescriptorSetAllocateInfo(pool=self.set_pool, count=1, layouts=pointer(layout))
        made = vk.handle()
        vk.call("vkAllocateDescriptorSets", self.device, byref(info), byref(made))
        self.sets += 1
        self.descriptors += len(buffers)
        writes = (vk.WriteDescriptorSet * len(buffers))()
        for i, (write, buffer) in enumerate(zip(writes, buffers, strict=True)):
            where = vk.DescriptorBufferInfo(buffer=buffer.handle, range=buffer.size)
            write.__init__(
                set=made, binding=i, count=1, type=STORAGE_BUFFER, buffers=pointer(where)
            )
        vk.run("vkUpdateDescriptorSets", self.device, len(buffers), writes, 0, None)
        return made

    def record(self) -> None:
        """Open the command buffer unless it is open."""
        if self.lost:
            raise DeviceLost(self.name, "the device was lost earlier; open it anew")
        if not self.recording:
            once = vk.CommandBufferBeginInfo(flags=1)
            vk.call("vkBeginCommandBuffer", self.commands, byref(once))
            self.recording = True

    def barrier(self) -> None:
        """What was written before is seen by all that follows, the host included."""
        seen = vk.MemoryBarrier(before=BEFORE, after=AFTER)
        none = (0, None, 0, None)
        vk.run(
            "vkCmdPipelineBarrier",
            self.commands,
            STAGES_BEFORE,
            STAGES_AFTER,
            0,
            1,
            byref(seen),
            *none,
        )

    def synchronize(self) -> None:
        with self.lock:
            if not self.recording:
                return
            self.recording = False
            try:
                vk.call("vkEndCommandBuffer", self.commands)
                work = vk.SubmitInfo(command_count=1, commands=pointer(self.commands))
                vk.call("vkQueueSubmit", self.queue, 1, byref(work), self.fence)
                time = vk.u64(int(self.timeout * 1e9))
                vk.call("vkWaitForFences", self.device, 1, byref(self.fence), 1, time)
            except DeviceLost:
                self.lost = True
                raise
            vk.call("vkResetFences", self.device, 1, byref(self.fence))
            vk.call("vkResetDescriptorPool", self.device, self.set_pool, 0)
            self.sets = self.descriptors = 0

    def close(self) -> None:
        if self.lost:  # what it still uses cannot be given back
            return
        self.synchronize()
        self.pool.trim()
        for module in self.modules:
            module.destroy()
        vk.run("vkDestroyDescriptorPool", self.device, self.set_pool, None)
        vk.run("vkDestroyFence", self.device, self.fence, None)
        vk.run("vkDestroyCommandPool", self.device, self.command_pool, None)
        vk.run("vkDestroyDevice", self.device, None)
