"""Convolutions and poolings as sums of loops in maps: numbers on every device, and their lane."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pytest
from harness import epsilon, run, supports, tensor, values

import clawc

PLACES = ("host", "opencl", "vulkan", "emulator:sm_80", "emulator:gfx942", "amdgpu:gfx1100")


@dataclass(frozen=True)
class Case:
    """`out` accumulates, over all loops, products of `x` and `w`, or elements of `x` alone: then
    `w` only has the size of the window.  Indices are affine in loops of the given sizes, those of
    `x` with so much padding around each of its dimensions."""

    x: str
    w: str
    out: str
    sizes: dict[str, int]
    how: str = "sum"  # of products; or "max", "min", "add" of elements
    types: tuple[str, str] = ("f32", "f32")  # of the operands, of the result
    dynamic: bool = False
    around: tuple[tuple[int, int], ...] = ()  # low and high
    padding: int = 0
    id: str = field(default="", compare=False)

    def shape(self, indices: str) -> list[int]:
        largest = {loop: size - 1 for loop, size in self.sizes.items()}
        return [eval(e, {}, largest) + 1 for e in indices.split(", ")]

    def within(self) -> list[int]:
        """The shape of `x` without its padding."""
        shape = self.shape(self.x)
        around = self.around or ((0, 0),) * len(shape)
        return [n - sum(ends) for n, ends in zip(shape, around, strict=True)]

    def padded(self, within: str, whole: str) -> str:
        """%y, which is %x and what is around it."""
        if not self.around:
            return ""
        low, high = (list(n) for n in zip(*self.around, strict=True))
        type_ = self.types[0]
        number = f"{self.padding}.0" if type_[0] == "f" else str(self.padding)
        indices = ", ".join(f"%i{n}: index" for n in range(len(low)))
        return f"""  %v = arith.constant {number} : {type_}
  %y = tensor.pad %x low{low} high{high} {{
  ^bb0({indices}):
    tensor.yield %v : {type_}
  }} : {within} to {whole}
