"""Random programs: whatever is grouped with whatever, the results are NumPy's."""

from __future__ import annotations

import random

import l1_runner
import numpy as np
import pytest
from mlir import ir


class Program:
    """Lines of a function on matrices, rows and columns, and the NumPy values beside them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.m, self.n = self.random.choice([(3, 4), (5, 5), (1, 6), (0, 3)])
        self.dynamic = self.random.random() < 0.5
        rng = np.random.default_rng(seed)
        self.arguments = [
            rng.uniform(0.5, 1.5, (self.m, self.n)).astype(np.float32),
            rng.uniform(0.5, 1.5, (self.m, self.n)).astype(np.float32),
            rng.uniform(0.5, 1.5, (self.n,)).astype(np.float32),
        ]
        # name -> (dims, value); dims: letters of the sizes
        self.values = {
            "%x": ("mn", self.arguments[0]),
            "%y": ("mn", self.arguments[1]),
            "%v": ("n", self.arguments[2]),
        }
        self.lines: list[str] = []

    def type(self, dims: str) -> str:
        sizes = {"m": str(self.m), "n": str(self.n)}
        shape = "".join(("?" if self.dynamic else sizes[d]) + "x" for d in dims)
        return f"tensor<{shape}f32>"

    def empty(self, dims: str) -> str:
        name = f"%e{len(self.lines)}"
        sizes = ", ".join(f"%{d}" for d in dims) if self.dynamic else ""
        self.lines.append(f"{name} = tensor.empty({sizes}) : {self.type(dims)}")
        return name

    def pick(self, rank: int | None = None) -> tuple[str, str, np.ndarray]:
        names = [n for n, (d, _) in self.values.items() if rank is None or len(d) == rank]
        name = self.random.choice(names[-6:])
        return (name, *self.values[name])

    def generic(
        self, dims: str, reads: list[tuple[str, str]], out: str, init: str, body: str
    ) -> str:
        loops = ", ".join(dims)
        maps = [f"affine_map<({loops}) -> ({', '.join(d)})>" for _, d in reads]
        maps.append(f"affine_map<({loops}) -> ({', '.join(out)})>")
        kinds = ", ".join('"parallel"' if d in out else '"reduction"' for d in dims)
        name = f"%g{len(self.lines)}"
        names = ", ".join(n for n, _ in reads)
        types = ", ".join(self.type(self.values[n][0]) for n, _ in reads)
        arguments = ", ".join(f"%a{i}: f32" for i in range(len(reads)))
        self.lines.append(
            f"{name} = linalg.generic {{indexing_maps = [{', '.join(maps)}], iterator_types = "
            f"[{kinds}]}} ins({names} : {types}) outs({init} : {self.type(out)}) {{\n"
            f"^bb0({arguments}, %o: f32):\n{body}\n linalg.yield %r : f32 }} -> {self.type(out)}"
        )
        return name

    def unary(self) -> None:
        name, dims, value = self.pick()
        made = self.generic(
            dims, [(name, dims)], dims, self.empty(dims), "%r = math.tanh %a0 : f32"
        )
        self.values[made] = (dims, np.tanh(value))

    def binary(self) -> None:
        (a, da, va), (b, db, vb) = self.pick(), self.pick()
        out = da if len(da) >= len(db) else db
        if not set(db) <= set(out) or not set(da) <= set(out):
            return
        body = "%r = arith.addf %a0, %a1 : f32"
        made = self.generic(out, [(a, da), (b, db)], out, self.empty(out), body)
        self.values[made] = (out, self.spread(va, da, out) + self.spread(vb, db, out))

    @staticmethod
    def spread(value: np.ndarray, dims: str, out: str) -> np.ndarray:
        order = [d for d in out if d in dims]
        value = value.transpose([dims.index(d) for d in order]) if dims else value
        index = tuple(slice(None) if d in dims else None for d in out)
        return value[index]

    def reduce(self) -> None:
        name, dims, value = self.pick(2)
        gone = self.random.choice(dims)
        out = dims.replace(gone, "")
        empty = self.empty(out)
        zero = f"%z{len(self.lines)}"
        self.lines.append(
            f"{zero} = linalg.fill ins(%zero : f32) outs({empty} : {self.type(out)})"
            f" -> {self.type(out)}"
        )
        body = "%r = arith.addf %a0, %o : f32"
        made = self.generic(dims, [(name, dims)], out, zero, body)
        self.values[made] = (out, value.sum(axis=dims.index(gone)))

    def transpose(self) -> None:
        name, dims, value = self.pick(2)
        out = dims[::-1]
        made = self.generic(dims, [(name, dims)], out, self.empty(out), "%r = arith.negf %a0 : f32")
        self.values[made] = (out, -value.T)

    def text(self) -> tuple[str, list[np.ndarray]]:
        steps = [self.unary, self.binary, self.binary, self.reduce, self.transpose]
        for _ in range(self.random.randint(3, 14)):
            self.random.choice(steps)()
        made = [n for n in self.values if n.startswith("%g")] or ["%x"]
        results = self.random.sample(made, min(len(made), self.random.randint(1, 3)))
        types = ", ".join(self.type(self.values[r][0]) for r in results)
        sizes = """
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %m = tensor.dim %x, %c0 : TYPE
          %n = tensor.dim %x, %c1 : TYPE""".replace("TYPE", self.type("mn"))
        text = (
            f"func.func @f(%x: {self.type('mn')}, %y: {self.type('mn')}, %v: {self.type('n')})"
            f" -> ({types}) {{{sizes}\n%zero = arith.constant 0.0 : f32\n"
            + "\n".join(self.lines)
            + f"\nreturn {', '.join(results)} : {types}\n}}"
        )
        return text, [self.values[r][1] for r in results]


@pytest.mark.parametrize("seed", range(40))
def test_random_program(seed):
    program = Program(seed)
    text, expected = program.text()
    with ir.Context(), ir.Location.unknown():
        results = l1_runner.run(l1_runner.form(text), program.arguments)
    for found, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
