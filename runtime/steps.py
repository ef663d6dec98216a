"""The steps of a launch plan: what the host does, one after the other, as plain values.

Buffers and values (scalars) are numbered, and a step gives a number its content; an entry's
arguments have the first numbers, each in the kind that it is of.  What steps take is

    5, 0.5                          a number
    ("value", 7)                    a scalar by its number
    ("dim", argument, dimension)    a size of an argument
    ("buffer", 7)                   a buffer, where either can stand

Loops and branches hold steps of their own, and hand values and buffers on to their results.  A
buffer is written by the launch that makes it and never again, so that one more name for it costs
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

Operand = int | float | tuple


@dataclass(frozen=True)
class Compute:
    """A scalar from others, by an operation of `scalar_operations.py`; the types of the last
    operand and of the result."""

    value: int
    operation: str
    types: tuple[str, str]
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Read:
    """The only element of a buffer as a scalar: the host waits for the launches before."""

    value: int
    buffer: int
    dtype: str


@dataclass(frozen=True)
class Write:
    """A fresh buffer with a scalar in it, for kernels that take it."""

    buffer: int
    dtype: str
    operand: Operand


@dataclass(frozen=True)
class Alloc:
    """A fresh buffer."""

    buffer: int
    dtype: str
    shape: tuple[Operand, ...]


@dataclass(frozen=True)
class Constant:
    """A buffer that holds a constant of the entry."""

    buffer: int
    index: int


@dataclass(frozen=True)
class Load:
    """A buffer that holds what a variable holds now."""

    buffer: int
    variable: str


@dataclass(frozen=True)
class Store:
    """The variable holds what the buffer does, from now on."""

    variable: str
    buffer: int


@dataclass(frozen=True)
class Assert:
    """A check of the program's own, and what to say if the condition is 0."""

    condition: Operand
    message: str


@dataclass(frozen=True)
class Launch:
    """Run `grid` workgroups of a kernel; none if that is 0."""

    kernel: str
    grid: Operand
    buffers: tuple[int, ...]
    scalars: tuple[Operand, ...]


@dataclass(frozen=True)
class Free:
    """The buffer is not used any more."""

    buffer: int


@dataclass(frozen=True)
class Block:
    """Steps under names of their own: what comes in, and what they give."""

    arguments: tuple[tuple, ...]  # ("value", 7) or ("buffer", 7)
    steps: tuple[Step, ...]
    gives: tuple[Operand, ...]


@dataclass(frozen=True)
class Branch:
    """The steps of one of two blocks."""

    condition: Operand
    then: Block
    otherwise: Block
    results: tuple[tuple, ...]


@dataclass(frozen=True)
class For:
    """Rounds of a block for `lower`, `lower + step`, … below `upper`, in the numbers of a type,
    with or without a sign.  The block takes the number and what is carried: `starts` at first, then
    what the last round gave; `results` are what the last one gave."""

    type: str
    unsigned: bool
    bounds: tuple[Operand, Operand, Operand]  # lower, upper, step
    starts: tuple[Operand, ...]
    body: Block
    results: tuple[tuple, ...]


@dataclass(frozen=True)
class While:
    """Rounds of two blocks.  `before` gives a condition and what goes on: to `after`, whose block
    gives what `before` takes in the next round, or if the condition is 0 to `results`."""

    starts: tuple[Operand, ...]
    before: Block
    after: Block
    results: tuple[tuple, ...]


Step = (
    Compute
    | Read
    | Write
    | Alloc
    | Constant
    | Load
    | Store
    | Assert
    | Launch
    | Free
    | Branch
    | For
    | While
)
STEPS: tuple[type, ...] = get_args(Step)


def blocks_of(step: Step) -> tuple[Block, ...]:
    """The blocks inside of a step."""
    return tuple(part for part in vars(step).values() if isinstance(part, Block))


def all_steps(steps: tuple[Step, ...]) -> Iterator[Step]:
    """The steps, those inside of loops and branches too, in the order of the program."""
    waiting = list(reversed(steps))
    while waiting:
        step = waiting.pop()
        yield step
        for block in reversed(blocks_of(step)):
            waiting += reversed(block.steps)
