"""Arrays by seed, the same bits on every machine and under every NumPy; bf16 without `ml_dtypes`.

NumPy's generators may change from version to version, and a logarithm from machine to machine: so
the numbers come from SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
generators, OOPSLA 2014), and floats are sums of uniform integers, which nothing rounds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import prod
from typing import Any

import numpy as np

from clawc.chips.dtypes import DTYPES

PERIOD = 1_048_573  # a prime, so that no two rows of a large array are equal
GAMMA, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
DOMAINS = {
    "any": lambda x: x,
    "positive": lambda x: np.abs(x) + 0.125,
    "unit": lambda x: x / 4,  # within -1 and 1
    "factor": lambda x: 1 + x / 64,  # of long products
    "weight": lambda x: x / 16,  # of sums of some hundred products
}
"""Of floats: what is made of numbers from -3.5 to 3.5 that are nearly normal, of variance 1."""


@dataclass(frozen=True)
class Seeded:
    """An array that a seed stands for.  Integers are from `low` to `high`, both included."""

    dtype: str
    shape: tuple[int, ...]
    seed: int
    domain: str = "any"
    low: int = -9
    high: int = 9

    @property
    def bytes(self) -> int:
        return prod(self.shape) * DTYPES[self.dtype].itemsize

    def array(self) -> np.ndarray:
        count = prod(self.shape)
        raw = random_bits(self.seed, min(count, PERIOD))
        return np.resize(self._values(raw), count).reshape(self.shape)

    def _values(self, raw: np.ndarray) -> np.ndarray:
        if self.dtype == "i1":
            return (raw & np.uint64(1)).astype(bool)
        if self.dtype[0] == "i":
            found = (raw % np.uint64(self.high - self.low + 1)).astype(np.int64) + self.low
            return found.astype(DTYPES[self.dtype])
        parts = raw.view(np.uint16).reshape(-1, 4).astype(np.int64)
        near_normal = (parts.sum(1) - 2 * 65535) / 65536 * 1.75
        return narrow(DOMAINS[self.domain](near_normal), self.dtype)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Seeded:
        return cls(**{**data, "shape": tuple(data["shape"])})


def random_bits(seed: int, count: int) -> np.ndarray:
    """`count` numbers of 64 random bits."""
    start = np.uint64((seed + 1) * SECOND % 2**64)
    z = start + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GAMMA)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(SECOND)
    return np.ascontiguousarray((z ^ (z >> np.uint64(31))).astype("<u8"))


def narrow(values: np.ndarray, dtype: str) -> np.ndarray:
    """Float64 in a float type, to the nearest."""
    if dtype != "bf16":
        return values.astype(DTYPES[dtype])
    single = values.astype(np.float32).view(np.uint32)
    even = (single >> np.uint32(16)) & np.uint32(1)
    return (
        ((single + np.uint32(0x7FFF) + even) >> np.uint32(16))
        .astype(np.uint16)
        .view(DTYPES["bf16"])
    )


def widen(array: np.ndarray, dtype: str) -> np.ndarray:
    """Floats as float64, integers and truth values as int64: nothing is rounded."""
    if dtype == "bf16":
        halves = np.ascontiguousarray(array).view(np.uint16).reshape(array.shape)
        return (halves.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
    return array.astype(np.int64 if array.dtype.kind in "bi" else np.float64)
