"""A program of the kit: its text, inputs, and what its results have to be, with derived bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from kit.case import Result, Speed
from kit.expected import Expected, Rows, Whole, segment_sums
from kit.numbers import Seeded, random_bits, widen

from clawc.chips.dtypes import DTYPES
from clawc.chips.elements import ELEMENTS
from clawc.dialects import reference

Arrays = Sequence[np.ndarray]
Answer = Callable[["Program"], list[tuple[Result, Expected]]]
Scale = Callable[["Program", list[np.ndarray]], list[np.ndarray] | float]
MOST_WHOLE = 20_000  # elements of a result of which all are carried
LOOKED_AT = 96  # rows of a large result
PLACES = 24  # in each of them


@dataclass(frozen=True, eq=False)
class Program:
    """`answer` computes what is expected when the kit is built."""

    name: str
    text: str
    inputs: tuple[Seeded | np.ndarray, ...]
    answer: Answer
    speed: Speed | None = None

    def arrays(self) -> list[np.ndarray]:
        return [x.array() if isinstance(x, Seeded) else x for x in self.inputs]


@dataclass(frozen=True)
class Tolerance:
    """Floats are within `ulps` units of the result's type, and one rounding of the type that sums
    are held in for each of `terms`, of the size `scale` (of the result's own, if None)."""

    ulps: float = 4
    terms: float = 1

    def bounds(self, exact: np.ndarray, dtype: str, scale: np.ndarray | float | None) -> np.ndarray:
        """The allowed error of each element, in float32, rounded up."""
        if ELEMENTS[dtype].kind != "float":
            return np.zeros(exact.shape, np.float32)
        size = np.abs(exact)
        inner = ELEMENTS[ELEMENTS[dtype].accumulator].epsilon
        tiny = 2.0 ** {"f16": -14, "f64": -1022}.get(dtype, -126)
        with np.errstate(all="ignore"):
            bound = self.ulps * (ELEMENTS[dtype].epsilon * size + tiny)
            bound = bound + self.terms * inner * (size if scale is None else scale)
            return np.nextafter(bound.astype(np.float32), np.float32(np.inf))


def by_reference(
    ulps: float = 4,
    terms: float = 1,
    scale: Scale | None = None,
    names: Sequence[str] = (),
) -> Answer:
    """What the NumPy reference of the claw operations gives (`clawc.dialects.reference`).  `scale`
    gives the size of what is rounded, one for each result or for all; `names` are the results'."""

    def answer(program: Program) -> list[tuple[Result, Expected]]:
        inputs = program.arrays()
        results = reference.evaluate(program.text, inputs)
        scales: Sequence[np.ndarray | float | None] = [None] * len(results)
        if scale is not None:
            given = scale(program, inputs)
            scales = given if isinstance(given, list) else [given] * len(results)
        named = names or [str(n) for n in range(len(results))]
        tolerance = Tolerance(ulps, terms)
        return [
            kept(name, result, tolerance, each)
            for name, result, each in zip(named, results, scales, strict=True)
        ]

    return answer


def by_arrays(results: Arrays, ulps: float = 0, terms: float = 0, scale: float = 1.0) -> Answer:
    """Results that somebody computed already."""

    def answer(_program: Program) -> list[tuple[Result, Expected]]:
        tolerance = Tolerance(ulps, terms)
        return [kept(str(n), result, tolerance, scale) for n, result in enumerate(results)]

    return answer


def by_rows(
    dtype: str,
    shape: tuple[int, ...],
    compute: Callable[[Arrays, np.ndarray], tuple[np.ndarray, np.ndarray | float]],
    ulps: float = 4,
    terms: float = 1,
) -> Answer:
    """Some rows of a result that is too large to compute as a whole: `compute` gives those that it
    is asked for in float64, [rows, columns], and the size of what is rounded."""

    def answer(program: Program) -> list[tuple[Result, Expected]]:
        rows = spread(prod(shape[:-1]), LOOKED_AT, seed=1)
        with np.errstate(all="ignore"):
            values, scale = compute(program.arrays(), rows)
        bounds = Tolerance(ulps, terms).bounds(values, dtype, scale)
        return [(Result("0", dtype, shape), in_rows(rows, values, bounds))]

    return answer


def in_rows(rows: np.ndarray, values: np.ndarray, bounds: np.ndarray) -> Rows:
    """What is kept of the rows with these numbers, [rows, columns]."""
    columns = values.shape[1]
    chosen = spread(columns, max(PLACES, PLACES * LOOKED_AT // len(rows)), seed=2)
    # Other columns in each row, so that together the rows look everywhere.
    places = (chosen + 61 * np.arange(len(rows))[:, None]) % columns
    return Rows(
        rows,
        places,
        np.take_along_axis(values, places, 1),
        np.take_along_axis(bounds, places, 1),
        segment_sums(values),
        segment_sums(bounds),
    )


def spread(count: int, wanted: int, seed: int) -> np.ndarray:
    """One of each of `wanted` equal parts of 0 to `count`, the first and the last, or all."""
    if count <= wanted:
        return np.arange(count)
    edges = np.linspace(0, count, wanted + 1).astype(np.int64)
    widths = np.diff(edges).astype(np.uint64)
    chosen = edges[:-1] + (random_bits(seed, wanted) % widths).astype(np.int64)
    return np.unique([0, *chosen, count - 1])


def kept(
    name: str, result: np.ndarray, tolerance: Tolerance, scale: np.ndarray | float | None
) -> tuple[Result, Expected]:
    """What is carried of a result: all of it, unless it is large."""
    dtype = name_of(result.dtype)
    values = widen(result, dtype)
    bounds = tolerance.bounds(values, dtype, scale)
    known = Result(name, dtype, result.shape)
    if values.size <= MOST_WHOLE:
        return known, Whole(values, bounds)
    values, bounds = (x.reshape(-1, result.shape[-1]) for x in (values, bounds))
    rows = spread(len(values), LOOKED_AT, seed=1)
    return known, in_rows(rows, values[rows], bounds[rows])


def sizes(array: np.ndarray) -> np.ndarray:
    """The sizes of an array's elements, in float64."""
    return np.abs(widen(array, name_of(array.dtype))).astype(np.float64)


def name_of(dtype: np.dtype) -> str:
    """MLIR's name of an element type."""
    return next(name for name, known in DTYPES.items() if known == dtype)


def magnitudes(program: Program, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """What the program gives for the inputs' absolute values: of a sum of products, the sum of the
    terms' sizes, to which its rounding error is proportional (Higham, 2002, section 3.1)."""
    results = reference.evaluate(program.text, [np.abs(x) for x in inputs])
    return [sizes(r) for r in results]


def moved(*tensors: tuple[str, tuple[int, ...]]) -> float:
    """Bytes of tensors that are read or written once."""
    return float(sum(prod(shape) * DTYPES[dtype].itemsize for dtype, shape in tensors))
