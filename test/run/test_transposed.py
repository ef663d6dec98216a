"""Transposed convolutions as exporters write them, spaced by zeros: numbers on every device,
against each element of the input scattered to the outputs that it is part of; and their lane.

Covers: passes/normalize/split_phases.py, phase_operands.py, phase_writer.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from harness import run, tensor, values

import clawc

PLACES = ("host", "opencl", "vulkan", "emulator:sm_80", "emulator:gfx942")


@dataclass(frozen=True)
class Case:
    """Of an input of `size`, so many channels in and out; `more` outputs at the end of each
    dimension than its taps reach, and `padding` fewer on both sides."""

    size: tuple[int, ...]
    taps: tuple[int, ...]
    stride: tuple[int, ...]
    padding: int = 0
    more: int = 0
    dilation: int = 1
    channels: tuple[int, int] = (5, 7)
    dynamic: bool = False
    dtype: str = "f32"

    @property
    def first(self) -> list[int]:
        """Where the first element is among the zeros."""
        return [self.dilation * (k - 1) - self.padding for k in self.taps]

    @property
    def spaced(self) -> list[int]:
        pairs = zip(self.size, self.stride, self.first, strict=True)
        return [(n - 1) * s + 1 + 2 * at + self.more for n, s, at in pairs]

    @property
    def outputs(self) -> list[int]:
        return [n - self.dilation * (k - 1) for n, k in zip(self.spaced, self.taps, strict=True)]

    @property
    def program(self) -> str:
        rank, (c, f) = len(self.size), self.channels
        x, z = (tensor(self.dtype, [c, *n], self.dynamic) for n in (self.size, self.spaced))
        w = tensor(self.dtype, [f, c, *self.taps])
        r = tensor(self.dtype, [f, *self.outputs], self.dynamic)
        read = ", ".join(f"p{i} + k{i} * {self.dilation}" for i in range(rank))
        outs, taps = (", ".join(f"{v}{i}" for i in range(rank)) for v in "pk")
        names = f"f, {outs}, c, {taps}"
        kinds = ", ".join(['"parallel"'] * (1 + rank) + ['"reduction"'] * (1 + rank))
        sizes = ", ".join(f"%n{i}" for i in range(rank + 1)) if self.dynamic else ""
        spaced = ", ".join(f"%z{i}" for i in range(rank + 1)) if self.dynamic else ""
        extents = sizes or ", ".join(map(str, [c, *self.size]))
        lines = ["%0 = arith.constant 0 : index", "%one = arith.constant 1 : index"]
        if self.dynamic:
            for i, s in enumerate([1, *self.stride]):
                ends = ([0] + [2 * at + self.more for at in self.first])[i]
                lines += [
                    f"%d{i} = arith.constant {i} : index",
                    f"%n{i} = tensor.dim %x, %d{i} : {x}",
                    f"%s{i} = arith.constant {s} : index",
                    f"%e{i} = arith.constant {ends} : index",
                    f"%a{i} = arith.subi %n{i}, %one : index",
                    f"%b{i} = arith.muli %a{i}, %s{i} : index",
                    f"%c{i} = arith.addi %b{i}, %one : index",
                    f"%z{i} = arith.addi %c{i}, %e{i} : index",
                ]
        offsets = ", ".join(map(str, [0, *self.first]))
        steps = ", ".join(map(str, [1, *self.stride]))
        return f"""func.func @main(%x: {x}, %w: {w}, %b: {r}) -> {r} {{
  {chr(10).join(lines)}
  %zero = arith.constant 0.0 : {self.dtype}
  %empty = tensor.empty({spaced}) : {z}
  %zeros = linalg.fill ins(%zero : {self.dtype}) outs(%empty : {z}) -> {z}
  %s = tensor.insert_slice %x into %zeros[{offsets}] [{extents}] [{steps}] : {x} into {z}
  %r = linalg.generic {{indexing_maps = [affine_map<({names}) -> (c, {read})>,
      affine_map<({names}) -> (f, c, {taps})>, affine_map<({names}) -> (f, {outs})>],
      iterator_types = [{kinds}]}} ins(%s, %w : {z}, {w}) outs(%b : {r}) {{
  ^bb0(%p: {self.dtype}, %q: {self.dtype}, %t: {self.dtype}):
    %m = arith.mulf %p, %q : {self.dtype}
    %u = arith.addf %t, %m : {self.dtype}
    linalg.yield %u : {self.dtype}
  }} -> {r}
  return %r : {r}
}}"""

    def inputs(self) -> list[np.ndarray]:
        c, f = self.channels
        shapes = ([c, *self.size], [f, c, *self.taps], [f, *self.outputs])
        return [values(self.dtype, shape, i) for i, shape in enumerate(shapes)]

    def expected(self, x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        """In float64."""
        result = b.astype(np.float64)
        for at, taps in product(np.ndindex(*self.size), np.ndindex(*self.taps)):
            moved = zip(self.first, self.stride, at, taps, strict=True)
            place = tuple(o + s * i - self.dilation * k for o, s, i, k in moved)
            if all(0 <= p < n for p, n in zip(place, self.outputs, strict=True)):
                weights, elements = (a[(..., *i)] for a, i in ((w, taps), (x, at)))
                result[(..., *place)] += weights.astype(np.float64) @ elements.astype(np.float64)
        return result


CASES = {
    "2x": Case((6, 5), (4, 4), (2, 2), padding=1),
    "odd": Case((5, 6), (3, 3), (2, 2), padding=1),
    "more": Case((5, 6), (3, 3), (2, 2), padding=1, more=1),
    "2": Case((5, 3), (2, 2), (2, 2)),
    "thirds": Case((4, 5), (5, 3), (3, 3), padding=1),
    "one dimension": Case((3, 7), (3, 4), (1, 2), padding=1),
    "dilated": Case((4, 5), (3, 3), (2, 2), padding=1, dilation=3),
    "1-D": Case((9,), (16,), (5,), padding=3),
    "3-D": Case((3, 2, 4), (4, 3, 2), (2, 2, 2), padding=1),
    "dynamic": Case((6, 5), (4, 4), (2, 2), padding=1, dynamic=True),
    "f16": Case((6, 5), (4, 4), (2, 2), padding=1, dtype="f16", channels=(16, 16)),
}
FEW = {"opencl": ("2x", "dynamic"), "vulkan": ("2x", "odd")}  # where each costs seconds


@pytest.mark.parametrize(
    ("device", "case"),
    [(d, c) for d in PLACES for c in (CASES if d == "host" else FEW.get(d, ("2x", "f16")))],
)
def test_every_product(device: str, case: str) -> None:
    made = CASES[case]
    inputs = made.inputs()
    (got,) = run(made.program, inputs, device)
    tolerance = 1e-5 if made.dtype == "f32" else 4e-3
    expected = made.expected(*inputs)
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * abs(expected).max())


@pytest.mark.parametrize("case", CASES)
def test_lane(case: str) -> None:
    kernels = clawc.compile(CASES[case].program, "host").kernels.values()
    assert {facts["lane"] for facts in kernels} == {"vector"}
