"""`--report` and `claw-report`: what is known about each kernel of an artifact, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clawc.compiler.estimates import launch_estimates
from clawc.runtime.artifact import Artifact, Image
from clawc.runtime.plan import Entry, Expr, Launch

_SYMBOLS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "floordiv": "//",
    "quotient": "/",
    "mod": "%",
}


def report(artifact: Artifact) -> str:
    """For each image its size, and for each kernel its grid, workgroup, memory, registers, lane
    (and why, where it is the generic one), schedule, and what a launch is estimated to read, write
    and compute."""
    return "\n\n".join(_image(image) for image in artifact.images)


def _image(image: Image) -> str:
    lines = [f"{image.spec}: {image.kind}, {len(image.data)} bytes"]
    for entry in image.plan.entries.values():
        lines.append(f"  {_signature(entry)}")
        for step in entry.steps:
            if isinstance(step, Launch):
                lines += _kernel(step, image.kernels[step.kernel])
                lines += _estimates(launch_estimates(image, step))
    return "\n".join(lines)


def _signature(entry: Entry) -> str:
    def types(tensors: Any) -> str:
        return ", ".join("x".join([*map(show, t.shape), t.dtype]) for t in tensors)

    return f"{entry.name}({types(entry.arguments)}) -> {types(entry.result_types)}"


def _kernel(launch: Launch, facts: Mapping[str, Any]) -> list[str]:
    shared = facts.get("shared", 0) + facts.get("dynamic_shared", 0)
    found = [
        f"grid {show(launch.grid)}",
        f"workgroup {facts.get('threads', '?')}",
        f"shared {shared} B",
    ]
    found += [f"{key} {facts[key]}" for key in ("registers", "sgprs", "spills") if key in facts]
    lines = [
        f"    {launch.kernel}: {facts.get('kind', '?')}, {facts.get('lane', '?')} lane",
        f"      {', '.join(found)}",
    ]
    if facts.get("reason"):
        lines.append(f"      lane: {facts['lane']} ({facts['reason']})")
    if facts.get("schedule"):
        choices = ", ".join(f"{key} = {value}" for key, value in facts["schedule"].items())
        lines.append(f"      schedule {{{choices}}}")
    return lines


def _estimates(figures: Mapping[str, Expr | None]) -> list[str]:
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
    return [f"      estimated: {line}" for line in lines]


def _intensity(figures: Mapping[str, Expr | None]) -> list[str]:
    flop = [figures.get(kind, 0) for kind in ("matrix flop", "flop")]
    moved = [figures.get(kind, 0) for kind in ("global read", "global write")]
    numbers = [n for n in flop + moved if isinstance(n, int)]
    if len(numbers) < 4 or sum(numbers[:2]) == 0 or sum(numbers[2:]) == 0:
        return []
    return [f"{sum(numbers[:2]) / sum(numbers[2:]):.2f} FLOP a byte"]


def _amount(figure: Expr | None) -> str:
    if figure is None:
        return "?"
    return f"{figure:,}" if isinstance(figure, int) else show(figure)


def show(expr: Expr) -> str:
    """A size as it would be written: `ceildiv(arg0.dim1, 64) * 2`."""
    if not isinstance(expr, tuple | list):
        return str(expr)
    name, *rest = expr
    if name == "dim":
        return f"arg{rest[0]}.dim{rest[1]}"
    if name in _SYMBOLS:
        left, right = (f"({show(e)})" if _is_sum(e) else show(e) for e in rest)
        if name in ("add", "mul") and _is_sum(rest[0]) and rest[0][0] == name:
            left = show(rest[0])
        return f"{left} {_SYMBOLS[name]} {right}"
    return f"{name}({', '.join(map(show, rest))})"


def _is_sum(expr: Expr) -> bool:
    return isinstance(expr, tuple | list) and expr[0] in _SYMBOLS
