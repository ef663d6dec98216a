"""The tests of `python test --quick`: the first of every file, and of every device in a folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_DEVICE = re.compile(r"\b(emulator:\w+|nvptx:\w+|amdgpu:\w+|spirv:\w+|host|opencl|vulkan)\b")


def quick_tests(nodes: Iterable[str]) -> Iterator[str]:
    """The ids of `nodes`, in their order, that bring a new file, or a new device to a folder.

    The order is that of collection, so the choice is the same on every machine.
    """
    seen: set[str] = set()
    for node in nodes:
        path, _, rest = node.partition("::")
        folder = path.rpartition("/")[0]
        devices = _DEVICE.findall(rest.partition("[")[2])
        brought = {path, *(f"{folder} on {device}" for device in devices)}
        if not brought <= seen:
            seen |= brought
            yield node
