"""CUDA and HIP against fake driver libraries, which gcc builds from `fake_driver/`.

Covers: runtime/cuda.py, cuda_launch.py, hip.py, gpu_device.py, gpu_driver.py, gpu_kernel.py,
gpu_stream.py, launch_call.py, launch_time.py.
"""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import fake_gpu
import numpy as np
import pytest
import runtime_programs as programs
from fake_gpu import IMAGES, VENDORS

from clawc.runtime.device import list_devices, open_device
from clawc.runtime.errors import (
    ArtifactError,
    BadImage,
    DeviceLost,
    DeviceNotFound,
    DriverError,
    OutOfMemory,
    RunError,
    Unsupported,
)
from clawc.runtime.executable import load
from clawc.runtime.gpu_driver import Function
from clawc.runtime.plan import Plan
from clawc.runtime.run_report import timed


def test_results(vendor):
    run = load(programs.artifact(IMAGES[vendor]), open_device(vendor))
    for rows in (0, 1, 1000):
        x = np.random.default_rng(rows).random((rows, 3), np.float32)
        np.testing.assert_array_equal(run(x), 4 * x)


def test_calls_from_other_threads_have_a_context(vendor):
    run = load(programs.artifact(IMAGES[vendor]), open_device(vendor))
    x = np.ones((10, 3), np.float32)
    with ThreadPoolExecutor(4) as threads:
        for result in threads.map(run, [x] * 8):
            np.testing.assert_array_equal(result, 4 * x)


def test_nothing_is_left_after_closing(vendor, library):
    before = library.fake_live(), library.fake_handles(), library.fake_modules()
    device = open_device(vendor)
    run = load(programs.artifact(IMAGES[vendor]), device)
    run(np.ones((10, 3), np.float32))
    assert library.fake_live() == before[0] + 3
    run(np.ones((10, 3), np.float32))
    timer = device.timer()
    assert library.fake_handles() == before[1] + 4  # a stream, a graph, two events
    device.close()
    assert (library.fake_live(), library.fake_handles(), library.fake_modules()) == before
    del timer


def test_modules_that_nobody_has_are_unloaded(vendor, library):
    device = open_device(vendor)
    before = library.fake_modules()
    for _ in range(5):
        run = load(programs.artifact(IMAGES[vendor]), device)
        run(np.ones((10, 3), np.float32))
    assert library.fake_modules() - before <= 2
    del run
    device.close()
    assert library.fake_modules() == before


def test_the_primary_context_is_released(use, libraries):
    use("cuda")
    library = ctypes.CDLL(str(libraries / "libcuda.so"))
    before = library.fake_retained()
    device = open_device("cuda:1")
    assert library.fake_retained() == before + 1
    device.close()
    assert library.fake_retained() == before


def test_listing(vendor):
    found = [d.description for d in list_devices() if d.name.startswith(vendor)]
    chips = {"cuda": ["sm_80", "sm_90"], "hip": ["gfx90a", "gfx1100"]}[vendor]
    assert [text.rpartition(", ")[2] for text in found] == chips
    assert open_device(f"{vendor}:1").chip == chips[1]


@pytest.mark.parametrize("failure", ["init", "device", "count"])
def test_no_device(vendor, monkeypatch, failure):
    monkeypatch.setenv("FAKE_FAIL", failure)
    with pytest.raises(DeviceNotFound, match="the (CUDA|HIP) driver has no device"):
        open_device(vendor)


@pytest.mark.parametrize("name", VENDORS)
def test_no_driver(name, monkeypatch, tmp_path, forget_the_drivers):
    fake_gpu.use(name, tmp_path / "libnone.so", monkeypatch.setattr)
    with pytest.raises(DeviceNotFound, match=f"no {name.upper()} driver on this machine"):
        open_device(name)


def test_a_driver_that_is_too_old(vendor, monkeypatch):
    functions = {**VENDORS[vendor].API.functions, "alloc": Function("noSuchFunction", ())}
    monkeypatch.setattr(VENDORS[vendor], "API", replace(VENDORS[vendor].API, functions=functions))
    with pytest.raises(DeviceNotFound, match="driver is too old: no noSuchFunction"):
        open_device(vendor).alloc(1)


