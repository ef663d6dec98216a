"""`--report` and `claw-report`: what is known about each kernel of an artifact, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clawc.chips.cycles import PARTS, Cycles
from clawc.chips.known import find
from clawc.compiler.cycles import buffer_bytes, launch_cycles
from clawc.compiler.estimates import launch_estimates
from clawc.compiler.formulas import Formulas, show, show_all
from clawc.compiler.remarks import FACT
from clawc.runtime.artifact import Artifact, Image
from clawc.runtime.figures import Figure
from clawc.runtime.plan import Entry, ScalarType, Type
from clawc.runtime.steps import (
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


def report(artifact: Artifact) -> str:
    """For each image its size, and the steps of its functions; for each kernel its grid, workgroup,
    memory, registers, lane (and why, where it is the generic one), schedule, and what a launch is
    estimated to read, write and compute."""
    return "\n\n".join(_image(image) for image in artifact.images)


def _image(image: Image) -> str:
    lines = [f"{image.spec}: {image.kind}, {len(image.data)} bytes"]
    for entry in image.plan.entries.values():
        lines += _Steps(image, entry).lines()
    return "\n".join(lines)


class _Steps:
    """The steps of an entry.  Buffers that hold what kernels make are not told: who reads them
    would have to follow numbers."""

    def __init__(self, image: Image, entry: Entry) -> None:
        self._image = image
        self._entry = entry
        self._formulas = Formulas(entry)
        self._bytes = buffer_bytes(entry, self._formulas)
        self._chip = find(image.spec)

    def lines(self) -> list[str]:
        entry = self._entry
        arguments, results = map(self._types, (entry.arguments, entry.result_types))
        return [f"  {entry.name}({arguments}) -> {results}", *self._all(entry.steps)]

    def _types(self, types: tuple[Type, ...]) -> str:
        return ", ".join(
            t.dtype
            if isinstance(t, ScalarType)
            else "x".join([*show_all(t.shape, self._formulas), t.dtype])
            for t in types
        )

    def _all(self, steps: tuple[Step, ...]) -> list[str]:
        return [f"    {line}" for step in steps for line in self._step(step)]

    def _step(self, step: Step) -> list[str]:
        match step:
            case Launch():
                facts = self._image.kernels[step.kernel]
                figures = launch_estimates(self._image, step, self._formulas)
                lines = _kernel(step, self._show(step.grid), facts) + _estimates(figures)
                grid = self._formulas.of(step.grid)
                cycles = launch_cycles(step, facts, figures, self._bytes, grid, self._chip)
                lines += [f"  estimated: {told(cycles)}"] if cycles else []
                return lines + [f"  missed: {message}" for _, message in facts.get(FACT, ())]
            case Compute():
                if step.value not in self._formulas.named:
                    return []
                return [f"v{step.value} = {show(self._formulas.definition(step))}"]
            case Read():
                return [f"v{step.value} = the {step.dtype} in b{step.buffer}: waits for it"]
            case Write():
                return [f"b{step.buffer} = {self._show(step.operand)} as {step.dtype}"]
            case Load():
                return [f"b{step.buffer} = @{step.variable}"]
            case Store():
                return [f"@{step.variable} = b{step.buffer}"]
            case Assert():
                return [f"assert {self._show(step.condition)}: {step.message}"]
            case Alloc() | Constant() | Free():
                return []
            case Branch():
                return [
                    f"if {self._show(step.condition)}:",
                    *self._block(step.then, step.results),
                    "else:",
                    *self._block(step.otherwise, step.results),
                ]
            case For():
                lower, upper, by = (self._show(bound) for bound in step.bounds)
                number, *carried = step.body.arguments
                return [
                    *self._given(carried, step.starts),
                    f"for {show(number)} from {lower} below {upper} by {by}:",
                    *self._block(step.body, carried),
                    *self._given(step.results, carried),
                ]
            case While():
                onward = step.before.gives[1:]
                return [
                    *self._given(step.before.arguments, step.starts),
                    "loop:",
                    *self._block(step.before, ()),
                    f"    leave unless {self._show(step.before.gives[0])}",
                    *(f"    {line}" for line in self._given(step.after.arguments, onward)),
                    *self._block(step.after, step.before.arguments),
                    *self._given(step.results, onward),
                ]

    def _show(self, operand: Operand) -> str:
        if isinstance(operand, tuple) and operand[0] == "buffer":
            return f"b{operand[1]}"
        return show(self._formulas.of(operand))

    def _block(self, block: Block, targets: Sequence[tuple]) -> list[str]:
        given = self._given(targets, block.gives) if targets else []
        return [*self._all(block.steps), *(f"    {line}" for line in given)]

    def _given(self, targets: Sequence[Operand], operands: Sequence[Operand]) -> list[str]:
        pairs = zip(targets, operands, strict=True)
        return [f"{self._show(target)} = {self._show(operand)}" for target, operand in pairs]


_GATHERS = {
    "rows": "rows, whose neighbours are loaded together",
    "elements": "elements anywhere, a load for each",
    "element": "an element for a whole tile",
}


def _kernel(launch: Launch, grid: str, facts: Mapping[str, Any]) -> list[str]:
    shared = facts.get("shared", 0) + facts.get("dynamic_shared", 0)
    found = [
        f"grid {grid}",
        f"workgroup {facts.get('threads', '?')}",
        f"shared {shared} B",
    ]
    found += [f"{key} {facts[key]}" for key in ("registers", "sgprs", "spills") if key in facts]
    lines = [
        f"{launch.kernel}: {facts.get('kind', '?')}, {facts.get('lane', '?')} lane",
        f"  {', '.join(found)}",
    ]
    if facts.get("reason"):
        lines.append(f"  lane: {facts['lane']} ({facts['reason']})")
    if facts.get("clamps"):
        lines.append(
            f"  indices: kept in range by {facts['clamps']} minima and maxima for each element; "
            "--unchecked-indices leaves them out"
        )
    if facts.get("gathers"):
        lines.append(f"  tables: {', '.join(_GATHERS[way] for way in facts['gathers'])}")
    if facts.get("schedule"):
        choices = ", ".join(f"{key} = {value}" for key, value in facts["schedule"].items())
        lines.append(f"  schedule {{{choices}}}")
    return lines


def _estimates(figures: Mapping[str, Figure | None]) -> list[str]:
    """Lines of the figures that are there; FLOP per byte where both are numbers."""
    lines = []
    for space, unit in (("global", "sectors"), ("shared", "passes")):
        parts = []
        for verb in ("read", "write"):
            kind = f"{space} {verb}"
            if kind in figures:
                transactions = figures.get(f"{kind} transactions", ())
                told = transactions is None or isinstance(transactions, int)
                among = f" in {_amount(transactions)} {unit}" if told else ""
                parts.append(f"{verb} {_amount(figures[kind])} B{among}")
        if parts:
            lines.append(f"{space} {', '.join(parts)}")
    work = [
        f"{name} {_amount(figures[kind])}{unit}"
        for kind, name, unit in (
            ("matrix flop", "matrix", " FLOP"),
            ("flop", "vector", " FLOP"),
            ("barriers", "barriers", ""),
        )
        if kind in figures
    ]
    intensity = _intensity(figures)
    if work:
        lines.append(", ".join(work + intensity))
    return [f"  estimated: {line}" for line in lines]


def told(cycles: Cycles) -> str:
    """`1,200 cycles, bound by l2: matrix 300, …, latency 100`; parts below one are left out."""
    parts = {part: round(getattr(cycles, part)) for part in (*PARTS, "latency")}
    list_ = ", ".join(f"{part} {count:,}" for part, count in parts.items() if count)
    return f"{round(cycles.total):,} cycles, bound by {cycles.bound}: {list_}"


def _intensity(figures: Mapping[str, Figure | None]) -> list[str]:
    flop = [figures.get(kind, 0) for kind in ("matrix flop", "flop")]
    moved = [figures.get(kind, 0) for kind in ("global read", "global write")]
    numbers = [n for n in flop + moved if isinstance(n, int)]
    if len(numbers) < 4 or sum(numbers[:2]) == 0 or sum(numbers[2:]) == 0:
        return []
    return [f"{sum(numbers[:2]) / sum(numbers[2:]):.2f} FLOP a byte"]


def _amount(figure: Figure | None) -> str:
    if figure is None:
        return "?"
    return f"{figure:,}" if isinstance(figure, int) else show(figure)
