"""What launches are estimated to take: a kernel's own figures, for the sizes of a launch.

A kernel's figures are of one workgroup, over the scalars that a launch gives it (see
`targets/estimates/kernel_estimates.py`); here they become expressions over the arguments' shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clawc.runtime.artifact import Image
from clawc.runtime.plan import Condition, Entry, Expr, Launch, Shapes, evaluate, holds
from clawc.targets.plan.expressions import combine


def launch_estimates(image: Image, launch: Launch) -> dict[str, Expr | None]:
    """By kind, over the shapes of the arguments; None depends on data.  Empty for a bundle that
    was made without."""
    figures = image.kernels[launch.kernel].get("estimates", {})
    return {
        kind: None if figure is None else total(figure, launch) for kind, figure in figures.items()
    }


def total(figure: Any, launch: Launch) -> Expr:
    """A figure of one workgroup, for all of a launch."""
    return combine("mul", launch.grid, _filled_in(figure, launch.scalars))


def run_estimates(image: Image, entry: Entry, shapes: Shapes) -> dict[str, dict[str, int | None]]:
    """Of one call with arguments of these shapes: by kernel and kind, over all launches."""
    found: dict[str, dict[str, int | None]] = {}
    for step in entry.steps:
        if isinstance(step, Launch):
            kernel = found.setdefault(step.kernel, {})
            for kind, figure in launch_estimates(image, step).items():
                before = kernel.get(kind, 0)
                if figure is None or before is None:
                    kernel[kind] = None
                else:
                    kernel[kind] = before + evaluate(figure, shapes)
    return found


def _filled_in(figure: Any, scalars: Sequence[Expr]) -> Expr:
    """The figure with what a launch gives in the place of scalars."""
    if isinstance(figure, int):
        return figure
    name, *rest = figure
    if name == "scalar":
        return scalars[rest[0]]
    if name == "select":
        condition, yes, no = rest
        known = _condition(condition, scalars)
        parts = (_filled_in(yes, scalars), _filled_in(no, scalars))
        if _is_constant(known):
            return parts[0] if holds(known, ()) else parts[1]
        return ("select", known, *parts)
    return combine(name, *(_filled_in(part, scalars) for part in rest))


def _condition(condition: Any, scalars: Sequence[Expr]) -> Condition:
    name, *rest = condition
    if name in ("and", "or", "not"):
        return (name, *(_condition(part, scalars) for part in rest))
    return (name, *(_filled_in(part, scalars) for part in rest))


def _is_constant(condition: Condition) -> bool:
    name, *rest = condition
    if name in ("and", "or", "not"):
        return all(map(_is_constant, rest))
    return all(isinstance(part, int) for part in rest)
