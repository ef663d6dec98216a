"""Programs as large as one asks: unrolled loops, chains, fans and stacks, each with its answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from linalg_moves import Case
from linalg_networks import SIGMOID, linear, mapped, normal, sigmoid, wide

PROGRAMS: dict[str, Callable[[int], Case]] = {}


def program(make: Callable[[int], Case]) -> Callable[[int], Case]:
    PROGRAMS[make.__name__] = make
    return make


@program
def gru(steps: int, batch: int = 2, size: int = 6, hidden: int = 5) -> Case:
    """A recurrent network, its loop over the words of a sentence unrolled; all its states."""
    state, gates = f"tensor<{batch}x{hidden}xf32>", f"tensor<{batch}x{3 * hidden}xf32>"
    word, words = f"tensor<{batch}x{size}xf32>", f"tensor<{batch}x{steps}x{size}xf32>"
    one, all_ = f"tensor<{batch}x1x{hidden}xf32>", f"tensor<{batch}x{steps}x{hidden}xf32>"

    def gate(result: str, source: str, number: int) -> str:
        return (
            f"%{result} = tensor.extract_slice %{source}[0, {number * hidden}] [{batch}, {hidden}]"
            f" [1, 1] : {gates} to {state}"
        )

    lines = [
        f"func.func @main(%x: {words}, %h: {state}, %wi: tensor<{3 * hidden}x{size}xf32>, "
        f"%wh: tensor<{3 * hidden}x{hidden}xf32>, %b: tensor<{3 * hidden}xf32>) -> {all_} {{",
        "%zero = arith.constant 0.0 : f32",
        "%one = arith.constant 1.0 : f32",
    ]
    gate_of_sum = "%l = arith.addf %0, %1 : f32\n" + SIGMOID.format("l").replace("%sl", "%r")
    new = """%p = arith.mulf %0, %2 : f32
    %q = arith.addf %1, %p : f32
    %r = math.tanh %q : f32"""
    mixed = """%p = arith.subf %1, %2 : f32
    %q = arith.mulf %0, %p : f32
    %r = arith.addf %2, %q : f32"""
    before = "%h"
    for t in range(steps):
        lines += [
            f"%x{t} = tensor.extract_slice %x[0, {t}, 0] [{batch}, 1, {size}] [1, 1, 1]"
            f" : {words} to {word}",
            linear(f"i{t}", f"%x{t}", "%wi", "%b", batch, size, 3 * hidden),
            linear(f"r{t}", before, "%wh", "%b", batch, hidden, 3 * hidden),
            *(gate(f"i{t}_{g}", f"i{t}", g) for g in range(3)),
            *(gate(f"r{t}_{g}", f"r{t}", g) for g in range(3)),
            mapped(f"reset{t}", [f"%i{t}_0", f"%r{t}_0"], state, gate_of_sum),
            mapped(f"update{t}", [f"%i{t}_1", f"%r{t}_1"], state, gate_of_sum),
            mapped(f"new{t}", [f"%reset{t}", f"%i{t}_2", f"%r{t}_2"], state, new),
            mapped(f"h{t}", [f"%update{t}", before, f"%new{t}"], state, mixed),
            f"%s{t} = tensor.expand_shape %h{t} [[0, 1], [2]] output_shape [{batch}, 1, {hidden}]"
            f" : {state} into {one}",
        ]
        before = f"%h{t}"
    sources = ", ".join(f"%s{t}" for t in range(steps))
    types = ", ".join([one] * steps)
    lines += [
        f"%all = tensor.concat dim(1) {sources} : ({types}) -> {all_}",
        f"return %all : {all_}",
        "}",
    ]
    shapes = [(batch, steps, size), (batch, hidden), (3 * hidden, size), (3 * hidden, hidden)]
    inputs = [normal(*s, seed=i) for i, s in enumerate([*shapes, (3 * hidden,)])]
    x, h, wi, wh, b = wide(*inputs)
    states = []
    for t in range(steps):
        i, r = (np.split(a, 3, axis=1) for a in (x[:, t] @ wi.T + b, h @ wh.T + b))
        new = np.tanh(i[2] + sigmoid(i[0] + r[0]) * r[2])
        h = new + sigmoid(i[1] + r[1]) * (h - new)
        states.append(h)
    return "\n".join(lines), inputs, [np.stack(states, axis=1)]


@program
def chain(length: int) -> Case:
    """Elementwise operations, each of which reads the one before."""
    type_ = "tensor<4x7xf32>"
    lines = [
        f"func.func @main(%a: {type_}) -> {type_} {{",
        "%one = arith.constant 1.0 : f32",
    ]
    last = "%a"
    for i in range(length):
        body = "%p = math.absf %0 : f32\n%q = arith.addf %p, %one : f32\n%r = math.sqrt %q : f32"
        lines.append(mapped(f"v{i}", [last], type_, body))
        last = f"%v{i}"
    (a,) = inputs = [normal(4, 7)]
    right = wide(a)[0]
    for _ in range(length):
        right = np.sqrt(np.abs(right) + 1)
    return "\n".join([*lines, f"return {last} : {type_}", "}"]), inputs, [right]


@program
def fan(width: int) -> Case:
    """Sums of rows, all of one argument, and their total."""
    matrix, row = "tensor<4x7xf32>", "tensor<4xf32>"
    lines = [
        f"func.func @main(%a: {matrix}) -> {row} {{",
        "%zero = arith.constant 0.0 : f32",
        f"%e = tensor.empty() : {row}",
        f"%z = linalg.fill ins(%zero : f32) outs(%e : {row}) -> {row}",
    ]
    maps = "affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>"
    for i in range(width):
        lines.append(
            f"%c{i} = arith.constant {i}.0 : f32\n"
            f"%v{i} = linalg.generic {{indexing_maps = [{maps}], "
            'iterator_types = ["parallel", "reduction"]}'
            f" ins(%a : {matrix}) outs(%z : {row}) {{\n^bb0(%x: f32, %s: f32):\n"
            f"%p = arith.addf %x, %c{i} : f32\n%r = arith.addf %s, %p : f32\n"
            f"linalg.yield %r : f32\n}} -> {row}"
        )
        last = f"%t{i - 1}" if i else "%z"
        lines.append(mapped(f"t{i}", [last, f"%v{i}"], row, "%r = arith.addf %0, %1 : f32"))
    (a,) = inputs = [normal(4, 7)]
    right = width * wide(a)[0].sum(1) + 7 * width * (width - 1) / 2
    return "\n".join([*lines, f"return %t{width - 1} : {row}", "}"]), inputs, [right]
