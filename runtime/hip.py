"""AMD GPUs through HIP's module functions: HSACO images."""

from __future__ import annotations

import ctypes
import re
from ctypes import c_int, c_size_t, c_uint, c_uint64, c_void_p
from functools import cache

from clawc.runtime.artifact import Image
from clawc.runtime.errors import DeviceNotFound
from clawc.runtime.gpu_device import GpuDevice
from clawc.runtime.gpu_driver import Api, Function, GpuDriver

P, N, U, U64, Z = c_void_p, c_int, c_uint, c_uint64, c_size_t
API = Api(
    "HIP",
    ("libamdhip64.so", "libamdhip64.so.7", "libamdhip64.so.6", "amdhip64.dll"),
    {
        "init": Function("hipInit", (U,)),
        "count": Function("hipGetDeviceCount", (P,)),
        "device": Function("hipDeviceGet", (P, N)),
        "name": Function("hipDeviceGetName", (P, N, N)),
        "properties": Function("hipGetDevicePropertiesR0600", (P, N)),
        "current": Function("hipSetDevice", (N,)),
        "alloc": Function("hipMalloc", (P, Z)),
        "free": Function("hipFree", (P,)),
        "write": Function("hipMemcpyHtoD", (P, P, Z)),
        "read": Function("hipMemcpyDtoH", (P, P, Z)),
        "load": Function("hipModuleLoadData", (P, P)),
        "unload": Function("hipModuleUnload", (P,)),
        "kernel": Function("hipModuleGetFunction", (P, P, P)),
        "kernel_fact": Function("hipFuncGetAttribute", (P, N, P)),
        "occupancy": Function("hipModuleOccupancyMaxActiveBlocksPerMultiprocessor", (P, P, N, Z)),
        "launch": Function("hipModuleLaunchKernel", (P, U, U, U, U, U, U, U, P, P, P)),
        "stream": Function("hipStreamCreateWithFlags", (P, U)),
        "stream_free": Function("hipStreamDestroy", (P,)),
        "synchronize": Function("hipStreamSynchronize", (P,)),
        "event": Function("hipEventCreateWithFlags", (P, U)),
        "event_free": Function("hipEventDestroy", (P,)),
        "event_record": Function("hipEventRecord", (P, P)),
        "event_wait": Function("hipEventSynchronize", (P,)),
        "event_time": Function("hipEventElapsedTime", (P, P, P)),
        "capture": Function("hipStreamBeginCapture", (P, N)),
        "capture_end": Function("hipStreamEndCapture", (P, P)),
        "source_free": Function("hipGraphDestroy", (P,)),
        "graph_make": Function("hipGraphInstantiateWithFlags", (P, P, U64)),
        "graph_launch": Function("hipGraphLaunch", (P, P)),
        "graph_free": Function("hipGraphExecDestroy", (P,)),
        "error_name": Function("hipDrvGetErrorName", (N, P)),
        "error_text": Function("hipDrvGetErrorString", (N, P)),
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
    driver().call("properties", raw, index)
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
        self.start()

    def fit(self, image: Image) -> int | None:
        """Code for an AMD chip runs on that chip only."""
        return 1 if (image.target, image.chip.split(":")[0]) == ("amdgpu", self.chip) else None

    def make_current(self) -> None:
        self.driver.call("current", self.index)
