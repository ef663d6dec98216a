"""A device of CUDA or HIP: memory, modules, and launches on a stream.

The *primary* context is used, so that memory is shared with torch, cupy and others in the same
process.  Work goes to a stream of the device's own, which runs in order with the default stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from ctypes import byref, c_char_p, c_void_p
from threading import local
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from clawc.runtime.artifact import Image
from clawc.runtime.device import Device
from clawc.runtime.errors import DeviceLost, RunError, Unsupported
from clawc.runtime.gpu_driver import NOT_FOUND, GpuDriver
from clawc.runtime.gpu_kernel import GpuKernel
from clawc.runtime.gpu_stream import GpuGraph, GpuStream, GpuTimer
from clawc.runtime.launch_call import LaunchCall
from clawc.runtime.left_behind import LeftBehind
from clawc.runtime.lifetime import while_open
from clawc.runtime.tensor_maps import TensorMap

LARGEST_GRID = 2**31 - 1
MOST_NAMED = 8  # kernels that may have caused an error, in its message


class GpuModule:
    """Loaded code."""

    def __init__(self, device: GpuDevice, handle: int, image: Image) -> None:
        self.device = device
        self.handle = handle
        self.image = image

    def kernel(self, name: str) -> GpuKernel:
        return self.device.find_kernel(self, name)


class GpuDevice(Device):
    """A device of either vendor; a subclass says how its context is made current."""

    def __init__(self, driver: GpuDriver, index: int) -> None:
        self.driver = driver
        self.index = index
        self.device = driver.device(index)
        self.lost: DeviceLost | None = None  # the error after which nothing works any more
        self.launched: dict[str, None] = {}  # kernels since the device was last waited for
        self.left: LeftBehind[tuple[str, int]] = (
            LeftBehind()
        )  # how to free a handle, and the handle
        self.alive: WeakKeyDictionary[Any, list[tuple[str, int]]] = WeakKeyDictionary()
        self.capturing = local()
        self.lifetime.on_enter = self.make_current

    def start(self) -> None:
        """Once the context is there: the stream."""
        self.make_current()
        self.driver.function("launch")
        self.stream = GpuStream(self)

    def make_current(self) -> None:
        """Bind the device's primary context to the calling thread."""
        raise NotImplementedError

    # Calls and errors
    def call(self, what: str, *arguments: Any) -> None:
        """Call a function of the driver."""
        if self.lost is not None:
            raise self.lost_again()
        status = self.driver.function(what)(*arguments)
        if status:
            raise self.failure(what, status)

    def failure(self, what: str, status: int, detail: str = "") -> Exception:
        """The error for a status; after one that spoils the context, all calls give it."""
        if not detail and self.launched:
            names = list(self.launched)
            shown = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
            detail = f"after {'one of ' if len(names) > 1 else ''}{shown}"
        error = self.driver.error(what, status, detail)
        if isinstance(error, DeviceLost):
            self.lost = error
        return error

    def lost_again(self) -> DeviceLost:
        """The first error, for a call that comes after it."""
        assert self.lost is not None
        known = f"{self.lost.detail}; " if self.lost.detail else ""
        hint = f"{known}{self.name} cannot be used in this process any more"
        return DeviceLost(self.lost.call, self.lost.status, hint)

    def keep(self, owner: Any, free: str, handle: int) -> None:
        """Call `free` on the handle some time after nobody has its owner any more."""
        self.alive.setdefault(owner, []).append((free, handle))
        self.left.when_gone(owner, (free, handle))

    def free_left(self) -> None:
        for free, handle in self.left:
            self.call(free, handle)

    # Memory: buffers are addresses
    def alloc(self, size: int) -> int:
        made = c_void_p()
        self.call("alloc", byref(made), size)
        return made.value or 0

    def free(self, buffer: int) -> None:
        if self.lost is None:
            self.call("free", buffer)

    def write(self, buffer: int, array: np.ndarray) -> None:
        if array.nbytes:
            self.call("write", buffer, array.ctypes.data, array.nbytes)

    def read(self, buffer: int, array: np.ndarray) -> None:
        if array.nbytes:
            self.call("read", array.ctypes.data, buffer, array.nbytes)
            self.launched.clear()

    # Code
    def load(self, image: Image) -> GpuModule:
        if len(self.left):
            self.synchronize()
            self.free_left()
        module = GpuModule(self, self.load_data(image.data), image)
        self.keep(module, "unload", module.handle)
        return module

    def load_data(self, data: bytes) -> int:
        made = c_void_p()
        self.call("load", byref(made), c_char_p(data))
        return made.value or 0

    @while_open
    def find_kernel(self, module: GpuModule, name: str) -> GpuKernel:
        found = c_void_p()
        status = self.driver.function("kernel")(byref(found), module.handle, name.encode())
        if status == NOT_FOUND:
            raise RunError(f"the image has no kernel {name!r}")
        if status:
            raise self.failure("kernel", status, f"finding {name}")
        return GpuKernel(name, found.value or 0, module, module.image.kernels[name])

    def prepare(self, kernel: GpuKernel, shared: int) -> None:
        """Allow a kernel so much dynamic shared memory, where that has to be asked for."""

    # Launches
    def launch(
        self,
        kernel: GpuKernel,
        grid: int,
        workgroup: int,
        shared: int,
        buffers: Sequence[int],
        scalars: Sequence[int],
    ) -> None:
        if grid > LARGEST_GRID:
            raise Unsupported(f"{grid} workgroups; {self.description} allows {LARGEST_GRID}")
        if self.lost is not None:
            raise self.lost_again()
        if shared > kernel.allowed:
            self.prepare(kernel, shared)
            kernel.allowed = shared
        stream = getattr(self.capturing, "stream", None) or self.stream.handle
        self.launched[kernel.name] = None
        what = "launch_cluster" if kernel.cluster > 1 else "launch"
        with kernel.lock:
            pointers = kernel.filled(buffers, scalars)
            for described, place in zip(kernel.maps, kernel.map_places, strict=True):
                self.encode_map(kernel, described, place, buffers, scalars)
            if kernel.cluster > 1:
                status = self.launch_cluster(kernel, grid, workgroup, shared, stream, pointers)
            else:
                status = self.driver.bound["launch"](
                    kernel.handle, grid, 1, 1, workgroup, 1, 1, shared, stream, pointers, None
                )
        if status:
            raise self.failure(what, status, f"launching {kernel.name}")

    def launch_cluster(
        self, kernel: GpuKernel, grid: int, workgroup: int, shared: int, stream: int, pointers: Any
    ) -> int:
        """Launch workgroups in clusters: the status."""
        raise Unsupported(f"{kernel.name} runs in clusters; {self.description} has none")

    @property
    def can_record(self) -> bool:
        return self.driver.graphs

    def encode_map(
        self,
        kernel: GpuKernel,
        described: TensorMap,
        place: int,
        buffers: Sequence[int],
        scalars: Sequence[int],
    ) -> None:
        """Write a tensor map of a launch to an address of the host."""
        raise Unsupported(f"{kernel.name} copies by tensor maps; {self.description} has none")

    def record(self, launches: Sequence[LaunchCall]) -> GpuGraph:
        self.free_left()
        return GpuGraph.of(self, launches)

    def replay(self, recorded: GpuGraph) -> None:
        self.launched.update(recorded.kernels)
        self.call("graph_launch", recorded.handle, self.stream.handle)

    def timer(self) -> GpuTimer:
        self.free_left()
        return GpuTimer(self)

    def synchronize(self) -> None:
        self.call("synchronize", self.stream.handle)
        self.launched.clear()

    def close(self) -> None:
        with suppress(DeviceLost):  # then nothing can be given back, nor needs to be
            self.make_current()
            self.synchronize()
            self.pool.empty()
            for handles in list(self.alive.values()):
                for free, handle in handles:
                    self.call(free, handle)
            self.free_left()
