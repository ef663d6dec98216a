"""Whether a launch plan makes sense: for bundles that got damaged or that clawc did not write."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from clawc.chips.elements import ELEMENTS
from clawc.runtime.figures import COMPARISONS, OPERATORS
from clawc.runtime.plan import ConstantData, Entry, Plan, ScalarType, TensorType
from clawc.runtime.scalar_operations import OPERATIONS
from clawc.runtime.scalar_types import is_type
from clawc.runtime.steps import (
    STEPS,
    Alloc,
    Assert,
    Block,
    Branch,
    Compute,
    Constant,
    For,
    Free,
    Launch,
    Load,
    Operand,
    Read,
    Step,
    Store,
    While,
    Write,
)

DEEPEST = 100
"""Loops and branches nest no deeper."""


def check_plan(plan: Plan) -> None:
    """Raise ValueError with what is wrong, so that no call fails halfway for such a reason."""
    for name, facts in plan.kernels.items():
        threads = facts.get("threads")
        require(isinstance(threads, int) and threads > 0, f"no number of threads for {name}")
    for entry in plan.entries.values():
        check_entry(entry, plan)


def require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@dataclass
class Scope:
    """What is known where a step stands: an entry's signature, and numbers with a content."""

    plan: Plan
    entry: Entry
    values: set[int] = field(default_factory=set)
    buffers: set[int] = field(default_factory=set)
    inside: list[list[tuple]] = field(default_factory=list)  # what each block around has defined

    def number(self, operand: Operand) -> None:
        """A scalar."""
        match operand:
            case int() | float():
                return
            case ("value", number):
                require(number in self.values, f"no value {number} here")
            case ("dim", argument, dim):
                arguments = self.entry.arguments
                known = argument in range(len(arguments))
                tensor = arguments[argument] if known else None
                inside = isinstance(tensor, TensorType) and dim in range(len(tensor.shape))
                require(inside, f"no dimension {dim} of argument {argument}")
            case _:
                raise ValueError(f"no scalar: {operand!r}")

    def numbers(self, operands: Iterable[Operand]) -> None:
        for operand in operands:
            self.number(operand)

    def either(self, operand: Operand) -> None:
        """A scalar or a buffer."""
        if isinstance(operand, tuple) and operand[0] == "buffer":
            self.buffer(operand[1])
        else:
            self.number(operand)

    def buffer(self, number: int) -> None:
        require(number in self.buffers, f"no buffer {number} here")

    def define(self, targets: Sequence[tuple]) -> None:
        for target in targets:
            kind, number = target
            require(kind in ("value", "buffer") and isinstance(number, int), f"no target: {target}")
            (self.values if kind == "value" else self.buffers).add(number)
            if self.inside:
                self.inside[-1].append(target)

    def leave(self) -> None:
        """A block ends, and with it what it has defined."""
        for kind, number in self.inside.pop():
            (self.values if kind == "value" else self.buffers).discard(number)


def check_entry(entry: Entry, plan: Plan) -> None:
    scope = Scope(plan, entry)
    for number, type_ in enumerate(entry.arguments):
        kind = "value" if isinstance(type_, ScalarType) else "buffer"
        scope.define([(kind, number)])
    for type_ in entry.arguments:
        check_type(type_, scope)
    for constant in entry.constants:
        check_dtype(constant)
        require(all(size >= 0 for size in constant.shape), "a constant with a negative size")
        size = math.prod(constant.shape) * ELEMENTS[constant.dtype].bytes
        require(len(constant.data) == size, f"a constant of {len(constant.data)} bytes, not {size}")
    for variable in entry.variables:
        known = variable.initial in range(len(entry.constants))
        require(known, f"no constant {variable.initial} for the variable {variable.name!r}")
    check_steps(entry.steps, scope)
    require(len(entry.results) == len(entry.result_types), "results without a type")
    for operand, type_ in zip(entry.results, entry.result_types, strict=True):
        check_type(type_, scope)
        is_buffer = isinstance(operand, tuple) and operand[0] == "buffer"
        require(is_buffer == isinstance(type_, TensorType), f"{operand} is no {type_.dtype}")
        scope.either(operand)


def check_type(type_: TensorType | ScalarType, scope: Scope) -> None:
    if isinstance(type_, ScalarType):
        require(is_type(type_.dtype), f"the unknown type {type_.dtype!r}")
    else:
        check_tensor(type_, scope)


def check_dtype(tensor: TensorType | ConstantData | Alloc | Read | Write) -> None:
    require(tensor.dtype in ELEMENTS, f"the unknown element type {tensor.dtype!r}")


def check_tensor(tensor: TensorType | Alloc, scope: Scope) -> None:
    check_dtype(tensor)
    scope.numbers(tensor.shape)


