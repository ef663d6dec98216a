"""Tensor maps: what `cp.async.bulk.tensor` is told about a tensor, in 128 bytes.

A real map is opaque and made by the driver (`cuTensorMapEncodeTiled`).  Ours is the structure
`TENSOR_MAP`; `encode_tiled` takes and refuses what the driver does (CUDA driver API, section
"Tensor Map Object Management").  A kernel gets it by value, or makes it with `tensormap.replace`.
Dimensions are counted from the innermost one, as the driver counts them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clawc.emulators.interface import EmulationError

BYTES = 128
ALIGNMENT = 64
MOST_DIMENSIONS = 5
# Types by their numbers in `tensormap.replace.elemtype` (PTX ISA, table of that instruction).
TYPES = "u8 u16 u32 s32 u64 s64 f16 f32 f32.ftz f64 bf16 tf32 tf32.ftz".split()
SIZES = dict(zip(TYPES, (1, 2, 4, 4, 8, 8, 2, 4, 4, 8, 2, 4, 4), strict=True))  # of elements, bytes
FLOATS = tuple(name for name in TYPES if "f" in name)
SWIZZLES = {0: 0, 1: 32, 2: 64, 3: 128}  # by number: the bytes within which pieces change places
FILLS = ("zero", "nan")
TENSOR_MAP = np.dtype(
    {
        "names": ["address", "dims", "strides", "box", "steps"]
        + ["rank", "type", "interleave", "swizzle", "fill"],
        "formats": ["<u8", ("<u8", 5), ("<u8", 4), ("<u2", 5), ("u1", 5)] + ["u1"] * 5,
        "offsets": [0, 8, 48, 80, 90, 95, 96, 97, 98, 99],
        "itemsize": BYTES,
    }
)  # `strides` in bytes, from the second dimension on; `rank` is one less than the dimensions


class BadTensorMap(EmulationError):
    """A tensor map that the driver would refuse, or that no driver made."""


def encode_tiled(
    address: int,
    type_: str,
    dims: Sequence[int],
    strides: Sequence[int],
    box: Sequence[int],
    *,
    element_strides: Sequence[int] | None = None,
    swizzle: int = 0,
    fill: str = "zero",
) -> bytes:
    """The map of a tensor of `dims` elements at a global address, copied box by box.

    `type_` is one of TYPES; `strides` are bytes, one fewer than dimensions; `box` counts elements
    that a copy spans, of which it takes every `element_strides`-th; `swizzle` is 0, 32, 64 or 128
    bytes; elements outside the tensor are read as `fill`.  BadTensorMap names what is wrong.
    """
    rank = len(dims)
    steps = list(element_strides or [1] * rank)
    if type_ not in SIZES:
        raise BadTensorMap(f"a tensor map of type {type_!r}; known: {', '.join(TYPES)}")
    if swizzle not in SWIZZLES.values():
        raise BadTensorMap(f"a swizzle of {swizzle} bytes; known: 0, 32, 64, 128")
    if fill not in FILLS or fill == "nan" and type_ not in FLOATS:
        raise BadTensorMap(f"elements of type {type_} outside of a tensor cannot be {fill!r}")
    if not 1 <= rank <= MOST_DIMENSIONS:
        raise BadTensorMap(f"a tensor of {rank} dimensions; the most are {MOST_DIMENSIONS}")
    if (len(strides), len(box), len(steps)) != (rank - 1, rank, rank):
        raise BadTensorMap(f"{rank} dimensions need {rank - 1} strides and {rank} sizes of the box")
    made = np.zeros((), TENSOR_MAP)
    made["address"], made["rank"], made["type"] = address, rank - 1, TYPES.index(type_)
    made["swizzle"] = list(SWIZZLES.values()).index(swizzle)
    made["fill"] = FILLS.index(fill)
    limits = {"dims": 2**32, "strides": 2**40 - 1, "box": 256, "steps": 8}
    for name, values in (("dims", dims), ("strides", strides), ("box", box), ("steps", steps)):
        if not all(0 < value <= limits[name] for value in values):
            raise BadTensorMap(f"{name} {tuple(values)} of a tensor map: from 1 to {limits[name]}")
        made[name][: len(values)] = values
    TensorMap(made.tobytes())
    return made.tobytes()


class TensorMap:
    """A map that has been read back, and checked as the driver checks what it makes."""

    def __init__(self, data: bytes) -> None:
        made = np.frombuffer(data, TENSOR_MAP)[0]
        self.rank = int(made["rank"]) + 1
        number, swizzle, fill = (int(made[name]) for name in ("type", "swizzle", "fill"))
        if self.rank > MOST_DIMENSIONS or number >= len(TYPES) or fill >= len(FILLS):
            raise BadTensorMap("128 bytes that are no tensor map")
        if swizzle not in SWIZZLES or made["interleave"]:
            what = "interleaved layouts" if made["interleave"] else f"swizzle mode {swizzle}"
            raise BadTensorMap(f"a tensor map: {what}, which the emulator lacks")
        self.type, self.swizzle, self.fill = TYPES[number], SWIZZLES[swizzle], FILLS[fill]
        self.size = SIZES[self.type]
        self.address = int(made["address"])
        self.dims = made["dims"][: self.rank].astype(np.int64)
        self.strides = np.r_[self.size, made["strides"][: self.rank - 1].astype(np.int64)]
        self.steps = made["steps"][: self.rank].astype(np.int64)
        self.steps[0] = 1  # the innermost dimension has no stride of elements
        span = made["box"][: self.rank].astype(np.int64)
        self.check(span)
        self.box = -(-span // self.steps)  # elements that are copied

    def check(self, span: np.ndarray) -> None:
        if not (span.all() and self.dims.all() and self.steps.all()):
            raise BadTensorMap("a tensor map: sizes, the box and element strides must not be 0")
        if self.address % 16:
            raise BadTensorMap(f"a tensor map: the address {self.address:#x} is no multiple of 16")
        if (self.strides[1:] % 16).any():
            raise BadTensorMap(f"a tensor map: strides {self.strides[1:]} are no multiples of 16")
        inner = int(span[0]) * self.size
        if inner % 16:
            raise BadTensorMap(f"a tensor map: rows of {inner} bytes are no multiple of 16")
        if self.swizzle and inner > self.swizzle:
            raise BadTensorMap(
                f"a tensor map: the box's rows of {inner} bytes are more than its swizzle of "
                f"{self.swizzle}"
            )
        if self.swizzle and inner < self.swizzle:  # the manuals do not say how such rows lie
            raise BadTensorMap(
                f"a tensor map: rows of {inner} bytes in a swizzle of {self.swizzle}, which the "
                "emulator lacks"
            )

    @property
    def bytes(self) -> int:
        """That a copy of a box brings."""
        return int(self.box.prod()) * self.size

    @property
    def pitch(self) -> int:
        """From one row of the box to the next in shared memory."""
        return int(self.box[0]) * self.size

    @property
    def rows(self) -> int:
        """Of a box in shared memory."""
        return int(self.box[1:].prod())


def swizzled(address: np.ndarray, swizzle: int) -> np.ndarray:
    """Where in shared memory the byte goes that belongs at `address` without a swizzle.

    Pieces of 16 bytes change places within `swizzle` bytes: the bits of the address from 4 on are
    xor-ed with those from 7 on (PTX ISA, "Tensor swizzling modes").
    """
    mask = swizzle // 16 - 1 if swizzle else 0
    return address ^ ((address >> 7 & mask) << 4)
