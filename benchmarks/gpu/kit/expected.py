"""What a result has to be, in few numbers: all of a small array; of a large one some rows, whose
elements are looked at in places, and all of them in sums.

Each number comes with a bound, which was derived where the kit was built: here nothing is known of
what was computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from kit.numbers import widen

SEGMENT = 64  # elements of a row that are summed up
AllowedError = np.ndarray  # float32, 0 where the numbers must be equal


@dataclass(frozen=True)
class Whole:
    """Every element: `values` are float64, or int64 of integers."""

    values: np.ndarray
    bounds: AllowedError

    def differences(self, got: np.ndarray, dtype: str) -> Differences:
        return Differences.between(widen(got, dtype), self.values, self.bounds)


@dataclass(frozen=True)
class Rows:
    """Of an array as rows of its last axis: which rows, for each of them the values in some columns
    and the sum of each SEGMENT elements."""

    rows: np.ndarray  # int64 [r]
    columns: np.ndarray  # int64 [r, p]
    values: np.ndarray  # float64 [r, p]
    bounds: AllowedError  # [r, p]
    sums: np.ndarray  # float64 [r, s]
    sum_bounds: AllowedError  # [r, s]

    def differences(self, got: np.ndarray, dtype: str) -> Differences:
        lines = widen(got.reshape(-1, got.shape[-1])[self.rows], dtype)
        places = np.take_along_axis(lines, self.columns, 1)
        found = Differences.between(places, self.values, self.bounds)
        if found.wrong.any():
            row, place = np.argwhere(found.wrong)[0]
            column = int(self.columns[row, place])
            return replace(found, place=self.place(got.shape, int(row), column))
        sums = Differences.between(segment_sums(lines), self.sums, self.sum_bounds)
        if not sums.wrong.any():
            return found
        row, segment = np.argwhere(sums.wrong)[0]
        place = self.place(got.shape, int(row), int(segment) * SEGMENT)
        return replace(sums, place=place, what=f"the sum of {SEGMENT} elements from ")

    def place(self, shape: tuple[int, ...], row: int, column: int) -> tuple[int, ...]:
        flat = int(self.rows[row]) * shape[-1] + column
        return tuple(map(int, np.unravel_index(flat, shape)))


Expected = Whole | Rows
KINDS = {"whole": Whole, "rows": Rows}


@dataclass(frozen=True)
class Differences:
    """Numbers against those that were expected, with the place of the first that is wrong."""

    got: np.ndarray
    want: np.ndarray
    bounds: np.ndarray
    wrong: np.ndarray
    place: tuple[int, ...] | None = None
    what: str = ""

    @classmethod
    def between(cls, got: np.ndarray, want: np.ndarray, bounds: np.ndarray) -> Differences:
        if want.dtype.kind == "i":
            return cls(got, want, bounds, got != want)
        with np.errstate(all="ignore"):
            wrong = ~(np.abs(got - want) <= bounds) & ~(got == want)
        return cls(got, want, bounds, wrong & ~(np.isnan(got) & np.isnan(want)))

    def say(self) -> str:
        """Nothing if all is right; or how many are wrong, the first of them, and by how much."""
        if not self.wrong.any():
            return ""
        first = tuple(np.argwhere(self.wrong)[0])
        place = tuple(map(int, first)) if self.place is None else self.place
        got, want = self.got[first], self.want[first]
        allowed = np.broadcast_to(self.bounds, self.wrong.shape)[first]
        return (
            f"{self.what}{list(place)}: got {got:.9g}, expected {want:.9g}, "
            f"off by {abs(got - want):.3g} where {allowed:.3g} is allowed; "
            f"{int(self.wrong.sum())} of {self.wrong.size} that were looked at are wrong"
        )

    def worst(self) -> float:
        """The largest error as a part of what is allowed; 0 of what must be equal and is."""
        with np.errstate(all="ignore"):
            parts = np.abs(self.got - self.want) / self.bounds
        parts = parts[np.isfinite(parts)]
        return float(parts.max(initial=0))


def segment_sums(lines: np.ndarray) -> np.ndarray:
    """The sums of each SEGMENT elements of each row, the last of what is left."""
    starts = np.arange(0, lines.shape[1], SEGMENT)
    return np.add.reduceat(lines, starts, axis=1) if starts.size else np.zeros((len(lines), 0))


def compare(
    expected: Expected, dtype: str, shape: tuple[int, ...], got: np.ndarray
) -> tuple[str, float]:
    """What is wrong with a result, "" if nothing; and its largest error as a part of the bound."""
    if got.shape != shape:
        return f"shape {list(got.shape)}, expected {list(shape)}", 0.0
    found = expected.differences(got, dtype)
    return found.say(), found.worst()


def to_arrays(number: int, expected: Expected) -> dict[str, np.ndarray]:
    """The arrays of result `number`, under the names that `from_arrays` looks for."""
    kind = next(name for name, kind in KINDS.items() if isinstance(expected, kind))
    return {f"{number}.{kind}.{name}": value for name, value in vars(expected).items()}


def from_arrays(number: int, arrays: Mapping[str, np.ndarray]) -> Expected:
    for name, kind in KINDS.items():
        named = {f.name: f"{number}.{name}.{f.name}" for f in fields(kind)}
        if all(key in arrays for key in named.values()):
            return kind(**{field: arrays[key] for field, key in named.items()})
    raise KeyError(f"the kit has no expected result {number}")
