"""What CUDA's driver API and HIP share, on ctypes: a table names a vendor's functions."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import byref, c_char_p, c_int
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from clawc.runtime.errors import BadImage, DeviceLost, DeviceNotFound, DriverError, OutOfMemory

# Status numbers; HIP took CUDA's over.
NO_DEVICE, NOT_FOUND = 100, 500
CLASSES: dict[int, type[DriverError]] = {
    2: OutOfMemory,
    **dict.fromkeys((200, 209, 218, 219, 220, 221, 222, 223, 300), BadImage),
    **dict.fromkeys((46, 214, 700, 702, 710, 714, 715, 716, 717, 718, 719), DeviceLost),
}


class Function(NamedTuple):
    """A function of a driver library, all of which return a status."""

    name: str
    types: tuple[Any, ...]


@dataclass(frozen=True)
class Api:
    """A vendor's driver library: its functions by what they do."""

    vendor: str  # "CUDA"
    libraries: tuple[str, ...]
    functions: Mapping[str, Function]

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
        self.bound: dict[str, Any] = {}
        self.call("init", 0)

    def function(self, what: str) -> Any:
        """The function that does `what`; DeviceNotFound where the driver has none."""
        found = self.bound.get(what)
        if found is None:
            name, types = self.api.functions[what]
            if not self.has(what):
                raise DeviceNotFound(f"the {self.api.vendor} driver is too old: no {name}")
            found = getattr(self.library, name)
            found.argtypes = types
            self.bound[what] = found
        return found

    def has(self, *whats: str) -> bool:
        """Whether the vendor has functions for that, and this driver too."""
        known = [self.api.functions.get(what) for what in whats]
        return all(found is not None and hasattr(self.library, found.name) for found in known)

    def call(self, what: str, *arguments: Any) -> None:
        """Call a function."""
        status = self.function(what)(*arguments)
        if status:
            raise self.error(what, status)

    def error(self, what: str, status: int, detail: str = "") -> Exception:
        """What to raise for a status: the function, the driver's name and text for it, `detail`."""
        call = self.api.functions[what].name
        name = f"{self.status_name(status)} ({status})"
        if status == NO_DEVICE:
            return DeviceNotFound(f"the {self.api.vendor} driver has no device ({call}: {name})")
        said = ", ".join(filter(None, (self.text_of("error_text", status), detail)))
        return CLASSES.get(status, DriverError)(call, name, said)

    def status_name(self, status: int) -> str:
        return self.text_of("error_name", status) or "unknown error"

    def text_of(self, what: str, status: int) -> str:
        """The driver's name or sentence for a status; nothing where it has none."""
        text = c_char_p()
        if not self.has(what) or self.function(what)(status, byref(text)) or not text.value:
            return ""
        return text.value.decode(errors="replace")

    @cached_property
    def graphs(self) -> bool:
        """Whether launches can be captured and launched again as one."""
        return self.has(
            *("capture", "capture_end", "graph_make", "graph_launch", "graph_free", "source_free")
        )

    def count(self) -> int:
        number = c_int()
        self.call("count", byref(number))
        if not number.value:
            raise DeviceNotFound(f"the {self.api.vendor} driver has no device")
        return number.value

    def device(self, index: int) -> int:
        found = c_int()
        self.call("device", byref(found), index)
        return found.value

    def device_name(self, device: int) -> str:
        text = ctypes.create_string_buffer(256)
        self.call("name", text, len(text), device)
        return text.value.decode(errors="replace")
