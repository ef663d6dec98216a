"""Random programs of claw operations, as hypothesis draws them."""

from __future__ import annotations

from dataclasses import replace
from math import prod, sqrt

import ml_dtypes
import numpy as np
from harness import program
from hypothesis import strategies as st
from random_graph import BITS, EXACT, LARGEST, ONE, Graph, Size, Value, wrapped

from clawc.dialects.reference import DTYPES

WIDE = {"f16": "f32", "bf16": "f32", "i8": "i32", "i16": "i32"}  # what products may give
SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 16, 17, 31, 32, 33, 63, 64, 65, 70)
MOST_ELEMENTS = 20_000


class Program(Graph):
    """Each method `add_…` appends an operation, if there are operands for it."""

    def add_unary(self) -> None:
        v = self.pick(lambda v: v.dtype != "i1")
        if v:
            kinds = ["neg", "abs"]
            if not v.error:
                kinds += ["sign", "relu"]
                kinds += ["square"] if v.fits(v.bound**2) else []
                kinds += ["floor", "round", "is_nan"] if v.is_float else ["not"]
            kind = self.choice(kinds)
            bound = v.bound**2 if kind == "square" else v.bound + (kind == "not")
            like = replace(v, bound=wrapped(v.dtype, bound))
            if kind == "is_nan":
                like = replace(v, dtype="i1", bound=1)
            self.emit("unary", [v], like, f'{{kind = "{kind}"}}')

    def add_binary(self) -> None:
        v = self.pick()
        if not v:
            return
        w = self.partner(v)
        x, y = (v, w) if self.draw(st.booleans()) else (w, v)
        kinds = {"max": max(v.bound, w.bound), "min": max(v.bound, w.bound)}
        if v.dtype != "i1" and not v.error:
            kinds |= {"add": v.bound + w.bound, "sub": v.bound + w.bound, "mul": v.bound * w.bound}
        if not v.is_float:
            kinds |= dict.fromkeys(("and", "or", "xor"), 1 << max(BITS[v.dtype] - 1, 1))
        if v.dtype in BITS and v.dtype != "i1":
            kinds |= dict.fromkeys(("div", "floor_div", "rem", "mod"), max(v.bound, w.bound) + 1)
        kind = self.choice([k for k, bound in kinds.items() if v.fits(bound)])
        like = replace(v, bound=wrapped(v.dtype, kinds[kind]))
        self.emit("binary", [x, y], like, f'{{kind = "{kind}"}}')

    def add_compare(self) -> None:
        v = self.pick(lambda v: not v.error)
        if v:
            kind = self.choice(["eq", "ne", "lt", "le", "gt", "ge"])
            like = replace(v, dtype="i1", bound=1)
            self.emit("compare", [v, self.partner(v)], like, f'{{kind = "{kind}"}}')

    def add_select(self) -> None:
        v = self.pick()
        if v:
            w = self.partner(v)
            condition = self.partner(Value("", "i1", v.dims, 1))
            like = replace(v, bound=max(v.bound, w.bound))
            self.emit("select", [condition, v, w], like)

    def add_cast(self) -> None:
        v = self.pick(lambda v: not v.error)
        if not v:
            return
        types = [t for t, most in EXACT.items() if v.bound <= most and t != v.dtype]
        fitting = [t for t, n in BITS.items() if t == "i1" or v.bound < 2 ** (n - 1)]
        types += [t for t in (fitting if v.is_float else BITS) if t != v.dtype]
        if types:
            to = self.choice(types)
            bound = 1 if to == "i1" else wrapped(to, v.bound)
            self.emit("cast", [v], replace(v, dtype=to, bound=bound))

    def add_transpose(self) -> None:
        v = self.pick(lambda v: len(v.dims) > 1)
        if v:
            order = self.draw(st.permutations(range(len(v.dims))))
            like = replace(v, dims=tuple(v.dims[i] for i in order))
            self.emit("transpose", [v], like, f"{{permutation = array<i64: {_list(order)}>}}")

    def add_broadcast(self) -> None:
        v = self.pick(lambda v: len(v.dims) < 4)
        if not v:
            return
        dims = list(v.dims)
        axes = list(range(len(dims)))
        at = self.draw(st.integers(0, len(dims)))
        dims.insert(at, self.choice([*self.sizes, ONE]))
        axes = [a + (a >= at) for a in axes]
        given = set(axes)
        for axis in axes:
            if dims[axis] == ONE and self.draw(st.booleans()):
                dims[axis] = self.choice(self.sizes)
                given.discard(axis)
        if prod(d.number for d in dims) > MOST_ELEMENTS:
            return
        unknown = tuple(d for i, d in enumerate(dims) if d.dynamic and i not in given)
        like = replace(v, dims=tuple(dims))
        attributes = f"{{dims = array<i64{': ' if axes else ''}{_list(axes)}>}}"
        self.emit("broadcast", [v], like, attributes, unknown)

    def add_reshape(self) -> None:
        v = self.pick(lambda v: len(v.dims) > 0)
        if not v:
            return
        dims, at = list(v.dims), self.draw(st.integers(0, len(v.dims) - 1))
        if dims[at].parts and len(dims) < 4:
            dims[at : at + 1] = dims[at].parts
        elif at + 1 < len(dims):
            a, b = dims[at : at + 2]
            dims[at : at + 2] = [Size(a.number * b.number, a.dynamic or b.dynamic, (a, b))]
        elif len(dims) < 4:
            dims.insert(at, ONE)
        unknown = tuple(d for d in dims if d.dynamic)
        if len(unknown) == 1 and 0 not in [d.number for d in dims] and self.draw(st.booleans()):
            unknown = ()
        self.emit("reshape", [v], replace(v, dims=tuple(dims)), "", unknown)

    def add_reduce(self) -> None:
        v = self.pick(lambda v: len(v.dims) > 0 and not v.error)
        if not v:
            return
        rank = len(v.dims)
        axes = self.draw(st.lists(st.integers(0, rank - 1), min_size=1, max_size=rank, unique=True))
        count = prod(v.dims[a].number for a in axes)
        kinds = {}
        if count or not v.is_float:
            kinds |= dict.fromkeys(("max", "min"), v.bound if count else 1 << 63)
        if v.dtype != "i1" and v.fits(v.bound * count):
            kinds["sum"] = v.bound * count
        if not v.is_float:
            kinds |= dict.fromkeys(("and", "or"), 1 << 63)
            kinds |= dict.fromkeys(("prod", "mean"), 1 << 63) if v.dtype != "i1" else {}
        if not kinds:
            return
        kind, keep = self.choice(kinds), self.draw(st.booleans())
        dims = [ONE if i in axes else d for i, d in enumerate(v.dims) if keep or i not in axes]
        like = replace(v, dims=tuple(dims), bound=wrapped(v.dtype, kinds[kind]))
        flags = ", keepdims" if keep else ""
        attributes = f'{{kind = "{kind}", axes = array<i64: {_list(axes)}>{flags}}}'
        self.emit("reduce", [v], like, attributes)

    def add_matmul(self) -> None:
        a = self.pick(lambda v: len(v.dims) in (2, 3) and v.dtype != "i1" and not v.error)
        if not a:
            return
        *batch, m, k = a.dims
        lhs, rhs = self.draw(st.booleans()), self.draw(st.booleans())
        if lhs:
            m, k = k, m

        def fits(v: Value) -> bool:
            same = v.dtype == a.dtype and not v.error and len(v.dims) == len(a.dims)
            return same and v.dims[:-2] == a.dims[:-2] and v.dims[-1 if rhs else -2] == k

        known = self.pick(fits)
        if known is None or self.draw(st.booleans()):
            n = self.choice(self.sizes)
            known = self.argument(a.dtype, (*batch, *((n, k) if rhs else (k, n))))
        n = known.dims[-2 if rhs else -1]
        bound = a.bound * known.bound * k.number
        if bound > EXACT["f64" if a.dtype == "f64" else "f32"] and a.is_float:
            return
        dtype = WIDE.get(a.dtype, a.dtype)
        if dtype == "f32" and bound <= EXACT[a.dtype] and self.draw(st.booleans()):
            dtype = a.dtype
        if prod(d.number for d in (*batch, m, n)) > MOST_ELEMENTS:
            return
        like = Value("", dtype, (*batch, m, n), wrapped(dtype, bound))
        flags = ", ".join(["transpose_lhs"] * lhs + ["transpose_rhs"] * rhs)
        self.emit("batch_matmul" if batch else "matmul", [a, known], like, f"{{{flags}}}")

    def add_iota(self) -> None:
        v = self.pick(lambda v: len(v.dims) > 0)
        if v:
            axis = self.draw(st.integers(0, len(v.dims) - 1))
            dtype = self.choice(["f32", "i32", "i64", "f16"])
            like = Value("", dtype, v.dims, max(v.dims[axis].number, 1))
            if like.fits(like.bound):
                unknown = tuple(d for d in v.dims if d.dynamic)
                self.emit("iota", [], like, f"{{axis = {axis} : i64}}", unknown)

    def add_inexact(self) -> None:
        """tanh and such, softmax, norms: of exact values."""
        v = self.pick(lambda v: v.is_float and v.bound <= 64 and not v.error)
        if not v:
            return
        unit = float(ml_dtypes.finfo(DTYPES[v.dtype]).eps)
        inner = unit if v.dtype == "f64" else float(np.finfo(np.float32).eps)
        kind = self.choice(["tanh", "sigmoid", "erf", "cos", "softmax", "layer_norm", "rms_norm"])
        if kind in ("tanh", "sigmoid", "erf", "cos"):
            like = replace(v, bound=1, error=16 * unit)
            self.emit("unary", [v], like, f'{{kind = "{kind}"}}')
        elif v.dims:
            axis = self.draw(st.integers(0, len(v.dims) - 1))
            if kind == "softmax":
                count = v.dims[axis].number
                like = replace(v, bound=1, error=16 * unit + (count + 16) * inner)
            else:
                # A row of equal numbers has the variance 0: the mean's rounding is divided by
                # sqrt(eps), which is 1e-3 at least.
                count = prod(d.number for d in v.dims[axis:])
                error = 8 * unit * sqrt(count + 1) + (count + 4000) * inner * (v.bound + 1)
                like = replace(v, bound=sqrt(count), error=error)
            self.emit(kind, [v], like, f"{{axis = {axis} : i64}}")


