"""What a kernel is told of a buffer that it copies from box by box (sm_90's TMA).

A bundle has it among the kernel's facts, over the scalars of a launch; the driver makes 128 bytes
of it for each launch, which follow the scalars as parameters by value, in the order of the facts:

    "tensor_maps": [{"buffer": 0, "element": "f16", "sizes": [["scalar", 0], 64],
                     "strides": [["mul", ["scalar", 0], 2]], "box": [64, 64], "swizzle": 128}]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clawc.runtime.figures import Figure, evaluate

FACT = "tensor_maps"
BYTES, ALIGNMENT = 128, 64
MOST_DIMENSIONS, LARGEST_BOX = 5, 256  # CUDA driver API, "Tensor Map Object Management"
# Element types by the driver's numbers (CUtensorMapDataType).
ELEMENTS = {
    **{"i8": 0, "i16": 1, "i32": 3, "i64": 5},
    **{"f16": 6, "f32": 7, "f64": 8, "bf16": 9},
}
SWIZZLES = {0: 0, 32: 1, 64: 2, 128: 3}  # the driver's numbers by bytes


@dataclass(frozen=True)
class TensorMap:
    """A tensor in a buffer, and the box that a copy takes.  The innermost dimension is first; its
    elements follow each other, so that strides are of the others, in bytes.  What a box has outside
    of the tensor is zero."""

    buffer: int
    element: str
    sizes: tuple[Figure, ...]
    strides: tuple[Figure, ...]
    box: tuple[int, ...]
    swizzle: int

    @classmethod
    def all_of(cls, facts: Mapping[str, Any]) -> tuple[TensorMap, ...]:
        """Those of a kernel, by its facts."""
        return tuple(map(cls.from_json, facts.get(FACT, ())))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TensorMap:
        sizes, strides, box = (tuple(data[name]) for name in ("sizes", "strides", "box"))
        return cls(data["buffer"], data["element"], sizes, strides, box, data.get("swizzle", 0))

    def at(self, scalars: Sequence[int]) -> tuple[list[int], list[int]]:
        """The sizes and strides of a launch."""
        sizes = [evaluate(size, scalars) for size in self.sizes]
        return sizes, [evaluate(stride, scalars) for stride in self.strides]
