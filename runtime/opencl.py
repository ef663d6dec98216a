"""OpenCL through pyopencl: SPIR-V kernels on every platform that takes SPIR-V.

Devices are counted over all platforms.  When the Intel runtime of PyPI is installed beside this
Python and OCL_ICD_VENDORS is unset, the loader is pointed to it.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from clawc.runtime.artifact import Image
from clawc.runtime.device import Device
from clawc.runtime.errors import (
    BadImage,
    DeviceLost,
    DeviceNotFound,
    DriverError,
    OutOfMemory,
    RunError,
    Unsupported,
)
from clawc.runtime.spirv_module import read_head

INSTALL = "install it with: pip install pyopencl"
CPU_DRIVER = "for the processor: pip install intel-opencl-rt intel-cmplr-lib-rt"
OUT_OF_MEMORY = {
    *("MEM_OBJECT_ALLOCATION_FAILURE", "OUT_OF_RESOURCES", "OUT_OF_HOST_MEMORY"),
    "INVALID_BUFFER_SIZE",
}
BAD_IMAGE = {"BUILD_PROGRAM_FAILURE", "INVALID_VALUE", "INVALID_BINARY", "COMPILE_PROGRAM_FAILURE"}
EXTENSIONS = {9: "cl_khr_fp16", 10: "cl_khr_fp64"}  # by SPIR-V capability


@cache
def binding() -> Any:
    """pyopencl, imported only when asked for, with the loader pointed to a driver first."""
    if "OCL_ICD_VENDORS" not in os.environ:
        intel = Path(sys.prefix, "lib", "libintelocl.so")
        if intel.exists():
            os.environ["OCL_ICD_VENDORS"] = str(intel)
    try:
        import pyopencl
    except ImportError:
        raise DeviceNotFound(f"OpenCL needs pyopencl, which is not installed; {INSTALL}") from None
    return pyopencl


@contextmanager
def check(call: str):
    """Turn pyopencl's exceptions into ours, which name the driver's call."""
    cl = binding()
    try:
        yield
    except cl.Error as error:
        status = cl.status_code.to_string(error.code, "error %d")
        call = error.routine or call
        if error.code == cl.status_code.OUT_OF_RESOURCES and call.startswith("clFinish"):
            raise DeviceLost(call, status) from None
        if status in OUT_OF_MEMORY:
            raise OutOfMemory(call, status) from None
        if "Program" in call and status in BAD_IMAGE:
            raise BadImage(call, status, str(error)) from None
        raise DriverError(call, status) from None


def found_devices() -> list[Any]:
    cl = binding()
    try:
        platforms = cl.get_platforms()
    except cl.LogicError:  # the loader's way to say that it knows no driver
        platforms = []
    if not platforms:
        raise DeviceNotFound(f"no OpenCL driver is installed; {CPU_DRIVER}")
    with check("clGetDeviceIDs"):
        found = [d for p in platforms for d in p.get_devices() if takes_spirv(d)]
    if not found:
        names = ", ".join(p.name for p in platforms)
        raise DeviceNotFound(f"no OpenCL device takes SPIR-V (platforms: {names})")
    return found


def takes_spirv(device: Any) -> bool:
    cl = binding()
    try:
        return "SPIR-V" in device.il_version
    except (cl.Error, AttributeError):
        return "cl_khr_il_program" in device.extensions


def devices() -> list[str]:
    return [f"{d.name.strip()}, {d.version.strip()}" for d in found_devices()]


def connect(index: int) -> OpenCLDevice:
    return OpenCLDevice(index)


class OpenCLModule:
    def __init__(self, program: Any) -> None:
        self.program = program

    def kernel(self, name: str) -> Any:
        cl = binding()
        try:
            return cl.Kernel(self.program, name)
        except cl.Error:
            raise RunError(f"the image has no kernel {name!r}") from None


class OpenCLDevice(Device):
    target = "spirv"

    def __init__(self, index: int) -> None:
        cl = binding()
        self.device = found_devices()[index]
        self.name = f"opencl:{index}"
        self.description = devices()[index]
        is_cpu = bool(self.device.type & cl.device_type.CPU)
        self.chip = "opencl-cpu" if is_cpu else "opencl"
        self.index_type = np.int64 if self.device.address_bits == 64 else np.int32
        with check("clCreateContext"):
            self.context = cl.Context([self.device])
            self.queue = cl.CommandQueue(self.context)
        self.lock = Lock()  # a kernel's arguments are state of the kernel

    def fit(self, image: Image) -> int | None:
        if image.target != "spirv" or image.chip not in ("opencl", "opencl-cpu"):
            return None
        return 2 if image.chip == self.chip else 1

    def alloc(self, size: int) -> Any:
        cl = binding()
        with check("clCreateBuffer"):
            return cl.Buffer(self.context, cl.mem_flags.READ_WRITE, size)

    def free(self, buffer: Any) -> None:
        buffer.release()

    def write(self, buffer: Any, array: np.ndarray) -> None:
        if array.nbytes:
            with check("clEnqueueWriteBuffer"):
                binding().enqueue_copy(self.queue, buffer, bytes_of(array), is_blocking=True)

    def read(self, buffer: Any, array: np.ndarray) -> None:
        if array.nbytes:
            with check("clEnqueueReadBuffer"):
                binding().enqueue_copy(self.queue, bytes_of(array), buffer, is_blocking=True)

    def load(self, image: Image) -> OpenCLModule:
        cl = binding()
        head = read_head(image.data)
        for number, extension in EXTENSIONS.items():
            if number in head.capabilities and extension not in self.device.extensions:
                raise Unsupported(f"the kernels need {extension}; {self.description} lacks it")
        with check("clBuildProgram"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # drivers that log though nothing is wrong
            return OpenCLModule(cl.Program(self.context, image.data).build())

    def launch(
        self,
        kernel: Any,
        grid: int,
        workgroup: int,
        shared: int,
        buffers: Sequence[Any],
        scalars: Sequence[int],
    ) -> None:
        limit = self.device.max_work_group_size
        if workgroup > limit:
            raise Unsupported(
                f"the kernel needs workgroups of {workgroup}; {self.description} allows {limit}"
            )
        numbers = [self.index_type(scalar) for scalar in scalars]
        with self.lock, check("clEnqueueNDRangeKernel"):
            kernel.set_args(*buffers, *numbers)
            size = (grid * workgroup,)
            binding().enqueue_nd_range_kernel(self.queue, kernel, size, (workgroup,))

    def synchronize(self) -> None:
        with check("clFinish"):
            self.queue.finish()

    def close(self) -> None:
        self.synchronize()
        self.pool.trim()


def bytes_of(array: np.ndarray) -> np.ndarray:
    return array.reshape(-1).view(np.uint8)  # pyopencl knows no bfloat16
