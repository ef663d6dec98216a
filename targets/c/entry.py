"""An entry's launch plan as a function of C: each step is a statement or a few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from clawc.runtime.arguments import numpy_dtype, shape_of
from clawc.runtime.plan import Entry, ScalarType, Type
from clawc.runtime.scalar_kinds import kind_of
from clawc.runtime.steps import (
    Alloc,
    Assert,
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
from clawc.targets.c.blocks import Blocks, first_unused
from clawc.targets.c.lines import TYPES, Lines, decoded, encoded, text
from clawc.targets.c.scalars import expression
from clawc.targets.emission import EmissionError

MOST_DIMENSIONS = 16  # CLAW_MAX_RANK


@dataclass(frozen=True)
class Numbering:
    """What an image's tables call what an entry uses."""

    kernels: dict[str, int]
    constants: Sequence[int]  # by the entry's own numbers
    variables: dict[str, int]


def entry_function(name: str, entry: Entry, numbering: Numbering, written: frozenset[int]) -> str:
    """The function `name` of C that runs the entry; kernels write to the arguments `written`.
    Raises EmissionError for what C has not."""
    for type_ in (*entry.arguments, *entry.result_types):
        if len(shape_of(type_)) > MOST_DIMENSIONS:
            raise EmissionError(f"C takes tensors of at most {MOST_DIMENSIONS} dimensions")
    writer = EntryWriter(entry, numbering, written)
    writer.take_arguments()
    writer.steps(entry.steps)
    writer.give_results()
    scalars = sorted(writer.out.kinds.items())
    return "\n".join(
        [
            f"static claw_status {name}(claw_context *c, const claw_tensor *inputs,",
            f"{' ' * len(name)}                    claw_tensor *outputs) {{",
            f"  claw_buffer *b[{writer.out.slots}] = {{NULL}};",
            *[f"  {TYPES[kind]} v{number} = 0;" for number, kind in scalars],
            "  claw_status status;",
            "  (void)inputs, (void)outputs;",
            *[f"  (void)v{number};" for number, _ in scalars],
            *writer.out.lines,
            "  status = CLAW_OK;",
            "done:",
            f"  for (size_t i = 0; i < {writer.out.slots}; i++) claw_drop(c, &b[i]);",
            "  return status;",
            "}",
        ]
    )


