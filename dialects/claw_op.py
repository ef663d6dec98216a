"""The base of the claw ops: named dimensions that must agree, and element types that must fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from mlir import ir

from clawc.dialects.ext import Dialect, Op, Operand, Result
from clawc.dialects.shapes import (
    ACCUMULATOR,
    FLOATS,
    Label,
    Labelled,
    dimensions,
    disagreements,
    element,
    rank,
)

CLAW = Dialect("claw")


class ClawOp(Op, dialect=CLAW):
    """Whole-tensor operations without side effects."""

    out: Result
    hint: ClassVar[str] = ""  # what to do about sizes that disagree
    example: ClassVar[str] = ""  # one line of the readable form, for the reference page

    def preconditions(self) -> Iterator[str]:
        """What `labels` relies on: ranks, and attributes that name axes."""
        return iter(())

    def labels(self) -> dict[str, Sequence[Label]]:
        """The dimensions of each tensor by name; equal names mean equal sizes."""
        return {}

    def rules(self) -> Iterator[str]:
        """Everything else: element types, sizes that follow from others."""
        return iter(())

    def invariants(self) -> Iterator[str]:
        unmet = list(self.preconditions())
        labelled = {} if unmet else self.labelled()
        unmet += [
            f"{name} must have rank {len(labels)}, got rank {rank(value)}"
            for name, (value, labels) in labelled.items()
            if rank(value) != len(labels)
        ]
        yield from unmet
        if not unmet:
            for message in disagreements(dimensions(labelled)):
                yield message + self.hint
            yield from self.rules()

    def tensors(self) -> dict[str, ir.Value]:
        """The tensor operands and results by name; absent optional ones left out."""
        named: dict[str, ir.Value] = {}
        for f in self.fields:
            if f.kind not in (Operand, Result) or (value := getattr(self, f.name)) is None:
                continue
            if f.arity == "variadic":
                named |= {f"{f.name} {i}": each for i, each in enumerate(value)}
            else:
                named[f.name] = value
        return named

    def labelled(self) -> dict[str, Labelled]:
        """The tensors that `labels` speaks of, with the names of their dimensions."""
        tensors, named = self.tensors(), self.labels()
        return {name: (tensors[name], labels) for name, labels in named.items() if name in tensors}


def expect_element(name: str, value: ir.Value, allowed: Sequence[str]) -> Iterator[str]:
    """`value` holds one of the types `allowed`."""
    if (found := element(value)) not in allowed:
        yield f"{name} must hold {' or '.join(allowed)}, got {found}"


def expect_same_element(names: str, *values: ir.Value) -> Iterator[str]:
    """All `values` hold the type that the first holds."""
    found = [element(value) for value in values]
    if len(set(found)) > 1:
        yield f"{names} must hold the same element type, got {', '.join(found)}; use claw.cast"


def accumulated_types(source: str) -> tuple[str, ...]:
    """The result types of a sum over `source`: floats may stay, small integers must widen."""
    wide = ACCUMULATOR.get(source)
    if wide is None:
        return (source,)
    return (source, wide) if source in FLOATS else (wide,)


def expect_axis(name: str, axis: int, rank: int) -> Iterator[str]:
    """`axis` counts from 0 or, negative, from the last one."""
    if not -rank <= axis < rank:
        bounds = f"from {-rank} to {rank - 1}" if rank else "a tensor with axes"
        yield f"{name} {axis} is out of range for rank {rank}; expected {bounds}"
