"""What a device is, which ones there are, and how to open one.

A *driver* finds devices; it is any object (here: a module) with
`devices() -> list[str]`, what each one is, or DeviceNotFound with the reason why there is none, and
`connect(index) -> Device`.
Where devices have names instead of numbers (`emulator:sm_80`) it also offers
`names() -> list[str]`, the i-th device's.
Others add drivers through the entry-point group `clawc.devices`: `npu = "my_package.npu"` makes
`open_device("npu:0")` work, with no other change anywhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from threading import Lock
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from clawc.runtime.artifact import Image
from clawc.runtime.buffer_pool import BufferPool
from clawc.runtime.errors import DeviceNotFound, RunError, Unsupported
from clawc.runtime.launch_call import LaunchCall
from clawc.runtime.lifetime import Lifetime, once, unless_closed, while_open

ENTRY_POINTS = "clawc.devices"
NAMES = ("host", "opencl", "vulkan", "cuda", "hip")
BUILTIN = {name: f"clawc.runtime.{name}" for name in NAMES}
D = TypeVar("D", bound="Device")
WHILE_OPEN = (
    "alloc",
    "write",
    "read",
    "load",
    "launch",
    "synchronize",
    "record",
    "replay",
    "timer",
)


class Module(Protocol):
    """Code that a device has loaded."""

    def kernel(self, name: str) -> Any:
        """What `Device.launch` takes; KeyError-free: a missing kernel is a RunError."""
        ...


class Timer(Protocol):
    """The time that the device needs for what is launched between `start` and `stop`."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def seconds(self) -> float:
        """Waits for the end."""
        ...


