"""How long launches take: by the driver's events on a GPU, by the host's clock elsewhere.

A *warm* time is that of one of many launches in a row, a *cold* one that of a launch after the
second-level cache was overwritten.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from ctypes import c_int, c_size_t, c_void_p
from typing import Any

from clawc.runtime.device import Device
from clawc.runtime.errors import DriverError
from clawc.runtime.gpu_device import GpuDevice
from clawc.runtime.launch_time import HostTimer

ROUNDS = 5  # of each contender, in turn
COLD = 15  # launches with the cache overwritten before each
MOST = 200  # launches in a round
FLUSHED = 256 << 20  # bytes: more than any chip of the tables caches
FILL = {"cuda": "cuMemsetD8Async", "hip": "hipMemsetAsync"}
"""Drivers' functions that overwrite memory: address, byte, size, stream."""

Launch = Callable[[], Any]


class Clock:
    """Times launches on a device, and on its own stream where it has one."""

    def __init__(self, device: Device) -> None:
        self.device = device
        timer = device.timer()
        self.kind = "driver's events" if timer else "host's clock"
        self.timer = timer or HostTimer(device)
        self.cache = Cache(device) if isinstance(device, GpuDevice) else None

    def warm(self, launch: Launch, count: int) -> float:
        """Seconds of one of `count` launches."""
        with self.device.lifetime.call(self.device.name):
            self.timer.start()
            for _ in range(count):
                launch()
            self.timer.stop()
            return self.timer.seconds() / count

    def cold(self, launch: Launch, count: int) -> float | None:
        """The median of `count` launches; None where no cache can be overwritten."""
        if self.cache is None:
            return None
        found = []
        for number in range(count):
            self.cache.overwrite(number)
            found.append(self.warm(launch, 1))
        return statistics.median(found)


class Cache:
    """The second-level cache of a GPU."""

    def __init__(self, device: GpuDevice) -> None:
        self.device = device
        self.scratch = device.alloc(FLUSHED)
        self.fill = getattr(device.driver.library, FILL[device.name.partition(":")[0]])
        self.fill.argtypes = (c_void_p, c_int, c_size_t, c_void_p)

    def overwrite(self, value: int) -> None:
        """Fill it with what nobody reads."""
        with self.device.lifetime.call(self.device.name):
            stream = self.device.stream.handle
            status = self.fill(self.scratch, value & 0xFF, FLUSHED, stream)
        if status:
            raise DriverError("overwriting the cache", f"status {status}")


def race(contenders: dict[str, Launch], clock: Clock, seconds: float) -> dict[str, dict[str, Any]]:
    """The median times of each, taken in turn, so that a change of the clocks meets all alike; in
    about `seconds` for each contender."""
    counts, warm = {}, {name: [] for name in contenders}
    for name, launch in contenders.items():
        clock.warm(launch, 1)  # whatever is made at the first call
        once = max(clock.warm(launch, 2), 1e-9)
        counts[name] = max(1, min(MOST, int(seconds / ROUNDS / once)))
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
