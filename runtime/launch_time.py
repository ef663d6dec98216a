"""How long launches take, by the host's clock on devices that have none of their own."""

from __future__ import annotations

import time
from typing import NamedTuple

from clawc.runtime.device import Device


class LaunchTime(NamedTuple):
    """What one launch was, and how long it took: on the device's clock where it has one, else with
    the wait for it."""

    kernel: str
    grid: int
    scalars: tuple[int, ...]
    seconds: float


class HostTimer:
    """From when the device has nothing to do until it has nothing to do again."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.started = self.stopped = 0.0

    def start(self) -> None:
        self.device.synchronize()
        self.started = time.perf_counter()

    def stop(self) -> None:
        self.device.synchronize()
        self.stopped = time.perf_counter()

    def seconds(self) -> float:
        return self.stopped - self.started