def check_steps(steps: Sequence[Step], scope: Scope) -> None:
    for step in steps:
        require(isinstance(step, STEPS), f"no step: {step!r}")
        check_step(step, scope)


def check_step(step: Step, scope: Scope) -> None:
    match step:
        case Compute():
            check_compute(step, scope)
        case Read():
            check_dtype(step)
            scope.buffer(step.buffer)
            scope.define([("value", step.value)])
        case Write():
            check_dtype(step)
            scope.number(step.operand)
            scope.define([("buffer", step.buffer)])
        case Alloc():
            check_tensor(step, scope)
            scope.define([("buffer", step.buffer)])
        case Constant():
            known = step.index in range(len(scope.entry.constants))
            require(known, f"no constant {step.index}")
            scope.define([("buffer", step.buffer)])
        case Load():
            variable(step.variable, scope)
            scope.define([("buffer", step.buffer)])
        case Store():
            require(variable(step.variable, scope), f"{step.variable!r} does not change")
            scope.buffer(step.buffer)
        case Assert():
            scope.number(step.condition)
        case Launch():
            check_launch(step, scope)
        case Free():
            scope.buffer(step.buffer)
        case Branch():
            scope.number(step.condition)
            for block in (step.then, step.otherwise):
                check_block(block, 0, len(step.results), scope)
            scope.define(step.results)
        case For():
            require(is_type(step.type), f"the unknown type {step.type!r}")
            scope.numbers(step.bounds)
            check_loop(step.starts, scope)
            check_block(step.body, 1 + len(step.starts), len(step.starts), scope)
            require(len(step.results) == len(step.starts), "a loop with other results than starts")
            scope.define(step.results)
        case While():
            check_loop(step.starts, scope)
            check_block(step.before, len(step.starts), 1 + len(step.results), scope)
            check_block(step.after, len(step.results), len(step.starts), scope)
            scope.define(step.results)


def check_compute(step: Compute, scope: Scope) -> None:
    operation = OPERATIONS.get(step.operation)
    if operation is None:
        raise ValueError(f"the unknown operation {step.operation!r}")
    count = len(step.operands)
    require(count == operation.operands, f"{step.operation} of {count} operands")
    require(len(step.types) == 2 and all(map(is_type, step.types)), f"no types: {step.types}")
    scope.numbers(step.operands)
    scope.define([("value", step.value)])


def variable(name: str, scope: Scope) -> bool:
    """Whether the variable may change."""
    found = [v for v in scope.entry.variables if v.name == name]
    require(len(found) == 1, f"no variable {name!r}")
    return found[0].mutable


def check_loop(starts: Sequence[Operand], scope: Scope) -> None:
    for operand in starts:
        scope.either(operand)


def check_block(block: Block, takes: int, gives: int, scope: Scope) -> None:
    require(len(block.arguments) == takes, f"a block of {len(block.arguments)} arguments")
    require(len(block.gives) == gives, f"a block that gives {len(block.gives)}")
    require(len(scope.inside) < DEEPEST, f"loops and branches nest more than {DEEPEST} deep")
    scope.inside.append([])
    scope.define(block.arguments)
    check_steps(block.steps, scope)
    for operand in block.gives:
        scope.either(operand)
    scope.leave()


def check_launch(step: Launch, scope: Scope) -> None:
    kernels = scope.plan.kernels
    require(step.kernel in kernels, f"launches the unknown kernel {step.kernel!r}")
    for buffer in step.buffers:
        scope.buffer(buffer)
    access = kernels[step.kernel].get("access", step.buffers)
    require(len(access) == len(step.buffers), f"{step.kernel} takes {len(access)} buffers")
    scope.numbers((step.grid, *step.scalars))
    for figure in kernels[step.kernel].get("estimates", {}).values():
        if figure is not None:
            check_figure(figure, len(step.scalars))


def check_figure(figure: Any, scalars: int) -> None:
    """A kernel's estimate over the launch's scalars."""
    if isinstance(figure, int):
        return
    name, *rest = figure
    if name == "scalar":
        require(rest[0] in range(scalars), f"no scalar {rest[0]} of a launch")
        return
    if name == "select":
        condition, *rest = rest
        check_condition(condition, scalars)
    require(name in OPERATORS or name == "select", f"the unknown operator {name!r}")
    left, right = rest
    check_figure(left, scalars)
    check_figure(right, scalars)


def check_condition(condition: Any, scalars: int) -> None:
    name, *rest = condition
    if name in ("and", "or", "not"):
        require(len(rest) > 0, f"{name} of nothing")
        for part in rest:
            check_condition(part, scalars)
        return
    require(name in COMPARISONS, f"the unknown comparison {name!r}")
    left, right = rest
    check_figure(left, scalars)
    check_figure(right, scalars)
