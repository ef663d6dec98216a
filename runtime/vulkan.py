"""Vulkan compute: SPIR-V kernels on whatever Vulkan device the loader finds.

Buffers are the storage buffers of set 0; push constants are the scalars as 32-bit integers and,
last, the number of workgroups, which are laid out in rows of at most 65535.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import byref, c_float, c_void_p, pointer
from weakref import WeakSet

import numpy as np

from clawc.runtime import vulkan_api as vk
from clawc.runtime.artifact import Image
from clawc.runtime.device import Device
from clawc.runtime.errors import Unsupported
from clawc.runtime.left_behind import LeftBehind
from clawc.runtime.spirv_module import read_head
from clawc.runtime.vulkan_devices import describe, limits_of, physical_devices
from clawc.runtime.vulkan_features import FeatureChain, missing_capabilities
from clawc.runtime.vulkan_memory import FOR_COPIES, VulkanBuffer, VulkanMemory
from clawc.runtime.vulkan_pipeline import Made, VulkanKernel, VulkanModule, destroy
from clawc.runtime.vulkan_queue import DESCRIPTORS, VulkanQueue

COOPERATIVE_MATRIX = b"VK_KHR_cooperative_matrix"
COMPUTE_QUEUE = 2
OLDEST = 1 << 22 | 2 << 12  # Vulkan 1.2
ROW = 65535  # workgroups in x; every device allows as many
SPIRV_VERSIONS = {2: (1, 5), 3: (1, 6)}  # by Vulkan's minor version


def devices() -> list[str]:
    return [describe(limits_of(physical)) for physical in physical_devices()]


def connect(index: int) -> VulkanDevice:
    return VulkanDevice(index)


class VulkanDevice(Device):
    target, chip = "spirv", "vulkan"

    def __init__(self, index: int) -> None:
        self.physical = physical_devices()[index]
        self.name = f"vulkan:{index}"
        self.limits = limits_of(self.physical)
        self.description = describe(self.limits)
        if self.limits.api < OLDEST:
            raise Unsupported(f"{self.description}: clawc needs Vulkan 1.2 or newer")
        family = self.compute_family()
        self.device = self.open_device(family)
        self.memory = VulkanMemory(self.physical, self.device)
        self.queue = VulkanQueue(self.device, family)
        self.modules: WeakSet[VulkanModule] = WeakSet()
        self.left: LeftBehind[list[Made]] = LeftBehind()  # what modules made

    def compute_family(self) -> int:
        families = vk.listed(
            "vkGetPhysicalDeviceQueueFamilyProperties", vk.QueueFamilyProperties, self.physical
        )
        for number, family in enumerate(families):
            if family.flags & COMPUTE_QUEUE:
                return number
        raise Unsupported(f"{self.description} has no compute queue")

    def open_device(self, family: int) -> c_void_p:
        """The logical device, with all features on that kernels use and it has."""
        known = vk.listed(
            "vkEnumerateDeviceExtensionProperties", vk.ExtensionProperties, self.physical, None
        )
        wanted = [e.name for e in known if e.name == COOPERATIVE_MATRIX]
        chain = FeatureChain(bool(wanted))
        vk.run("vkGetPhysicalDeviceFeatures2", self.physical, byref(chain.first))
        self.features = chain.keep_known()
        queue = vk.QueueCreateInfo(family=family, count=1, priorities=pointer(c_float(1.0)))
        info = vk.DeviceCreateInfo(
            pNext=ctypes.addressof(chain.first),
            queue_count=1,
            queues=pointer(queue),
            extension_count=len(wanted),
            extensions=(ctypes.c_char_p * len(wanted))(*wanted),
        )
        device = c_void_p()
        vk.call("vkCreateDevice", self.physical, byref(info), None, byref(device))
        return device

    def fit(self, image: Image) -> int | None:
        return 1 if image.target == "spirv" and image.chip.startswith("vulkan") else None

    def alloc(self, size: int) -> VulkanBuffer:
        return self.memory.alloc(size)

    def free(self, buffer: VulkanBuffer) -> None:
        self.synchronize()
        self.memory.free(buffer)

    def write(self, buffer: VulkanBuffer, array: np.ndarray) -> None:
        self.synchronize()
        if buffer.address is not None:
            ctypes.memmove(buffer.address, array.ctypes.data, array.nbytes)
        elif array.nbytes:
            staging = self.memory.alloc(array.nbytes, FOR_COPIES)
            ctypes.memmove(staging.address or 0, array.ctypes.data, array.nbytes)
            self.queue.copy(staging, buffer, array.nbytes)
            self.free(staging)

    def read(self, buffer: VulkanBuffer, array: np.ndarray) -> None:
        self.synchronize()
        if buffer.address is not None:
            ctypes.memmove(array.ctypes.data, buffer.address, array.nbytes)
        elif array.nbytes:
            staging = self.memory.alloc(array.nbytes, FOR_COPIES)
            self.queue.copy(buffer, staging, array.nbytes)
            self.synchronize()
            ctypes.memmove(array.ctypes.data, staging.address or 0, array.nbytes)
            self.memory.free(staging)

    def load(self, image: Image) -> VulkanModule:
        head = read_head(image.data)
        missing = missing_capabilities(head, self.features)
        if missing:
            raise Unsupported(f"the kernels need {', '.join(missing)}; {self.description} lacks it")
        newest = SPIRV_VERSIONS.get(self.limits.api >> 12 & 0x3FF, (1, 6))
        if head.version > newest:
            text = ".".join(map(str, head.version))
            raise Unsupported(f"the kernels are SPIR-V {text}, too new for {self.description}")
        self.destroy_left()
        module = VulkanModule(self.device, image.data, head.entry_points)
        self.modules.add(module)
        self.left.when_gone(module, module.made)
        return module

    def destroy_left(self) -> None:
        self.synchronize()
        for objects in self.left:
            destroy(self.device, objects)

    def launch(
        self,
        kernel: VulkanKernel,
        grid: int,
        workgroup: int,
        shared: int,
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
            ("buffers", len(buffers), min(DESCRIPTORS, limits.buffers)),
        ):
            if needed > allowed:
                raise Unsupported(
                    f"the kernel {kernel.name} needs {needed} {what}; "
                    f"{self.description} allows {allowed}"
                )
        pushed = np.array([*scalars, grid], np.int32)
        pipeline = kernel.pipeline(len(buffers), pushed.nbytes)
        columns = min(grid, ROW)
        self.queue.dispatch(pipeline, (columns, -(-grid // columns)), buffers, pushed)

    def synchronize(self) -> None:
        self.queue.synchronize()

    def close(self) -> None:
        if self.queue.lost:  # what it still uses cannot be given back
            return
        self.destroy_left()
        self.memory.close()
        for module in self.modules:
            destroy(self.device, module.made)
        self.queue.close()
        vk.run("vkDestroyDevice", self.device, None)
