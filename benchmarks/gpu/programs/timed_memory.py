"""Kernels whose time is that of memory, or of launches; small ones are for dry runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from harness import program, single, tensor
from kit.case import Speed
from kit.numbers import Seeded, widen
from programs.program import Arrays, Program, by_reference, by_rows, magnitudes, moved
from programs.reductions import term_sizes

from clawc.dialects import reference_elementwise as elementwise

MATRICES = ((4096, 4096), (8192, 4096))
LENGTH = 1 << 24
KERNELS = 10  # of the program that shows what a launch costs


def softmax(arrays: Arrays) -> np.ndarray:
    powers = np.exp(arrays[0] - arrays[0].max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def layer_norm(arrays: Arrays) -> np.ndarray:
    x, scale, bias = arrays
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5) * scale + bias


def rms_norm(arrays: Arrays) -> np.ndarray:
    x, scale = arrays
    return x / np.sqrt((x * x).mean(1, keepdims=True) + 1e-5) * scale


def of_rows(
    op: str, compute: Callable[[Arrays], np.ndarray], affine: int, shape: tuple[int, int]
) -> Program:
    """softmax or a norm of the rows of an f16 matrix."""
    shapes = [shape, *[shape[-1:]] * affine]
    types = [tensor("f16", s) for s in shapes]
    inputs = tuple(Seeded("f16", s, n) for n, s in enumerate(shapes))

    def rows(arrays: Arrays, wanted: np.ndarray) -> tuple[np.ndarray, float]:
        x, *more = arrays
        return compute([widen(a, "f16") for a in (x[wanted], *more)]), 16.0

    # A softmax is below 1 and rounded by itself; what a norm makes is of a size up to 3.5 squared.
    answer = by_rows("f16", shape, rows, terms=shape[1] + 16)
    speed = Speed(0, moved(*(("f16", s) for s in (*shapes, shape))), "f16", op)
    return Program(
        f"{op} f16 {shape[0]}x{shape[1]}", single(op, types, types[0]), inputs, answer, speed
    )


def add_and_norm(shape: tuple[int, int]) -> Program:
    """rms_norm(x + residual), of f16."""
    matrix, row = tensor("f16", shape), tensor("f16", shape[-1:])
    body = f"""  %sum = claw.binary %0, %1 {{kind = "add"}} : ({matrix}, {matrix}) -> {matrix}
  %r0 = claw.rms_norm %sum, %2 : ({matrix}, {row}) -> {matrix}"""
    text = program([matrix, matrix, row], body, [matrix])
    shapes = (shape, shape, shape[-1:])

    def rows(arrays: Arrays, wanted: np.ndarray) -> tuple[np.ndarray, float]:
        x, residual, scale = arrays
        x, residual, scale = (widen(a, "f16") for a in (x[wanted], residual[wanted], scale))
        return rms_norm([x + residual, scale]), 16.0

    # The sum is rounded to f16 or not: one unit more, of the result.
    answer = by_rows("f16", shape, rows, ulps=5, terms=shape[1] + 16)
    inputs = tuple(Seeded("f16", s, n) for n, s in enumerate(shapes))
    speed = Speed(0, moved(*(("f16", s) for s in (*shapes, shape))), "f16", "add_rms_norm")
    return Program(f"residual + rms_norm f16 {shape[0]}x{shape[1]}", text, inputs, answer, speed)


def transpose(shape: tuple[int, int]) -> Program:
    types = tensor("f16", shape), tensor("f16", shape[::-1])
    text = single("transpose", types[:1], types[1], "{permutation = array<i64: 1, 0>}")

    def rows(arrays: Arrays, wanted: np.ndarray) -> tuple[np.ndarray, float]:
        return widen(np.ascontiguousarray(arrays[0][:, wanted].T), "f16"), 0.0

    speed = Speed(0, moved(("f16", shape), ("f16", shape)), "f16", "transpose")
    answer = by_rows("f16", shape[::-1], rows, ulps=0, terms=0)
    name = f"transpose f16 {shape[0]}x{shape[1]}"
    return Program(name, text, (Seeded("f16", shape, 0),), answer, speed)


def gelu(length: int) -> Program:
    type_ = tensor("f16", (length,))
    text = single("unary", [type_], type_, '{kind = "gelu"}')

    def rows(arrays: Arrays, wanted: np.ndarray) -> tuple[np.ndarray, float]:
        x = widen(arrays[0], "f16").reshape(1, -1)[wanted]
        known, places = np.unique(x, return_inverse=True)  # erf of each number once
        return elementwise.unary(known, "gelu")[places].reshape(x.shape), 4.0

    speed = Speed(0, moved(("f16", (length,)), ("f16", (length,))), "f16", "gelu")
    answer = by_rows("f16", (length,), rows, terms=8)
    return Program(f"gelu f16 {length}", text, (Seeded("f16", (length,), 0),), answer, speed)


def sums(length: int) -> Iterator[Program]:
    """Of one long array, and the running one."""
    type_ = tensor("f32", (length,))
    x = (Seeded("f32", (length,), 0),)
    text = single("reduce", [type_], tensor("f32", ()), '{kind = "sum", axes = array<i64: 0>}')
    # Sums are in blocks: the error is one of some thousands of terms, not of all.
    answer = by_reference(terms=4096, scale=term_sizes((0,)))
    speed = Speed(0, moved(("f32", (length,))), "f32", "sum")
    yield Program(f"sum f32 {length}", text, x, answer, speed)
    text = single("scan", [type_], type_, '{kind = "sum", axis = 0 : i64}')
    root = float(length) ** 0.5
    answer = by_reference(terms=root + 8, scale=lambda *_: 4.0 + root)
    speed = Speed(0, moved(("f32", (length,)), ("f32", (length,))), "f32", "cumsum")
    yield Program(f"cumsum f32 {length}", text, x, answer, speed)


def launches() -> Iterator[Program]:
    """What a launch costs: a kernel that does next to nothing, and ten of them that cannot be one,
    as each needs all of what the one before made."""
    one = tensor("f32", (1,))
    text = single("unary", [one], one, '{kind = "neg"}')
    x = (Seeded("f32", (1,), 0),)
    yield Program("launch of one kernel", text, x, by_reference(0, 0), Speed(0, 8, "f32", "neg"))
    square = tensor("f32", (16, 16))
    lines = [
        f"  %{'r0' if n == KERNELS - 1 else f'p{n}'} = claw.matmul %{f'p{n - 1}' if n else 0}, %1 "
        f": ({square}, {square}) -> {square}"
        for n in range(KERNELS)
    ]
    text = program([square, square], "\n".join(lines), [square])
    inputs = tuple(Seeded("f32", (16, 16), seed, "unit") for seed in range(2))
    speed = Speed(KERNELS * 2 * 16.0**3, moved(*[("f32", (16, 16))] * 3), "f32", "ten_matmuls")
    answer = by_reference(terms=KERNELS * 18, scale=magnitudes)
    yield Program(f"launches of {KERNELS} kernels", text, inputs, answer, speed)


def all_memory() -> list[Program]:
    made = list(launches())
    for shape in MATRICES:
        made += [
            of_rows("softmax", softmax, 0, shape),
            of_rows("layer_norm", layer_norm, 2, shape),
            of_rows("rms_norm", rms_norm, 1, shape),
            transpose(shape),
        ]
    return [*made, add_and_norm(MATRICES[-1]), gelu(LENGTH), *sums(LENGTH)]


def small_memory() -> list[Program]:
    return [*launches(), of_rows("softmax", softmax, 0, (8, 64)), add_and_norm((8, 64))]
