"""NVIDIA GPUs through the CUDA driver: PTX, compiled by the driver for the chip, or cubins."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from ctypes import byref, c_int, c_size_t, c_uint, c_uint64, c_void_p
from functools import cache
from typing import Any

from clawc.runtime.artifact import Image
from clawc.runtime.cuda_launch import cluster_launch, tensor_map_arguments
from clawc.runtime.errors import Unsupported
from clawc.runtime.gpu_device import GpuDevice
from clawc.runtime.gpu_driver import Api, Function, GpuDriver
from clawc.runtime.gpu_kernel import GpuKernel
from clawc.runtime.tensor_maps import TensorMap

P, N, U, U64, Z = c_void_p, c_int, c_uint, c_uint64, c_size_t
API = Api(
    "CUDA",
    ("libcuda.so.1", "libcuda.so", "nvcuda.dll"),
    {
        "init": Function("cuInit", (U,)),
        "count": Function("cuDeviceGetCount", (P,)),
        "device": Function("cuDeviceGet", (P, N)),
        "name": Function("cuDeviceGetName", (P, N, N)),
        "attribute": Function("cuDeviceGetAttribute", (P, N, N)),
        "retain": Function("cuDevicePrimaryCtxRetain", (P, N)),
        "release": Function("cuDevicePrimaryCtxRelease_v2", (N,)),
        "current": Function("cuCtxSetCurrent", (P,)),
        "alloc": Function("cuMemAlloc_v2", (P, Z)),
        "free": Function("cuMemFree_v2", (P,)),
        "write": Function("cuMemcpyHtoD_v2", (P, P, Z)),
        "read": Function("cuMemcpyDtoH_v2", (P, P, Z)),
        "load": Function("cuModuleLoadDataEx", (P, P, U, P, P)),
        "unload": Function("cuModuleUnload", (P,)),
        "kernel": Function("cuModuleGetFunction", (P, P, P)),
        "kernel_attribute": Function("cuFuncSetAttribute", (P, N, N)),
        "kernel_fact": Function("cuFuncGetAttribute", (P, N, P)),
        "occupancy": Function("cuOccupancyMaxActiveBlocksPerMultiprocessor", (P, P, N, Z)),
        "launch": Function("cuLaunchKernel", (P, U, U, U, U, U, U, U, P, P, P)),
        "launch_cluster": Function("cuLaunchKernelEx", (P, P, P, P)),
        "tensor_map": Function("cuTensorMapEncodeTiled", (P, N, U, P, P, P, P, P, N, N, N, N)),
        "stream": Function("cuStreamCreate", (P, U)),
        "stream_free": Function("cuStreamDestroy_v2", (P,)),
        "synchronize": Function("cuStreamSynchronize", (P,)),
        "event": Function("cuEventCreate", (P, U)),
        "event_free": Function("cuEventDestroy_v2", (P,)),
        "event_record": Function("cuEventRecord", (P, P)),
        "event_wait": Function("cuEventSynchronize", (P,)),
        "event_time": Function("cuEventElapsedTime", (P, P, P)),
        "capture": Function("cuStreamBeginCapture_v2", (P, N)),
        "capture_end": Function("cuStreamEndCapture", (P, P)),
        "source_free": Function("cuGraphDestroy", (P,)),
        "graph_make": Function("cuGraphInstantiateWithFlags", (P, P, U64)),
        "graph_launch": Function("cuGraphLaunch", (P, P)),
        "graph_free": Function("cuGraphExecDestroy", (P,)),
        "error_name": Function("cuGetErrorName", (N, P)),
        "error_text": Function("cuGetErrorString", (N, P)),
    },
)
CAPABILITY_MAJOR, CAPABILITY_MINOR = 75, 76  # device attributes
MAX_DYNAMIC_SHARED = 8  # a kernel attribute
ERROR_LOG, ERROR_LOG_SIZE = 5, 6  # options of the driver's compiler
LOG_BYTES = 8192


@cache
def driver() -> GpuDriver:
    return GpuDriver(API)


def capability(device: int) -> tuple[int, int]:
    major, minor = c_int(), c_int()
    driver().call("attribute", byref(major), CAPABILITY_MAJOR, device)
    driver().call("attribute", byref(minor), CAPABILITY_MINOR, device)
    return major.value, minor.value


def describe(index: int) -> str:
    device = driver().device(index)
    major, minor = capability(device)
    return f"{driver().device_name(device)}, sm_{major}{minor}"


def devices() -> list[str]:
    return [describe(index) for index in range(driver().count())]


def connect(index: int) -> CudaDevice:
    return CudaDevice(index)


class CudaDevice(GpuDevice):
    target = "nvptx"

    def __init__(self, index: int) -> None:
        super().__init__(driver(), index)
        self.name = f"cuda:{index}"
        self.description = describe(index)
        self.capability = capability(self.device)
        self.chip = "sm_{}{}".format(*self.capability)
        context = c_void_p()
        self.driver.call("retain", byref(context), self.device)
        self.context = context.value
        self.start()

    def fit(self, image: Image) -> int | None:
        """PTX runs on its chip and all later ones; `sm_90a` and cubins on their own generation."""
        chip = re.fullmatch(r"sm_(\d+)(\d)([af]?)", image.chip)
        if image.target != "nvptx" or chip is None:
            return None
        wanted = int(chip[1]), int(chip[2])
        exact = wanted == self.capability
        if chip[3] and not exact or wanted > self.capability:
            return None
        if image.kind == "cubin" and wanted[0] != self.capability[0]:
            return None
        return 10 * (10 * wanted[0] + wanted[1]) + 2 * bool(chip[3]) + (image.kind == "cubin")

    def make_current(self) -> None:
        self.driver.call("current", self.context)

    def load_data(self, data: bytes) -> int:
        """Load PTX or a cubin; when the driver's compiler refuses, its log is the error's end."""
        log = ctypes.create_string_buffer(LOG_BYTES)
        options = (c_int * 2)(ERROR_LOG, ERROR_LOG_SIZE)
        values = (c_void_p * 2)(ctypes.addressof(log), LOG_BYTES)
        made = c_void_p()
        if self.lost is not None:
            raise self.lost_again()
        text = ctypes.c_char_p(data)  # Python's bytes end in the zero byte that PTX needs
        status = self.driver.function("load")(byref(made), text, 2, options, values)
        if status:
            raise self.failure("load", status, log.value.decode(errors="replace") or "no log")
        return made.value or 0

    def prepare(self, kernel: GpuKernel, shared: int) -> None:
        """Needed when more than 48 KB come together with what the kernel has itself."""
        self.call("kernel_attribute", kernel.handle, MAX_DYNAMIC_SHARED, shared)

    def launch_cluster(
        self, kernel: GpuKernel, grid: int, workgroup: int, shared: int, stream: int, pointers: Any
    ) -> int:
        if self.capability < (9, 0) or not self.driver.has("launch_cluster"):
            raise Unsupported(f"{kernel.name} runs in clusters; {self.description} has none")
        call = cluster_launch(grid, workgroup, shared, stream, kernel.cluster)
        function = self.driver.function("launch_cluster")
        return function(byref(call), kernel.handle, pointers, None)

    def encode_map(
        self,
        kernel: GpuKernel,
        described: TensorMap,
        place: int,
        buffers: Sequence[int],
        scalars: Sequence[int],
    ) -> None:
        if self.capability < (9, 0) or not self.driver.has("tensor_map"):
            super().encode_map(kernel, described, place, buffers, scalars)
        address = buffers[described.buffer]
        arguments = tensor_map_arguments(described, place, address, scalars)
        status = self.driver.function("tensor_map")(*arguments)
        if status:
            raise self.failure("tensor_map", status, f"launching {kernel.name}")

    def close(self) -> None:
        super().close()
        self.driver.function("release")(self.device)  # a spoilt context makes it fail
