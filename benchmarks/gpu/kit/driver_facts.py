"""What only a driver knows: registers and occupancy of kernels, clocks, versions.

CUDA's and HIP's functions have the same arguments; NVML tells clocks of NVIDIA's cards.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Mapping
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_void_p
from typing import Any

import numpy as np

from clawc.chips.products import Product, find_product
from clawc.runtime.device import Device
from clawc.runtime.program import Kernel

FUNCTIONS = {
    "nvptx": {
        "attribute": "cuFuncGetAttribute",
        "occupancy": "cuOccupancyMaxActiveBlocksPerMultiprocessor",
        "version": "cuDriverGetVersion",
        "bus": "cuDeviceGetPCIBusId",
    },
    "amdgpu": {
        "attribute": "hipFuncGetAttribute",
        "occupancy": "hipModuleOccupancyMaxActiveBlocksPerMultiprocessor",
        "version": "hipDriverGetVersion",
        "bus": "hipDeviceGetPCIBusId",
    },
}
ATTRIBUTES = {"max threads": 0, "static shared": 1, "local bytes": 3, "registers": 4}
"""Of a kernel; local bytes are what its threads spill, and arrays of theirs."""
NVML = ("libnvidia-ml.so.1", "libnvidia-ml.so")
CLOCKS = {"SM MHz": 1, "memory MHz": 2}


def is_gpu(device: Any) -> bool:
    """Whether it is a GPU behind CUDA or HIP, whose drivers tell such things."""
    return device.name.partition(":")[0] in ("cuda", "hip")


def _number(device: Any, what: str, *arguments: Any) -> int | None:
    """What a function writes to its first argument, an int; None where the driver refuses."""
    found = c_int()
    function = getattr(device.driver.library, FUNCTIONS[device.target][what], None)
    if function is None or function(byref(found), *arguments):
        return None
    return found.value


def of_kernel(device: Device, kernel: Kernel) -> dict[str, int | None]:
    """What the driver made of a kernel: registers of a thread, what it spills, and how many of its
    workgroups a multiprocessor holds at a time.  Empty of a device that does not tell."""
    if not is_gpu(device):
        return {}
    device.make_current()
    found = {
        name: _number(device, "attribute", c_int(number), kernel.handle)
        for name, number in ATTRIBUTES.items()
    }
    size = c_int(kernel.threads), c_size_t(kernel.shared)
    return {**found, "workgroups": _number(device, "occupancy", kernel.handle, *size)}


def of_device(device: Device) -> dict[str, Any]:
    """What a result says of the machine."""
    product = find_product(device.description)
    found: dict[str, Any] = {
        "name": device.name,
        "description": device.description,
        "chip": f"{device.target}:{device.chip}",
        "product": product.name if product else None,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.platform(),
    }
    if is_gpu(device):
        found["driver"] = _number(device, "version")
    return found


def peaks(device: Device) -> Product | None:
    """The rates that the card's vendor states."""
    return find_product(device.description)


class Clocks:
    """The clocks of an NVIDIA card, as they are now; nothing where NVML is not there."""

    def __init__(self, device: Device) -> None:
        self.library, self.handle = None, c_void_p()
        if is_gpu(device) and device.target == "nvptx":
            self._open(device)

    def _open(self, device: Any) -> None:
        bus = ctypes.create_string_buffer(32)
        find = device.driver.library.cuDeviceGetPCIBusId
        if find(bus, c_int(len(bus)), device.device):
            return
        for name in NVML:
            try:
                library = ctypes.CDLL(name)
            except OSError:
                continue
            if library.nvmlInit_v2() == 0 and not library.nvmlDeviceGetHandleByPciBusId_v2(
                c_char_p(bus.value), byref(self.handle)
            ):
                self.library = library
            return

    def now(self) -> Mapping[str, int]:
        if self.library is None:
            return {}
        found = {}
        for name, kind in CLOCKS.items():
            value = c_uint()
            if self.library.nvmlDeviceGetClockInfo(self.handle, c_int(kind), byref(value)) == 0:
                found[name] = value.value
        return found
