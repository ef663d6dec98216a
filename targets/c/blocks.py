"""Loops and branches of a launch plan in C.

A block's own names for buffers end with it; what it gives is held under fresh numbers meanwhile,
which the next round takes over, as `Execution` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from clawc.runtime.plan import Entry
from clawc.runtime.scalar_kinds import INTEGER
from clawc.runtime.scalar_types import bits
from clawc.runtime.steps import (
    Alloc,
    Block,
    Branch,
    Compute,
    Constant,
    For,
    Load,
    Operand,
    Read,
    Step,
    While,
    Write,
    all_steps,
    blocks_of,
)
from clawc.targets.c.lines import Lines, text

Held = list[tuple]  # ("value", 7) or ("buffer", 7), of fresh numbers


@dataclass
class Blocks:
    """Writes loops and branches; `steps` writes what is in them, `fresh` gives unused numbers."""

    out: Lines
    entry: str
    steps: Callable[[Sequence[Step]], None]
    fresh: Iterator[int]

    def branch(self, step: Branch) -> None:
        with self.out.inside(f"if ({self.out.number(step.condition)})"):
            held = self.block(step.then, ())
        with self.out.inside("else"):
            self.take(held, self.block(step.otherwise, ()))
        self.take(step.results, held)

    def count(self, step: For) -> None:
        out = self.out
        type_ = "uint64_t" if step.unsigned else "int64_t"
        with out.inside():
            for name, bound in zip(("at", "upper", "step"), step.bounds, strict=True):
                value = out.number(bound)
                if step.unsigned:
                    value = f"claw_bits({value}, {bits(step.type)})"
                out.say(f"{'' if name == 'at' else 'const '}{type_} {name} = {value};")
            with out.inside("if (step == 0)" if step.unsigned else "if (step <= 0)"):
                message = text(f"{self.entry}: a loop's step is not above 0")
                out.say(f'status = claw_fail(c, CLAW_CHECK_FAILED, "%s", {message});')
                out.say("goto done;")
            held = self.hold(step.starts)
            with out.inside("while (at < upper)"):
                (_, number), *carried = step.body.arguments
                own = out.scalar(number, INTEGER)
                out.say(f"{own} = claw_wrap((uint64_t)at, {bits(step.type)});")
                body = Block(tuple(carried), step.body.steps, step.body.gives)
                self.take(held, self.block(body, held))
                out.say("if ((uint64_t)upper - (uint64_t)at <= (uint64_t)step) break;")
                out.say("at += step;")
            self.take(step.results, held)

    def repeat(self, step: While) -> None:
        with self.out.inside():
            held = self.hold(step.starts)
            with self.out.inside("for (;;)"):
                (_, again), *onward = self.block(step.before, held)
                self.out.say(f"if (!v{again}) break;")
                self.take(held, self.block(step.after, onward))
            self.take(step.results, onward)

    def block(self, block: Block, taken: Sequence[tuple]) -> Held:
        """The steps of a block; what it gives is held."""
        self.take(block.arguments, taken)
        self.steps(block.steps)
        given = self.hold(block.gives)
        own = {number for kind, number in block.arguments if kind == "buffer"}
        for step in block.steps:
            own |= {number for kind, number in made_by(step) if kind == "buffer"}
        for number in sorted(own):
            self.out.say(f"claw_drop(c, &{self.out.buffer(number)});")
        return given

    def hold(self, operands: Sequence[Operand]) -> Held:
        """Numbers and buffers under names of their own, which nobody changes."""
        held: Held = []
        for operand in operands:
            own, kind = next(self.fresh), self.out.kind(operand)
            if kind is None:
                assert isinstance(operand, tuple)
                buffer = self.out.buffer(operand[1])
                self.out.say(f"claw_name(&{self.out.buffer(own)}, {buffer});")
                held.append(("buffer", own))
            else:
                self.out.say(f"{self.out.scalar(own, kind)} = {self.out.number(operand)};")
                held.append(("value", own))
        return held

    def take(self, targets: Sequence[tuple], held: Sequence[tuple]) -> None:
        """Let numbers stand for what was held."""
        for (_, number), (what, own) in zip(targets, held, strict=True):
            if what == "buffer":
                self.out.say(f"claw_move(&{self.out.buffer(number)}, &{self.out.buffer(own)});")
            else:
                self.out.say(f"{self.out.scalar(number, self.out.kinds[own])} = v{own};")


def made_by(step: Step) -> Sequence[tuple]:
    """The numbers that a step gives a content."""
    match step:
        case Compute() | Read():
            return [("value", step.value)]
        case Alloc() | Constant() | Load() | Write():
            return [("buffer", step.buffer)]
        case Branch() | For() | While():
            return step.results
    return []


def first_unused(entry: Entry) -> int:
    """A number above all that the plan gives away."""
    used = set(range(len(entry.arguments)))
    for step in all_steps(entry.steps):
        used |= {number for _, number in made_by(step)}
        used |= {number for block in blocks_of(step) for _, number in block.arguments}
    return max(used, default=-1) + 1
