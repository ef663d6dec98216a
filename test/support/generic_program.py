"""A `linalg.generic` as data: its text, and what its iterations give, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

DTYPES = {"f32": np.float32, "i32": np.int32}
OPERATIONS: dict[str, tuple[str, str, Callable]] = {
    "add": ("arith.addf", "arith.addi", lambda a, b: a + b),
    "sub": ("arith.subf", "arith.subi", lambda a, b: a - b),
    "max": ("arith.maximumf", "arith.maxsi", max),
    "min": ("arith.minimumf", "arith.minsi", min),
}


@dataclass(frozen=True)
class Index:
    """One result of a map: the sum of `factors[d]` times loop d, and `offset`."""

    factors: tuple[tuple[int, int], ...]
    offset: int = 0

    def at(self, loops: Sequence[int]) -> int:
        return self.offset + sum(factor * loops[d] for d, factor in self.factors)

    @property
    def loop(self) -> int | None:
        """The loop that it is, and nothing else."""
        plain = self.offset == 0 and len(self.factors) == 1 and self.factors[0][1] == 1
        return self.factors[0][0] if plain else None

    def __str__(self) -> str:
        terms = [f"d{d} * {factor}" if factor != 1 else f"d{d}" for d, factor in self.factors]
        return " + ".join([*terms, str(self.offset)] if self.offset or not terms else terms)


Tree = tuple  # ("arg", number) | ("index", loop) | ("const", value) | (operation, tree, tree)


@dataclass
class Operand:
    map: tuple[Index, ...]
    array: np.ndarray  # an input's elements, or an output's before
    given: str  # "argument", "fill", "empty" or "computed": transposed


@dataclass
class Generic:
    """One operation; `trees` say what the body yields."""

    dtype: str
    sizes: list[int]
    kinds: list[str]
    ins: list[Operand]
    outs: list[Operand]
    trees: list[Tree]
    dynamic: bool
    consumers: list[tuple[int, ...] | None] = field(default_factory=list)  # orders of dimensions

    @property
    def operands(self) -> list[Operand]:
        return [*self.ins, *self.outs]

    @property
    def arguments(self) -> list[np.ndarray]:
        """Every operand is one, for its sizes if not for its elements; a computed one turned."""
        return [o.array.T.copy() if o.given == "computed" else o.array for o in self.operands]

    def results(self) -> list[np.ndarray]:
        """The iterations in order, each on what the earlier ones left."""
        made = [operand.array.copy() for operand in self.outs]
        arrays = [operand.array for operand in self.ins] + made
        for loops in itertools.product(*(range(size) for size in self.sizes)):
            places = [tuple(i.at(loops) for i in operand.map) for operand in self.operands]
            values = [int(a[place]) for a, place in zip(arrays, places, strict=True)]
            new = [_value(tree, values, loops) for tree in self.trees]
            for array, place, value in zip(made, places[len(self.ins) :], new, strict=True):
                array[place] = value
        return [_consumed(array, order) for array, order in zip(made, self.consumers, strict=True)]

    def text(self) -> str:
        types = [_type(o.array.shape, self.dtype, self.dynamic) for o in self.operands]
        names = [f"%a{i}" for i in range(len(types))]
        lines: list[str] = []
        given = [_type(array.shape, self.dtype, self.dynamic) for array in self.arguments]
        for number, operand in enumerate(self.operands):
            names[number] = self._made(number, operand, (given[number], types[number]), lines)
        maps = [self._map(operand.map) for operand in self.operands]
        kinds = ", ".join(f'"{kind}"' for kind in self.kinds)
        n = len(self.ins)
        results = ", ".join(types[n:])
        ins = f"ins({', '.join(names[:n])} : {', '.join(types[:n])})" if n else ""
        lines += [
            f"%r:{len(self.outs)} = linalg.generic {{indexing_maps = [{', '.join(maps)}], "
            f"iterator_types = [{kinds}]}}",
            f"    {ins} outs({', '.join(names[n:])} : {results}) {{",
            f"^bb0({', '.join(f'%b{i}: {self.dtype}' for i in range(len(types)))}):",
            *self._body(),
            f"}} -> ({results})",
        ]
        returned, shapes = [], []
        for number, order in enumerate(self.consumers):
            shape = self.outs[number].array.shape
            shape = shape if order is None else tuple(shape[i] for i in order)
            shapes.append(_type(shape, self.dtype, self.dynamic))
            returned.append(f"%r#{number}" if order is None else f"%c{number}")
            if order is not None:
                lines += self._consumer(number, order, types[n + number], shapes[-1])
        signature = ", ".join(f"%a{i}: {t}" for i, t in enumerate(given))
        body = "\n  ".join(lines)
        outs = ", ".join(shapes)
        return f"""func.func @main({signature}) -> ({outs}) {{
  {body}
  return {", ".join(returned)} : {outs}
}}
"""

    def _made(self, number: int, operand: Operand, types: tuple[str, str], lines: list[str]) -> str:
        """The name of an operand, after the operations that make it of its argument."""
        if operand.given == "argument":
            return f"%a{number}"
        name, (given, type_) = f"%i{number}", types
        order = list(range(operand.array.ndim))
        if operand.given == "computed":
            order.reverse()
        sizes = self._sizes(f"%a{number}", given, order, name, lines)
        lines.append(f"{name} = tensor.empty({sizes}) : {type_}")
        if operand.given == "fill":
            value = operand.array.flat[0] if operand.array.size else 0
            lines += [
                f"{name}v = arith.constant {self._constant(int(value))} : {self.dtype}",
                f"{name}f = linalg.fill ins({name}v : {self.dtype}) outs({name} : {type_}) "
                f"-> {type_}",
            ]
            return f"{name}f"
        if operand.given == "computed":
            lines += self._elementwise(f"{name}c", f"%a{number}", name, order, given, type_)
            return f"{name}c"
        return name

    def _consumer(self, number: int, order: Sequence[int], source: str, type_: str) -> list[str]:
        """Twice a result, transposed."""
        lines: list[str] = []
        sizes = self._sizes(f"%r#{number}", source, order, f"%e{number}", lines)
        lines.append(f"%e{number} = tensor.empty({sizes}) : {type_}")
        return lines + self._elementwise(
            f"%c{number}", f"%r#{number}", f"%e{number}", order, source, type_, double=True
        )

    def _sizes(
        self, value: str, type_: str, order: Sequence[int], name: str, lines: list[str]
    ) -> str:
        """The dynamic sizes of a tensor.empty."""
        if not self.dynamic:
            return ""
        for i, dim in enumerate(order):
            lines.append(f"{name}n{i} = arith.constant {dim} : index")
            lines.append(f"{name}d{i} = tensor.dim {value}, {name}n{i} : {type_}")
        return ", ".join(f"{name}d{i}" for i in range(len(order)))

    def _elementwise(
        self,
        name: str,
        source: str,
        out: str,
        order: Sequence[int],
        type_: str,
        result: str,
        double: bool = False,
    ) -> list[str]:
        """A copy, or twice it, whose dimension i is `order[i]` of the source."""
        dims = [f"d{i}" for i in range(len(order))]
        read = ["" for _ in order]
        for i, dim in enumerate(order):
            read[dim] = f"d{i}"
        space = ", ".join(dims)
        kinds = ", ".join(['"parallel"'] * len(order))
        add = "arith.addf" if self.dtype[0] == "f" else "arith.addi"
        body = [f"%y = {add} %x, %x : {self.dtype}"] if double else []
        return [
            f"{name} = linalg.generic {{indexing_maps = [affine_map<({space}) -> "
            f"({', '.join(read)})>, affine_map<({space}) -> ({space})>], "
            f"iterator_types = [{kinds}]}} ins({source} : {type_}) outs({out} : {result}) {{",
            f"^bb0(%x: {self.dtype}, %old: {self.dtype}):",
            *body,
            f"linalg.yield {'%y' if double else '%x'} : {self.dtype}",
            f"}} -> {result}",
        ]

    def _map(self, map_: Sequence[Index]) -> str:
        space = ", ".join(f"d{i}" for i in range(len(self.sizes)))
        return f"affine_map<({space}) -> ({', '.join(map(str, map_))})>"

    def _constant(self, value: int) -> str:
        return f"{value}.0" if self.dtype[0] == "f" else str(value)

    def _body(self) -> list[str]:
        lines: list[str] = []
        yielded = [self._write(tree, lines) for tree in self.trees]
        types = ", ".join([self.dtype] * len(yielded))
        return [*lines, f"linalg.yield {', '.join(yielded)} : {types}"]

    def _write(self, tree: Tree, lines: list[str]) -> str:
        """The name of the value of `tree`, after the operations for it are in `lines`."""
        kind, *rest = tree
        if kind == "arg":
            return f"%b{rest[0]}"
        floating = self.dtype[0] == "f"
        if kind == "index":
            index, number = f"%v{len(lines)}", f"%v{len(lines)}i"
            lines.append(f"{index} = linalg.index {rest[0]} : index")
            lines.append(f"{number} = arith.index_cast {index} : index to i32")
            if not floating:
                return number
            lines.append(f"{number}f = arith.sitofp {number} : i32 to f32")
            return f"{number}f"
        if kind == "const":
            name = f"%v{len(lines)}"
            lines.append(f"{name} = arith.constant {self._constant(rest[0])} : {self.dtype}")
            return name
        left, right = (self._write(part, lines) for part in rest)
        name = f"%v{len(lines)}"
        operation = OPERATIONS[kind][0 if floating else 1]
        lines.append(f"{name} = {operation} {left}, {right} : {self.dtype}")
        return name


def _value(tree: Tree, values: Sequence[int], loops: Sequence[int]) -> int:
    kind, *rest = tree
    if kind == "arg":
        return values[rest[0]]
    if kind == "index":
        return loops[rest[0]]
    if kind == "const":
        return rest[0]
    return OPERATIONS[kind][2](*(_value(part, values, loops) for part in rest))


def _consumed(array: np.ndarray, order: Sequence[int] | None) -> np.ndarray:
    return array if order is None else 2 * array.transpose(order)


def _type(shape: Sequence[int], dtype: str, dynamic: bool) -> str:
    return f"tensor<{''.join('?x' if dynamic else f'{n}x' for n in shape)}{dtype}>"
