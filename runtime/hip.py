"""AMD GPUs through HIP's module functions: HSACO images."""

from __future__ import annotations

import ctypes
import re
from ctypes import c_int
from functools import cache

from clawc.runtime.artifact import Image
from clawc.runtime.errors import DeviceNotFound
from clawc.runtime.gpu_driver import Api, GpuDevice, GpuDriver

API = Api(
    "HIP",
    ("libamdhip64.so", "libamdhip64.so.7", "libamdhip64.so.6", "amdhip64.dll"),
    {
        "init": "hipInit",
        "count": "hipGetDeviceCount",
        "device": "hipDeviceGet",
        "name": "hipDeviceGetName",
        "properties": "hipGetDevicePropertiesR0600",
        "current": "hipSetDevice",
        "alloc": "hipMalloc",
        "free": "hipFree",
        "write": "hipMemcpyHtoD",
        "read": "hipMemcpyDtoH",
        "load": "hipModuleLoadData",
        "unload": "hipModuleUnload",
        "kernel": "hipModuleGetFunction",
        "launch": "hipModuleLaunchKernel",
        "synchronize": "hipDeviceSynchronize",
        "error_name": "hipDrvGetErrorName",
    },
)
PROPERTIES_BYTES = 8192  # more than any version's structure of properties
NAME_BYTES = 256  # which starts with the marketing name


@cache
def driver() -> GpuDriver:
    return GpuDriver(API)


def chip_of(index: int) -> str:
    """`gfx90a` out of the device's properties, where it stands with its features behind it.

    The place changes with the version of the structure, the text does not.
    """
    raw = ctypes.create_string_buffer(PROPERTIES_BYTES)
    driver().call("properties", raw, c_int(index))
    found = re.search(rb"gfx[0-9a-f]+", raw.raw[NAME_BYTES:])
    if not found:
        raise DeviceNotFound(f"the HIP driver does not tell the architecture of device {index}")
    return found[0].decode()


def describe(index: int) -> str:
    return f"{driver().device_name(driver().device(index))}, {chip_of(index)}"


def devices() -> list[str]:
    return [describe(index) for index in range(driver().count())]


def connect(index: int) -> HipDevice:
    return HipDevice(index)


class HipDevice(GpuDevice):
    target = "amdgpu"

    def __init__(self, index: int) -> None:
        super().__init__(driver(), index)
        self.name = f"hip:{index}"
        self.description = describe(index)
        self.chip = chip_of(index)

    def fit(self, image: Image) -> int | None:
        """Code for an AMD chip runs on that chip only."""
        return 1 if (image.target, image.chip.split(":")[0]) == ("amdgpu", self.chip) else None

    def make_current(self) -> None:
        self.driver.call("current", c_int(self.index))
