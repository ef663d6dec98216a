"""Element types as data: the one table that all rooms take their lists, sizes and types from."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("float", "integer", "bool", "complex", "small")


@dataclass(frozen=True)
class Element:
    """One element type, by its MLIR name."""

    name: str
    kind: str  # of KINDS; integers are signed
    bits: int
    numpy: str  # its name in NumPy, or in ml_dtypes where NumPy has no such type
    accumulator: str  # what sums and products of many are held in
    computed_in: str  # what one operation is computed in, and rounded from
    epsilon: float = 0.0  # of a float: from 1 to the next larger number
    everywhere: bool = True  # every chip has it, unless its row says otherwise

    @property
    def bytes(self) -> int:
        """In memory, where a truth value takes a byte."""
        return max(1, self.bits // 8)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            self._refuse("kind", f"is {self.kind!r}; expected one of {', '.join(KINDS)}")
        if self.bits < 1 or self.bits & (self.bits - 1):
            self._refuse("bits", f"is {self.bits}; expected a power of two")
        if (self.kind == "float") != (self.epsilon > 0):
            self._refuse("epsilon", f"is {self.epsilon}; expected more than 0 of floats alone")

    def _refuse(self, field: str, message: str) -> None:
        raise ValueError(f"element type {self.name!r}: {field} {message}")


def _float(name: str, bits: int, numpy: str, digits: int, wide: str = "") -> Element:
    """`digits` are binary, after the point."""
    return Element(name, "float", bits, numpy, wide or name, wide or name, 2.0**-digits)


def _integer(name: str, bits: int, accumulator: str = "") -> Element:
    return Element(name, "integer", bits, f"int{bits}", accumulator or name, name)


def _complex(part: str, bits: int) -> Element:
    """Pairs of `part`s; programs have them, but no chip: each becomes two before any kernel."""
    name = f"complex<{part}>"
    return Element(name, "complex", 2 * bits, f"complex{2 * bits}", name, name, everywhere=False)


def _small(name: str, bits: int, numpy: str, wide: str) -> Element:
    """Stored in a byte; no chip need have it: it is one of `wide` before any kernel."""
    return Element(name, "small", bits, numpy, wide, wide, everywhere=False)


def checked(rows: tuple[Element, ...]) -> dict[str, Element]:
    """The rows by name, once each name is there once and each type that a row names has a row."""
    table = {row.name: row for row in rows}
    if len(table) != len(rows):
        raise ValueError(f"an element type has two rows: {', '.join(row.name for row in rows)}")
    for row in rows:
        for field in ("accumulator", "computed_in"):
            if getattr(row, field) not in table:
                raise ValueError(
                    f"element type {row.name!r}: {field} is {getattr(row, field)!r}, which has "
                    f"no row; expected one of {', '.join(table)}"
                )
    return table


ELEMENTS = checked(
    (
        Element("i1", "bool", 1, "bool", "i1", "i1"),
        _integer("i8", 8, accumulator="i32"),
        _integer("i16", 16, accumulator="i32"),
        _integer("i32", 32),
        _integer("i64", 64),
        _float("f16", 16, "float16", 10, wide="f32"),
        _float("bf16", 16, "bfloat16", 7, wide="f32"),
        _float("f32", 32, "float32", 23),
        _float("f64", 64, "float64", 52),
        _complex("f32", 32),
        _complex("f64", 64),
        _small("f8E4M3FN", 8, "float8_e4m3fn", "f32"),
        _small("f8E5M2", 8, "float8_e5m2", "f32"),
        _small("f8E4M3FNUZ", 8, "float8_e4m3fnuz", "f32"),
        _small("f8E5M2FNUZ", 8, "float8_e5m2fnuz", "f32"),
        _small("i4", 4, "int4", "i8"),
        _small("i2", 2, "int2", "i8"),
    )
)

NARROW = frozenset(
    row.name for row in ELEMENTS.values() if row.everywhere and row.computed_in != row.name
)
"""Stored only: each operation widens them, computes, and rounds."""

EVERYWHERE = frozenset(row.name for row in ELEMENTS.values() if row.everywhere)


def names(*kinds: str) -> tuple[str, ...]:
    """The types of these kinds, in the table's order."""
    return tuple(row.name for row in ELEMENTS.values() if row.kind in kinds)
