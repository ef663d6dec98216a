"""The Vulkan devices that the loader finds, and the limits of each."""

from __future__ import annotations

import ctypes
import struct
from ctypes import byref, c_void_p, pointer
from functools import cache
from typing import NamedTuple

from clawc.runtime import vulkan_api as vk
from clawc.runtime.errors import DeviceNotFound, DriverError


class Limits(NamedTuple):
    """The facts of a device that a launch is held against."""

    api: int
    name: str
    buffer_bytes: int
    push_bytes: int
    buffers: int  # of one kernel
    groups_y: int
    threads: int
    threads_x: int


def limits_of(physical: c_void_p) -> Limits:
    """Read VkPhysicalDeviceProperties (824 bytes) at the offsets of these fields."""
    raw = (ctypes.c_uint8 * 824)()
    vk.run("vkGetPhysicalDeviceProperties", physical, raw)
    name = bytes(raw[20:276]).split(b"\0")[0].decode(errors="replace")
    offsets = (324, 328, 372, 520, 528, 532)
    return Limits(word(raw, 0), name, *(word(raw, at) for at in offsets))


def word(raw, at: int) -> int:
    return struct.unpack_from("<I", raw, at)[0]


@cache
def instance() -> c_void_p:
    application = vk.ApplicationInfo(name=b"clawc", engine=b"clawc", api=vk.API_VERSION)
    info = vk.InstanceCreateInfo(application=pointer(application))
    made = c_void_p()
    try:
        vk.call("vkCreateInstance", byref(info), None, byref(made))
    except DriverError as error:
        raise DeviceNotFound(f"no Vulkan driver is installed ({error})") from None
    return made


def physical_devices() -> list[c_void_p]:
    found = vk.listed("vkEnumeratePhysicalDevices", c_void_p, instance())
    if not found:
        raise DeviceNotFound("no Vulkan device: the loader found no driver that has one")
    return [c_void_p(device) for device in found]


def describe(limits: Limits) -> str:
    return f"{limits.name}, Vulkan {limits.api >> 22}.{limits.api >> 12 & 0x3FF}"