"""

    @property
    def program(self) -> str:
        loops = ", ".join(self.sizes)
        maps = ", ".join(f"affine_map<({loops}) -> ({i})>" for i in (self.x, self.w, self.out))
        kept = re.findall(r"\w+", self.out)
        kinds = ", ".join('"parallel"' if loop in kept else '"reduction"' for loop in self.sizes)
        source, result = self.types
        shapes = zip((self.x, self.w, self.out), (source, source, result), strict=True)
        x, w, out = (tensor(t, self.shape(i), self.dynamic) for i, t in shapes)
        body, product, last = [], "%a", result[0]
        if self.how == "sum":
            body.append(self._wide("%a", "%p") + self._wide("%b", "%q"))
            names = ("%a", "%b") if source == result else ("%p", "%q")
            body.append(f"%m = arith.mul{last} {names[0]}, {names[1]} : {result}\n")
            product = "%m"
        name = {"sum": f"add{last}", "add": f"add{last}"}.get(self.how)
        name = name or self.how + ("imumf" if last == "f" else "si")
        within = tensor(source, self.within(), self.dynamic)
        return f"""func.func @main(%x: {within}, %w: {w}, %init: {out}) -> {out} {{
{self.padded(within, x)}
  %r = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}
      ins({"%y" if self.around else "%x"}, %w : {x}, {w}) outs(%init : {out}) {{
  ^bb0(%a: {source}, %b: {source}, %c: {result}):
    {"".join(body)}
    %s = arith.{name} %c, {product} : {result}
    linalg.yield %s : {result}
  }} -> {out}
  return %r : {out}
}}"""

    def _wide(self, value: str, name: str) -> str:
        source, result = self.types
        cast = "extf" if source[0] in "fb" else "extsi"
        return "" if source == result else f"{name} = arith.{cast} {value} : {source} to {result}\n"

    def inputs(self) -> list[np.ndarray]:
        source, result = self.types
        shapes = [self.within(), self.shape(self.w), self.shape(self.out)]
        types = [source, source, result]
        return [values(t, n, i) for i, (t, n) in enumerate(zip(types, shapes, strict=True))]

    def expected(self, x: np.ndarray, w: np.ndarray, init: np.ndarray) -> np.ndarray:
        """Every term of every element, by NumPy in float64."""
        at = dict(zip(self.sizes, np.indices(list(self.sizes.values()), sparse=True), strict=True))
        kept = re.findall(r"\w+", self.out)
        reduced = tuple(i for i, loop in enumerate(self.sizes) if loop not in kept)

        def read(array: np.ndarray, indices: str) -> np.ndarray:
            places = tuple(eval(e, {}, at) for e in indices.split(", "))
            return np.broadcast_to(array.astype(np.float64)[places], tuple(self.sizes.values()))

        if self.around:
            x = np.pad(x, self.around, constant_values=self.padding)
        terms = read(x, self.x) * (read(w, self.w) if self.how == "sum" else 1)
        combine = {"max": np.maximum, "min": np.minimum}.get(self.how, np.add)
        order = [loop for loop in self.sizes if loop in kept]
        total = combine.reduce(terms, reduced) if reduced else terms
        return combine(init.astype(np.float64), total.transpose([order.index(i) for i in kept]))


CASES = [
    Case("n, c, i + h, j + k", "f, c, h, k", "n, f, i, j",
         dict(n=2, f=5, i=4, j=37, c=7, h=3, k=3), id="nchw"),
    Case("n, i*2 + h, j*2 + k, c", "h, k, c, f", "n, i, j, f",
         dict(n=1, i=3, j=9, f=33, h=3, k=2, c=4), id="nhwc strided"),
    Case("n, g, c, i + h*2, j*3 + k*2 + 1", "g, f, c, h, k", "n, g, f, i, j",
         dict(n=1, g=3, f=4, i=5, j=6, c=2, h=2, k=3), id="groups, dilated, from an offset"),
    Case("n, c, i + h, j + k", "c, h, k", "n, c, i, j",
         dict(n=1, c=6, i=5, j=40, h=3, k=3), id="depthwise"),
    Case("n, c, d + e, i + h, j + k", "f, c, e, h, k", "n, f, d, i, j",
         dict(n=1, f=3, d=3, i=4, j=5, c=2, e=2, h=3, k=1), id="3-D, a window of 1"),
    Case("n, c, j*2 + k", "f, c, k", "n, f, j",
         dict(n=2, f=9, j=70, c=3, k=4), dynamic=True, id="1-D dynamic"),
    Case("n, c, i + h, j + k", "f, c, h, k", "n, f, i, j",
         dict(n=1, f=17, i=3, j=19, c=16, h=3, k=3), types=("f16", "f32"), id="halves"),
    Case("n, c, i + h, j + k", "f, c, h, k", "n, f, i, j",
         dict(n=1, f=4, i=3, j=9, c=5, h=2, k=2), types=("i8", "i32"), dynamic=True, id="bytes"),
    Case("n, c, j + k", "f, c, k", "n, f, j",
         dict(n=1, f=2, j=0, c=3, k=2), dynamic=True, id="of nothing"),
    Case("i*2 + h, j*2 + k, c", "h, k", "i, j, c",
         dict(i=4, j=5, c=35, h=3, k=3), how="max", id="max pooling"),
    Case("c, d*2 + e, i*2 + h, j*2 + k", "e, h, k", "c, d, i, j",
         dict(c=3, d=2, i=2, j=20, e=2, h=2, k=2), how="add", dynamic=True, id="3-D sum pooling"),
    Case("c, j + k", "k", "c, j", dict(c=3, j=50, k=5), how="min", types=("i32", "i32"),
         id="min pooling of integers"),
    Case("i, i", "i", "i", dict(i=11), how="add", id="diagonal"),
    Case("n, c, i + h, j + k", "f, c, h, k", "n, f, i, j",
         dict(n=2, f=5, i=5, j=37, c=7, h=3, k=3), around=((0, 0), (0, 0), (1, 1), (1, 1)),
         id="padded"),
    Case("n, i*2 + h, j*2 + k*2, c", "h, k, c, f", "n, i, j, f",
         dict(n=1, i=3, j=9, f=33, h=3, k=3, c=4), around=((0, 0), (2, 1), (3, 4), (0, 0)),
         dynamic=True, id="nhwc padded, strided, dilated"),
    Case("i*2 + h, j*2 + k, c", "h, k", "i, j, c", dict(i=4, j=5, c=35, h=3, k=3), how="max",
         around=((1, 1), (1, 2), (0, 0)), padding=-3, id="max pooling, padded"),
    Case("n, c, i + h, j + k", "f, c, h, k", "n, f, i, j",
         dict(n=1, f=17, i=3, j=70, c=16, h=3, k=3), around=((0, 0), (0, 0), (1, 1), (1, 1)),
         padding=2, types=("f16", "f32"), dynamic=True, id="halves padded by 2"),
    Case("c, i + h, j + k", "c, h, k", "c, i, j", dict(c=3, i=2, j=5, h=5, k=4),
         around=((0, 0), (2, 4), (1, 7)), dynamic=True, id="nothing but padding"),
    Case("i + h, j + k", "h, k", "i, j", dict(i=1, j=1, h=3, k=3), how="add",
         around=((1, 1), (1, 1)), id="one element"),
    Case("i, j", "i", "i, j", dict(i=9, j=40), how="add", around=((2, 3), (0, 7)), padding=1,
         id="a padded tensor"),
]  # fmt: skip


@pytest.mark.parametrize("device", PLACES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_windows(device: str, case: Case) -> None:
    if not all(supports(device, t) for t in case.types):
        pytest.skip(f"{device} lacks one of {case.types}")
    inputs = case.inputs()
    (got,) = run(case.program, inputs, device)
    want = case.expected(*inputs)
    if case.types[1][0] == "i":
        np.testing.assert_array_equal(got, want)
        return
    terms = np.prod([n for loop, n in case.sizes.items() if loop not in case.out])
    scale = max(np.abs(want).max(initial=0), 1)
    np.testing.assert_allclose(got, want, 0, float(terms + 4) * epsilon(got.dtype) * scale)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_they_take_the_vector_lane(case: Case) -> None:
    artifact = clawc.compile(case.program, target="host")
    assert {facts["lane"] for facts in artifact.kernels.values()} == {"vector"}
