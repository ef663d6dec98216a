"""SPIR-V modules on a Vulkan device and the compute pipelines of their kernels."""

from __future__ import annotations

from ctypes import byref, c_void_p, pointer
from dataclasses import dataclass
from threading import Lock

from clawc.runtime import vulkan_api as vk
from clawc.runtime.errors import RunError

COMPUTE, STORAGE_BUFFER = 0x20, 7
NONE = vk.u64(0)
Made = tuple[str, vk.handle]  # the function that destroys it, and the object


@dataclass(frozen=True)
class Pipeline:
    """A kernel as the device runs it."""

    handle: vk.handle
    layout: vk.handle
    set_layout: vk.handle


class VulkanModule:
    """A shader module and what was made from it, which is destroyed with it."""

    def __init__(self, device: c_void_p, data: bytes, entry_points: frozenset[str]) -> None:
        self.device = device
        self.entry_points = entry_points
        self.made: list[Made] = []
        info = vk.ShaderModuleCreateInfo(size=len(data), code=data)
        self.module = self.make("ShaderModule", info)

    def make(self, what: str, info) -> vk.handle:
        """Create an object and remember to destroy it."""
        made = vk.handle()
        vk.call(f"vkCreate{what}", self.device, byref(info), None, byref(made))
        self.made.append((f"vkDestroy{what}", made))
        return made

    def kernel(self, name: str) -> VulkanKernel:
        if name not in self.entry_points:
            known = ", ".join(sorted(self.entry_points)) or "none"
            raise RunError(f"the image has no kernel {name!r}; its kernels: {known}")
        return VulkanKernel(self, name)

    def pipeline(self, name: str, buffers: int, push_bytes: int) -> Pipeline:
        bindings = (vk.SetLayoutBinding * buffers)()
        for i, binding in enumerate(bindings):
            binding.binding, binding.type, binding.count = i, STORAGE_BUFFER, 1
            binding.stages = COMPUTE
        set_info = vk.SetLayoutCreateInfo(count=buffers, bindings=bindings)
        set_layout = self.make("DescriptorSetLayout", set_info)
        pushed = vk.PushConstantRange(stages=COMPUTE, size=push_bytes)
        layout_info = vk.PipelineLayoutCreateInfo(
            set_count=1,
            sets=pointer(set_layout),
            range_count=1 if push_bytes else 0,
            ranges=pointer(pushed),
        )
        layout = self.make("PipelineLayout", layout_info)
        stage = vk.StageCreateInfo(stage=COMPUTE, module=self.module, name=name.encode())
        info = vk.ComputePipelineCreateInfo(stage=stage, layout=layout, base_index=-1)
        made = vk.handle()
        vk.call("vkCreateComputePipelines", self.device, NONE, 1, byref(info), None, byref(made))
        self.made.append(("vkDestroyPipeline", made))
        return Pipeline(made, layout, set_layout)


def destroy(device: c_void_p, objects: list[Made]) -> None:
    """Destroy objects, the last one made first."""
    while objects:
        function, made = objects.pop()
        vk.run(function, device, made, None)


class VulkanKernel:
    """One entry point; its pipeline is built at the first launch, which says how it is called."""

    def __init__(self, module: VulkanModule, name: str) -> None:
        self.module = module
        self.name = name
        self.lock = Lock()
        self.pipelines: dict[tuple[int, int], Pipeline] = {}

    def pipeline(self, buffers: int, push_bytes: int) -> Pipeline:
        key = (buffers, push_bytes)
        with self.lock:
            if key not in self.pipelines:
                self.pipelines[key] = self.module.pipeline(self.name, *key)
            return self.pipelines[key]
