"""How long launches take: by the driver's events on a GPU, by the host's clock elsewhere.

A *warm* time is that of one of many launches in a row, a *cold* one that of a launch after the
second-level cache was overwritten.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from ctypes import byref, c_float, c_int, c_size_t, c_ubyte, c_uint, c_void_p
from typing import Any, Protocol

from clawc.runtime.device import Device
from clawc.runtime.errors import DriverError
from kit.driver_facts import is_gpu

ROUNDS = 5  # of each contender, in turn
COLD = 15  # launches with the cache overwritten before each
FLUSHED = 256 << 20  # bytes: more than any chip of the tables caches
FUNCTIONS = {
    "nvptx": {
        "create": "cuEventCreate",
        "record": "cuEventRecord",
        "wait": "cuEventSynchronize",
        "between": "cuEventElapsedTime",
        "fill": "cuMemsetD8Async",
    },
    "amdgpu": {
        "create": "hipEventCreateWithFlags",
        "record": "hipEventRecord",
        "wait": "hipEventSynchronize",
        "between": "hipEventElapsedTime",
        "fill": "hipMemsetAsync",
    },
}


class Clock(Protocol):
    """Seconds of a launch."""

    kind: str

    def warm(self, launch: Callable[[], None], count: int) -> float: ...
    def cold(self, launch: Callable[[], None], count: int) -> float | None: ...


class HostClock:
    """From before the first launch until all are done."""

    kind = "host clock"

    def __init__(self, device: Device) -> None:
        self.device = device

    def warm(self, launch: Callable[[], None], count: int) -> float:
        self.device.synchronize()
        start = time.perf_counter()
        for _ in range(count):
            launch()
        self.device.synchronize()
        return (time.perf_counter() - start) / count

    def cold(self, launch: Callable[[], None], count: int) -> float | None:
        return None


class EventClock:
    """Events on the default stream, which PyTorch and Triton launch on too."""

    kind = "driver events"

    def __init__(self, device: Any) -> None:
        self.device = device
        self.names = FUNCTIONS[device.target]
        self.scratch = device.alloc(FLUSHED)
        self.events = [self._event(), self._event()]

    def _call(self, what: str, *arguments: Any) -> None:
        name = self.names[what]
        status = getattr(self.device.driver.library, name)(*arguments)
        if status:
            raise DriverError(name, f"{self.device.driver.status_name(status)} ({status})")

    def _event(self) -> c_void_p:
        self.device.make_current()
        made = c_void_p()
        self._call("create", byref(made), c_uint(0))
        return made

    def _record(self, event: c_void_p) -> None:
        self._call("record", event, c_void_p())

    def _between(self) -> float:
        start, end = self.events
        self._call("wait", end)
        milliseconds = c_float()
        self._call("between", byref(milliseconds), start, end)
        return milliseconds.value / 1e3

    def warm(self, launch: Callable[[], None], count: int) -> float:
        start, end = self.events
        self._record(start)
        for _ in range(count):
            launch()
        self._record(end)
        return self._between() / count

    def cold(self, launch: Callable[[], None], count: int) -> float | None:
        start, end = self.events
        found = []
        for number in range(count):
            self.flush(number)
            self._record(start)
            launch()
            self._record(end)
            found.append(self._between())
        return statistics.median(found)

    def flush(self, value: int) -> None:
        """Overwrite the second-level cache."""
        kind = c_ubyte if self.device.target == "nvptx" else c_int
        self._call("fill", self.scratch, kind(value & 0xFF), c_size_t(FLUSHED), c_void_p())


def clock_of(device: Device) -> Clock:
    return EventClock(device) if is_gpu(device) else HostClock(device)


def race(
    contenders: dict[str, Callable[[], None]], clock: Clock, seconds: float
) -> dict[str, dict[str, Any]]:
    """The median times of each, taken in turn, so that a change of the clocks meets all alike; in
    about `seconds` for each contender."""
    counts, warm = {}, {name: [] for name in contenders}
    for name, launch in contenders.items():
        clock.warm(launch, 1)  # whatever is made at the first call
        once = max(clock.warm(launch, 2), 1e-9)
        counts[name] = max(1, min(200, int(seconds / ROUNDS / once)))
    for _ in range(ROUNDS):
        for name, launch in contenders.items():
            warm[name].append(clock.warm(launch, counts[name]))
    return {
        name: {
            "warm": statistics.median(warm[name]),
            "best": min(warm[name]),
            "cold": clock.cold(launch, min(counts[name], COLD)),
            "launches": ROUNDS * counts[name],
        }
        for name, launch in contenders.items()
    }
