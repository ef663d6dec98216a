"""The tests of `python test --quick`: the first of every file, and the first of every device."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_DEVICE = re.compile(r"\b(emulator:\w+|nvptx:\w+|amdgpu:\w+|spirv:\w+|host|opencl|vulkan)\b")


def quick_tests(nodes: Iterable[str]) -> Iterator[str]:
    """The ids of `nodes`, in their order, that are the first of their file or of their device."""
    seen: set[str] = set()
    for node in nodes:
        path, _, rest = node.partition("::")
        parameters = rest.partition("[")[2]
        keys = {path, *_DEVICE.findall(parameters)}
        if not keys <= seen:
            seen |= keys
            yield node
