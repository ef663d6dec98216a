"""Makes a program that shows a difference smaller, for people to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from llvm_programs import Barrier, Block, Choice, Loop, Program


def smaller(block: Block) -> Iterator[Block]:
    """The block with something left out: half of it, a statement, a branch, what is inside one.

    Barriers stay: without them, threads race.
    """
    size = len(block)
    while size:
        for start in range(0, len(block), size):
            part = block[start : start + size]
            barriers = tuple(node for node in part if isinstance(node, Barrier))
            if len(barriers) < len(part):
                yield block[:start] + barriers + block[start + size :]
        size //= 2
    for i, node in enumerate(block):
        for other in _instead(node):
            yield block[:i] + other + block[i + 1 :]


def _instead(node: object) -> Iterator[Block]:
    match node:
        case Choice(ways=ways):
            yield from ways
            for i, way in enumerate(ways):
                for less in smaller(way):
                    yield (replace(node, ways=(*ways[:i], less, *ways[i + 1 :])),)
        case Loop(body=body):
            yield body
            if node.leave:
                yield (replace(node, leave=""),)
            for less in smaller(body):
                yield (replace(node, body=less),)


def reduced(program: Program, fails: Callable[[Program], bool]) -> Program:
    """The smallest one found of those for which `fails` still holds."""
    while True:
        candidates = (replace(program, body=body) for body in smaller(program.body))
        found = next((candidate for candidate in candidates if fails(candidate)), None)
        if found is None:
            return program
        program = found
