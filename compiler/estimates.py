"""What launches are estimated to take: a kernel's own figures, for the sizes of a launch.

A kernel's figures are of one workgroup, over the scalars that a launch gives it (see
`targets/estimates/kernel_estimates.py`); here they become formulas over the arguments' shapes, or
numbers for what was launched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clawc.compiler.formulas import Formulas
from clawc.runtime.artifact import Image
from clawc.runtime.figures import Condition, Figure, evaluate, holds
from clawc.runtime.launch_time import LaunchTime
from clawc.runtime.plan import Plan
from clawc.runtime.steps import Launch, all_steps
from clawc.targets.estimates.figures import combine


def launch_estimates(image: Image, launch: Launch, formulas: Formulas) -> dict[str, Figure | None]:
    """By kind, over the shapes of the arguments; None depends on data.  Empty for a bundle that
    was made without."""
    figures = image.kernels[launch.kernel].get("estimates", {})
    grid = formulas.of(launch.grid)
    scalars = [formulas.of(scalar) for scalar in launch.scalars]
    return {
        kind: None if figure is None else total(figure, grid, scalars)
        for kind, figure in figures.items()
    }


def known_grids(plan: Plan) -> dict[str, list[int]]:
    """The workgroups of each launch of a kernel, of those whose number sizes alone decide."""
    found: dict[str, list[int]] = {}
    for entry in plan.entries.values():
        formulas = Formulas(entry)
        for step in all_steps(entry.steps):
            if isinstance(step, Launch) and isinstance(grid := formulas.of(step.grid), int):
                found.setdefault(step.kernel, []).append(grid)
    return found


def total(figure: Any, grid: Figure, scalars: Sequence[Figure]) -> Figure:
    """A figure of one workgroup, for all of a launch."""
    return combine("mul", grid, _filled_in(figure, scalars))


def run_estimates(image: Image, launches: Sequence[LaunchTime]) -> dict[str, dict[str, int | None]]:
    """Of what one call launched: by kernel and kind, over all launches."""
    found: dict[str, dict[str, int | None]] = {}
    for launch in launches:
        kernel = found.setdefault(launch.kernel, {})
        for kind, figure in image.kernels[launch.kernel].get("estimates", {}).items():
            before = kernel.get(kind, 0)
            if figure is None or before is None:
                kernel[kind] = None
            else:
                kernel[kind] = before + launch.grid * evaluate(figure, launch.scalars)
    return found


def _filled_in(figure: Any, scalars: Sequence[Figure]) -> Figure:
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


def _condition(condition: Any, scalars: Sequence[Figure]) -> Condition:
    name, *rest = condition
    if name in ("and", "or", "not"):
        return (name, *(_condition(part, scalars) for part in rest))
    return (name, *(_filled_in(part, scalars) for part in rest))


def _is_constant(condition: Condition) -> bool:
    name, *rest = condition
    if name in ("and", "or", "not"):
        return all(map(_is_constant, rest))
    return all(isinstance(part, int) for part in rest)
