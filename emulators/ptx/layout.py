"""Where a launch's variables and parameters are: the windows of addresses, and offsets in them.

A generic address says by its window which memory it points to; an address within one memory is an
offset into the window.  Global addresses are the device's own.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from clawc.emulators.interface import EmulationError, Launch
from clawc.emulators.memory import GlobalMemory
from clawc.emulators.ptx.fragments import Fragments
from clawc.emulators.ptx.kernel import FlatKernel
from clawc.emulators.ptx.syntax import Variable

WARP = 32
WINDOW = 1 << 36
# Within the window of shared memory, the bits from here on say whose it is: 0, the thread's own
# workgroup's, or the rank of one in the cluster plus 1.
RANK_SHIFT = 24
SHARED, LOCAL, PARAM = 1 << 36, 1 << 37, 1 << 38  # the first address of each window
FIRST = {"shared": SHARED, "local": LOCAL, "param": PARAM, "global": 0, "const": 0}
# Special registers of one dimension; the others are `tid.x` and so on.
SCALAR_SPECIALS = frozenset(
    "laneid warpid nwarpid smid nsmid gridid clock clock64 clock_hi globaltimer globaltimer_lo "
    "globaltimer_hi lanemask_eq lanemask_lt lanemask_le lanemask_gt lanemask_ge dynamic_smem_size "
    "total_smem_size cluster_ctarank cluster_nctarank is_explicit_cluster".split()
)


def aligned(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment


@dataclass
class Layout:
    """A kernel and a launch of it."""

    kernel: FlatKernel
    memory: GlobalMemory
    grid: int
    workgroup: int
    dynamic_shared: int
    suspects: frozenset[int]
    registers_read: frozenset[int] = frozenset()
    halves_only: frozenset[int] = frozenset()  # of them those that are read by halves
    fragments: Fragments = field(default_factory=Fragments)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)  # space, offset
    shared_size: int = 0
    local_size: int = 0
    parameters: bytes = b""

    @property
    def has_clocks(self) -> bool:
        """Whether threads are ordered by more than barriers of the whole workgroup."""
        if self.cluster > 1:
            return True
        for instruction in self.kernel.instructions:
            if instruction.base in ("mbarrier", "wgmma") or "async.bulk" in instruction.opcode:
                return True
            if instruction.base in ("bar", "barrier") and ".warp." not in instruction.opcode:
                words = instruction.opcode.split(".")
                if len(instruction.operands) > 1 or "red" in words or "cluster" in words:
                    return True
        return False

    @property
    def cluster(self) -> int:
        """Workgroups that are started together and reach each other's shared memory."""
        return self.kernel.cluster

    @property
    def lanes_per_workgroup(self) -> int:
        """Whole warps."""
        return aligned(self.workgroup, WARP)

    @property
    def shared_stride(self) -> int:
        return aligned(self.shared_size, 16)

    def size_of(self, space: str) -> int:
        """In bytes, of each workgroup or thread."""
        sizes = {"shared": self.shared_size, "local": self.local_size}
        return sizes.get(space, len(self.parameters))

    def address(self, name: str) -> int:
        """What the variable's name means in an instruction: its offset in its own memory."""
        if name not in self.places:
            raise EmulationError(f"{self.kernel.name}: nothing is called {name!r}")
        space, offset = self.places[name]
        return offset + (PARAM if space == "param" else 0)

    def space_of(self, name: str) -> str:
        return self.places[name][0] if name in self.places else ""


def lay_out(
    kernel: FlatKernel,
    suspects: frozenset[int],
    registers_read: frozenset[int],
    halves_only: frozenset[int],
    launch: Launch,
    memory: GlobalMemory,
    module_addresses: dict[str, int],
) -> Layout:
    """Place everything; `module_addresses` are those of the module's global variables."""
    layout = Layout(
        *(kernel, memory, launch.grid, launch.workgroup, launch.shared),
        *(suspects, registers_read, halves_only, Fragments(kernel.instructions)),
    )
    dynamic: list[str] = []
    for name, variable in kernel.variables.items():
        if variable.space in ("global", "const"):
            layout.places[name] = "global", module_addresses[name]
        elif variable.space == "local":
            offset = aligned(layout.local_size, variable.alignment)
            layout.places[name] = "local", offset
            layout.local_size = aligned(offset + variable.size, 16)
        elif variable.size == 0:
            dynamic.append(name)
        else:
            offset = aligned(layout.shared_size, variable.alignment)
            layout.places[name] = "shared", offset
            layout.shared_size = offset + variable.size
    for name in dynamic:  # all of these are the same bytes, after the others
        alignment = max(16, kernel.variables[name].alignment)
        layout.places[name] = "shared", aligned(layout.shared_size, alignment)
    if dynamic:
        layout.shared_size = max(layout.places[name][1] for name in dynamic)
    layout.shared_size += launch.shared
    place_parameters(layout, [buffer.address for buffer in launch.buffers], launch.scalars)
    return layout


def place_parameters(layout: Layout, pointers: list[int], scalars: Sequence[int | bytes]) -> None:
    """Buffers first, then scalars, each as wide as the kernel declares it."""
    parameters = layout.kernel.parameters
    values = [*pointers, *scalars]
    if len(values) != len(parameters):
        raise EmulationError(
            f"{layout.kernel.name} has {len(parameters)} parameters; the launch gives {len(values)}"
        )
    data = b""
    for parameter, value in zip(parameters, values, strict=True):
        data = data.ljust(aligned(len(data), parameter.alignment), b"\0")
        layout.places[parameter.name] = "param", len(data)
        data += parameter_bytes(parameter, value)
    layout.parameters = data.ljust(aligned(len(data), 16), b"\0")


def parameter_bytes(parameter: Variable, value: int | float | bytes) -> bytes:
    if isinstance(value, bytes):
        if len(value) != parameter.size:
            raise EmulationError(
                f"parameter {parameter.name} has {parameter.size} bytes; {len(value)} are passed"
            )
        return value
    if isinstance(value, float):
        return struct.pack("<f" if parameter.size == 4 else "<d", value)
    return (int(value) & ((1 << 8 * parameter.size) - 1)).to_bytes(parameter.size, "little")