def test_out_of_memory(vendor):
    names = {
        "cuda": r"cuMemAlloc_v2: CUDA_ERROR_OUT_OF_MEMORY \(2\)",
        "hip": r"hipMalloc: hipErrorOutOfMemory \(2\)",
    }
    with pytest.raises(OutOfMemory, match=names[vendor]):
        open_device(vendor).alloc(1 << 40)


def test_a_failed_call_leaves_no_memory_behind(vendor, monkeypatch):
    device = open_device(vendor)
    run = load(programs.artifact(IMAGES[vendor]), device)
    x = np.ones((10, 3), np.float32)
    run(x)
    unused = device.pool.unused_bytes
    monkeypatch.setenv("FAKE_FAIL", "launch")
    with pytest.raises(DriverError, match=r"LaunchKernel: .*RESOURCES \(701\)|OutOfResources"):
        run(x)
    assert (device.pool.unused_bytes, device.pool.used_bytes) == (unused, 0)
    monkeypatch.delenv("FAKE_FAIL")
    np.testing.assert_array_equal(run(x), 4 * x)


def test_a_bad_image(vendor):
    bad = replace(IMAGES[vendor], data=b"junk")
    log = {
        "cuda": r"CUDA_ERROR_INVALID_PTX \(218\): ptxas application ptx input, line 1; fatal : no",
        "hip": r"hipModuleLoadData: hipErrorInvalidKernelFile \(218\)",
    }
    with pytest.raises(BadImage, match=log[vendor]) as error:
        load(programs.artifact(bad), open_device(vendor))
    assert "\n" not in str(error.value)


def test_a_kernel_that_crashes(vendor, library, monkeypatch):
    device = open_device(vendor)
    run = load(programs.artifact(IMAGES[vendor]), device)
    kernel = run.program.kernels["scale"]
    buffers = [device.alloc(256), device.alloc(256)]
    monkeypatch.setenv("FAKE_FAIL", "crash")
    device.launch(kernel.handle, 1, 64, 0, buffers, [1])
    what = r"Synchronize: .*\(700\): an illegal memory access was encountered, after scale"
    with pytest.raises(DeviceLost, match=f"{what}$"):
        device.synchronize()
    monkeypatch.delenv("FAKE_FAIL")
    for later in (
        lambda: run(np.ones((1, 3), np.float32)),
        lambda: device.alloc(1),
        lambda: device.launch(kernel.handle, 1, 64, 0, buffers, [1]),
        lambda: device.load(IMAGES[vendor]),
    ):
        with pytest.raises(DeviceLost, match=f"{what}; {vendor}:0 cannot be used in this process"):
            later()
    device.close()


def test_an_unknown_status(vendor):
    error = VENDORS[vendor].driver().error("free", 12345)
    assert isinstance(error, DriverError) and "unknown error (12345)" in str(error)


def test_a_driver_without_names_for_errors(vendor, monkeypatch):
    functions = {**VENDORS[vendor].API.functions, "error_name": Function("noSuchFunction", ())}
    monkeypatch.setattr(VENDORS[vendor], "API", replace(VENDORS[vendor].API, functions=functions))
    with pytest.raises(OutOfMemory, match=r"unknown error \(2\)"):
        open_device(vendor).alloc(1 << 40)


def test_a_kernel_that_is_not_there(vendor):
    device = open_device(vendor)
    with pytest.raises(RunError, match="the image has no kernel 'other'"):
        device.load(IMAGES[vendor]).kernel("other")


def test_much_shared_memory_is_asked_for(use):
    use("cuda")
    plan = programs.scale_plan()
    facts = {"scale": {**plan.kernels["scale"], "dynamic_shared": 100 << 10}}
    image = replace(IMAGES["cuda"], plan=Plan(plan.entries, facts))
    x = np.ones((10, 3), np.float32)
    np.testing.assert_array_equal(load(programs.artifact(image), open_device("cuda"))(x), 4 * x)


