"""Sums of what a kernel takes, by kind: numbers times expressions over the launch's scalars."""

from __future__ import annotations

from collections.abc import Callable

from clawc.runtime.figures import Condition, Figure
from clawc.targets.estimates.figures import combine

Sum = dict[Figure, int]  # of factor * number
Totals = dict[str, Sum | None]  # by kind; None: it depends on data


def add(totals: Totals, kind: str, amount: int) -> None:
    """`amount` more, once for each workgroup."""
    found = totals.setdefault(kind, {})
    if found is not None and amount:
        found[1] = found.get(1, 0) + amount


def add_all(totals: Totals, others: Totals, times: Figure | None = 1) -> None:
    """What `others` hold, so many times; None: how often depends on data."""
    for kind, sum_ in others.items():
        found = totals.setdefault(kind, {})
        if sum_ == {}:
            continue
        if found is None or sum_ is None or times is None:
            totals[kind] = None
            continue
        for factor, amount in sum_.items():
            number = times if isinstance(times, int) else 1
            whole = factor if isinstance(times, int) else combine("mul", factor, times)
            found[whole] = found.get(whole, 0) + amount * number


def selected(condition: Condition, yes: Totals, no: Totals) -> Totals:
    """`yes` for sizes for which the condition holds, else `no`."""
    return _merged(yes, no, lambda a, b: ("select", condition, a, b))


def greater(one: Totals, other: Totals) -> Totals:
    """The more of each kind."""
    return _merged(one, other, lambda a, b: combine("max", a, b))


def _merged(one: Totals, other: Totals, choose: Callable[[Figure, Figure], Figure]) -> Totals:
    merged: Totals = {}
    for kind in {**one, **other}:
        a, b = one.get(kind, {}), other.get(kind, {})
        if a is None or b is None or a == b:
            merged[kind] = a if a == b else None
            continue
        whole = choose(expression(a), expression(b))
        merged[kind] = {1: whole} if isinstance(whole, int) else {whole: 1}
    return merged


def expression(sum_: Sum) -> Figure:
    """The sum as one expression, what is the same in all terms in front."""
    total: Figure = 0
    for factor, amount in sum_.items():
        total = combine("add", total, combine("mul", factor, amount))
    return total
