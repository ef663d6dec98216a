"""Launches of CUDA that need more than a grid: clusters, by `cuLaunchKernelEx`, and tensor maps.

The structures are CUlaunchConfig and CUlaunchAttribute of cuda.h 12.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import POINTER, c_int, c_uint, c_uint8, c_uint64, c_void_p, pointer
from typing import Any

from clawc.runtime.tensor_maps import ELEMENTS, SWIZZLES, TensorMap

CLUSTER = 4  # CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION
VALUE_BYTES = 64
PLAIN, PROMOTE_128, ZEROS = 0, 2, 0  # no interleaving; lines of the second-level cache; outside


class Value(ctypes.Union):
    _fields_ = [("room", c_uint8 * VALUE_BYTES), ("cluster", c_uint * 3)]


class Attribute(ctypes.Structure):
    _fields_ = [("name", c_int), ("unused", c_uint8 * 4), ("value", Value)]


class Configuration(ctypes.Structure):
    _fields_ = [
        ("grid", c_uint * 3),
        ("block", c_uint * 3),
        ("shared", c_uint),
        ("stream", c_void_p),
        ("attributes", POINTER(Attribute)),
        ("count", c_uint),
    ]


def cluster_launch(
    grid: int, workgroup: int, shared: int, stream: int, cluster: int
) -> Configuration:
    """A grid whose workgroups run in clusters of `cluster`, which divides it."""
    attribute = Attribute(name=CLUSTER, value=Value(cluster=(c_uint * 3)(cluster, 1, 1)))
    return Configuration(
        (c_uint * 3)(grid, 1, 1),
        (c_uint * 3)(workgroup, 1, 1),
        shared,
        stream,
        pointer(attribute),
        1,
    )


def tensor_map_arguments(
    described: TensorMap, place: int, address: int, scalars: Sequence[int]
) -> tuple[Any, ...]:
    """The arguments of `cuTensorMapEncodeTiled` for a tensor at a device's address."""
    sizes, strides = described.at(scalars)
    rank = len(sizes)
    return (
        *(place, ELEMENTS[described.element], rank, address),
        *((c_uint64 * rank)(*sizes), (c_uint64 * (rank - 1))(*strides)),
        *((c_uint * rank)(*described.box), (c_uint * rank)(*([1] * rank))),
        *(PLAIN, SWIZZLES[described.swizzle], PROMOTE_128, ZEROS),
    )
