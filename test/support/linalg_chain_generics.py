"""Steps of a chain that are `linalg.generic`s: elementwise, reductions, reads by floordiv and mod."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from linalg_chain import Chain, Value, held, is_float
from linalg_chain_bodies import Body, Scalar

REDUCTIONS: dict[str, tuple[str, str, Callable]] = {
    "sum": ("addf", "addi", np.add),
    "max": ("maximumf", "maxsi", np.maximum),
    "min": ("minimumf", "minsi", np.minimum),
}


def affine(rank: int, results: Sequence[str]) -> str:
    return f"affine_map<({', '.join(f'd{i}' for i in range(rank))}) -> ({', '.join(results)})>"


def loops_of(shape: Sequence[int]) -> list[np.ndarray]:
    """The value of each loop at every iteration."""
    return list(np.indices(tuple(shape)))


def operand(chain: Chain, leader: Value) -> tuple[Value, tuple[int | None, ...]]:
    """A value to read beside `leader`, and the loop of each dimension (none: it is of size 1)."""
    loops = list(range(len(leader.shape)))

    def reads(value: Value) -> bool:
        return len(value.shape) <= len(loops) and _loops(value.shape, leader.shape) is not None

    if chain.random.random() < 0.6:
        value = chain.pick(reads)  # the leader is one
        found = _loops(value.shape, leader.shape)
        assert found is not None
        return value, found
    kept = chain.random.sample(loops, chain.random.randint(0, len(loops)))
    ones = [loop if chain.random.random() < 0.8 else None for loop in kept]
    shape = [1 if loop is None else leader.shape[loop] for loop in ones]
    dynamic = [loop is not None and chain.random.random() < 0.3 for loop in ones]
    return chain.argument(chain.random.choice(chain.dtypes), shape, dynamic), tuple(ones)


def _loops(shape: Sequence[int], space: Sequence[int]) -> tuple[int | None, ...] | None:
    """A loop of its own for each dimension, by their sizes."""
    free, found = list(range(len(space))), []
    for size in shape:
        fits = [d for d in free if space[d] == size]
        if not fits and size != 1:
            return None
        found.append(fits[0] if fits else None)
        if fits:
            free.remove(fits[0])
    return tuple(found)


def _read(value: Value, loops: Sequence[int | None], space: Sequence[int]) -> np.ndarray:
    indices = np.indices(tuple(space))
    zero = np.zeros(tuple(space), np.int64)
    return value.array[tuple(zero if d is None else indices[d] for d in loops)]


def _operands(chain: Chain, leader: Value, body: Body) -> tuple[list[str], list[Value]]:
    rank = len(leader.shape)
    maps, values = [affine(rank, [f"d{i}" for i in range(rank)])], [leader]
    body.scalars.append(Scalar("%b0", leader.dtype, leader.array))
    for number in range(1, chain.random.randint(1, 3)):
        value, loops = operand(chain, leader)
        maps.append(affine(rank, ["0" if d is None else f"d{d}" for d in loops]))
        values.append(value)
        read = _read(value, loops, leader.shape)
        body.scalars.append(Scalar(f"%b{number}", value.dtype, read))
    return maps, values


def elementwise(chain: Chain) -> None:
    """One to three results, each in an order of its own."""
    leader = chain.pick()
    rank = len(leader.shape)
    body = Body(chain.random, chain.dtypes, loops_of(leader.shape))
    maps, values = _operands(chain, leader, body)
    yielded = [body.tree(3) for _ in range(chain.random.choice([1, 1, 1, 2, 3]))]
    outs, orders = [], []
    for scalar in yielded:
        order = list(range(rank))
        if chain.random.random() < 0.4:
            chain.random.shuffle(order)
        orders.append(order)
        outs.append(chain.empty(scalar.dtype, [(leader, d) for d in order])[1])
        maps.append(affine(rank, [f"d{d}" for d in order]))
    arrays = [
        np.broadcast_to(scalar.array, leader.shape).transpose(order)
        for scalar, order in zip(yielded, orders, strict=True)
    ]
    _emit(chain, maps, ["parallel"] * rank, values, outs, body, yielded, arrays)


def reduction(chain: Chain) -> None:
    """Results of one kind of reduction each, over the same loops; inits are fills or arguments."""
    leader = chain.pick(lambda v: v.shape)
    rank = len(leader.shape)
    over = sorted(chain.random.sample(range(rank), chain.random.randint(1, rank)))
    kept = [d for d in range(rank) if d not in over]
    chain.random.shuffle(kept)
    body = Body(chain.random, chain.dtypes, loops_of(leader.shape))
    maps, values = _operands(chain, leader, body)
    count = chain.random.choice([1, 1, 1, 2])
    trees = [body.tree(2) for _ in range(count)]
    outs, arrays, yielded, bounds = [], [], [], []
    for number, tree in enumerate(trees):
        scalar = body.converted(tree, "i32") if tree.dtype == "i1" else tree
        word, integer_word, combine = REDUCTIONS[chain.random.choice(list(REDUCTIONS))]
        floating = is_float(scalar.dtype)
        sources = [(leader, d) for d in kept]
        if chain.random.random() < 0.3:
            shape = [leader.shape[d] for d in kept]
            out = chain.argument(scalar.dtype, shape, [leader.dynamic[d] for d in kept])
        else:
            out = chain.filled(scalar.dtype, sources, chain.random.randint(-3, 3))
        terms = np.broadcast_to(scalar.array, leader.shape).transpose(kept + over)
        axes = tuple(range(len(kept), rank))
        array = combine(out.array, combine.reduce(terms, axes, initial=out_neutral(combine)))
        bounds.append(np.abs(out.array) + np.abs(terms).sum(axes))
        arrays.append(array)
        own = f"%b{len(values) + number}"
        line = f"arith.{word if floating else integer_word} {own}, {scalar.name} : {scalar.dtype}"
        body.lines.append(f"%r{number} = {line}")
        yielded.append(Scalar(f"%r{number}", scalar.dtype, array))
        outs.append(out)
        maps.append(affine(rank, [f"d{d}" for d in kept]))
    kinds = ["reduction" if d in over else "parallel" for d in range(rank)]
    _emit(chain, maps, kinds, values, outs, body, yielded, arrays, bounds)


def out_neutral(combine: Callable) -> int:
    """What changes no result: beyond the numbers of all types that can be reached here."""
    return {np.add: 0, np.maximum: -(2**62), np.minimum: 2**62}[combine]


def divided(chain: Chain) -> None:
    """A result of more elements than its source, which `d floordiv k` or `d mod k` reads."""
    source = chain.pick(lambda v: len(v.shape) in (1, 2) and 0 < v.shape[0] <= 40)
    size, times = source.shape[0], chain.random.choice([1, 2, 3])
    out = chain.argument(source.dtype, [size * times, *source.shape[1:]])
    word = chain.random.choice(["floordiv", "mod"])
    rank = len(source.shape)
    rest = [f"d{i}" for i in range(1, rank)]
    maps = [affine(rank, [f"d0 {word} {times if word == 'floordiv' else size}", *rest])]
    maps.append(affine(rank, ["d0", *rest]))
    at = np.arange(size * times)
    array = source.array[at // times if word == "floordiv" else at % size]
    body = Body(chain.random, chain.dtypes, [])
    add = "addf" if is_float(source.dtype) else "addi"
    body.lines.append(f"%r = arith.{add} %b0, %b1 : {source.dtype}")
    array = held(source.dtype, array + out.array)
    yielded = [Scalar("%r", source.dtype, array)]
    _emit(chain, maps, ["parallel"] * rank, [source], [out], body, yielded, [array])


def gathered(chain: Chain) -> None:
    """Elements of a tensor at numbers that another one says, held within it."""
    table = chain.pick(lambda v: v.shape and v.array.size)
    at = chain.pick(lambda v: v.dtype in ("i32", "i64") and len(v.shape) <= 3)
    rank, dims = len(at.shape), [f"d{i}" for i in range(len(at.shape))]
    low, high, last = chain.name(), chain.name(), table.shape[0] - 1
    body = Body(chain.random, chain.dtypes, [])
    zeros = [chain.index(0) for _ in table.shape[1:]]
    body.lines += [
        f"{low} = arith.constant 0 : {at.dtype}",
        f"{high} = arith.constant {last} : {at.dtype}",
        f"%l = arith.maxsi %b0, {low} : {at.dtype}",
        f"%h = arith.minsi %l, {high} : {at.dtype}",
        f"%i = arith.index_cast %h : {at.dtype} to index",
        f"%r = tensor.extract {table.name}[{', '.join(['%i', *zeros])}] : {table.type}",
    ]
    _, out = chain.empty(table.dtype, [(at, d) for d in range(rank)])
    first = table.array[(slice(None), *[0] * len(zeros))]
    array = first[np.clip(at.array, 0, last)]
    maps = [affine(rank, dims)] * 2
    yielded = [Scalar("%r", table.dtype, array)]
    _emit(chain, maps, ["parallel"] * rank, [at], [out], body, yielded, [array])


def _emit(
    chain: Chain,
    maps: Sequence[str],
    kinds: Sequence[str],
    values: Sequence[Value],
    outs: Sequence[Value],
    body: Body,
    yielded: Sequence[Scalar],
    arrays: Sequence[np.ndarray],
    bounds: Sequence[np.ndarray] | None = None,
) -> None:
    parts = [*values, *outs]
    block = ", ".join(f"%b{i}: {v.dtype}" for i, v in enumerate(parts))
    results = ", ".join(o.type for o in outs)
    group = f"%g{len(chain.lines)}"
    quoted = ", ".join(f'"{kind}"' for kind in kinds)
    chain.lines += [
        f"{group}:{len(outs)} = linalg.generic {{indexing_maps = [{', '.join(maps)}], "
        f"iterator_types = [{quoted}]}}",
        f"    ins({', '.join(v.name for v in values)} : {', '.join(v.type for v in values)}) "
        f"outs({', '.join(o.name for o in outs)} : {results}) {{",
        f"^bb0({block}):",
        *[f"  {line}" for line in body.lines],
        f"  linalg.yield {', '.join(s.name for s in yielded)} : "
        f"{', '.join(s.dtype for s in yielded)}",
        f"}} -> ({results})",
    ]
    for number, (out, array) in enumerate(zip(outs, arrays, strict=True)):
        held(out.dtype, array, bounds[number] if bounds else None)
        array = held(out.dtype, array)
        chain.values.append(Value(f"{group}#{number}", out.dtype, array, out.dynamic))
