"""OpenCL and Vulkan on the drivers of this machine, with hand-written SPIR-V.

Covers: runtime/opencl.py, spirv_module.py, vulkan.py, vulkan_api.py, vulkan_devices.py,
vulkan_features.py, vulkan_memory.py, vulkan_pipeline.py, vulkan_queue.py.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import runtime_programs as programs

from clawc.runtime import opencl, vulkan_memory
from clawc.runtime.device import open_device
from clawc.runtime.errors import (
    BadImage,
    DeviceLost,
    DeviceNotFound,
    DriverError,
    OutOfMemory,
    RunError,
    Unsupported,
)
from clawc.runtime.executable import load

IMAGES = {"opencl": programs.opencl_image, "vulkan": programs.vulkan_image}


@pytest.fixture(params=IMAGES)
def device(request):
    opened = programs.device_or_skip(request.param)
    yield opened
    opened.close()


@pytest.fixture
def image(device, tmp_path):
    return IMAGES[device.name.partition(":")[0]](tmp_path)


@pytest.fixture
def vulkan():
    opened = programs.device_or_skip("vulkan")
    yield opened
    opened.close()


@pytest.mark.parametrize("rows", [0, 1, 1000, 54321])
def test_results(device, image, rows):
    run = load(programs.artifact(image), device)
    x = np.random.default_rng(rows).random((rows, 3), np.float32)
    for _ in range(3):
        np.testing.assert_array_equal(run(x), 4 * x)


def test_more_workgroups_than_a_row(device, image):
    run = load(programs.artifact(image), device)
    x = np.random.default_rng(0).random((65600 * 64 // 3, 3), np.float32)
    np.testing.assert_array_equal(run(x), 4 * x)


def test_a_grid_that_is_a_little_more_than_a_row_runs_each_workgroup_once(vulkan, tmp_path):
    kernel = vulkan.load(programs.vulkan_image(tmp_path)).kernel("scale")
    size = 65537 * 64
    buffer = vulkan.alloc(4 * size + 4)
    data = np.ones(size + 1, np.float32)
    vulkan.write(buffer, data)
    vulkan.launch(kernel, 65537, 64, 0, [buffer, buffer], [size])
    vulkan.read(buffer, data)
    np.testing.assert_array_equal(data[:-1], 2)
    assert data[-1] == 1


def test_many_threads_call_at_once(device, image):
    run = load(programs.artifact(image), device)
    inputs = [np.full((rows, 3), rows, np.float32) for rows in range(1, 33)]
    with ThreadPoolExecutor(8) as threads:
        for x, y in zip(inputs, threads.map(run, inputs), strict=True):
            np.testing.assert_array_equal(y, 4 * x)


def test_buffers_are_reused(device, image, monkeypatch):
    run = load(programs.artifact(image), device)
    run(np.ones((100, 3), np.float32))
    monkeypatch.setattr(device, "alloc", lambda _: pytest.fail("allocated again"))
    run(np.ones((99, 3), np.float32))


def test_many_launches_in_one_go(device, image):
    kernel = device.load(image).kernel("scale")
    first, second = device.alloc(256), device.alloc(256)
    device.write(first, np.ones(64, np.float32))
    for _ in range(50):
        device.launch(kernel, 1, 64, 0, [first, second], [64])
        device.launch(kernel, 1, 64, 0, [second, first], [64])
    out = np.empty(64, np.float32)
    device.read(first, out)
    np.testing.assert_array_equal(out, np.float32(2.0**100))


def test_modules_that_nobody_has_are_destroyed(vulkan, tmp_path):
    image = programs.vulkan_image(tmp_path)
    for _ in range(5):
        run = load(programs.artifact(image), vulkan)
        run(np.ones((10, 3), np.float32))
    assert len(vulkan.modules) == 1 and len(vulkan.left) <= 1
    del run
    vulkan.destroy_left()
    assert not vulkan.modules and not vulkan.left


def test_profile(device, image):
    results, times = load(programs.artifact(image), device).profile(np.ones((9, 3), np.float32))
    assert results[0].sum() == 4 * 27
    assert [t.kernel for t in times] == ["scale", "scale"]


def test_a_kernel_that_is_not_there(device, image):
    with pytest.raises(RunError, match="the image has no kernel 'other'"):
        device.load(image).kernel("other")


@pytest.mark.parametrize("data", [b"", b"junk", b"\x03\x02\x23\x07" + bytes(16) + b"\xff" * 8])
def test_bad_images(device, data):
    bad = programs.image(device.target, device.chip, "spv", data)
    with pytest.raises((BadImage, DriverError)) as error:
        device.load(bad)
    assert "\n" not in str(error.value)


def test_an_extension_that_the_device_lacks(tmp_path, monkeypatch):
    device = programs.device_or_skip("opencl")
    text = "OpCapability Float64\nOpCapability Kernel"
    data = programs.assemble(
        programs.OPENCL.replace("OpCapability Kernel", text), tmp_path, "spv1.4"
    )
    bad = programs.image("spirv", "opencl", "spv", data)
    device.load(bad)
    monkeypatch.setattr(opencl, "EXTENSIONS", {10: "cl_khr_none"})
    with pytest.raises(Unsupported, match="the kernels need cl_khr_none; .* lacks it"):
        device.load(bad)


def test_too_large_workgroups(device, image):
    kernel = device.load(image).kernel("scale")
    buffer = device.alloc(256)
    with pytest.raises(Unsupported, match=r"\d+ allows|allows \d+"):
        device.launch(kernel, 1, 1 << 20, 0, [buffer, buffer], [64])


def test_out_of_memory(device):
    with pytest.raises(OutOfMemory, match="clCreateBuffer: |create_buffer: |vk.*VK_ERROR_OUT_OF"):
        device.alloc(1 << 55)


def test_devices_that_are_not_there(device):
    name = device.name.partition(":")[0]
    with pytest.raises(DeviceNotFound, match=f"no device {name}:99; {name} has 1"):
        open_device(f"{name}:99")


def test_memory_that_the_host_does_not_see(vulkan, tmp_path, monkeypatch):
    monkeypatch.setattr(vulkan_memory, "VISIBLE", 0)
    monkeypatch.setattr(vulkan_memory, "FOR_KERNELS", (1,))
    alloc = vulkan.memory.alloc
    monkeypatch.setattr(vulkan, "alloc", lambda size: hidden(alloc(size)))
    run = load(programs.artifact(programs.vulkan_image(tmp_path)), vulkan)
    monkeypatch.undo()
    monkeypatch.setattr(vulkan, "alloc", lambda size: hidden(alloc(size)))
    x = np.random.default_rng(0).random((1000, 3), np.float32)
    np.testing.assert_array_equal(run(x), 4 * x)


def hidden(buffer):
    return vulkan_memory.VulkanBuffer(buffer.handle, buffer.memory, buffer.size, None)


def test_a_capability_that_the_device_lacks(vulkan, tmp_path):
    image = programs.vulkan_image(tmp_path, "OpCapability Float64\nOpCapability Int64")
    vulkan.load(image)
    vulkan.features -= {"shaderFloat64", "shaderInt64"}
    with pytest.raises(Unsupported, match="the kernels need Float64, Int64; .* lacks"):
        vulkan.load(image)


def test_a_timeout_is_a_lost_device(vulkan, tmp_path):
    kernel = vulkan.load(programs.vulkan_image(tmp_path)).kernel("scale")
    buffer = vulkan.alloc(1 << 24)
    vulkan.queue.timeout = 1e-9
    vulkan.launch(kernel, 1 << 16, 64, 0, [buffer, buffer], [1 << 22])
    with pytest.raises(DeviceLost, match=r"vkWaitForFences: VK_TIMEOUT \(2\)"):
        vulkan.synchronize()
    with pytest.raises(DeviceLost, match="the device was lost earlier"):
        vulkan.launch(kernel, 1, 64, 0, [buffer, buffer], [64])


def test_a_wrong_timeout(monkeypatch):
    programs.device_or_skip("vulkan").close()
    monkeypatch.setenv("CLAWC_TIMEOUT", "soon")
    with pytest.raises(RunError, match="CLAWC_TIMEOUT is 'soon'"):
        open_device("vulkan")
