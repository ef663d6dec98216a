"""Random `linalg.generic`s.

Maps are permutations, constants, diagonals and windows; several results have maps of their own;
operands are fills, arguments or transposed ones, inits read or not.  All numbers are small
integers, so that every type holds them exactly.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from random import Random

import numpy as np
from generic_program import DTYPES, OPERATIONS, Generic, Index, Operand, Tree


def random_generic(random: Random) -> Generic:
    """One to three loops, up to three inputs and three results."""
    dtype = random.choice(list(DTYPES))
    sizes = [random.choice([1, 1, 2, 3, 4, 5]) for _ in range(random.randint(1, 3))]
    dynamic = random.random() < 0.4
    if dynamic and random.random() < 0.1:  # else MLIR takes no windows
        sizes[random.randrange(len(sizes))] = 0
    rank = len(sizes)
    n_ins, n_outs = random.randint(0, 3), random.choice([1, 1, 2, 2, 3])
    maps = [_random_map(random, rank, 0.25) for _ in range(n_ins)]
    first = _random_map(random, rank, 0.3)
    out_maps = [first if random.random() < 0.3 else _random_map(random, rank, 0.3)]
    out_maps += [
        random.choice(out_maps) if random.random() < 0.4 else _random_map(random, rank, 0.3)
        for _ in range(n_outs - 1)
    ]
    named = {index.loop for map_ in [*maps, *out_maps] for index in map_}
    if missing := [d for d in range(rank) if d not in named]:  # as the window of a pooling
        maps.append(tuple(Index(((d, 1),)) for d in missing))
    ins = [Operand(m, _array(random, m, sizes, dtype), "argument") for m in maps]
    outs = [Operand(m, _array(random, m, sizes, dtype), "argument") for m in out_maps]
    used = {index.loop for map_ in out_maps for index in map_}
    kinds = ["parallel" if d in used else "reduction" for d in range(rank)]
    generic = Generic(dtype, sizes, kinds, ins, outs, [], dynamic)
    generic.trees = [_tree_of(random, generic, i) for i in range(n_outs)]
    for operand in ins:
        operand.given = random.choice(["argument", "argument", "computed", "fill"])
        _fill(random, operand)
    for i, operand in enumerate(outs):
        _begin(random, generic, i, operand)
        order = list(range(operand.array.ndim))
        random.shuffle(order)
        generic.consumers.append(tuple(order) if random.random() < 0.4 else None)
    return generic


def _random_map(random: Random, rank: int, odd: float) -> tuple[Index, ...]:
    """Some of the loops in any order; one in `1 / odd` has windows, constants or diagonals."""
    loops = random.sample(range(rank), random.randint(0, rank))
    map_ = [Index(((d, 1),)) for d in loops]
    if random.random() < odd:
        kind = random.choice(["window", "constant", "diagonal", "stride", "zero"])
        d, e = random.randrange(rank), random.randrange(rank)
        terms = {d: random.randint(1, 2)} | ({e: random.randint(1, 2)} if e != d else {})
        odd_one = {
            "window": Index(tuple(sorted(terms.items()))),
            "constant": Index((), random.randint(0, 2)),
            "diagonal": Index(((d, 1),)),
            "stride": Index(((d, random.randint(1, 2)),), random.randint(0, 2)),
            "zero": Index((), 0),
        }[kind]
        map_.insert(random.randint(0, len(map_)), odd_one)
    return tuple(map_[:4])


def _array(random: Random, map_: Sequence[Index], sizes: Sequence[int], dtype: str) -> np.ndarray:
    """Elements for a map: as many as it reaches, and where that is allowed sometimes more."""
    shape = []
    for index in map_:
        if index.loop is not None:
            shape.append(sizes[index.loop])
        else:
            last = index.at([max(size - 1, 0) for size in sizes])
            shape.append(last + 1 + random.choice([0, 0, 1, 2]))
    numbers = np.random.default_rng(random.randrange(1000)).integers(-4, 5, shape)
    return np.asarray(numbers, DTYPES[dtype])


def _tree_of(random: Random, generic: Generic, number: int) -> Tree:
    """What result `number` is: combined with what was there, or not."""
    own = ("arg", len(generic.ins) + number)
    tree = _random_tree(random, generic, 2)
    kind = random.choice(["accumulate", "accumulate", "write", "any"])
    if kind == "accumulate":
        parts = [own, tree] if random.random() < 0.5 else [tree, own]
        return (random.choice(["add", "add", "max", "min"]), *parts)
    if kind == "any":
        other = ("arg", len(generic.ins) + random.randrange(len(generic.outs)))
        return ("max", ("min", other, ("const", 50)), tree)
    return tree


def _random_tree(random: Random, generic: Generic, depth: int) -> Tree:
    if depth and random.random() < 0.5:
        left, right = (_random_tree(random, generic, depth - 1) for _ in range(2))
        return (random.choice(list(OPERATIONS)), left, right)
    leaves: list[Tree] = [("arg", i) for i in range(len(generic.ins))] * 2
    leaves += [("index", random.randrange(len(generic.sizes))), ("const", random.randint(-3, 3))]
    return random.choice(leaves)


def _begin(random: Random, generic: Generic, number: int, operand: Operand) -> None:
    """Where an output's elements come from; empty only if nobody sees them."""
    reached = {
        tuple(i.at(loops) for i in operand.map)
        for loops in itertools.product(*(range(size) for size in generic.sizes))
    }
    argument = len(generic.ins) + number
    read = any(argument in _leaves(tree) for tree in generic.trees)
    given = ["argument", "fill", "computed"]
    if not read and len(reached) == operand.array.size:
        given += ["empty"] * 3
    operand.given = random.choice(given)
    _fill(random, operand)


def _fill(random: Random, operand: Operand) -> None:
    if operand.given == "fill":
        operand.array[...] = random.randint(-2, 2)


def _leaves(tree: Tree) -> set[int]:
    """The arguments of the body that `tree` reads."""
    if tree[0] == "arg":
        return {tree[1]}
    return set().union(*(_leaves(part) for part in tree[1:] if isinstance(part, tuple)))
