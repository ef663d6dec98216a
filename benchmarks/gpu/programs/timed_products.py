"""Kernels with products whose time is taken; small ones are for dry runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from math import prod

import numpy as np
from harness import program, single, tensor
from kit.case import Speed
from kit.numbers import Seeded, widen
from programs.program import Arrays, Program, by_rows, moved

from clawc.dialects import reference_elementwise as elementwise

MATMULS = [
    (4096, 4096, 4096),
    (8192, 8192, 8192),
    (1000, 1000, 1000),
    (1001, 1001, 1001),
    (1, 4096, 4096),
    (16, 11008, 4096),
]
SQUARES = (1024, 4096)
CONVOLUTIONS = ((32, 56, 64, 64), (8, 14, 512, 512))


def matmul(m: int, n: int, k: int, types: tuple[str, str], layout: str) -> Program:
    """`layout` NT has the right operand as [n, k]."""
    rhs = (k, n) if layout == "NN" else (n, k)
    operands = [tensor(types[0], (m, k)), tensor(types[0], rhs)]
    flags = "{transpose_rhs}" if layout == "NT" else ""
    text = single("matmul", operands, tensor(types[1], (m, n)), flags)
    inputs = Seeded(types[0], (m, k), 0), Seeded(types[0], rhs, 1)

    def rows(arrays: Arrays, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        left, right = (
            widen(a, types[0]).astype(np.float64) for a in (arrays[0][wanted], arrays[1])
        )
        right = right if layout == "NN" else right.T
        values = left @ right  # of i8 exact, too
        return values.astype(np.int64) if types[1] == "i32" else values, np.abs(left) @ np.abs(
            right
        )

    names = ((types[0], (m, k)), (types[0], rhs), (types[1], (m, n)))
    peak = "f16" if types[0] in ("f16", "bf16") else types[0]
    speed = Speed(2.0 * m * n * k, moved(*names), peak, "matmul", {"layout": layout})
    answer = by_rows(types[1], (m, n), rows, terms=k + 2)
    return Program(f"matmul {types[0]} {layout} {m}x{n}x{k}", text, inputs, answer, speed)


def matmuls() -> Iterator[Program]:
    for size in MATMULS:
        for dtype in ("f16", "bf16"):
            for layout in ("NN", "NT"):
                yield matmul(*size, (dtype, dtype), layout)
    for n in SQUARES:
        yield matmul(n, n, n, ("f32", "f32"), "NN")
        yield matmul(n, n, n, ("i8", "i32"), "NN")


def fused_matmul(n: int) -> Program:
    """gelu(x w + b), of f16 with sums in f32."""
    square, row = tensor("f16", (n, n)), tensor("f16", (n,))
    body = f"""  %product = claw.matmul %0, %1 : ({square}, {square}) -> {square}
  %bias = claw.broadcast %2 : ({row}) -> {square}
  %sum = claw.binary %product, %bias {{kind = "add"}} : ({square}, {square}) -> {square}
  %r0 = claw.unary %sum {{kind = "gelu"}} : ({square}) -> {square}"""
    text = program([square, square, row], body, [square])
    inputs = (
        Seeded("f16", (n, n), 0, "unit"),
        Seeded("f16", (n, n), 1, "unit"),
        Seeded("f16", (n,), 2),
    )

    def rows(arrays: Arrays, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, w, b = (widen(a, "f16") for a in (arrays[0][wanted], arrays[1], arrays[2]))
        # The product and the sum are rounded to f16 too: half a unit of each.
        half = 2.0**-11 / 2.0**-23
        scale = np.abs(x) @ np.abs(w) + half * (np.abs(x @ w) + np.abs(x @ w + b)) / (n + 16)
        return elementwise.unary(x @ w + b, "gelu"), scale + np.abs(b)

    names = [("f16", (n, n))] * 3 + [("f16", (n,))]
    speed = Speed(2.0 * n**3, moved(*names), "f16", "matmul_bias_gelu")
    # The slope of gelu is below 1.13.
    answer = by_rows("f16", (n, n), rows, terms=1.13 * (n + 16))
    return Program(f"matmul + bias + gelu f16 {n}", text, inputs, answer, speed)


def attention(queries: int, keys: int, depth: int, causal: bool, heads=(32, 8)) -> Program:
    query, key = (1, heads[0], queries, depth), (1, heads[1], keys, depth)
    types = [tensor("f16", shape) for shape in (query, key, key)]
    text = single("attention", types, types[0], "{causal}" if causal else "")
    inputs = tuple(Seeded("f16", shape, n) for n, shape in enumerate((query, key, key)))
    group = heads[0] // heads[1]

    def rows(arrays: Arrays, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        q, k, v = (widen(a[0], "f16") for a in arrays)
        values, scales = [], []
        for head, at in zip(*divmod(wanted, queries), strict=True):
            seen = slice(0, at + 1 if causal else keys)
            scores = k[head // group, seen] @ q[head, at] / math.sqrt(depth)
            size = (np.abs(k[head // group, seen]) @ np.abs(q[head, at])).max() / math.sqrt(depth)
            weights = np.exp(scores - scores.max())
            weights /= weights.sum()
            values.append(weights @ v[head // group, seen])
            # f32: scores, whose error is one of the weights, and sums; f16: the weights.
            roundings = 2 * (depth + 4) * size + 2 * len(scores) + 16 + 2 * 2.0**-11 / 2.0**-23
            scales.append(weights @ np.abs(v[head // group, seen]) * roundings)
        return np.array(values), np.array(scales)

    scored = queries * keys / 2 if causal else queries * keys
    names = ("f16", query), ("f16", key), ("f16", key), ("f16", query)
    speed = Speed(4.0 * heads[0] * scored * depth, moved(*names), "f16", "attention")
    speed.settings["causal"] = causal
    shown = f"{queries}x{keys}x{depth}{' causal' if causal else ''}"
    answer = by_rows("f16", query, rows, terms=1)
    return Program(f"attention f16 {heads[0]}/{heads[1]} {shown}", text, inputs, answer, speed)


def attentions() -> Iterator[Program]:
    for depth in (128, 64):
        for length in (2048, 8192):
            yield attention(length, length, depth, causal=True)
            yield attention(length, length, depth, causal=False)
        yield attention(1, 8192, depth, causal=False)


def convolution(layout: str, n: int, size: int, channels: int, filters: int) -> Program:
    """3 x 3, with padding, of f16."""
    image, kernel, result = (
        (n, channels, size, size),
        (filters, channels, 3, 3),
        (n, filters, size, size),
    )
    if layout == "nhwc":
        image, kernel, result = (
            (n, size, size, channels),
            (3, 3, channels, filters),
            (n, size, size, filters),
        )
    types = [tensor("f16", shape) for shape in (image, kernel, result)]
    flags = f'{{layout = "{layout}", padding = array<i64: 1, 1>}}'
    text = single("conv2d", types[:2], types[2], flags)
    inputs = Seeded("f16", image, 0), Seeded("f16", kernel, 1)

    def rows(arrays: Arrays, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, w = (widen(a, "f16") for a in arrays)
        if layout == "nhwc":
            x, w = x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1)
        x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        seen = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))
        found = []
        for each in (lambda a: a), np.abs:
            if layout == "nhwc":  # a row is all filters at a place
                at = np.unravel_index(wanted, (n, size, size))
                windows = seen[at[0], :, at[1], at[2]].reshape(len(wanted), -1)
                found.append(each(windows) @ each(w.reshape(filters, -1)).T)
            else:  # a row is a line of the image, of one filter
                at = np.unravel_index(wanted, (n, filters, size))
                windows = seen[at[0], :, at[2]].transpose(0, 2, 1, 3, 4)
                windows = windows.reshape(len(wanted), size, -1)
                chosen = w.reshape(filters, -1)[at[1]]
                found.append(np.einsum("rpk,rk->rp", each(windows), each(chosen)))
        return found[0], found[1]

    flops = 2.0 * prod(result) * channels * 9
    speed = Speed(flops, moved(*(("f16", s) for s in (image, kernel, result))), "f16", "conv2d")
    speed.settings["layout"] = layout
    answer = by_rows("f16", result, rows, terms=9 * channels + 2)
    shown = f"{n}x{size}x{size}x{channels} to {filters}"
    return Program(f"conv 3x3 f16 {layout} {shown}", text, inputs, answer, speed)


def convolutions() -> Iterator[Program]:
    for case in CONVOLUTIONS:
        for layout in ("nhwc", "nchw"):
            yield convolution(layout, *case)


def all_products() -> list[Program]:
    return [*matmuls(), fused_matmul(4096), *attentions(), *convolutions()]


def small_products() -> list[Program]:
    return [
        matmul(33, 17, 20, ("f16", "f16"), "NN"),
        matmul(33, 17, 20, ("bf16", "bf16"), "NT"),
        matmul(32, 32, 32, ("i8", "i32"), "NN"),
        fused_matmul(24),
        attention(20, 20, 16, causal=True, heads=(4, 2)),
        convolution("nhwc", 1, 6, 8, 16),
    ]
