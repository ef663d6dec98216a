"""What CUDA's driver API and HIP share, on ctypes: a table names a vendor's functions.

The *primary* context is used, so that memory and streams are shared with torch, cupy and others in
the same process; work goes to the default stream, in order.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_void_p
from dataclasses import dataclass
from typing import Any

import numpy as np

from clawc.runtime.artifact import Image
from clawc.runtime.device import Device
from clawc.runtime.errors import (
    BadImage,
    DeviceLost,
    DeviceNotFound,
    DriverError,
    OutOfMemory,
    RunError,
    Unsupported,
)
from clawc.runtime.left_behind import LeftBehind
from clawc.runtime.lifetime import while_open

# Status numbers; HIP took CUDA's over.
NO_DEVICE, NOT_FOUND = 100, 500
CLASSES: dict[int, type[DriverError]] = {
    2: OutOfMemory,
    **dict.fromkeys((200, 209, 218, 219, 220, 221, 222, 223, 300), BadImage),
    **dict.fromkeys((46, 214, 700, 702, 710, 714, 715, 716, 717, 718, 719), DeviceLost),
}
LARGEST_GRID = 2**31 - 1


@dataclass(frozen=True)
class Api:
    """A vendor's driver library: the names of its functions by what they do."""

    vendor: str  # "CUDA"
    libraries: tuple[str, ...]
    functions: Mapping[str, str]

    def library(self) -> ctypes.CDLL:
        for name in self.libraries:
            try:
                return ctypes.CDLL(name)
            except OSError:
                continue
        raise DeviceNotFound(
            f"no {self.vendor} driver on this machine ({self.libraries[0]} is not there)"
        )


class GpuDriver:
    """A loaded driver library."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.library = api.library()
        self.call("init", c_uint(0))

    def function(self, what: str) -> Any:
        name = self.api.functions[what]
        try:
            return getattr(self.library, name)
        except AttributeError:
            raise DeviceNotFound(f"the {self.api.vendor} driver is too old: no {name}") from None

    def call(self, what: str, *arguments: Any, detail: ctypes.Array | None = None) -> None:
        """Call a function; `detail` is a log that the driver fills in."""
        self.check(what, self.function(what)(*arguments), detail)

    def check(self, what: str, status: int, detail: ctypes.Array | None = None) -> None:
        if status == 0:
            return
        call = self.api.functions[what]
        text = f"{self.status_name(status)} ({status})"
        if status == NO_DEVICE:
            raise DeviceNotFound(f"the {self.api.vendor} driver has no device ({call}: {text})")
        log = detail.value.decode(errors="replace") if detail is not None else ""
        raise CLASSES.get(status, DriverError)(call, text, log)

    def status_name(self, status: int) -> str:
        name = c_char_p()
        find = getattr(self.library, self.api.functions["error_name"], None)
        if find is None or find(c_int(status), byref(name)) or not name.value:
            return "unknown error"
        return name.value.decode()

    def count(self) -> int:
        number = c_int()
        self.call("count", byref(number))
        if not number.value:
            raise DeviceNotFound(f"the {self.api.vendor} driver has no device")
        return number.value

    def device(self, index: int) -> c_int:
        found = c_int()
        self.call("device", byref(found), c_int(index))
        return found

    def device_name(self, device: c_int) -> str:
        text = ctypes.create_string_buffer(256)
        self.call("name", text, c_int(len(text)), device)
        return text.value.decode(errors="replace")


class GpuModule:
    """Loaded code."""

    def __init__(self, device: GpuDevice, handle: c_void_p) -> None:
        self.device = device
        self.handle = handle

    def kernel(self, name: str) -> c_void_p:
        return self.device.find_kernel(self.handle, name)


class GpuDevice(Device):
    """A device of either vendor; a subclass says how its context is made current."""

    scalar = ctypes.c_int32  # an index in kernels

    def __init__(self, driver: GpuDriver, index: int) -> None:
        self.driver = driver
        self.index = index
        self.device = driver.device(index)
        self.left: LeftBehind[c_void_p] = LeftBehind()  # modules

    def make_current(self) -> None:
        """Bind the device's primary context to the calling thread."""
        raise NotImplementedError

    def alloc(self, size: int) -> c_void_p:
        self.make_current()
        made = c_void_p()
        self.driver.call("alloc", byref(made), c_size_t(size))
        return made

    def free(self, buffer: c_void_p) -> None:
        self.make_current()
        self.driver.call("free", buffer)

    def write(self, buffer: c_void_p, array: np.ndarray) -> None:
        self.make_current()
        source = c_void_p(array.ctypes.data)
        if array.nbytes:
            self.driver.call("write", buffer, source, c_size_t(array.nbytes))

    def read(self, buffer: c_void_p, array: np.ndarray) -> None:
        self.make_current()
        target = c_void_p(array.ctypes.data)
        if array.nbytes:
            self.driver.call("read", target, buffer, c_size_t(array.nbytes))

    def load(self, image: Image) -> GpuModule:
        self.unload_left()
        module = GpuModule(self, self.load_data(image.data))
        self.left.when_gone(module, module.handle)
        return module

    def unload_left(self) -> None:
        self.synchronize()
        for module in self.left:
            self.driver.call("unload", module)

    def load_data(self, data: bytes) -> c_void_p:
        made = c_void_p()
        self.driver.call("load", byref(made), c_char_p(data))
        return made

    @while_open
    def find_kernel(self, module: c_void_p, name: str) -> c_void_p:
        self.make_current()
        found = c_void_p()
        status = self.driver.function("kernel")(byref(found), module, name.encode())
        if status == NOT_FOUND:
            raise RunError(f"the image has no kernel {name!r}")
        self.driver.check("kernel", status)
        return found

    def prepare_shared(self, kernel: c_void_p, shared: int) -> None:
        """Allow a kernel much shared memory, where that has to be asked for."""

    def launch(
        self,
        kernel: c_void_p,
        grid: int,
        workgroup: int,
        shared: int,
        buffers: Sequence[c_void_p],
        scalars: Sequence[int],
    ) -> None:
        if grid > LARGEST_GRID:
            raise Unsupported(f"{grid} workgroups; {self.description} allows {LARGEST_GRID}")
        self.make_current()
        self.prepare_shared(kernel, shared)
        values = [*(c_void_p(b.value) for b in buffers), *(self.scalar(s) for s in scalars)]
        pointers = (c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
        sizes = (c_uint(n) for n in (grid, 1, 1, workgroup, 1, 1, shared))
        self.driver.call("launch", kernel, *sizes, c_void_p(), pointers, c_void_p())

    def synchronize(self) -> None:
        self.make_current()
        self.driver.call("synchronize")

    def close(self) -> None:
        self.unload_left()
        self.pool.trim()
