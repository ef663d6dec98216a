"""What is watched through a launch: the checks, the counts, and what races are looked for in."""

from __future__ import annotations

from collections.abc import Sequence

from clawc.emulators.checks import Checks, RaceShadow
from clawc.emulators.interface import Counts, Options
from clawc.emulators.memory import Buffer
from clawc.emulators.ptx.clocks import ClockShadow
from clawc.emulators.ptx.layout import WARP, Layout
from clawc.emulators.ptx.values import BITS

_ACCESSES = frozenset("ld ldu st atom red cp ldmatrix stmatrix wmma".split())


class Watch:
    """The checks and counts of one launch."""

    def __init__(self, layout: Layout, options: Options, buffers: Sequence[Buffer]) -> None:
        self.layout = layout
        self.check = options.check
        self.count = options.count
        self.buffers = list(buffers)
        self.checks = Checks(layout.kernel.name)
        self.counts = Counts()
        self.granules = granules(layout)
        if self.check:
            self.limits = layout.memory.limits(self.buffers)
            self.shadow = self.new_shadow("global", 1)

    def new_shadow(self, space: str, workgroups: int) -> RaceShadow | ClockShadow:
        layout = self.layout
        size = layout.memory.end if space == "global" else workgroups * layout.shared_stride
        places = -(-size // self.granules[space])
        if layout.has_clocks:
            return ClockShadow(places, layout.cluster * layout.lanes_per_workgroup // WARP)
        return RaceShadow(places, layout.lanes_per_workgroup, WARP)

    def nearest_buffer(self, offset: int) -> str:
        """Where an offset into global memory is, seen from the buffer before it."""
        before = [b for b in self.buffers if b.offset <= offset] or self.buffers
        if not before:
            return f"byte {offset} of global memory, of which the kernel has no buffer"
        nearest = max(before, key=lambda b: b.offset)
        number = self.buffers.index(nearest)
        return f"byte {offset - nearest.offset} of buffer {number}, of {nearest.size} bytes"


def granules(layout: Layout) -> dict[str, int]:
    """The smallest access to each memory, in bytes: races are looked for piece by piece."""
    smallest = {"global": 16, "shared": 16}
    for instruction in layout.kernel.instructions:
        if instruction.base not in _ACCESSES:
            continue
        type_ = instruction.opcode.rpartition(".")[2]
        size = BITS.get(type_, 32) // 8
        if instruction.base in ("cp", "ldmatrix", "stmatrix"):
            size = 4
        names = [name for name in smallest if name in instruction.opcode]
        for name in names or smallest:
            smallest[name] = min(smallest[name], max(size, 1))
    return smallest
