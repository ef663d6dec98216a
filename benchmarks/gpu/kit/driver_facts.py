"""What only a driver knows: registers and occupancy of kernels, clocks, versions.

CUDA's and HIP's functions have the same arguments; NVML tells clocks of NVIDIA's cards.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Mapping
from ctypes import byref, c_char_p, c_int, c_uint, c_void_p
from typing import Any

import numpy as np

from clawc.chips.products import Product, find_product
from clawc.runtime.device import Device
from clawc.runtime.gpu_device import GpuDevice
from clawc.runtime.program import Kernel

ATTRIBUTES = {"max threads": 0, "static shared": 1, "local bytes": 3, "registers": 4}
"""Of a kernel, by CUDA's and HIP's numbers; local bytes are what its threads spill, and arrays of
theirs."""
VERSION = {"cuda": "cuDriverGetVersion", "hip": "hipDriverGetVersion"}
NVML = ("libnvidia-ml.so.1", "libnvidia-ml.so")
CLOCKS = {"SM MHz": 1, "memory MHz": 2}


def of_kernel(device: Device, kernel: Kernel) -> dict[str, int | None]:
    """What the driver made of a kernel: registers of a thread, what it spills, and how many of its
    workgroups a multiprocessor holds at a time.  Empty of a device that does not tell."""
    if not isinstance(device, GpuDevice):
        return {}
    handle, shape = kernel.handle.handle, (kernel.threads, kernel.shared)
    found = {
        name: number(device, "kernel_fact", attribute, handle)
        for name, attribute in ATTRIBUTES.items()
    }
    return {**found, "workgroups": number(device, "occupancy", handle, *shape)}


def number(device: GpuDevice, what: str, *arguments: int) -> int | None:
    """What a function of the driver writes to its first argument; None where it refuses."""
    found = c_int()
    with device.lifetime.call(device.name):
        if not device.driver.has(what) or device.driver.function(what)(byref(found), *arguments):
            return None
    return found.value


def version(device: GpuDevice) -> int | None:
    """The driver's, as the vendor counts: 12040 is CUDA 12.4."""
    found = c_int()
    ask = getattr(device.driver.library, VERSION[device.name.partition(":")[0]], None)
    return found.value if ask is not None and ask(byref(found)) == 0 else None


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
    if isinstance(device, GpuDevice):
        found["driver"] = version(device)
    return found


def peaks(device: Device) -> Product | None:
    """The rates that the card's vendor states."""
    return find_product(device.description)


class Clocks:
    """The clocks of an NVIDIA card, as they are now; nothing where NVML is not there."""

    def __init__(self, device: Device) -> None:
        self.library, self.handle = None, c_void_p()
        if isinstance(device, GpuDevice) and device.target == "nvptx":
            self._open(device)

    def _open(self, device: GpuDevice) -> None:
        bus = ctypes.create_string_buffer(32)
        find = getattr(device.driver.library, "cuDeviceGetPCIBusId", None)
        if find is None or find(bus, len(bus), device.device):
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
