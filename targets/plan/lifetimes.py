"""What a plan need not do, and when it is done with a buffer."""

from __future__ import annotations

from collections.abc import Iterator

from clawc.runtime.steps import (
    Alloc,
    Assert,
    Block,
    Branch,
    Compute,
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
    blocks_of,
)


def without_unused(steps: list[Step], used: set[int]) -> list[Step]:
    """The steps but those that compute or read values which nobody uses; `used` grows."""
    kept: list[Step] = []
    for step in reversed(steps):
        if isinstance(step, (Compute, Read)) and step.value not in used:
            continue
        if blocks_of(step):
            step = _with_blocks(step, lambda block: _trimmed(block, used))
        used.update(values_in(operands_of(step)))
        kept.append(step)
    return kept[::-1]


def _trimmed(block: Block, used: set[int]) -> Block:
    used.update(values_in(block.gives))
    return Block(block.arguments, tuple(without_unused(list(block.steps), used)), block.gives)


def with_frees(steps: list[Step], gives: tuple[Operand, ...]) -> tuple[Step, ...]:
    """The steps, and after the last use of each buffer that they make, unless it is given, its
    `Free`."""
    kept = set(_buffers_in(gives))
    last: dict[int, int] = {}
    for position, step in enumerate(steps):
        for buffer in (*_made_by(step), *_used_by(step)):
            last[buffer] = position
    own = {buffer for step in steps for buffer in _made_by(step)}
    ends: dict[int, list[Step]] = {}
    for buffer, position in last.items():
        if buffer in own and buffer not in kept:
            ends.setdefault(position, []).append(Free(buffer))
    freed: list[Step] = []
    for position, step in enumerate(steps):
        if blocks_of(step):
            step = _with_blocks(step, _freed)
        freed += [step, *ends.get(position, [])]
    return tuple(freed)


def _freed(block: Block) -> Block:
    return Block(block.arguments, with_frees(list(block.steps), block.gives), block.gives)


def _with_blocks(step: Step, change) -> Step:
    fields = vars(step)
    return type(step)(
        **{name: change(part) if isinstance(part, Block) else part for name, part in fields.items()}
    )


def operands_of(step: Step) -> tuple[Operand, ...]:
    """What a step takes, but for what its blocks take."""
    match step:
        case Compute():
            return step.operands
        case Write():
            return (step.operand,)
        case Alloc():
            return step.shape
        case Launch():
            return (step.grid, *step.scalars, *(("buffer", number) for number in step.buffers))
        case Read() | Store():
            return (("buffer", step.buffer),)
        case Branch():
            return (step.condition,)
        case For():
            return (*step.bounds, *step.starts)
        case While():
            return step.starts
        case Assert():
            return (step.condition,)
    return ()


def values_in(operands: tuple[Operand, ...]) -> Iterator[int]:
    """The numbers of the values among operands."""
    return (o[1] for o in operands if isinstance(o, tuple) and o[0] == "value")


def _buffers_in(operands: tuple[Operand, ...]) -> Iterator[int]:
    return (o[1] for o in operands if isinstance(o, tuple) and o[0] == "buffer")


def _made_by(step: Step) -> Iterator[int]:
    """The buffers that a step gives a content, and that may be freed."""
    if isinstance(step, (Alloc, Write, Load)):
        yield step.buffer
    elif isinstance(step, (Branch, For, While)):
        yield from _buffers_in(step.results)


def _used_by(step: Step) -> Iterator[int]:
    """The buffers that a step takes, those of its blocks too."""
    yield from _buffers_in(operands_of(step))
    for block in blocks_of(step):
        yield from _buffers_in(block.gives)
        for inner in block.steps:
            yield from _used_by(inner)
