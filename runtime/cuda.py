"""NVIDIA GPUs through the CUDA driver: PTX, compiled by the driver for the chip, or cubins."""

from __future__ import annotations

import ctypes
import re
from ctypes import byref, c_int, c_uint, c_void_p
from functools import cache

from clawc.runtime.artifact import Image
from clawc.runtime.gpu_driver import Api, GpuDevice, GpuDriver

API = Api(
    "CUDA",
    ("libcuda.so.1", "libcuda.so", "nvcuda.dll"),
    {
        "init": "cuInit",
        "count": "cuDeviceGetCount",
        "device": "cuDeviceGet",
        "name": "cuDeviceGetName",
        "attribute": "cuDeviceGetAttribute",
        "retain": "cuDevicePrimaryCtxRetain",
        "release": "cuDevicePrimaryCtxRelease_v2",
        "current": "cuCtxSetCurrent",
        "alloc": "cuMemAlloc_v2",
        "free": "cuMemFree_v2",
        "write": "cuMemcpyHtoD_v2",
        "read": "cuMemcpyDtoH_v2",
        "load": "cuModuleLoadDataEx",
        "unload": "cuModuleUnload",
        "kernel": "cuModuleGetFunction",
        "kernel_attribute": "cuFuncSetAttribute",
        "launch": "cuLaunchKernel",
        "synchronize": "cuCtxSynchronize",
        "error_name": "cuGetErrorName",
    },
)
CAPABILITY_MAJOR, CAPABILITY_MINOR = 75, 76  # device attributes
MAX_DYNAMIC_SHARED = 8  # a kernel attribute
ERROR_LOG, ERROR_LOG_SIZE = 5, 6  # options of the driver's compiler
LOG_BYTES = 8192


@cache
def driver() -> GpuDriver:
    return GpuDriver(API)


def capability(device: c_int) -> tuple[int, int]:
    major, minor = c_int(), c_int()
    driver().call("attribute", byref(major), c_int(CAPABILITY_MAJOR), device)
    driver().call("attribute", byref(minor), c_int(CAPABILITY_MINOR), device)
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
        self.context = c_void_p()
        self.driver.call("retain", byref(self.context), self.device)

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

    def load_data(self, data: bytes) -> c_void_p:
        """Load PTX or a cubin; when the driver's compiler refuses, its log is the error's end."""
        log = ctypes.create_string_buffer(LOG_BYTES)
        options = (c_int * 2)(ERROR_LOG, ERROR_LOG_SIZE)
        values = (c_void_p * 2)(ctypes.addressof(log), LOG_BYTES)
        made = c_void_p()
        text = ctypes.c_char_p(data)  # Python's bytes end in the zero byte that PTX needs
        self.driver.call("load", byref(made), text, c_uint(2), options, values, detail=log)
        return made

    def prepare_shared(self, kernel: c_void_p, shared: int) -> None:
        if shared:  # needed when more than 48 KB come together with what the kernel has itself
            self.driver.call("kernel_attribute", kernel, c_int(MAX_DYNAMIC_SHARED), c_int(shared))

    def close(self) -> None:
        super().close()
        self.driver.call("release", self.device)
