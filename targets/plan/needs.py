"""What a plan says that its kernels need of a launch, read off the launches that it has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clawc.chips.elements import ELEMENTS
from clawc.runtime.figures import Figure
from clawc.runtime.needs import FACT, Needs
from clawc.runtime.plan import Entry, Plan, TensorType
from clawc.runtime.steps import Alloc, Compute, Constant, Launch, Load, Operand, Write, all_steps
from clawc.targets.estimates.figures import BINARY, combine

DEEPEST = 12
"""Operators of a figure; a size that is computed from more is left out."""
INDEX_BYTES = 8
Buffer = tuple[int, tuple[Operand, ...]]  # the bytes of an element, and the shape


def with_needs(plan: Plan) -> Plan:
    """`plan` with the needs of each kernel whose launches agree on them."""
    found: dict[str, Needs] = {}
    for entry in plan.entries.values():
        sizes, computed = _buffers(entry), _computed(entry)
        for step in all_steps(entry.steps):
            if isinstance(step, Launch):
                needs = _needs(step, sizes, computed)
                before = found.setdefault(step.kernel, needs)
                found[step.kernel] = _common(before, needs)
    kernels: dict[str, dict[str, Any]] = {
        name: {**facts, FACT: found[name].to_json()} if name in found else facts
        for name, facts in plan.kernels.items()
    }
    return replace(plan, kernels=kernels)


def _buffers(entry: Entry) -> dict[int, Buffer]:
    """The buffers whose shapes are known where they are made."""
    found: dict[int, Buffer] = {}
    variables = {variable.name: variable.initial for variable in entry.variables}
    for number, type_ in enumerate(entry.arguments):
        if isinstance(type_, TensorType):
            found[number] = _buffer(type_.dtype, type_.shape)
    for step in all_steps(entry.steps):
        match step:
            case Alloc():
                found[step.buffer] = _buffer(step.dtype, step.shape)
            case Write():
                found[step.buffer] = _buffer(step.dtype, ())
            case Constant():
                constant = entry.constants[step.index]
                found[step.buffer] = _buffer(constant.dtype, constant.shape)
            case Load():
                constant = entry.constants[variables[step.variable]]
                found[step.buffer] = _buffer(constant.dtype, constant.shape)
    return found


def _buffer(dtype: str, shape: tuple[Operand, ...]) -> Buffer:
    return ELEMENTS[dtype].bytes if dtype in ELEMENTS else INDEX_BYTES, shape


def _computed(entry: Entry) -> dict[int, Compute]:
    return {step.value: step for step in all_steps(entry.steps) if isinstance(step, Compute)}


def _needs(launch: Launch, sizes: dict[int, Buffer], computed: dict[int, Compute]) -> Needs:
    def figure(operand: Operand, depth: int = 0) -> Figure | None:
        """The operand over the launch's scalars."""
        if isinstance(operand, int):
            return operand
        if operand in launch.scalars:
            return ("scalar", launch.scalars.index(operand))
        if not isinstance(operand, tuple) or operand[0] != "value" or depth == DEEPEST:
            return None
        step = computed.get(operand[1])
        if step is None or step.operation not in BINARY or set(step.types) != {"index"}:
            return None
        left, right = (figure(part, depth + 1) for part in step.operands)
        if left is None or right is None:
            return None
        return combine(BINARY[step.operation], left, right)

    def bytes_of(number: int) -> Figure | None:
        if number not in sizes:
            return None
        total, shape = sizes[number]
        for factor in map(figure, shape):
            if factor is None:
                return None
            total = combine("mul", total, factor)
        return total

    sizes_needed = tuple(bytes_of(number) for number in launch.buffers)
    return Needs(figure(launch.grid), sizes_needed, len(launch.scalars))


def _common(one: Needs, other: Needs) -> Needs:
    """What two launches of a kernel agree on."""
    return Needs(
        one.grid if one.grid == other.grid else None,
        tuple(a if a == b else None for a, b in zip(one.bytes, other.bytes, strict=True)),
        one.scalars,
    )
