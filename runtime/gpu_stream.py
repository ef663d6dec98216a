"""Streams, events and graphs of a GPU driver; each is freed some time after nobody has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ctypes import byref, c_float, c_void_p
from threading import local
from typing import Any, Protocol

from clawc.runtime.gpu_driver import GpuDriver
from clawc.runtime.launch_call import LaunchCall

IN_ORDER_WITH_DEFAULT, ON_ITS_OWN = 0, 1  # flags of a stream
THIS_THREAD = 1  # a capture that other threads' calls neither disturb nor join


class Owner(Protocol):
    """What is used of the device."""

    driver: GpuDriver
    capturing: local
    stream: Any

    def call(self, what: str, *arguments: Any) -> None: ...
    def failure(self, what: str, status: int, detail: str = "") -> Exception: ...
    def keep(self, owner: Any, free: str, handle: int) -> None: ...
    @property
    def launch(self) -> Callable[..., None]: ...


class GpuStream:
    """A queue of work."""

    def __init__(self, device: Owner, flags: int = IN_ORDER_WITH_DEFAULT) -> None:
        made = c_void_p()
        device.call("stream", byref(made), flags)
        self.handle = made.value or 0
        device.keep(self, "stream_free", self.handle)


class GpuTimer:
    """Two events: the time that the device needs between them."""

    def __init__(self, device: Owner) -> None:
        self.device = device
        self.events = [self.event(), self.event()]

    def event(self) -> int:
        made = c_void_p()
        self.device.call("event", byref(made), 0)
        self.device.keep(self, "event_free", made.value or 0)
        return made.value or 0

    def start(self) -> None:
        """From here; again for another time."""
        self.device.call("event_record", self.events[0], self.device.stream.handle)

    def stop(self) -> None:
        """To here."""
        self.device.call("event_record", self.events[1], self.device.stream.handle)

    def seconds(self) -> float:
        """How long it took; waits for the end."""
        milliseconds = c_float()
        self.device.call("event_wait", self.events[1])
        self.device.call("event_time", byref(milliseconds), *self.events)
        return milliseconds.value / 1e3


class GpuGraph:
    """Launches, one after the other, that are launched again as one."""

    def __init__(self, device: Owner, handle: int, launches: Sequence[LaunchCall]) -> None:
        self.handle = handle
        self.kernels = dict.fromkeys(launch.kernel.name for launch in launches)
        self.modules = {launch.kernel.module for launch in launches}  # whose code it runs
        device.keep(self, "graph_free", handle)

    @classmethod
    def of(cls, device: Owner, launches: Sequence[LaunchCall]) -> GpuGraph:
        """Capture the launches on a stream of their own, which runs nothing."""
        stream = GpuStream(device, ON_ITS_OWN)
        source, made = c_void_p(), c_void_p()
        device.call("capture", stream.handle, THIS_THREAD)
        device.capturing.stream = stream.handle
        try:
            for launch in launches:
                device.launch(*launch)
        finally:
            device.capturing.stream = None
            status = device.driver.function("capture_end")(stream.handle, byref(source))
        try:
            if status:
                raise device.failure("capture_end", status)
            device.call("graph_make", byref(made), source.value, 0)
        finally:
            if source.value:
                device.call("source_free", source.value)
        return cls(device, made.value or 0, launches)