def test_what_the_driver_refuses_is_replaced(use):
    use("cuda")
    ptx, junk = IMAGES["cuda"], b"\x7fELF"
    cubin = replace(ptx, kind="cubin", data=junk)  # the fake driver takes none
    run = load(programs.artifact(ptx, cubin), open_device("cuda"))
    x = np.ones((10, 3), np.float32)
    np.testing.assert_array_equal(run(x), 4 * x)
    assert [refused.image.kind for refused in run.refused] == ["cubin"]
    _, lines = timed(run, [x], 1)
    assert lines[1].endswith("image nvptx:sm_80 (ptx)")
    assert lines[2].startswith("refused:  nvptx:sm_80 (cubin): cuModuleLoadDataEx: CUDA_ERROR_INV")
    with pytest.raises(BadImage, match="INVALID_PTX"):
        load(programs.artifact(cubin, replace(ptx, data=junk)), open_device("cuda"))


def test_time_is_the_devices(vendor, library):
    """Of the fake driver: a millisecond an event."""
    run = load(programs.artifact(IMAGES[vendor]), open_device(vendor))
    x = np.ones((10, 3), np.float32)
    timer = run.device.timer()
    for _ in range(3):  # by the plan, then as a graph
        np.testing.assert_array_equal(run.arrays(x, timer=timer)[0], 4 * x)
        assert timer.seconds() == 1e-3
    assert [time.seconds for time in run.profile(x)[1]] == [1e-3, 1e-3]
    _, lines = timed(run, [x], 5)
    assert lines[-1] == "          min 1.000 ms, median 1.000 ms on the device, without copies"


def test_kernels_run_in_clusters(use, libraries):
    use("cuda")
    library = ctypes.CDLL(str(libraries / "libcuda.so"))
    plan = programs.scale_plan()
    facts = {"scale": {**plan.kernels["scale"], "cluster": 2}}
    image = replace(IMAGES["cuda"], chip="sm_90", plan=Plan(plan.entries, facts))
    run = load(programs.artifact(image), open_device("cuda:1"))
    for _ in range(3):
        x = np.ones((40, 3), np.float32)  # two workgroups
        np.testing.assert_array_equal(run(x), 4 * x)
    assert library.fake_cluster() == 2
    with pytest.raises(DriverError, match=r"cuLaunchKernelEx: .*\(912\): launching scale"):
        run(np.ones((10, 3), np.float32))
    older = replace(image, chip="sm_80")
    with pytest.raises(Unsupported, match="scale runs in clusters; Fake 0, sm_80 has none"):
        load(programs.artifact(older), open_device("cuda:0"))(x)


def test_others_can_ask_the_driver_about_a_kernel(vendor):
    run = load(programs.artifact(IMAGES[vendor]), open_device(vendor))
    device, kernel, value = run.device, run.program.kernels["scale"], ctypes.c_int()
    device.call("kernel_fact", ctypes.byref(value), 4, kernel.handle)
    assert value.value == 40
    device.call("occupancy", ctypes.byref(value), kernel.handle, kernel.threads, 0)
    assert value.value == 32


def test_the_best_image_is_taken(use):
    use("cuda")
    chips = ["sm_70", "sm_80", "sm_86", "sm_90", "sm_90a", "sm_100"]
    images = [replace(IMAGES["cuda"], chip=chip) for chip in chips]
    bundle = programs.artifact(*images)
    assert load(bundle, open_device("cuda:0")).image.chip == "sm_80"
    assert load(bundle, open_device("cuda:1")).image.chip == "sm_90a"
    with pytest.raises(ArtifactError, match="it runs nvptx:sm_80, the bundle holds nvptx:sm_100"):
        load(programs.artifact(images[-1]), open_device("cuda:0"))
    cubin = replace(images[0], kind="cubin")
    with pytest.raises(ArtifactError, match="no image for cuda:0"):
        load(programs.artifact(cubin), open_device("cuda:0"))


def test_amd_code_runs_on_its_chip_only(use):
    use("hip")
    load(programs.artifact(IMAGES["hip"]), open_device("hip:0"))
    with pytest.raises(ArtifactError, match="it runs amdgpu:gfx1100, the bundle holds amdgpu:gfx9"):
        load(programs.artifact(IMAGES["hip"]), open_device("hip:1"))
