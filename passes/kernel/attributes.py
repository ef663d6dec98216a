"""The attributes by which passes talk about kernels: one row each, what it means and who may ask.

`kernel.py` reads and writes them; nothing else spells their names.  docs/kernel-attributes.md is
this table as a page (`attributes_page.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FUNCTIONS = "kernel function"
_PROGRAMS = "`gpu.func` and what it is lowered to"
_TILES = ("vector", "layouts", "pipelined")
_FORMED = ("kernels", "tiled", *_TILES)
_THREADS = ("simt", "llvm")


@dataclass(frozen=True)
class Attribute:
    """One attribute: what it holds, where it stands, its life, and what it says."""

    name: str
    type: str  # of the value, with an example
    on: str  # what it stands on
    writers: str  # who writes it, as passes are named; "the author": of a source
    dies: str  # where it is taken away
    meaning: str
    levels: tuple[str, ...]  # those at which it may stand; none: it lives within one pass
    source: bool = False  # whether an author may write it in a source
    bundle: str = ""  # what a bundle calls it, among the facts of a kernel; "": not in a bundle

    def __post_init__(self) -> None:
        if not re.fullmatch(r"claw\.[a-z_]+", self.name):
            raise ValueError(f"{self.name!r} is no name of an attribute; expected claw.some_words")
        for field in ("type", "on", "writers", "dies", "meaning"):
            if not getattr(self, field):
                raise ValueError(f"{self.name} says nothing about {field!r}")

    @property
    def public(self) -> bool:
        """Whether others than passes may write or read it: its name and form are kept."""
        return self.source or bool(self.bundle)


KERNEL = Attribute(
    "claw.kernel",
    "unit",
    _FUNCTIONS,
    "form-kernels, pack-operands",
    "with the function: distribute, map-to-threads",
    "This function is a kernel: it runs on the device. The others are of the host.",
    _FORMED,
)
LANE = Attribute(
    "claw.lane",
    'string: "vector" or "generic"',
    f"{_FUNCTIONS}; {_PROGRAMS}",
    "form-kernels, pack-operands; tile, where a kernel has no tiled form",
    "with the code",
    "How the kernel is compiled: tiled and vectorized, or a thread an element of the output.",
    (*_FORMED, *_THREADS),
    bundle="lane",
)
KIND = Attribute(
    "claw.kind",
    'string: "contraction", "reduction", "elementwise" or "generic"',
    f"{_FUNCTIONS}; {_PROGRAMS}",
    "form-kernels, pack-operands",
    "with the code",
    "What the operations of the kernel do together.",
    (*_FORMED, *_THREADS),
    bundle="kind",
)
REASON = Attribute(
    "claw.reason",
    "string: \"reads 'tensor.extract' ...\"",
    f"{_FUNCTIONS}; {_PROGRAMS}",
    "form-kernels, tile",
    "with the code",
    "Why the kernel is in the generic lane, for who wrote the program: what in it, and, where "
    "known, what would put it into the vector lane. On every kernel of that lane, on no other.",
    (*_FORMED, *_THREADS),
    bundle="reason",
)
SCHEDULE = Attribute(
    "claw.schedule",
    "dictionary: {tile = [64, 64, 16], warps = 4, thread = [4, 8], order = [0, 1]}",
    f"claw and linalg operation; {_FUNCTIONS}; {_PROGRAMS}",
    "the author; pack-operands, tile; claw-to-linalg and form-kernels hand it on",
    "with the code",
    "How the kernel is cut for a chip (schedules.md). On an operation: wanted; after tile, on the "
    "function: used.",
    ("claw", "linalg", *_FORMED, *_THREADS),
    source=True,
    bundle="schedule",
)
CLAMPS = Attribute(
    "claw.clamps",
    "integer: 2",
    f"linalg.generic; {_FUNCTIONS}; {_PROGRAMS}",
    "clamp-indices; form-kernels sums them up",
    "with the code",
    "The minima and maxima, for each element, that keep indices which are data in range.",
    (*_FORMED, *_THREADS),
    bundle="clamps",
)
GATHERS = Attribute(
    "claw.gathers",
    'array of strings: ["rows", "elements"]',
    f"{_FUNCTIONS}; {_PROGRAMS}",
    "vectorize",
    "with the code",
    'How the kernel reads elements by computed indices: "rows", whose neighbours are loaded '
    'together, "elements" one by one, or an "element" for a whole tile.',
    (*_TILES, *_THREADS),
    bundle="gathers",
)
TYPE = Attribute(
    "claw.type",
    "type: i1",
    "argument and result of a host function",
    "split-complex, widen-small-types, form-kernels",
    "with the host function, whose launch plan has the type",
    "The element type that callers see, where memory holds another: i1 is kept as i8, and so are "
    "f8E5M2 and i4; a complex "
    "number as a pair, whose dimension callers do not see.",
    ("linalg", *_FORMED, "simt"),
)
STORED = Attribute(
    "claw.stored",
    "unit",
    "linalg.generic that copies",
    "form-kernels",
    "form-kernels",
    "The result has to be in memory although it is the same everywhere: a caller gets it.",
    (),
)
PADDING = Attribute(
    "claw.padding",
    "array<i64: 0, 1, 0, 1>",
    "linalg.generic that pads",
    "lower-moves",
    "form-kernels",
    "What lies before and then what lies behind the tensor that the body reads, along each "
    "dimension: there the result is the scalar that the body yields else.",
    ("linalg",),
)
TILE = Attribute(
    "claw.tile",
    "array<i64: 64, 64, 16>",
    "tiled linalg operation",
    "tile",
    "vectorize, with the operation",
    "The elements of the operation's vectors along each of its loops.",
    ("tiled",),
)
ROWS = Attribute(
    "claw.rows",
    "unit",
    "vector.gather",
    "vectorize",
    "distribute",
    "The places count up along the last dimension: neighbours there are loaded together.",
    _TILES,
)
GRID = Attribute(
    "claw.grid",
    "affine map: ()[s0] -> (s0 ceildiv 64, 2)",
    _FUNCTIONS,
    "vectorize, map-to-threads",
    "distribute, map-to-threads, with the function: launches have the number",
    "How many workgroups a launch has along each dimension, from the symbols.",
    _TILES,
)
GRID_SYMBOLS = Attribute(
    "claw.grid_symbols",
    "array<i64: 0, 1, 3, -1>",
    _FUNCTIONS,
    "vectorize, map-to-threads",
    "with `claw.grid`",
    "The symbols of `claw.grid`, a pair each: an argument and the dimension whose size it is; "
    "-1: the argument itself, an index.",
    _TILES,
)
LAYOUT = Attribute(
    "claw.layout",
    "dictionary: {lane = [[0, 2], [0, 4]], register = [[0, 1]], warp = [[1, 0]]}",
    "operation on tiles; a loop has a list, with one for each result",
    "the author, after vectorize; assign-layouts",
    "distribute, with the function",
    "Who holds which element of the result: what each bit of the number of a register, a lane and "
    "a warp adds to the coordinates. Written before assign-layouts, it is kept.",
    _TILES,
)
INSTRUCTION = Attribute(
    "claw.instruction",
    'string: "mma.sync.m16n8k16.f16" or "fma"',
    "vector.contract",
    "the author, after vectorize; assign-layouts",
    "distribute, with the function",
    "The matrix instruction that multiplies, a row of chips/matrix.py, or FMAs. Written before "
    "assign-layouts, it is kept.",
    _TILES,
)
STRIDES = Attribute(
    "claw.strides",
    "list of lists: [[40, 1], [72, 1]]",
    "claw.stage",
    "stage-operands",
    "distribute, with the function",
    "How each tile lies in shared memory: the elements from one to the next along each dimension.",
    ("pipelined",),
)
USE = Attribute(
    "claw.use",
    "integer",
    "gpu.barrier",
    "distribute",
    "distribute",
    "The barrier is a proposal: the number of the use of shared memory that it would precede.",
    (),
)
ACCESS = Attribute(
    "claw.access",
    'array of strings: ["read", "write"]',
    _PROGRAMS,
    "distribute, map-to-threads",
    "with the code",
    'What the kernel does with each buffer, in their order: "read", "write" or "readwrite".',
    _THREADS,
    bundle="access",
)
ENTRY = Attribute(
    "claw.entry",
    'string: "main_matmul_0"',
    "func.func and llvm.func of the host target",
    "kernels-to-functions",
    "with the code",
    "The name of the kernel whose workgroup this function runs; its entry is made from it.",
    ("llvm",),
)
STATIC_SHARED = Attribute(
    "claw.static_shared",
    "integer: bytes",
    _PROGRAMS,
    "place-shared-memory, lower-to-spirv-opencl, lower-to-spirv-vulkan",
    "with the code",
    "Shared memory of a workgroup that the code declares.",
    ("llvm",),
    bundle="shared",
)
DYNAMIC_SHARED = Attribute(
    "claw.dynamic_shared",
    "integer: bytes",
    _PROGRAMS,
    "place-shared-memory",
    "with the code",
    "Shared memory of a workgroup that its launch must ask for.",
    ("llvm",),
    bundle="dynamic_shared",
)
PUSH_CONSTANTS = Attribute(
    "claw.push_constants",
    "integer: bytes",
    "gpu.func and spirv.func",
    "vulkan-kernel-abi",
    "with the code",
    "The size of the push constants: a kernel's scalars, in order.",
    ("llvm",),
    bundle="push_constants",
)
TOTAL_PUSH_CONSTANT = Attribute(
    "claw.total_push_constant",
    "integer: 1",
    "gpu.func and spirv.func",
    "vulkan-kernel-abi",
    "with the code",
    "The last push constant is the number of workgroups: a launch may start more.",
    ("llvm",),
    bundle="total_push_constant",
)

ATTRIBUTES = (
    *(KERNEL, LANE, KIND, REASON, SCHEDULE, CLAMPS, GATHERS, TYPE, STORED, PADDING, TILE),
    *(ROWS, GRID, GRID_SYMBOLS, LAYOUT, INSTRUCTION, STRIDES, USE, ACCESS, ENTRY),
    STATIC_SHARED,
    *(DYNAMIC_SHARED, PUSH_CONSTANTS, TOTAL_PUSH_CONSTANT),
)
# What the gpu.func of a kernel takes over from its function.
KEPT = (LANE, KIND, REASON, SCHEDULE, CLAMPS, GATHERS)


def at_level(level: str) -> frozenset[str]:
    """The names of those that may stand in a module at `level`."""
    return frozenset(row.name for row in ATTRIBUTES if level in row.levels)