class EntryWriter:
    """Writes an entry's arguments, steps and results."""

    def __init__(self, entry: Entry, numbering: Numbering, written: frozenset[int]) -> None:
        self.entry = entry
        self.numbering = numbering
        self.written = written
        self.out = Lines()
        self.blocks = Blocks(self.out, entry.name, self.steps, count(first_unused(entry)))

    def take_arguments(self) -> None:
        for number, type_ in enumerate(self.entry.arguments):
            with self.out.inside():
                expected = [self.out.number(size) for size in shape_of(type_)]
                self.out.array("const int64_t", "expected", expected)
                rank, item = len(expected), numpy_dtype(type_.dtype).itemsize
                self.out.do(
                    f"claw_check_argument(c, &inputs[{number}], expected, {rank}, {item}, {number})"
                )
        for number, type_ in enumerate(self.entry.arguments):
            self.take_argument(number, type_)

    def take_argument(self, number: int, type_: Type) -> None:
        if isinstance(type_, ScalarType):
            name = self.out.scalar(number, kind_of(type_.dtype))
            self.out.say(f"{name} = {decoded(type_.dtype, f'inputs[{number}].data')};")
            return
        rank, item = len(type_.shape), numpy_dtype(type_.dtype).itemsize
        slot, written = self.out.buffer(number), int(number in self.written)
        self.out.do(f"claw_argument(c, &{slot}, &inputs[{number}], {rank}, {item}, {written})")

    def give_results(self) -> None:
        pairs = zip(self.entry.results, self.entry.result_types, strict=True)
        for number, (operand, type_) in enumerate(pairs):
            with self.out.inside():
                self.give_result(number, operand, type_)

    def give_result(self, number: int, operand: Operand, type_: Type) -> None:
        item = numpy_dtype(type_.dtype).itemsize
        if isinstance(type_, ScalarType):
            self.out.say(f"const uint64_t raw = {encoded(type_.dtype, self.out.number(operand))};")
            self.out.do(f"claw_scalar_result(c, &raw, {item}, {number}, &outputs[{number}])")
            return
        assert isinstance(operand, tuple)
        shape = [self.out.number(size) for size in type_.shape]
        self.out.array("const int64_t", "shape", shape)
        source = self.out.buffer(operand[1])
        self.out.do(
            f"claw_result(c, {source}, shape, {len(shape)}, {item}, {number}, &outputs[{number}])"
        )

    def steps(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self.step(step)

    def step(self, step: Step) -> None:
        out = self.out
        match step:
            case Compute():
                operands = [out.number(operand) for operand in step.operands]
                made = out.scalar(step.value, kind_of(step.types[1]))
                out.say(f"{made} = {expression(step.operation, step.types, operands)};")
            case Launch():
                self.launch(step)
            case Alloc():
                self.alloc(step)
            case Free():
                out.say(f"claw_drop(c, &{out.buffer(step.buffer)});")
            case Constant():
                constant = f"c->constants[{self.numbering.constants[step.index]}]"
                out.say(f"claw_name(&{out.buffer(step.buffer)}, {constant});")
            case Assert():
                self.check(step)
            case Write():
                self.write(step)
            case Read():
                self.read(step)
            case Load():
                out.say(f"claw_name(&{out.buffer(step.buffer)}, {self.variable(step.variable)});")
            case Store():
                variable = self.variable(step.variable)
                out.do(f"claw_store(c, &{variable}, {out.buffer(step.buffer)})")
            case Branch():
                self.blocks.branch(step)
            case For():
                self.blocks.count(step)
            case While():
                self.blocks.repeat(step)

    def variable(self, name: str) -> str:
        return f"c->variables[{self.numbering.variables[name]}]"

    def launch(self, step: Launch) -> None:
        with self.out.inside():
            buffers = [self.out.buffer(number) for number in step.buffers]
            scalars = [self.out.number(operand) for operand in step.scalars]
            self.out.array("claw_buffer *const", "buffers", buffers)
            self.out.array("const int64_t", "scalars", scalars)
            kernel, grid = self.numbering.kernels[step.kernel], self.out.number(step.grid)
            counted = f"buffers, {len(buffers)}, scalars, {len(scalars)}"
            self.out.do(f"claw_launch(c, {kernel}, {grid}, {counted})")

    def alloc(self, step: Alloc) -> None:
        with self.out.inside():
            shape = [self.out.number(size) for size in step.shape]
            self.out.array("const int64_t", "shape", shape)
            slot, item = self.out.buffer(step.buffer), numpy_dtype(step.dtype).itemsize
            self.out.do(f"claw_alloc(c, &{slot}, shape, {len(shape)}, {item})")

    def check(self, step: Assert) -> None:
        with self.out.inside(f"if (!({self.out.number(step.condition)}))"):
            message = text(f"{self.entry.name}: {step.message}")
            self.out.say(f'status = claw_fail(c, CLAW_CHECK_FAILED, "%s", {message});')
            self.out.say("goto done;")

    def write(self, step: Write) -> None:
        with self.out.inside():
            self.out.say(
                f"const uint64_t raw = {encoded(step.dtype, self.out.number(step.operand))};"
            )
            slot, item = self.out.buffer(step.buffer), numpy_dtype(step.dtype).itemsize
            self.out.do(f"claw_filled(c, &{slot}, &raw, {item})")

    def read(self, step: Read) -> None:
        with self.out.inside():
            item, source = numpy_dtype(step.dtype).itemsize, self.out.buffer(step.buffer)
            self.out.say("uint64_t raw = 0;")
            self.out.do(f"c->driver->read(c, {source}, &raw, {item})")
            made = self.out.scalar(step.value, kind_of(step.dtype))
            self.out.say(f"{made} = {decoded(step.dtype, '&raw')};")
