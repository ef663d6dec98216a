"""Bundles as C: written, built by a compiler without a warning, and called."""

from __future__ import annotations

import ctypes
import math
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clawc.runtime.arguments import numpy_dtype, shape_of
from clawc.runtime.artifact import Artifact
from clawc.targets.c.entry import MOST_DIMENSIONS
from clawc.targets.c.source import c_sources

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")


class Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("bytes", ctypes.c_size_t),
        ("shape", ctypes.c_int64 * MOST_DIMENSIONS),
    )

    @classmethod
    def of(cls, array: np.ndarray) -> Tensor:
        shape = (ctypes.c_int64 * MOST_DIMENSIONS)(*array.shape)
        return cls(array.ctypes.data, array.nbytes, shape)


class CError(Exception):
    """A status that is not CLAW_OK, its name and what the context says."""

    def __init__(self, status: str, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status


class CProgram:
    """A bundle as a shared library."""

    def __init__(self, artifact: Artifact, folder: Path, compiler: str = "gcc") -> None:
        self.artifact = artifact
        source, text = c_sources(artifact, "model")
        (folder / "model.c").write_text(source)
        (folder / "model.h").write_text(text)
        built = folder / "model.so"
        command = [compiler, "-std=c11", "-O1", "-fPIC", "-shared", *WARNINGS, "model.c"]
        subprocess.run([*command, "-o", built, "-lm", "-ldl"], cwd=folder, check=True)
        self.library = ctypes.CDLL(str(built))
        for name in ("error", "status", "device"):
            getattr(self.library, f"model_{name}").restype = ctypes.c_char_p
        self.context = ctypes.c_void_p()

    def open(self, device: str | None) -> CProgram:
        name = device.encode() if device else None
        self.check(self.library.model_open(ctypes.byref(self.context), name))
        return self

    def close(self) -> None:
        self.library.model_close(self.context)
        self.context = ctypes.c_void_p()

    @property
    def device(self) -> str:
        return self.library.model_device(self.context).decode()

    def check(self, status: int) -> None:
        if status:
            named = self.library.model_status(status).decode()
            raise CError(named, self.library.model_error(self.context).decode())

    def __call__(self, *arguments: np.ndarray, entry: str = "main") -> list[np.ndarray]:
        plan = self.artifact.images[0].plan.entries[entry]
        arrays = [np.ascontiguousarray(each).reshape(np.shape(each)) for each in arguments]
        inputs = (Tensor * (len(arrays) + 1))(*map(Tensor.of, arrays))
        outputs = (Tensor * (len(plan.result_types) + 1))()
        self.check(getattr(self.library, f"model_{entry}")(self.context, inputs, outputs))
        return [
            taken(output, numpy_dtype(type_.dtype), len(shape_of(type_)))
            for output, type_ in zip(outputs, plan.result_types, strict=False)
        ]


def taken(output: Tensor, dtype: np.dtype, rank: int) -> np.ndarray:
    """The array in memory that the program allocated, which is freed."""
    shape: Sequence[int] = tuple(output.shape[:rank])
    size = math.prod(shape) * dtype.itemsize
    assert output.data is not None and output.bytes == size
    array = np.frombuffer(ctypes.string_at(output.data, size), dtype).reshape(shape)
    ctypes.CDLL(None).free(ctypes.c_void_p(output.data))
    return array