def _list(numbers) -> str:
    return ", ".join(map(str, numbers))


STEPS = [
    Program.add_unary,
    Program.add_binary,
    Program.add_binary,
    Program.add_compare,
    Program.add_select,
    Program.add_cast,
    Program.add_transpose,
    Program.add_broadcast,
    Program.add_broadcast,
    Program.add_reshape,
    Program.add_reduce,
    Program.add_reduce,
    Program.add_matmul,
    Program.add_matmul,
    Program.add_iota,
    Program.add_inexact,
]


@st.composite
def programs(draw, most_steps: int = 12) -> tuple[str, list[np.ndarray], list[float]]:
    """The text, its inputs, and the error that each result may have."""
    p = Program(draw)
    dynamic = draw(st.booleans())
    numbers = draw(st.lists(st.sampled_from(SIZES), min_size=2, max_size=3, unique=True))
    p.sizes = [Size(n, dynamic and draw(st.booleans())) for n in numbers]
    dtype = draw(st.sampled_from(["f32", *EXACT, *BITS]))
    rank = draw(st.integers(0, 3))
    p.argument(dtype, tuple(p.choice(p.sizes) for _ in range(rank)))
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=most_steps)):
        step(p)
    last = p.values[-1]
    results = [last, *draw(st.lists(st.sampled_from(p.values), max_size=2, unique=True))]
    body = [f"  %c{i} = arith.constant {i} : index" for i in range(4)]
    body += [f"  {line}" for line in p.lines]
    text = program([a.type for a in p.arguments], "\n".join(body), [r.type for r in results])
    for i, result in enumerate(results):
        text = text.replace(f"%r{i}", result.name)
    seed = draw(st.integers(0, 99))
    inputs = [_input(a, [seed, i]) for i, a in enumerate(p.arguments)]
    return text, inputs, [r.error for r in results]


def _input(value: Value, seed: list[int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    low, high = (0, 1) if value.dtype == "i1" else (-LARGEST, LARGEST)
    numbers = rng.integers(low, high, [d.number for d in value.dims], endpoint=True)
    return np.asarray(numbers).astype(DTYPES[value.dtype])
