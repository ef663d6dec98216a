"""Finding and opening devices, and drivers that others register.

Covers: runtime/buffer_pool.py, left_behind.py.
"""

from __future__ import annotations

import sys
from importlib import metadata
from types import SimpleNamespace

import numpy as np
import pytest
import runtime_programs as programs

from clawc.runtime.buffer_pool import BufferPool, size_class
from clawc.runtime.device import Device, list_devices, open_device, shared_device
from clawc.runtime.errors import ArtifactError, DeviceNotFound, OutOfMemory
from clawc.runtime.executable import load


class LoggingDevice(Device):
    """A device of somebody else: it 'runs' kernels in NumPy."""

    name, description, target, chip = "npu:0", "a device for this test", "npu", "one"

    def alloc(self, size):
        return np.zeros(size, np.uint8)

    def free(self, buffer):
        pass

    def write(self, buffer, array):
        buffer[: array.nbytes] = array.reshape(-1).view(np.uint8)

    def read(self, buffer, array):
        array.reshape(-1).view(np.uint8)[:] = buffer[: array.nbytes]

    def load(self, image):
        return SimpleNamespace(kernel=lambda name: name)

    def launch(self, kernel, grid, workgroup, shared, buffers, scalars):
        assert (kernel, grid * workgroup >= scalars[0]) == ("scale", True)
        source, target = (b[: 4 * scalars[0]].view(np.float32) for b in buffers)
        target[:] = 2 * source

    def synchronize(self):
        pass

    def close(self):
        pass


def devices():
    return ["a device for this test"]


def connect(index):
    return LoggingDevice()


@pytest.fixture
def registered(monkeypatch):
    """Entry points as an installed package would have them: one that works, one that does not."""
    monkeypatch.setitem(sys.modules, "npu_driver", sys.modules[__name__])
    points = metadata.EntryPoints(
        [
            metadata.EntryPoint("npu", "npu_driver", "clawc.devices"),
            metadata.EntryPoint("broken", "no_such_module", "clawc.devices"),
        ]
    )
    monkeypatch.setattr(metadata, "entry_points", lambda **chosen: points.select(**chosen))


def test_a_registered_device_runs_programs(registered):
    image = programs.image("npu", "one", "code", b"")
    x = np.arange(30, dtype=np.float32).reshape(10, 3)
    np.testing.assert_array_equal(load(programs.artifact(image), "npu:0")(x), 4 * x)


def test_registered_drivers_are_listed(registered):
    found = {listing.name: listing for listing in list_devices()}
    assert found["npu:0"].available and found["npu:0"].description == "a device for this test"
    assert not found["broken"].available
    assert "the driver 'broken' (no_such_module) cannot be loaded" in found["broken"].description


def test_every_built_in_driver_is_listed():
    names = [listing.name.partition(":")[0] for listing in list_devices()]
    assert list(dict.fromkeys(names))[:5] == ["host", "opencl", "vulkan", "cuda", "hip"]
    assert all(listing.description for listing in list_devices())


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("tpu:0", "unknown driver 'tpu'; known: host, opencl, vulkan, cuda, hip"),
        ("host:1", "no device host:1; host has 1, counted from 0"),
        ("host:", "not a device: 'host:'; expected driver:number, like host:0"),
        ("host:-1", "not a device"),
        ("", "unknown driver ''"),
    ],
)
def test_devices_that_are_not_there(spec, message):
    with pytest.raises(DeviceNotFound, match=message):
        open_device(spec)


def test_a_device_is_shared_in_the_process():
    assert shared_device("host") is shared_device("host:0")
    assert open_device("host") is not open_device("host")


def test_images_that_do_not_fit():
    image = programs.image("nvptx", "sm_80", "ptx", b"")
    with pytest.raises(ArtifactError, match="no image for host:0 .* the bundle holds nvptx:sm_80"):
        load(programs.artifact(image))


def test_sizes_are_rounded_up_by_an_eighth_at_most():
    for size in [0, 1, 255, 256, 257, 4096, 5000, 10**6, 2**20, 2**20 + 1, 10**9]:
        assert size <= size_class(size) <= max(256, size + max(256, size / 8))
        assert size_class(size_class(size)) == size_class(size)


class Small:
    """A device with 1024 bytes."""

    used = 0

    def alloc(self, size):
        if self.used + size > 1024:
            raise OutOfMemory("alloc", "full")
        self.used += size
        return size

    def free(self, buffer):
        self.used -= buffer


def test_a_full_device_gets_the_unused_buffers_back():
    pool = BufferPool(Small())
    buffers = [pool.take(256) for _ in range(4)]
    for buffer in buffers:
        pool.give(buffer, 256)
    assert pool.take(1000) == 1024
    for _ in range(2):
        with pytest.raises(OutOfMemory):
            pool.take(1)
    assert (pool.used_bytes, pool.unused_bytes) == (1024, 0)


def test_changing_sizes_do_not_pile_up():
    device = Small()
    pool = BufferPool(device)
    for size in (300, 700, 200, 512, 768):
        pool.give(pool.take(size), size)
        assert device.used == pool.unused_bytes <= 768
    assert device.used == 768
