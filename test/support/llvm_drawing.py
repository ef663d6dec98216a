"""Draws programs: which operations on which variables, in which branches and loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from llvm_programs import Block, Choice, Loop, Node, Program, Return, Statement
from llvm_values import literal

EACH, UNIFORM = 3, 2  # variables of each type that differ between threads, and that do not


@dataclass(frozen=True)
class Operation:
    """A statement on variables of these types, with a result; see `llvm_programs.Statement`."""

    result: str  # "": it has none
    operands: tuple[str, ...]
    text: str


_SHORT = {"half": "f16", "bfloat": "bf16", "float": "f32", "double": "f64"}


def mangled(type: str) -> str:
    """A type in the name of an intrinsic: v2i16 for `<2 x i16>`."""
    if type[0] == "<":
        return f"v{type[1]}{mangled(type[5:-1])}"
    return _SHORT.get(type, type)


Operations = Mapping[str, Sequence[Operation]]  # by the type of the result


@dataclass(frozen=True)
class Drawing:
    """What to draw from; a uniform variable gets values of uniform ones only."""

    rng: np.random.Generator
    operations: Operations
    returns: bool = True  # a thread may end before others

    def one_of(self, choices: Sequence):
        return choices[int(self.rng.integers(len(choices)))]

    def variable(self, type: str, uniform: bool = False) -> str:
        number = int(self.rng.integers(UNIFORM if uniform else EACH + UNIFORM))
        return f"{mangled(type)}.{number}"

    def operand(self, type: str, uniform: bool) -> str:
        return literal(self.rng, type) if self.rng.random() < 0.15 else self.variable(type, uniform)

    def statement(self, type: str | None = None) -> Statement:
        uniform = self.rng.random() < 0.3
        operation = self.one_of(self.operations[type or self.one_of(list(self.operations))])
        operands = tuple(self.operand(t, uniform) for t in operation.operands)
        if not operation.result:
            return Statement(operation.text, operands)
        number = self.rng.integers(UNIFORM) if uniform else UNIFORM + self.rng.integers(EACH)
        return Statement(operation.text, operands, f"{mangled(operation.result)}.{number}")

    def statements(self, count: int) -> Block:
        return tuple(self.statement() for _ in range(count))

    def block(self, count: int, depth: int) -> Block:
        """About so many statements, some of them in branches and loops, so many deep."""
        nodes: list[Node] = []
        while count > 0:
            kind = self.rng.integers(8) if depth else 7
            inside = min(count, 2 + int(self.rng.integers(6)))
            if kind == 0:
                nodes.append(self.loop(inside, depth - 1))
            elif kind < 3:
                nodes.append(self.choice(inside, depth - 1))
            elif kind == 3 and self.returns and self.rng.random() < 0.3:
                nodes.append(Return(self.variable("i1")))
            else:
                inside = 1
                nodes.append(self.statement())
            count -= inside
        return tuple(nodes)

    def loop(self, count: int, depth: int) -> Loop:
        leave = self.variable("i1") if self.rng.random() < 0.4 else ""
        uniform = self.rng.random() < 0.3
        return Loop(self.variable("i32", uniform), self.block(count, depth), leave)

    def choice(self, count: int, depth: int) -> Choice:
        uniform = self.rng.random() < 0.3
        if self.rng.random() < 0.6:
            ways = self.block(count, depth), self.block(int(self.rng.integers(count)), depth)
            return Choice(self.variable("i1", uniform), ways)
        number = int(self.rng.integers(2, 9))  # LLVM makes a table of four and more
        each = -(-count // number)
        ways = tuple(self.block(each, depth) for _ in range(number))
        return Choice(self.variable("i32", uniform), ways)


def named(types: Sequence[str]) -> tuple[dict[str, str], frozenset[str]]:
    """Variables of the types, and which of them are uniform: the first ones of each."""
    variables = {f"{mangled(type)}.{i}": type for type in types for i in range(EACH + UNIFORM)}
    return variables, frozenset(f"{mangled(type)}.{i}" for type in types for i in range(UNIFORM))


def draw_program(
    seed: int, operations: Operations, types: Sequence[str], count: int, depth: int = 0
) -> Program:
    """A program of about `count` statements on variables of these types."""
    variables, uniform = named(types)
    drawing = Drawing(np.random.default_rng([seed, 0]), operations)
    body = drawing.block(count, depth)
    return Program(seed, variables, body, uniform)
