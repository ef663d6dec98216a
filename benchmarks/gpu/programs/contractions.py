"""Matrix products, convolutions, poolings and attention: types, layouts, sizes of all sorts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from harness import single, tensor
from kit.numbers import Seeded
from programs.program import Program, by_reference, magnitudes, sizes

from clawc.chips.elements import ELEMENTS

PAIRS = [  # of operands and result
    ("f16", "f32"),
    ("f16", "f16"),
    ("bf16", "f32"),
    ("bf16", "bf16"),
    ("f32", "f32"),
    ("f64", "f64"),
    ("i8", "i32"),
    ("i16", "i32"),
    ("i32", "i32"),
    ("i64", "i64"),
]
SIZES = [
    (1, 1, 1),
    (16, 16, 16),
    (33, 17, 65),
    (127, 129, 255),
    (128, 256, 512),
    (1, 1000, 300),
    (5, 3, 4097),
    (0, 4, 4),
    (4, 4, 0),
]
FLAGS = ("", "{transpose_lhs}", "{transpose_rhs}", "{transpose_lhs, transpose_rhs}")


def product(
    m: int, n: int, k: int, types: tuple[str, str], flags: str, dynamic: bool, batch: tuple = ()
) -> Program:
    lhs = (*batch, k, m) if "transpose_lhs" in flags else (*batch, m, k)
    rhs = (*batch, n, k) if "transpose_rhs" in flags else (*batch, k, n)
    op = "batch_matmul" if batch else "matmul"
    operands = [tensor(types[0], shape, dynamic) for shape in (lhs, rhs)]
    text = single(op, operands, tensor(types[1], (*batch, m, n), dynamic), flags)
    shown = [*batch, m, n, k]
    name = f"{op} {types[0]} {types[1]} {shown} {flags}{' dynamic' if dynamic else ''}"
    inputs = tuple(Seeded(types[0], shape, seed) for seed, shape in enumerate((lhs, rhs)))
    return Program(name.strip(), text, inputs, by_reference(terms=k + 2, scale=magnitudes))


def products() -> Iterator[Program]:
    for types in PAIRS:
        yield product(33, 65, 31, types, "", False)
        yield product(17, 33, 16, types, "", False, batch=(3,))
    for types in (("f16", "f32"), ("bf16", "bf16"), ("i8", "i32")):  # of matrix units
        for flags in FLAGS:
            yield product(130, 72, 100, types, flags, False)
            yield product(130, 72, 100, types, flags, True)
    for size in SIZES:
        for dtype in ("f16", "f32"):
            for dynamic in (False, True):
                yield product(*size, (dtype, "f32"), "", dynamic)


CONVOLUTIONS = [  # input, filter, result, attributes; as "nchw"
    ((1, 1, 5, 5), (1, 1, 3, 3), (1, 1, 3, 3), ""),
    ((2, 3, 9, 7), (8, 3, 3, 3), (2, 8, 9, 7), "padding = array<i64: 1, 1>"),
    (
        *((1, 4, 11, 11), (6, 4, 3, 3), (1, 6, 6, 6)),
        "stride = array<i64: 2, 2>, padding = array<i64: 1, 1>",
    ),
    ((1, 4, 9, 9), (4, 2, 3, 3), (1, 4, 5, 5), "groups = 2 : i64, dilation = array<i64: 2, 2>"),
    ((1, 6, 8, 8), (6, 1, 3, 3), (1, 6, 8, 8), "groups = 6 : i64, padding = array<i64: 1, 1>"),
    ((2, 32, 14, 14), (64, 32, 1, 1), (2, 64, 14, 14), ""),
]


def convolution(types, image, kernel, result, attributes) -> Program:
    operands = [tensor(types[0], image), tensor(types[0], kernel)]
    text = single("conv2d", operands, tensor(types[1], result), f"{{{attributes}}}")
    shown = f"{list(image)} by {list(kernel)} {attributes}".strip()
    terms = kernel[1] * kernel[2] * kernel[3] + 2
    inputs = (Seeded(types[0], image, 0), Seeded(types[0], kernel, 1))
    answer = by_reference(terms=terms, scale=magnitudes)
    return Program(f"conv2d {types[0]} {types[1]} {shown}", text, inputs, answer)


def convolutions() -> Iterator[Program]:
    for types in PAIRS:
        yield convolution(types, (1, 3, 6, 6), (4, 3, 3, 3), (1, 4, 4, 4), "")
    for dtype in ("f32", "f16"):
        for case in CONVOLUTIONS:
            yield convolution((dtype, dtype), *case)


def largest(_program: Program, inputs: list[np.ndarray]) -> float:
    return float(sizes(inputs[-1]).max(initial=0))


def poolings() -> Iterator[Program]:
    types = [
        row for row in ELEMENTS.values() if row.everywhere and row.kind in ("float", "integer")
    ]
    for row in types:
        for kind in ("max", "avg") if row.kind == "float" else ("max",):
            x = Seeded(row.name, (2, 3, 10, 9), 0)
            attributes = (
                f'{{kind = "{kind}", kernel = array<i64: 3, 3>, stride = array<i64: 2, 1>, '
                "padding = array<i64: 1, 1>}"
            )
            result = tensor(row.name, (2, 3, 5, 9))
            text = single("pool2d", [tensor(row.name, x.shape)], result, attributes)
            answer = by_reference(terms=10, scale=largest)
            yield Program(f"pool2d {kind} {row.name}", text, (x,), answer)


HEADS = [  # query heads, key heads, queries, keys, depth, flags
    (1, 1, 4, 4, 8, ""),
    (4, 2, 17, 17, 8, "causal"),
    (2, 2, 1, 33, 8, ""),
    (2, 1, 20, 9, 16, ""),
    (4, 1, 130, 130, 64, "causal"),
]


def attentions() -> Iterator[Program]:
    for dtype in ("f16", "bf16", "f32", "f64"):
        for heads, key_heads, queries, keys, depth, flags in HEADS:
            query, key = (2, heads, queries, depth), (2, key_heads, keys, depth)
            types = [tensor(dtype, shape) for shape in (query, key, key)]
            text = single("attention", types, types[0], f"{{{flags}}}" if flags else "")
            inputs = tuple(Seeded(dtype, s, n) for n, s in enumerate((query, key, key)))
            # A score of size s that is rounded by u changes its weight by s u, and so do the
            # largest one and the sum; weights and result are rounded once: (2 s + 3) u.
            score = 2 * 3.5**2 * depth**0.5 + 3
            inner = ELEMENTS[ELEMENTS[dtype].accumulator].epsilon
            terms = score * ELEMENTS[dtype].epsilon / 2 / inner + keys + 16
            answer = by_reference(terms=terms, scale=largest)
            shown = f"[{heads}/{key_heads}, {queries}, {keys}, {depth}] {flags}".strip()
            yield Program(f"attention {dtype} {shown}", text, inputs, answer)
    for mask in ("f32", "i1"):
        shape, of_mask = (1, 2, 12, 8), (1, 2, 12, 12)
        types = [*[tensor("f32", shape)] * 3, tensor(mask, of_mask)]
        inputs = [*(Seeded("f32", shape, n) for n in range(3)), Seeded(mask, of_mask, 3)]
        answer = by_reference(8, 64, scale=lambda *_: 8.0)
        text = single("attention", types, types[0])
        yield Program(f"attention f32 masked by {mask}", text, tuple(inputs), answer)


def all_contractions() -> list[Program]:
    made_by = (products, convolutions, poolings, attentions)
    return [each for make in made_by for each in make()]
