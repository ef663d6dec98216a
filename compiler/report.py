"""`--report` and `claw-report`: what is known about each kernel of an artifact, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    """For each image its size, and for each kernel its grid, workgroup, memory, registers, lane."""
    return "\n\n".join(_image(image) for image in artifact.images)


def _image(image: Image) -> str:
    lines = [f"{image.spec}: {image.kind}, {len(image.data)} bytes"]
    for entry in image.plan.entries.values():
        lines.append(f"  {_signature(entry)}")
        for step in entry.steps:
            if isinstance(step, Launch):
                lines += _kernel(entry, step, image.kernels[step.kernel])
    return "\n".join(lines)


def _signature(entry: Entry) -> str:
    def types(tensors: Any) -> str:
        return ", ".join("x".join([*map(show, t.shape), t.dtype]) for t in tensors)

    return f"{entry.name}({types(entry.arguments)}) -> {types(entry.result_types)}"


def _kernel(entry: Entry, launch: Launch, facts: Mapping[str, Any]) -> list[str]:
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
    if facts.get("schedule"):
        choices = ", ".join(f"{key} = {value}" for key, value in facts["schedule"].items())
        lines.append(f"      schedule {{{choices}}}")
    return lines


def show(expr: Expr) -> str:
    """A size as it would be written: `ceildiv(arg0.dim1, 64) * 2`."""
    if not isinstance(expr, tuple | list):
        return str(expr)
    name, *rest = expr
    if name == "dim":
        return f"arg{rest[0]}.dim{rest[1]}"
    if name in _SYMBOLS:
        left, right = (f"({show(e)})" if _is_sum(e) else show(e) for e in rest)
        return f"{left} {_SYMBOLS[name]} {right}"
    return f"{name}({', '.join(map(show, rest))})"


def _is_sum(expr: Expr) -> bool:
    return isinstance(expr, tuple | list) and expr[0] in _SYMBOLS
