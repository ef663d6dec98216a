"""A kernel that a GPU driver has loaded, and the storage that its arguments are handed over in."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from clawc.runtime.tensor_maps import ALIGNMENT, BYTES, TensorMap


class GpuKernel:
    """`filled` gives the same memory each time: hold `lock` from there to the end of the launch,
    whose driver copies the arguments."""

    def __init__(self, name: str, handle: int, module: Any, facts: Mapping[str, Any]) -> None:
        self.name = name
        self.handle = handle
        self._as_parameter_ = ctypes.c_void_p(handle)  # for calls of the driver by others
        self.module = module  # the code lives as long as its module
        # Workgroups that run at the same time and see each other's shared memory.
        self.cluster: int = facts.get("cluster", 1)
        self.maps = TensorMap.all_of(facts)
        self.allowed = 0  # bytes of dynamic shared memory that the driver was asked for
        self.lock = Lock()
        self.counts = (-1, -1)

    def filled(self, buffers: Sequence[int], scalars: Sequence[int]) -> Any:
        """The array of pointers to arguments that launches take: addresses, then 32-bit indices."""
        counts = len(buffers), len(scalars)
        if counts != self.counts:
            self.make_room(*counts)
        self.addresses[:] = buffers
        self.numbers[:] = scalars
        return self.pointers

    def make_room(self, buffers: int, scalars: int) -> None:
        self.addresses = (ctypes.c_uint64 * buffers)()
        self.numbers = (ctypes.c_int32 * scalars)()
        places = [ctypes.addressof(self.addresses) + 8 * i for i in range(buffers)]
        places += [ctypes.addressof(self.numbers) + 4 * i for i in range(scalars)]
        self.encoded = ctypes.create_string_buffer(BYTES * len(self.maps) + ALIGNMENT)
        first = -(-ctypes.addressof(self.encoded) // ALIGNMENT) * ALIGNMENT
        self.map_places = [first + BYTES * i for i in range(len(self.maps))]
        places += self.map_places
        self.pointers = (ctypes.c_void_p * len(places))(*places)
        self.counts = buffers, scalars
