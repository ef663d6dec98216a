"""Whether a launch plan makes sense: for bundles that got damaged or that clawc did not write."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from clawc.chips.elements import ELEMENTS
from clawc.runtime.kernel_check import check_figures, check_kernel, require
from clawc.runtime.plan import ConstantData, Entry, Plan, ScalarType, TensorType
from clawc.runtime.scalar_kinds import FLOAT, INTEGER, kind_of, operands_of
from clawc.runtime.scalar_operations import OPERATIONS
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

BUFFER = "a buffer"  # what an operand may be beside an integer and a float
LARGEST = 1 << 127  # numbers have 128 bits at most
DEEPEST = 100
"""Loops and branches nest no deeper."""


def check_plan(plan: Plan) -> None:
    """Raise ValueError with what is wrong, so that no call fails halfway for such a reason."""
    for name, facts in plan.kernels.items():
        check_kernel(name, facts)
    for entry in plan.entries.values():
        check_entry(entry, plan)


@dataclass
class Scope:
    """What is known where a step stands: an entry's signature, and numbers with a content."""

    plan: Plan
    entry: Entry
    values: dict[int, str] = field(default_factory=dict)  # and what they are: INTEGER or FLOAT
    buffers: set[int] = field(default_factory=set)
    writable: set[int] = field(default_factory=set)  # those that hold nothing of anybody else's
    inside: list[list[tuple]] = field(default_factory=list)  # what each block around has defined

    def number(self, operand: Operand) -> str:
        """A scalar; what it is."""
        match operand:
            case int():
                require(-LARGEST <= operand < LARGEST, f"the number {operand} is too large")
            case float():
                return FLOAT
            case ("value", int() as number):
                require(number in self.values, f"no value {number} here")
                return self.values[number]
            case ("dim", int() as argument, int() as dim):
                arguments = self.entry.arguments
                known = argument in range(len(arguments))
                tensor = arguments[argument] if known else None
                inside = isinstance(tensor, TensorType) and dim in range(len(tensor.shape))
                require(inside, f"no dimension {dim} of argument {argument}")
            case _:
                raise ValueError(f"no scalar: {operand!r}")
        return INTEGER

    def integers(self, operands: Iterable[Operand]) -> None:
        """Sizes, indices, conditions."""
        for operand in operands:
            require(self.number(operand) == INTEGER, f"{operand} is no integer")

    def either(self, operand: Operand) -> str:
        """A scalar or a buffer; what it is."""
        match operand:
            case ("buffer", int() as number):
                self.buffer(number)
                return BUFFER
            case _:
                return self.number(operand)

    def buffer(self, number: int) -> None:
        require(number in self.buffers, f"no buffer {number} here")

    def define(self, target: tuple, kind: str) -> None:
        """A number that has a content from here to the end of the block."""
        word, number = target
        known = word == ("buffer" if kind == BUFFER else "value") and isinstance(number, int)
        require(known, f"no target for what is {kind}: {target}")
        is_new = number not in self.buffers and number not in self.values
        require(is_new, f"the number {number} has a content already")
        if kind == BUFFER:
            self.buffers.add(number)
        else:
            self.values[number] = kind
        self.inside[-1].append(target)

    def define_all(self, targets: Sequence[tuple], kinds: Sequence[str]) -> None:
        require(len(targets) == len(kinds), f"{len(targets)} targets for {len(kinds)}")
        for target, kind in zip(targets, kinds, strict=True):
            self.define(target, kind)

    def free(self, number: int) -> None:
        """A buffer that was made in this block."""
        require(("buffer", number) in self.inside[-1], f"frees {number}, made elsewhere")
        self.buffer(number)
        self.buffers.discard(number)

    def leave(self) -> None:
        """A block ends, and with it what it has defined."""
        for word, number in self.inside.pop():
            if word == "buffer":
                self.buffers.discard(number)
                self.writable.discard(number)
            else:
                del self.values[number]


def check_entry(entry: Entry, plan: Plan) -> None:
    require(isinstance(entry.name, str), f"{entry.name!r} is no name of an entry")
    scope = Scope(plan, entry, inside=[[]])
    for number, type_ in enumerate(entry.arguments):
        is_scalar = isinstance(type_, ScalarType)
        require(is_scalar or isinstance(type_, TensorType), f"no type: {type_!r}")
        kind = kind_of(type_.dtype) if is_scalar else BUFFER
        scope.define(("value" if is_scalar else "buffer", number), kind)
        scope.writable.add(number)  # a call copies what is written
    for number, type_ in enumerate(entry.arguments):
        check_type(type_, scope)
        sizes = type_.shape if isinstance(type_, TensorType) else ()
        for dim, size in enumerate(sizes):
            told = isinstance(size, int) or (isinstance(size, tuple) and size[0] == "dim")
            require(told, f"dimension {dim} of argument {number} is {size}, which no call tells")
    for constant in entry.constants:
        check_dtype(constant)
        known = all(type(size) is int and size >= 0 for size in constant.shape)
        require(known, f"a constant with the shape {constant.shape}")
        size = math.prod(constant.shape) * ELEMENTS[constant.dtype].bytes
        require(len(constant.data) == size, f"a constant of {len(constant.data)} bytes, not {size}")
    for variable in entry.variables:
        known = variable.initial in range(len(entry.constants))
        require(known, f"no constant {variable.initial} for the variable {variable.name!r}")
    check_steps(entry.steps, scope)
    require(len(entry.results) == len(entry.result_types), "results without a type")
    for operand, type_ in zip(entry.results, entry.result_types, strict=True):
        check_type(type_, scope)
        wanted = BUFFER if isinstance(type_, TensorType) else kind_of(type_.dtype)
        require(scope.either(operand) == wanted, f"{operand} is no {type_.dtype}")


