"""Reductions, norms, scans, scatters and sorts: each kind in each type, and sizes of all sorts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from harness import program, single, tensor
from kit.numbers import Seeded
from programs.elementwise import TYPES
from programs.program import Program, by_reference, sizes

from clawc.chips.dtypes import DTYPES
from clawc.dialects.order_ops import SCAN
from clawc.dialects.reduction_ops import REDUCE, reduce_elements
from clawc.dialects.scatter_op import SCATTER, scatter_elements

FLOATS = ("f32", "f16", "bf16", "f64")
AXES = [
    ((7,), (0,)),
    ((3000,), (0,)),
    ((40, 9), (0,)),
    ((4, 5, 6), (0, 2)),
    ((2, 3, 4, 5), (1, 3)),
    ((0, 3), (0,)),
    ((3, 0), (0,)),
    ((300_007,), (0,)),
]
ROWS = [(1, 1), (5, 64), (33, 7), (2, 1500), (4, 1025), (0, 4)]


def term_sizes(axes: tuple[int, ...]):
    """For `by_reference`: what a sum's rounding is of, the sum of its terms' sizes."""

    def scale(_program: Program, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [sizes(inputs[0]).sum(axes) + 1.0]

    return scale


def reduced(dtype: str, kind: str, shape: tuple[int, ...], axes: tuple[int, ...], dynamic: bool):
    """Text and answer of a reduction."""
    kept = tuple(n for axis, n in enumerate(shape) if axis not in axes)
    named = ", ".join(map(str, axes))
    types = [tensor(dtype, shape, dynamic)], tensor(dtype, kept, dynamic)
    text = single("reduce", *types, f'{{kind = "{kind}", axes = array<i64: {named}>}}')
    terms = int(np.prod([shape[axis] for axis in axes])) + 4
    return text, by_reference(terms=terms, scale=term_sizes(axes))


def reductions() -> Iterator[Program]:
    for kind in REDUCE:
        domain = "factor" if kind == "prod" else "any"
        for dtype in reduce_elements(kind):
            text, answer = reduced(dtype, kind, (5, 70), (1,), False)
            inputs = (Seeded(dtype, (5, 70), 0, domain),)
            yield Program(f"reduce {kind} {dtype}", text, inputs, answer)
    for shape, axes in AXES:
        for dynamic in (False, True):
            text, answer = reduced("f32", "sum", shape, axes, dynamic)
            shown = f"{list(shape)} over {list(axes)}{' dynamic' if dynamic else ''}"
            yield Program(f"reduce sum f32 {shown}", text, (Seeded("f32", shape, 0),), answer)


def largest(_program: Program, inputs: list[np.ndarray]) -> float:
    """The size of what a norm rounds: deviations are divided by their root mean square."""
    return float(sizes(inputs[0]).max(initial=0)) + 4.0


def norms() -> Iterator[Program]:
    for op, affine in (("softmax", 0), ("layer_norm", 2), ("rms_norm", 1)):
        cases = [(dtype, (6, 70), False) for dtype in FLOATS]
        cases += [("f32", shape, dynamic) for shape in ROWS for dynamic in (False, True)]
        for dtype, shape, dynamic in cases:
            more = [(dtype, shape[-1:])] * affine
            inputs = [Seeded(t, s, n) for n, (t, s) in enumerate([(dtype, shape), *more])]
            types = [tensor(t, s, dynamic) for t, s in [(dtype, shape), *more]]
            answer = by_reference(8, shape[-1] + 16, None if op == "softmax" else largest)
            of_types = (dtype, shape) in [(t, (6, 70)) for t in FLOATS]
            shown = "" if of_types else f" {list(shape)}{' dynamic' if dynamic else ''}"
            text = single(op, types, types[0])
            yield Program(f"{op} {dtype}{shown}", text, tuple(inputs), answer)


def scans() -> Iterator[Program]:
    cases = [(kind, dtype, (4, 9), "") for kind in SCAN for dtype in reduce_elements(kind)]
    for shape in ((2, 300), (5000, 1), (1, 70_001), (3, 0)):
        cases += [("sum", "f32", shape, flags) for flags in ("", "exclusive", "reverse")]
    for kind, dtype, shape, flags in cases:
        x = Seeded(dtype, shape, 0, "factor" if kind == "prod" else "any")
        axis = int(shape[1] > 1)
        listed = ", ".join(filter(None, [f'kind = "{kind}", axis = {axis} : i64', flags]))
        type_ = tensor(dtype, shape)
        root = shape[axis] ** 0.5
        answer = by_reference(terms=root + 8, scale=lambda _, __, root=root: 4.0 + root)
        shown = "" if shape == (4, 9) else f" {list(shape)} {flags}".rstrip()
        text = single("scan", [type_], type_, f"{{{listed}}}")
        yield Program(f"scan {kind} {dtype}{shown}", text, (x,), answer)


def scatters() -> Iterator[Program]:
    cases = [(k, t, (7, 3), 9) for k in SCATTER for t in TYPES if t in scatter_elements(k)]
    cases += [("sum", "f32", shape, many) for shape, many in (((0, 3), 2), ((2100, 2), 1100))]
    for kind, dtype, shape, many in cases:
        domain = "factor" if kind == "prod" else "any"
        inputs = (
            Seeded(dtype, shape, 0),
            Seeded("i64", (many, 1), 1, low=-1, high=shape[0]),  # two of them outside
            Seeded(dtype, (many, shape[1]), 2, domain),
        )
        types = [tensor(i.dtype, i.shape) for i in inputs]
        answer = by_reference(terms=many + 1, scale=lambda _, __: 4.0)
        shown = "" if shape == (7, 3) else f" {list(shape)}"
        text = single("scatter", types, types[0], f'{{kind = "{kind}", dims = array<i64: 0>}}')
        yield Program(f"scatter {kind} {dtype}{shown}", text, inputs, answer)


def keys(dtype: str, shape: tuple[int, ...]) -> Seeded | np.ndarray:
    """Values with equal ones among them, of floats also NaN and both zeros."""
    if dtype not in FLOATS:
        return Seeded(dtype, shape, 0)
    x = np.round(Seeded("f64", shape, 0).array() * 2)
    x.flat[:5] = [0.0, np.nan, -0.0, np.inf, np.nan]
    return x.astype(DTYPES[dtype])


def sorts() -> Iterator[Program]:
    cases = [(dtype, (4, 9)) for dtype in TYPES] + [("f32", (3, 300)), ("f32", (1, 5001))]
    for dtype, shape in cases:
        shown = "" if shape == (4, 9) else f" {list(shape)}"
        numbers = np.broadcast_to(np.arange(shape[1], dtype=np.int32), shape).copy()
        given, carried = tensor(dtype, shape), tensor("i32", shape)
        both = f"({given}, {carried})"
        body = f"  %r0, %r1 = claw.sort %0, %1 {{axis = 1 : i64}} : {both} -> {both}"
        text = program([given, carried], body, [given, carried])
        answer = by_reference(0, 0, names=("sorted", "carried"))
        yield Program(f"sort {dtype}{shown}", text, (keys(dtype, shape), numbers), answer)
        results = [tensor(dtype, (shape[0], 3)), tensor("i64", (shape[0], 3))]
        body = f"  %r0, %r1 = claw.topk %0 {{k = 3 : i64}} : ({given}) -> ({', '.join(results)})"
        answer = by_reference(0, 0, names=("greatest", "indices"))
        text = program([given], body, results)
        yield Program(f"topk {dtype}{shown}", text, (keys(dtype, shape),), answer)


def all_reductions() -> list[Program]:
    return [each for make in (reductions, norms, scans, scatters, sorts) for each in make()]
