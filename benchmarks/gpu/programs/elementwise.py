"""Elementwise operations, casts and what moves data: each kind in each type."""

from __future__ import annotations

from collections.abc import Iterator

from harness import program, single, tensor
from kit.numbers import Seeded
from programs.program import Program, by_reference, sizes

from clawc.chips.elements import ELEMENTS
from clawc.dialects.elementwise_ops import (
    BINARY,
    COMPARE,
    PREDICATES,
    UNARY,
    binary_elements,
    unary_elements,
)

TYPES = ("f32", "f16", "bf16", "f64", "i8", "i16", "i32", "i64", "i1")
SHAPE = (3, 37)
SIZES = [(), (0,), (1,), (7, 0, 3), (257,), (2, 3, 4, 5), (1000, 3), (1_048_579,)]
DOMAINS = {
    **dict.fromkeys(("log", "log2", "log10", "log1p", "sqrt", "rsqrt"), "positive"),
    **dict.fromkeys(("asin", "acos"), "unit"),
}
ROUNDED = by_reference(ulps=8, terms=8)
# x (1 + erf(x / sqrt 2)) / 2 rounds a number near 1 where x is below 0: the error is one of x.
OF_INPUT = by_reference(ulps=8, terms=8, scale=lambda _, inputs: [sizes(inputs[0])])
EXACT = by_reference(ulps=0.5, terms=0)


def unary() -> Iterator[Program]:
    for kind in UNARY:
        for dtype in unary_elements(kind):
            x = Seeded(dtype, SHAPE, 0, DOMAINS.get(kind, "any"))
            types = [tensor(dtype, SHAPE)], tensor("i1" if kind in PREDICATES else dtype, SHAPE)
            text = single("unary", *types, f'{{kind = "{kind}"}}')
            answer = OF_INPUT if kind.startswith("gelu") else ROUNDED
            yield Program(f"unary {kind} {dtype}", text, (x,), answer)


def binary() -> Iterator[Program]:
    for kind in BINARY:
        for dtype in binary_elements(kind):
            positive = "positive" if kind == "pow" else "any"
            low, high = (0, 6) if kind.startswith("shift") else (1, 5) if kind == "pow" else (-9, 9)
            x = Seeded(dtype, SHAPE, 0, positive, low=1 if kind == "pow" else -9)
            y = Seeded(dtype, SHAPE, 1, positive, low, high)
            type_ = tensor(dtype, SHAPE)
            text = single("binary", [type_, type_], type_, f'{{kind = "{kind}"}}')
            yield Program(f"binary {kind} {dtype}", text, (x, y), ROUNDED)


def compare() -> Iterator[Program]:
    for dtype in TYPES:
        type_, truth = tensor(dtype, SHAPE), tensor("i1", SHAPE)
        body = "\n".join(
            f'  %r{i} = claw.compare %0, %1 {{kind = "{kind}"}} : ({type_}, {type_}) -> {truth}'
            for i, kind in enumerate(COMPARE)
        )
        text = program([type_, type_], body, [truth] * len(COMPARE))
        # Few values, so that some are equal.
        inputs = tuple(Seeded(dtype, SHAPE, seed, low=-1, high=1) for seed in range(2))
        yield Program(f"compare {dtype}", text, inputs, by_reference(names=COMPARE))


def select() -> Iterator[Program]:
    for dtype in TYPES:
        types = [tensor("i1", SHAPE), tensor(dtype, SHAPE), tensor(dtype, SHAPE)]
        inputs = [Seeded(t, SHAPE, seed) for seed, t in enumerate(("i1", dtype, dtype))]
        yield Program(f"select {dtype}", single("select", types, types[1]), tuple(inputs), EXACT)


def cast() -> Iterator[Program]:
    for source in TYPES:
        targets = [t for t in TYPES if t != source]
        given = tensor(source, (83,))
        body = "\n".join(
            f"  %r{i} = claw.cast %0 : ({given}) -> {tensor(t, (83,))}"
            for i, t in enumerate(targets)
        )
        text = program([given], body, [tensor(t, (83,)) for t in targets])
        answer = by_reference(ulps=0.5, terms=0, names=targets)
        yield Program(f"cast {source}", text, (Seeded(source, (83,), 0),), answer)


MOVES = {  # operation: attributes, shapes of operand and result
    "transpose": ("{permutation = array<i64: 2, 0, 1>}", (2, 3, 40), (40, 2, 3)),
    "broadcast": ("{dims = array<i64: 0, 2>}", (3, 5), (3, 4, 5)),
    "reshape": ("", (6, 35), (2, 105)),
}


def moves() -> Iterator[Program]:
    for op, (attributes, shape, result) in MOVES.items():
        for dtype in TYPES:
            text = single(op, [tensor(dtype, shape)], tensor(dtype, result), attributes)
            yield Program(f"{op} {dtype}", text, (Seeded(dtype, shape, 0),), EXACT)


def made() -> Iterator[Program]:
    """Tensors from nothing."""
    for dtype in TYPES:
        type_ = tensor(dtype, (4, 70))
        one = {"float": "1.5", "bool": "true"}.get(ELEMENTS[dtype].kind, "-3")
        text = single("constant", [], type_, f"{{value = dense<{one}> : {type_}}}")
        yield Program(f"constant {dtype}", text, (), EXACT)
        if dtype != "i1":
            yield Program(f"iota {dtype}", single("iota", [], type_, ""), (), EXACT)


def shapes() -> Iterator[Program]:
    """One operation in all shapes, their sizes known or not."""
    for shape in SIZES:
        for dynamic in (False, True) if shape else (False,):
            type_ = tensor("f32", shape, dynamic)
            text = single("unary", [type_], type_, '{kind = "gelu"}')
            shown = f"{list(shape)}{' dynamic' if dynamic else ''}"
            yield Program(f"gelu f32 {shown}", text, (Seeded("f32", shape, 0),), OF_INPUT)


def all_elementwise() -> list[Program]:
    made_by = (unary, binary, compare, select, cast, moves, made, shapes)
    return [each for make in made_by for each in make()]
