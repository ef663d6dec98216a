"""Whether what a bundle says of its kernels makes sense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clawc.runtime.figures import COMPARISONS, OPERATORS
from clawc.runtime.needs import FACT, Needs
from clawc.runtime.tensor_maps import ELEMENTS, LARGEST_BOX, MOST_DIMENSIONS, SWIZZLES, TensorMap
from clawc.runtime.tensor_maps import FACT as MAPS

MOST_THREADS = 1024  # of a workgroup, on every device
MOST_WORKGROUPS = 16  # of a cluster, on every device
MOST_BYTES = 1 << 20  # of shared memory, more than any device has
LARGEST = 1 << 63
NUMBERS = {
    "threads": (1, MOST_THREADS),
    "shared": (0, MOST_BYTES),
    "dynamic_shared": (0, MOST_BYTES),
    "cluster": (1, MOST_WORKGROUPS),
}
KINDS = {
    **dict.fromkeys(("schedule", "estimates", FACT), dict),
    **dict.fromkeys(("lane", "kind", "reason"), str),
    **dict.fromkeys(("access", MAPS), (list, tuple)),
}
DEEPEST = 200
"""Operators of a figure nest no deeper."""


def require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def check_kernel(name: str, facts: Mapping[str, Any]) -> None:
    """Raise ValueError with what is wrong."""
    require("threads" in facts, f"no number of threads for {name}")
    for fact, (least, most) in NUMBERS.items():
        value = facts.get(fact, least)
        known = type(value) is int and least <= value <= most
        require(known, f"{fact} of {name} is {value!r}; expected {least} to {most}")
    for fact, kind in KINDS.items():
        known = fact not in facts or isinstance(facts[fact], kind)
        require(known, f"{fact} of {name} is {facts.get(fact)!r}")


def check_figures(name: str, facts: Mapping[str, Any], buffers: int, scalars: int) -> None:
    """The figures of a kernel that is launched with so many buffers and scalars."""
    needs = Needs.of(facts)
    access = facts.get("access", [None] * buffers)
    require(len(access) == buffers, f"{name} takes {len(access)} buffers")
    if FACT in facts:
        message = f"{name} takes {len(needs.bytes)} buffers and {needs.scalars} scalars"
        require((len(needs.bytes), needs.scalars) == (buffers, scalars), message)
    for figure in (needs.grid, *needs.bytes, *facts.get("estimates", {}).values()):
        if figure is not None:
            check_figure(figure, scalars)
    for found in TensorMap.all_of(facts):
        check_tensor_map(name, found, buffers, scalars)


def check_tensor_map(name: str, found: TensorMap, buffers: int, scalars: int) -> None:
    """One of the maps that a kernel gets, as the driver's manual allows it."""
    rank, said = len(found.sizes), f"{name} takes a tensor map"
    require(found.buffer in range(buffers), f"{said} of the buffer {found.buffer!r}")
    require(found.element in ELEMENTS, f"{said} of {found.element!r}")
    require(found.swizzle in SWIZZLES, f"{said} with a swizzle of {found.swizzle!r} bytes")
    sound = 1 <= rank <= MOST_DIMENSIONS and len(found.strides) == rank - 1
    require(sound and len(found.box) == rank, f"{said} of {rank} dimensions")
    fits = all(type(size) is int and 1 <= size <= LARGEST_BOX for size in found.box)
    require(fits, f"{said} with a box of {found.box}")
    for figure in (*found.sizes, *found.strides):
        check_figure(figure, scalars)


def check_figure(figure: Any, scalars: int, depth: int = 0) -> None:
    """A figure over the scalars of a launch."""
    require(depth <= DEEPEST, f"a figure is nested more than {DEEPEST} deep")
    if isinstance(figure, int):
        require(-LARGEST <= figure < LARGEST, f"the number {figure} of a figure is too large")
        return
    name, *rest = figure
    if name == "scalar":
        require(rest[0] in range(scalars), f"no scalar {rest[0]} of a launch")
        return
    if name == "select":
        condition, *rest = rest
        check_condition(condition, scalars, depth + 1)
    require(name in OPERATORS or name == "select", f"the unknown operator {name!r}")
    check_pair(rest, scalars, depth + 1)


def check_condition(condition: Any, scalars: int, depth: int) -> None:
    require(depth <= DEEPEST, f"a figure is nested more than {DEEPEST} deep")
    name, *rest = condition
    if name in ("and", "or", "not"):
        require(len(rest) > 0, f"{name} of nothing")
        for part in rest:
            check_condition(part, scalars, depth + 1)
        return
    require(name in COMPARISONS, f"the unknown comparison {name!r}")
    check_pair(rest, scalars, depth + 1)


def check_pair(operands: Sequence[Any], scalars: int, depth: int) -> None:
    left, right = operands
    check_figure(left, scalars, depth)
    check_figure(right, scalars, depth)
