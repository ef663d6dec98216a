"""Which tests belong to a name: a pass, a room, a target, a chip, a device, or a file.

A test belongs to a name if the name's words stand side by side in the name of the test's file, of a
folder that holds it, or in its parameters.  `expand-math` and `expand_math.py` are the words
expand, math; `emulator:sm_80` is emulator, sm, 80.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

# What else belongs to a target: its code's emulator, its assembler or linker, its chips, drivers.
OF_TARGET = {
    "nvptx": ("ptx", "ptxas", "sm", "cuda"),
    "amdgpu": ("gcn", "hsaco", "gfx", "hip"),
    "spirv": ("opencl", "vulkan"),
}
_WORD = re.compile(r"[a-z]+|\d+")


def words(name: str) -> list[str]:
    """The words of a name, without the ending of a file."""
    return _WORD.findall(re.sub(r"\.(py|mlir)$", "", name).lower())


def belongs(name: str, parts: Iterable[str]) -> bool:
    """Whether the words of `name`, or of what its target brings, stand in one of `parts`."""
    wanted = [words(each) for each in (name, *OF_TARGET.get(name, ()))]
    held = [words(part) for part in parts]
    return any(w and _stands_in(w, h) for w in wanted for h in held)


def _stands_in(wanted: list[str], held: list[str]) -> bool:
    size = len(wanted)
    return any(held[i : i + size] == wanted for i in range(len(held) - size + 1))


def test_parts(node: str) -> list[str]:
    """The parts of a test's id that names are compared with: folders, file, parameters."""
    path, _, rest = node.partition("::")
    parameters = rest.partition("[")[2].removesuffix("]")
    return [*Path(path).parts, *filter(None, [parameters])]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence with the nearest known names, or nothing."""
    spelt = {each.replace("_", "-").lower(): each for each in sorted(known)}
    close = get_close_matches(name.replace("_", "-").lower(), spelt, n=3, cutoff=0.6)
    near = [spelt[each] for each in close]
    return f"; did you mean {' or '.join(near)}?" if near else ""
