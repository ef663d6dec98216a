"""What the code of a kernel takes for granted of a launch: its grid, and how large its buffers are.

A bundle says it over the launch's scalars, apart from the launches, so that a plan in which one of
them was changed does not let a kernel loose on memory that is not its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clawc.runtime.errors import ArtifactError
from clawc.runtime.figures import Figure, evaluate

FACT = "needs"
ALWAYS_ALLOWED = 1 << 16
"""Workgroups, whatever there is to do; beyond, each has a byte of some buffer for itself at least,
as one with nothing of its own to read or write would be for nothing."""


@dataclass(frozen=True)
class Needs:
    """The number of workgroups and the bytes of each buffer, None where they depend on more than
    the launch's scalars; and how many scalars those are."""

    grid: Figure | None = None
    bytes: tuple[Figure | None, ...] = ()
    scalars: int = 0

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Needs:
        """What the facts of a kernel say."""
        needs = facts.get(FACT, {})
        return cls(needs.get("grid"), tuple(needs.get("bytes", ())), needs.get("scalars", 0))

    def to_json(self) -> dict[str, Any]:
        return {"grid": self.grid, "bytes": list(self.bytes), "scalars": self.scalars}

    def check(self, kernel: str, grid: int, scalars: Sequence[int], sizes: Sequence[int]) -> None:
        """Raise ArtifactError for a launch that the kernel is not made for."""
        if self.grid is not None and grid != (needed := evaluate(self.grid, scalars)):
            raise ArtifactError(f"corrupt bundle: {kernel} has {needed} workgroups, not {grid}")
        if not 0 <= grid <= max(ALWAYS_ALLOWED, sum(sizes)):
            raise ArtifactError(
                f"corrupt bundle: {grid} workgroups of {kernel} for {sum(sizes)} bytes"
            )
        for number, (figure, size) in enumerate(zip(self.bytes, sizes, strict=False)):
            if figure is not None and size < (needed := evaluate(figure, scalars)):
                raise ArtifactError(
                    f"corrupt bundle: {kernel} needs {needed} bytes in buffer {number}, "
                    f"which has {size}"
                )
