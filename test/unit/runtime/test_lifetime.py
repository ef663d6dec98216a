"""Devices after their end: every call says so, and closing waits for calls in progress."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import runtime_programs as programs

from clawc.runtime import device as devices
from clawc.runtime.errors import DeviceClosed
from clawc.runtime.executable import load
from clawc.runtime.lifetime import Lifetime

IMAGES = {
    "host": lambda _folder: programs.host_image(),
    "opencl": programs.opencl_image,
    "vulkan": programs.vulkan_image,
}


@pytest.fixture(params=IMAGES)
def opened(request):
    return programs.device_or_skip(request.param)


@pytest.fixture
def image(opened, tmp_path):
    return IMAGES[opened.name.partition(":")[0]](tmp_path)


def test_every_call_after_the_end_says_so(opened, image):
    module = opened.load(image)
    kernel, buffer, array = module.kernel("scale"), opened.alloc(1024), np.zeros(256, np.float32)
    opened.close()
    opened.close()
    calls = {
        "alloc": lambda: opened.alloc(64),
        "write": lambda: opened.write(buffer, array),
        "read": lambda: opened.read(buffer, array),
        "load": lambda: opened.load(image),
        "launch": lambda: opened.launch(kernel, 1, 64, 0, [buffer, buffer], [256]),
        "synchronize": opened.synchronize,
    }
    for call in calls.values():
        with pytest.raises(DeviceClosed, match=f"^{opened.name} was closed; open it again$"):
            call()
    opened.free(buffer)


def test_a_program_on_a_closed_device_says_so(opened, image):
    run = load(programs.artifact(image), opened)
    x = np.ones((5, 3), np.float32)
    np.testing.assert_array_equal(run(x), 4)
    opened.close()
    for _ in range(2):
        with pytest.raises(DeviceClosed):
            run(x)
    with pytest.raises(DeviceClosed):
        load(programs.artifact(image), opened)
    del run


def test_closing_while_others_call(opened, image):
    run = load(programs.artifact(image), opened)
    x = np.ones((3000, 3), np.float32)

    def call(_number: int) -> bool:
        try:
            np.testing.assert_array_equal(run(x), 4)
        except DeviceClosed:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        outcomes = [threads.submit(call, i) for i in range(200)]
        while not any(outcome.done() for outcome in outcomes):
            time.sleep(0.001)
        closing = [threading.Thread(target=opened.close) for _ in range(3)]
        for thread in closing:
            thread.start()
        done = [outcome.result() for outcome in outcomes]
        for thread in closing:
            thread.join()
    assert done[0]
    assert not call(0)


def test_a_shared_device_that_was_closed_is_opened_again():
    first = devices.shared_device("host")
    first.close()
    assert devices.shared_device("host") is not first


def test_closing_waits_for_calls_of_other_threads():
    lifetime, order = Lifetime(), []
    lifetime.enter("device")
    lifetime.enter("device")

    def close() -> None:
        assert lifetime.begin_close()
        order.append("closed")
        lifetime.end_close()

    thread = threading.Thread(target=close)
    thread.start()
    while not lifetime.is_closed:
        time.sleep(0.001)
    lifetime.enter("device")  # a part of the call in progress
    lifetime.leave()
    lifetime.leave()
    order.append("left")
    lifetime.leave()
    thread.join(10)
    assert order == ["left", "closed"]
    with pytest.raises(DeviceClosed):
        lifetime.enter("device")
    assert not lifetime.begin_close()