class Device(ABC):
    """A device and the queue on it: what is launched runs in order.  Any thread may call it, and
    close it: that waits for calls in progress, and later ones are DeviceClosed.

    Buffers are whatever the driver likes; kernels get them as pointers to their first byte.
    """

    name: str  # as opened: "opencl:0"
    description: str  # "Intel(R) Xeon(R) ..., OpenCL 3.0"
    target: str  # what it runs: "nvptx", "amdgpu", "spirv" or "host" ...
    chip: str  # ... and which chip it is, for the compiler: "sm_90", "opencl-cpu"
    names_lines = False  # its errors name lines of the source, so that debug information is of use
    can_record = False  # whether launches can be recorded, to be launched again as one
    lifetime: Lifetime
    pool: BufferPool  # the device's buffers between calls

    def __new__(cls: type[D], *_arguments: Any, **_named: Any) -> D:
        made = object.__new__(cls)
        made.lifetime, made.pool = Lifetime(), BufferPool(made)
        return made

    def __init_subclass__(cls) -> None:
        """What a driver defines is guarded, so that no driver is called after its end."""
        guards = {**dict.fromkeys(WHILE_OPEN, while_open), "free": unless_closed, "close": once}
        for name, guard in guards.items():
            if name in vars(cls):
                setattr(cls, name, guard(vars(cls)[name]))

    def fit(self, image: Image) -> int | None:
        """How well an image fits, the higher the better; None: it does not run here."""
        return 1 if (image.target, image.chip) == (self.target, self.chip) else None

    @abstractmethod
    def alloc(self, size: int) -> Any:
        """A buffer of `size` > 0 bytes, not initialized; OutOfMemory when there is no room."""

    @abstractmethod
    def free(self, buffer: Any) -> None:
        """Give a buffer back."""

    @abstractmethod
    def write(self, buffer: Any, array: np.ndarray) -> None:
        """Copy a contiguous array into a buffer."""

    @abstractmethod
    def read(self, buffer: Any, array: np.ndarray) -> None:
        """Copy the start of a buffer into a contiguous array, after all that was launched."""

    @abstractmethod
    def load(self, image: Image) -> Module:
        """Make the image's kernels ready; BadImage with the driver's log when it refuses."""

    @abstractmethod
    def launch(
        self,
        kernel: Any,
        grid: int,
        workgroup: int,
        shared: int,
        buffers: Sequence[Any],
        scalars: Sequence[int],
    ) -> None:
        """Start `grid` > 0 workgroups of `workgroup` threads with `shared` bytes beside the
        kernel's own; the scalars are as wide as the kernel's index.  May return before the end."""

    @abstractmethod
    def synchronize(self) -> None:
        """Wait for all that was launched; a failed kernel is reported here at the latest."""

    @abstractmethod
    def close(self) -> None:
        """Give everything back; a second time does nothing."""

    def borrow(self, array: np.ndarray) -> Any | None:
        """A buffer in the array's own memory, to be read only, where the device can do that."""
        return None

    def hand_over(self, buffer: Any, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray | None:
        """The buffer's memory as an array of the caller's, where the device can do that."""
        return None

    def record(self, launches: Sequence[LaunchCall]) -> Any:
        """The launches as one thing to launch with `replay`, where the device `can_record`."""
        raise Unsupported(f"{self.name} records no launches")

    def replay(self, recorded: Any) -> None:
        """Start what `record` gave."""
        raise Unsupported(f"{self.name} records no launches")

    def timer(self) -> Timer | None:
        """What measures on the device's own clock, where it has one."""
        return None

    def set_execution(self, *, check: bool, order: str, count: bool) -> None:
        """How an emulator executes kernels: whether it looks for mistakes, in which order warps
        go on, and whether it counts what it does.  Others have nothing to be told."""
        return None

    def counted(
        self, estimates: Mapping[str, Mapping[str, int | None]]
    ) -> Mapping[str, Sequence[str]] | None:
        """What each kernel executed since this was last asked, as lines to print beside the
        compiler's estimates for it; None: the device does not count."""
        return None


class Driver(Protocol):
    """Finds devices; see the head of this file."""

    def devices(self) -> list[str]: ...
    def connect(self, index: int) -> Device: ...


@dataclass(frozen=True)
class Listing:
    """A device that can be opened, or why a driver has none."""

    name: str
    description: str
    available: bool


def driver_names() -> list[str]:
    others = {point.name for point in metadata.entry_points(group=ENTRY_POINTS)}
    return [*BUILTIN, *sorted(others - BUILTIN.keys())]


def find_driver(name: str) -> Driver:
    if name in BUILTIN:
        return cast(Driver, import_module(BUILTIN[name]))
    for point in metadata.entry_points(group=ENTRY_POINTS, name=name):
        try:
            return point.load()
        except Exception as error:  # foreign code: whatever it raises is the reason
            raise DeviceNotFound(
                f"the driver {name!r} ({point.value}) cannot be loaded: {error}"
            ) from error
    raise DeviceNotFound(f"unknown driver {name!r}; known: {', '.join(driver_names())}")


def names_of(driver: Driver) -> list[str]:
    """What its devices are called; empty: by their numbers."""
    names = getattr(driver, "names", None)
    return names() if names is not None else []


def open_device(spec: str) -> Device:
    """The device `driver:index`, the index 0 when left out, or `driver:name` where it has one."""
    name, colon, index = spec.partition(":")
    driver = find_driver(name)
    names = names_of(driver)
    if index in names:
        return driver.connect(names.index(index))
    if colon and not (index.isascii() and index.isdigit()):
        if names:
            raise DeviceNotFound(f"no device {spec!r}; {name} has {', '.join(names)}")
        raise DeviceNotFound(f"not a device: {spec!r}; expected driver:number, like {name}:0")
    found = driver.devices()
    number = int(index or 0)
    if number >= len(found):
        raise DeviceNotFound(f"no device {name}:{number}; {name} has {len(found)}, counted from 0")
    return driver.connect(number)


_shared: dict[str, Device] = {}
_shared_lock = Lock()


def shared_device(spec: str) -> Device:
    """The process's own device of that name: opened at first use, again if it was closed."""
    key = spec if ":" in spec else f"{spec}:0"
    with _shared_lock:
        if key not in _shared or _shared[key].lifetime.is_closed:
            _shared[key] = open_device(key)
        return _shared[key]


def list_devices() -> list[Listing]:
    """Every device of every driver, and the reason for each driver that has none."""
    found = []
    for name in driver_names():
        try:
            driver = find_driver(name)
            described = driver.devices()
        except RunError as error:
            found.append(Listing(name, str(error), available=False))
            continue
        called = names_of(driver) or range(len(described))
        for number, text in zip(called, described, strict=True):
            found.append(Listing(f"{name}:{number}", text, True))
    return found