def check_type(type_: TensorType | ScalarType, scope: Scope) -> None:
    if isinstance(type_, ScalarType):
        kind_of(type_.dtype)
    else:
        check_tensor(type_, scope)


def check_dtype(tensor: TensorType | ConstantData | Alloc | Read | Write) -> None:
    require(tensor.dtype in ELEMENTS, f"the unknown element type {tensor.dtype!r}")


def check_tensor(tensor: TensorType | Alloc, scope: Scope) -> None:
    check_dtype(tensor)
    scope.integers(tensor.shape)


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
            scope.define(("value", step.value), kind_of(step.dtype))
        case Write():
            check_dtype(step)
            require(scope.number(step.operand) == kind_of(step.dtype), f"no {step.dtype}")
            scope.define(("buffer", step.buffer), BUFFER)
        case Alloc():
            check_tensor(step, scope)
            scope.define(("buffer", step.buffer), BUFFER)
            scope.writable.add(step.buffer)
        case Constant():
            known = step.index in range(len(scope.entry.constants))
            require(known, f"no constant {step.index}")
            scope.define(("buffer", step.buffer), BUFFER)
        case Load():
            variable(step.variable, scope)
            scope.define(("buffer", step.buffer), BUFFER)
        case Store():
            require(variable(step.variable, scope), f"{step.variable!r} does not change")
            scope.buffer(step.buffer)
        case Assert():
            scope.integers([step.condition])
        case Launch():
            check_launch(step, scope)
        case Free():
            scope.free(step.buffer)
        case Branch():
            scope.integers([step.condition])
            gives = check_block(step.then, [], scope)
            require(
                check_block(step.otherwise, [], scope) == gives, "a branch that gives two kinds"
            )
            scope.define_all(step.results, gives)
        case For():
            require(kind_of(step.type) == INTEGER, f"{step.type} cannot count")
            require(len(step.bounds) == 3, f"a loop of {len(step.bounds)} bounds")
            scope.integers(step.bounds)
            carried = [scope.either(operand) for operand in step.starts]
            gives = check_block(step.body, [INTEGER, *carried], scope)
            require(gives == carried, "a loop that gives other kinds than it takes")
            scope.define_all(step.results, carried)
        case While():
            carried = [scope.either(operand) for operand in step.starts]
            again, *onward = check_block(step.before, carried, scope)
            require(again == INTEGER, "a loop whose condition is no integer")
            gives = check_block(step.after, onward, scope)
            require(gives == carried, "a loop that gives other kinds than it takes")
            scope.define_all(step.results, onward)


def check_compute(step: Compute, scope: Scope) -> None:
    name = step.operation
    require(name in OPERATIONS, f"the unknown operation {name!r}")
    count = len(step.operands)
    require(count == OPERATIONS[name].operands, f"{name} of {count} operands")
    require(len(step.types) == 2, f"no types: {step.types}")
    wanted = operands_of(name, step.types)
    found = [scope.number(operand) for operand in step.operands]
    require(found == wanted, f"{name} of {', '.join(found)}; expected {', '.join(wanted)}")
    scope.define(("value", step.value), kind_of(step.types[1]))


def variable(name: str, scope: Scope) -> bool:
    """Whether the variable may change."""
    found = [v for v in scope.entry.variables if v.name == name]
    require(len(found) == 1, f"no variable {name!r}")
    return found[0].mutable


def check_block(block: Block, takes: Sequence[str], scope: Scope) -> list[str]:
    """The kinds of what a block gives that takes such."""
    require(isinstance(block, Block), f"no block: {block!r}")
    require(len(scope.inside) <= DEEPEST, f"loops and branches nest more than {DEEPEST} deep")
    scope.inside.append([])
    scope.define_all(block.arguments, takes)
    check_steps(block.steps, scope)
    gives = [scope.either(operand) for operand in block.gives]
    scope.leave()
    return gives


def check_launch(step: Launch, scope: Scope) -> None:
    kernels = scope.plan.kernels
    require(step.kernel in kernels, f"launches the unknown kernel {step.kernel!r}")
    for buffer in step.buffers:
        scope.buffer(buffer)
    for buffer, how in zip(step.buffers, kernels[step.kernel].get("access", ()), strict=False):
        kept = how != "read" and buffer not in scope.writable
        require(not kept, f"{step.kernel} writes to buffer {buffer}, which others read")
    scope.integers((step.grid, *step.scalars))
    check_figures(step.kernel, kernels[step.kernel], len(step.buffers), len(step.scalars))
