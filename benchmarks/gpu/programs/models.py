"""Whole networks: a layer of a decoder, as language models have it, and those of `examples/`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import linalg_reductions  # noqa: F401 (adds to MODELS)
import numpy as np
from harness import tensor
from kit.numbers import Seeded
from large_programs import gru
from linalg_networks import MODELS
from programs.program import Answer, Program, by_arrays, by_reference, magnitudes

EXAMPLES = Path(__file__).parents[3] / "examples"


def decoder_layer(tokens: int, hidden: int, heads: tuple[int, int], inner: int) -> Program:
    """Pre-normalized causal attention with grouped heads, and a gated network; f32."""
    depth = hidden // heads[0]
    own, shared = heads[0] * depth, heads[1] * depth
    shapes = {
        "x": (tokens, hidden),
        "before_attention": (hidden,),
        "q": (hidden, own),
        "k": (hidden, shared),
        "v": (hidden, shared),
        "o": (own, hidden),
        "before_network": (hidden,),
        "gate": (hidden, inner),
        "up": (hidden, inner),
        "down": (inner, hidden),
    }
    lines: list[str] = []

    def add(op: str, operands: str, given: list[tuple], result: tuple, attributes: str = "") -> str:
        """A line of the program; the name of what it makes."""
        types = ", ".join(tensor("f32", shape) for shape in given)
        name = f"%{len(lines)}"
        text = f"  {name} = claw.{op} {operands} {attributes}"
        lines.append(f"{text} : ({types}) -> {tensor('f32', result)}")
        return name

    def product(left: str, right: str, columns: int) -> str:
        inner_size = shapes[right][0]
        given = [(tokens, inner_size), (inner_size, columns)]
        return add("matmul", f"{left}, %{right}", given, (tokens, columns))

    def apply(kind: str, *operands: str, shape: tuple) -> str:
        op = "unary" if len(operands) == 1 else "binary"
        return add(op, ", ".join(operands), [shape] * len(operands), shape, f'{{kind = "{kind}"}}')

    def in_heads(name: str, count: int) -> str:
        split, moved = (tokens, count, depth), (count, tokens, depth)
        name = add("reshape", name, [(tokens, count * depth)], split)
        return add("transpose", name, [split], moved, "{permutation = array<i64: 1, 0, 2>}")

    def normalized(name: str, scale: str) -> str:
        return add("rms_norm", f"{name}, %{scale}", [(tokens, hidden), (hidden,)], (tokens, hidden))

    stream = (tokens, hidden)
    seen = normalized("%x", "before_attention")
    q = in_heads(product(seen, "q", own), heads[0])
    k, v = (in_heads(product(seen, name, shared), heads[1]) for name in ("k", "v"))
    query, key = (1, heads[0], tokens, depth), (1, heads[1], tokens, depth)
    q = add("reshape", q, [query[1:]], query)
    k, v = (add("reshape", name, [key[1:]], key) for name in (k, v))
    attended = add("attention", f"{q}, {k}, {v}", [query, key, key], query, "{causal}")
    attended = add("reshape", attended, [query], query[1:])
    back = (tokens, heads[0], depth)
    order = "{permutation = array<i64: 1, 0, 2>}"
    attended = add("transpose", attended, [query[1:]], back, order)
    attended = add("reshape", attended, [back], (tokens, own))
    middle = apply("add", "%x", product(attended, "o", hidden), shape=stream)
    seen = normalized(middle, "before_network")
    gate = apply("silu", product(seen, "gate", inner), shape=(tokens, inner))
    gated = apply("mul", gate, product(seen, "up", inner), shape=(tokens, inner))
    result = apply("add", middle, product(gated, "down", hidden), shape=stream)

    arguments = ", ".join(f"%{name}: {tensor('f32', shape)}" for name, shape in shapes.items())
    type_ = tensor("f32", stream)
    body = "\n".join([*lines, f"  return {result} : {type_}"])
    text = f"func.func @main({arguments}) -> {type_} {{\n{body}\n}}\n"
    # "factor" is 1 + x / 64; weights have a variance that keeps the stream's size.
    inputs = tuple(
        Seeded("f32", shape, seed, {1: "factor"}.get(len(shape), "any" if seed == 0 else "weight"))
        for seed, shape in enumerate(shapes.values())
    )
    # About ten layers of sums of `hidden` terms that are of the stream's size.
    answer = by_reference(8, 10.0 * max(hidden, inner), scale=lambda *_: 8.0)
    return Program(f"decoder layer f32 {tokens}x{hidden}", text, inputs, answer)


def layered(results: list[np.ndarray]) -> Answer:
    """Sums of 200 terms near 1, through up to four layers."""
    return by_arrays(results, ulps=4, terms=800, scale=1.0)


def networks() -> Iterator[Program]:
    for name, make in MODELS.items():
        text, inputs, results = make()
        results = [r.astype("float32") if r.dtype == "float64" else r for r in results]
        yield Program(f"network {name}", text, tuple(inputs), layered(results))
    text, inputs, results = gru(5)
    results = [r.astype("float32") for r in results]
    yield Program("network gru", text, tuple(inputs), layered(results))


def examples() -> Iterator[Program]:
    for name, terms in (("mlp", 400), ("residual_network", 4000)):
        text = (EXAMPLES / f"{name}.mlir").read_text()
        found = re.findall(r"%\w+: tensor<([\dx?]+)xf32>", text.partition("->")[0])
        shapes = [tuple(37 if n == "?" else int(n) for n in s.split("x")) for s in found]
        inputs = tuple(Seeded("f32", shape, n, "unit") for n, shape in enumerate(shapes))
        yield Program(
            f"example {name}", text, inputs, by_reference(ulps=8, terms=terms, scale=magnitudes)
        )


def all_models() -> list[Program]:
    return [
        *networks(),
        *examples(),
        decoder_layer(64, 256, (8, 2), 512),
        decoder_layer(1, 256, (8, 2), 512),
    ]
