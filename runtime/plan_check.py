"""Whether a launch plan makes sense: for bundles that got damaged or that clawc did not write."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from clawc.chips.elements import ELEMENTS
from clawc.runtime.plan import (
    COMPARISONS,
    OPERATORS,
    Alloc,
    Assert,
    Constant,
    ConstantData,
    Entry,
    Launch,
    Plan,
    TensorType,
)


def check_plan(plan: Plan) -> None:
    """Raise ValueError with what is wrong, so that no call fails halfway for such a reason."""
    for name, facts in plan.kernels.items():
        threads = facts.get("threads")
        require(isinstance(threads, int) and threads > 0, f"no number of threads for {name}")
    for entry in plan.entries.values():
        check_entry(entry, plan)


def require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def check_entry(entry: Entry, plan: Plan) -> None:
    ranks = [len(argument.shape) for argument in entry.arguments]
    for tensor in (*entry.arguments, *entry.result_types):
        check_tensor(tensor, ranks)
    for constant in entry.constants:
        check_tensor(constant, ranks)
        size = math.prod(constant.shape) * ELEMENTS[constant.dtype].bytes
        require(len(constant.data) == size, f"a constant of {len(constant.data)} bytes, not {size}")
    known = set(range(len(entry.arguments)))
    for step in entry.steps:
        match step:
            case Alloc():
                check_tensor(step, ranks)
                known.add(step.buffer)
            case Constant():
                require(step.index in range(len(entry.constants)), f"no constant {step.index}")
                known.add(step.buffer)
            case Assert():
                check_condition(step.cond, ranks)
            case Launch():
                check_launch(step, plan, ranks, known)
            case _:
                require(step.buffer in known, f"frees the unknown buffer {step.buffer}")
    require(known.issuperset(entry.results), "returns an unknown buffer")
    require(len(entry.results) == len(entry.result_types), "results without a type")


def check_tensor(tensor: TensorType | ConstantData | Alloc, ranks: Sequence[int]) -> None:
    require(tensor.dtype in ELEMENTS, f"the unknown element type {tensor.dtype!r}")
    for size in tensor.shape:
        check_expr(size, ranks)


def check_launch(step: Launch, plan: Plan, ranks: Sequence[int], known: set[int]) -> None:
    require(step.kernel in plan.kernels, f"launches the unknown kernel {step.kernel!r}")
    require(known.issuperset(step.buffers), f"an unknown buffer for {step.kernel}")
    access = plan.kernels[step.kernel].get("access", step.buffers)
    require(len(access) == len(step.buffers), f"{step.kernel} takes {len(access)} buffers")
    for expr in (step.grid, *step.scalars):
        check_expr(expr, ranks)
    for figure in plan.kernels[step.kernel].get("estimates", {}).values():
        if figure is not None:
            check_expr(figure, (), len(step.scalars))


def check_expr(expr: Any, ranks: Sequence[int], scalars: int = 0) -> None:
    """A size over the arguments' dimensions; a kernel's estimate over the launch's scalars."""
    if isinstance(expr, int):
        return
    name, *rest = expr
    if name == "scalar":
        require(rest[0] in range(scalars), f"no scalar {rest[0]} of a launch")
        return
    if name == "dim":
        argument, dim = rest
        inside = argument in range(len(ranks)) and dim in range(ranks[argument])
        require(inside, f"no dimension {dim} of argument {argument}")
        return
    if name == "select":
        condition, *rest = rest
        check_condition(condition, ranks, scalars)
    require(name in OPERATORS or name == "select", f"the unknown operator {name!r}")
    left, right = rest
    check_expr(left, ranks, scalars)
    check_expr(right, ranks, scalars)


def check_condition(condition: Any, ranks: Sequence[int], scalars: int = 0) -> None:
    name, *rest = condition
    if name in ("and", "or", "not"):
        require(len(rest) > 0, f"{name} of nothing")
        for part in rest:
            check_condition(part, ranks, scalars)
        return
    require(name in COMPARISONS, f"the unknown comparison {name!r}")
    left, right = rest
    check_expr(left, ranks, scalars)
    check_expr(right, ranks, scalars)
