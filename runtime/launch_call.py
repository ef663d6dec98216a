"""A launch as a value: what `Device.launch` takes."""

from __future__ import annotations

from typing import Any, NamedTuple


class LaunchCall(NamedTuple):
    """A kernel with its grid, buffers and scalars, to be launched now or again."""

    kernel: Any
    grid: int
    workgroup: int
    shared: int
    buffers: tuple[Any, ...]
    scalars: tuple[int, ...]
