"""The queue of a Vulkan device: one command buffer that fills up until somebody waits for it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from ctypes import byref, c_void_p, pointer
from threading import RLock

import numpy as np

from clawc.runtime import vulkan_api as vk
from clawc.runtime.errors import DeviceLost, RunError
from clawc.runtime.vulkan_memory import VulkanBuffer
from clawc.runtime.vulkan_pipeline import COMPUTE, STORAGE_BUFFER, Pipeline

SETS, DESCRIPTORS = 64, 1024  # in one submission
RESETTABLE, ONCE = 2, 1  # of a command pool's buffers; of a command buffer's use
BIND_COMPUTE = 1
WRITES, ALL_ACCESS = 0x40 | 0x1000, 0x20 | 0x40 | 0x800 | 0x1000 | 0x2000
DEVICE_STAGES, ALL_STAGES = 0x800 | 0x1000, 0x800 | 0x1000 | 0x4000


def seconds_to_wait() -> float:
    """CLAWC_TIMEOUT: how long a submission may take before its device counts as lost."""
    text = os.environ.get("CLAWC_TIMEOUT", "300")
    try:
        return float(text)
    except ValueError:
        raise RunError(f"CLAWC_TIMEOUT is {text!r}; expected a number of seconds") from None


class VulkanQueue:
    """Runs what is recorded in order: after each piece a barrier.  `lock` guards the recording."""

    def __init__(self, device: c_void_p, family: int) -> None:
        self.device = device
        self.lock = RLock()
        self.timeout = seconds_to_wait()
        self.recording = self.lost = False
        self.sets = self.descriptors = 0
        self.queue, self.commands = c_void_p(), c_void_p()
        self.pool, self.fence, self.set_pool = vk.handle(), vk.handle(), vk.handle()
        vk.run("vkGetDeviceQueue", device, family, 0, byref(self.queue))
        pool = vk.CommandPoolCreateInfo(flags=RESETTABLE, family=family)
        vk.call("vkCreateCommandPool", device, byref(pool), None, byref(self.pool))
        buffer = vk.CommandBufferAllocateInfo(pool=self.pool, count=1)
        vk.call("vkAllocateCommandBuffers", device, byref(buffer), byref(self.commands))
        fence = vk.FenceCreateInfo()
        vk.call("vkCreateFence", device, byref(fence), None, byref(self.fence))
        size = vk.PoolSize(type=STORAGE_BUFFER, count=DESCRIPTORS)
        sets = vk.DescriptorPoolCreateInfo(sets=SETS, count=1, sizes=pointer(size))
        vk.call("vkCreateDescriptorPool", device, byref(sets), None, byref(self.set_pool))

    def dispatch(
        self,
        pipeline: Pipeline,
        groups: tuple[int, int],
        buffers: Sequence[VulkanBuffer],
        pushed: np.ndarray,
    ) -> None:
        with self.lock:
            if self.sets == SETS or self.descriptors + len(buffers) > DESCRIPTORS:
                self.synchronize()
            self.begin()
            bound = self.descriptor_set(pipeline.set_layout, buffers)
            layout, data = pipeline.layout, c_void_p(pushed.ctypes.data)
            vk.run("vkCmdBindPipeline", self.commands, BIND_COMPUTE, pipeline.handle)
            place = (self.commands, BIND_COMPUTE, layout, 0, 1, byref(bound), 0, None)
            vk.run("vkCmdBindDescriptorSets", *place)
            vk.run("vkCmdPushConstants", self.commands, layout, COMPUTE, 0, pushed.nbytes, data)
            vk.run("vkCmdDispatch", self.commands, *groups, 1)
            self.barrier()

    def copy(self, source: VulkanBuffer, target: VulkanBuffer, size: int) -> None:
        with self.lock:
            self.begin()
            piece = vk.BufferCopy(size=size)
            vk.run("vkCmdCopyBuffer", self.commands, source.handle, target.handle, 1, byref(piece))
            self.barrier()

    def descriptor_set(self, layout: vk.handle, buffers: Sequence[VulkanBuffer]) -> vk.handle:
        """The buffers as the kernel's set 0."""
        info = vk.DescriptorSetAllocateInfo(pool=self.set_pool, count=1, layouts=pointer(layout))
        made = vk.handle()
        vk.call("vkAllocateDescriptorSets", self.device, byref(info), byref(made))
        self.sets += 1
        self.descriptors += len(buffers)
        places = [vk.DescriptorBufferInfo(buffer=b.handle, range=b.size) for b in buffers]
        writes = (vk.WriteDescriptorSet * len(buffers))(
            *(
                vk.WriteDescriptorSet(
                    set=made, binding=i, count=1, type=STORAGE_BUFFER, buffers=pointer(place)
                )
                for i, place in enumerate(places)
            )
        )
        vk.run("vkUpdateDescriptorSets", self.device, len(buffers), writes, 0, None)
        return made

    def begin(self) -> None:
        """Open the command buffer unless it is open."""
        if self.lost:
            raise DeviceLost("vkQueueSubmit", "the device was lost earlier; open it anew")
        if not self.recording:
            once = vk.CommandBufferBeginInfo(flags=ONCE)
            vk.call("vkBeginCommandBuffer", self.commands, byref(once))
            self.recording = True

    def barrier(self) -> None:
        """What was written before is seen by all that follows, the host included."""
        seen = vk.MemoryBarrier(before=WRITES, after=ALL_ACCESS)
        stages = (DEVICE_STAGES, ALL_STAGES, 0)
        vk.run("vkCmdPipelineBarrier", self.commands, *stages, 1, byref(seen), 0, None, 0, None)

    def synchronize(self) -> None:
        """Submit what was recorded and wait for it."""
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
        vk.run("vkDestroyDescriptorPool", self.device, self.set_pool, None)
        vk.run("vkDestroyFence", self.device, self.fence, None)
        vk.run("vkDestroyCommandPool", self.device, self.pool, None)
