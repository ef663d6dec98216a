"""Fixtures of tests on fake GPU drivers."""

from __future__ import annotations

import ctypes
import shutil

import fake_gpu
import pytest


@pytest.fixture(scope="session")
def libraries(tmp_path_factory):
    """The folder of the drivers."""
    if not shutil.which("gcc"):
        pytest.skip("gcc builds the fake drivers")
    folder = tmp_path_factory.mktemp("drivers")
    fake_gpu.build(folder)
    return folder


@pytest.fixture
def forget_the_drivers():
    yield
    for vendor in fake_gpu.VENDORS.values():
        vendor.driver.cache_clear()


@pytest.fixture
def use(monkeypatch, libraries, forget_the_drivers):
    """Lets a vendor's devices be those of its fake driver."""
    monkeypatch.delenv("FAKE_FAIL", raising=False)
    return lambda name: fake_gpu.use(name, libraries / f"lib{name}.so", monkeypatch.setattr)


@pytest.fixture(params=fake_gpu.VENDORS)
def vendor(request, use):
    """Each vendor by the name of its devices, on its fake driver."""
    use(request.param)
    return request.param


@pytest.fixture
def library(vendor, libraries):
    """The fake driver, to be asked what it counted."""
    library = ctypes.CDLL(str(libraries / f"lib{vendor}.so"))
    yield library
    library.fake_recover()
