"""What the compiler knows about a chip: a value of plain facts, checked when it is made.

The rows are in `nvptx.py`, `amdgpu.py`, `spirv.py` and `host.py`; `known.py` finds one by its name.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from clawc.chips.elements import ELEMENTS, EVERYWHERE

FAMILIES = {
    "nvptx": ("volta", "turing", "ampere", "ada", "hopper", "blackwell", "rtx-blackwell"),
    "amdgpu": ("gcn5", "cdna1", "cdna2", "cdna3", "cdna4", "rdna2", "rdna3", "rdna4"),
    "spirv": ("opencl", "vulkan"),
    "host": ("x86-64", "aarch64"),
}
"""The instruction sets of each target, or the programming interface where that is all one knows."""


@dataclass(frozen=True)
class Figures:
    """Of one product with the chip: for estimates; the schedule reads `units`.

    Sizes in bytes; peak rates in operations (an FMA is two) and bytes a second.  Zero says that a
    figure is unknown or has no meaning for the chip.
    """

    product: str = ""
    also: tuple[str, ...] = ()  # other products with the same instruction set
    units: int = 0  # multiprocessors, compute units or cores
    clock: float = 0.0  # hertz, boosted
    memory: int = 0  # bytes of the product
    bandwidth: float = 0.0  # of its memory
    l2_cache: int = 0
    unit_shared_memory: int = 0  # that the workgroups on one unit share
    unit_registers: int = 0  # 32-bit, of one unit
    unit_threads: int = 0  # resident on one unit
    simd_bytes: int = 0  # of a processor's vector register
    peak_f32: float = 0.0  # vector units
    peak_f16: float = 0.0  # matrix units where it has them, dense, f32 accumulation
    source: str = ""  # of the figures

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, int | float) and value < 0:
                raise ValueError(f"figures of {self.product or 'a chip'}: {name} is {value} < 0")


# The elements that an index of so many bits can count, by those bits.
MOST_ELEMENTS = {32: 2**31 - 1, 64: 2**48}


@dataclass(frozen=True)
class Chip:
    """One chip.  Sizes in bytes."""

    target: str  # a key of FAMILIES
    name: str  # "sm_80", "gfx1100", "opencl", "vulkan", "native"
    family: str  # of FAMILIES[target]; the rows of `matrix.py` are for families
    lanes: int  # threads that shuffle among each other: warp or wave; 1: none may be assumed
    max_workgroup: int  # threads
    shared_memory: int  # that one workgroup can have
    vector_width: int  # the longest vector of elements that per-thread code may hold
    access_bytes: int  # the widest memory access of one thread
    types: frozenset[str] = EVERYWHERE  # element types it computes in or stores
    index_bits: int = 32  # of sizes and addresses in kernels
    registers: int = 255  # 32-bit, a thread; vector registers on a processor

    shuffles: bool = False  # lanes exchange values without memory
    wide_vectors: bool = False  # a driver for a processor: few work-items, of wide vectors
    static_shared_memory: int = 0  # above this a kernel asks for it at its launch; 0: never
    aligned_buffers: bool = True  # every buffer starts at a multiple of the widest access
    row_xmask: bool = False  # AMD: lanes exchange at any distance of a row, and between rows
    barriers_empty_caches: bool = False  # a full barrier does; one of shared memory alone does not

    native: bool = False  # the processor that compiles: LLVM is asked what it is
    feature: str = ""  # what LLVM must be told beside the name: "+ptx80"
    cpu: str = ""  # LLVM's name of the processor where it is not `name`
    triple: str = ""  # LLVM's, where the target does not give it

    figures: Figures = field(default=Figures())

    @property
    def spec(self) -> str:
        """The text that `clawc.chips.known.find` finds this chip by."""
        return f"{self.target}:{self.name}"

    @property
    def most_elements(self) -> int:
        """Of one buffer of a kernel."""
        return MOST_ELEMENTS[self.index_bits]

    def __str__(self) -> str:
        return self.spec

    def __post_init__(self) -> None:
        if self.target not in FAMILIES:
            self._refuse("target", f"expected one of {', '.join(FAMILIES)}")
        if self.family not in FAMILIES[self.target]:
            self._refuse("family", f"expected one of {', '.join(FAMILIES[self.target])}")
        if not self.name or set(self.name) & set(": ,={}"):
            self._refuse("name", "expected a word that a command line can hold")
        for powers in ("lanes", "vector_width", "access_bytes"):
            value = getattr(self, powers)
            if value < 1 or value & (value - 1):
                self._refuse(powers, "expected a power of two")
        if self.max_workgroup < 1 or self.max_workgroup % self.lanes:
            self._refuse("max_workgroup", f"expected a multiple of the {self.lanes} lanes")
        if self.index_bits not in MOST_ELEMENTS:
            self._refuse("index_bits", "expected 32 or 64")
        for positive in ("shared_memory", "registers"):
            if getattr(self, positive) < 1:
                self._refuse(positive, "expected at least 1")
        if unknown := self.types - ELEMENTS.keys():
            self._refuse("types", f"{', '.join(sorted(unknown))} has no row in elements.py")
        if self.shuffles and self.lanes == 1:
            self._refuse("shuffles", "expected False where there is one lane")
        if not 0 <= self.static_shared_memory <= self.shared_memory:
            self._refuse("static_shared_memory", f"expected at most {self.shared_memory}")
        if 0 < self.figures.unit_shared_memory < self.shared_memory:
            self._refuse("shared_memory", "expected no more than figures.unit_shared_memory")

    def _refuse(self, name: str, message: str) -> None:
        raise ValueError(f"chip {self.spec}: {name} is {getattr(self, name)!r}; {message}")
