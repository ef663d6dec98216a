"""Named operations of linalg, each with what NumPy says it computes; all on small integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from harness import Shape, program, tensor, values

Compute = Callable[..., np.ndarray]


@dataclass(frozen=True)
class Named:
    """`linalg.<op> <attributes> ins(%0, …) outs(%n)`: what it adds to `%n`, or joins to it."""

    op: str
    shapes: Sequence[Shape]
    result: Shape
    compute: Compute
    attributes: str = ""
    join: np.ufunc | None = np.add  # None: what was in `%n` does not matter
    start: str = "0.0"  # in MLIR's words, if %n is filled
    dtype: str = "f32"
    out: str = ""  # the type of the result, if another
    id: str = ""

    def program(self, dynamic: bool) -> tuple[str, list[np.ndarray], np.ndarray]:
        """Its text, inputs and result.  If `dynamic`, what is added to is an argument."""
        out = self.out or self.dtype
        types = [tensor(self.dtype, s, dynamic) for s in self.shapes]
        inputs = [integers(self.dtype, s, seed) for seed, s in enumerate(self.shapes)]
        result = tensor(out, self.result, dynamic)
        before = ""
        if dynamic:
            old = integers(out, self.result, 7)
            types, inputs, init = [*types, result], [*inputs, old], f"%{len(types)}"
        else:
            init, old = "%init", np.float64(self.start if self.start != "0xFF800000" else "-inf")
            before = f"""  %start = arith.constant {self.start} : {out}
  %empty = tensor.empty() : {result}
  %init = linalg.fill ins(%start : {out}) outs(%empty : {result}) -> {result}
"""
        names = ", ".join(f"%{i}" for i in range(len(self.shapes)))
        operands = f"ins({names} : {', '.join(types[: len(self.shapes)])})"
        line = f"  %r0 = linalg.{self.op} {self.attributes} {operands} outs({init} : {result})"
        text = program(types, f"{before}{line} -> {result}", [result])
        computed = self.compute(*inputs[: len(self.shapes)])
        if self.join:
            computed = self.join(old, computed)
        return text, inputs, np.asarray(computed).astype(values(out, ()).dtype)


def integers(dtype: str, shape: Shape, seed: int = 0) -> np.ndarray:
    """Integers from -4 to 4: few of them have sums and products without rounding."""
    wide = np.random.default_rng([seed, *shape]).integers(-4, 5, shape)
    return wide.astype(values(dtype, ()).dtype)


def windows(x: np.ndarray, first: int, sizes: Shape, stride: Shape, dilation: Shape) -> np.ndarray:
    """x[…, outputs…, …, window…] of the axes from `first`: the window's axes are the last."""
    axes = tuple(range(first, first + len(sizes)))
    spans = [(n - 1) * d + 1 for n, d in zip(sizes, dilation, strict=True)]
    out = np.lib.stride_tricks.sliding_window_view(x, spans, axes)
    for axis, step in zip(axes, stride, strict=True):
        out = out[(slice(None),) * axis + (slice(None, None, step),)]
    return out[(..., *(slice(None, None, d) for d in dilation))]


def einsum(formula: str) -> Compute:
    return lambda *x: np.einsum(formula, *(a.astype(np.float64) for a in x))


def convolved(formula: str, first: int, sizes: Shape, stride: Shape, dilation: Shape) -> Compute:
    def compute(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        return einsum(formula)(windows(image, first, sizes, stride, dilation), kernel)

    return compute


def window_attributes(stride: Shape, dilation: Shape) -> str:
    def dense(x: Shape) -> str:
        return f"dense<[{', '.join(map(str, x))}]> : vector<{len(x)}xi64>"

    return f"{{strides = {dense(stride)}, dilations = {dense(dilation)}}}"


def convolution(
    op: str, formula: str, first: int, image: Shape, kernel: Shape, window: Shape, *steps: int
) -> Named:
    """`steps`: the strides, then the dilations."""
    stride, dilation = steps[: len(window)], steps[len(window) :]
    compute = convolved(formula, first, window, stride, dilation)
    result = compute(np.zeros(image), np.zeros(kernel)).shape
    attributes = window_attributes(stride, dilation) if op not in UNSTRIDED else ""
    return Named(op, [image, kernel], result, compute, attributes)


UNSTRIDED = ("conv_1d", "conv_2d", "conv_3d")


def pooling(op: str, first: int, image: Shape, window: Shape, *steps: int) -> Named:
    stride, dilation = steps[: len(window)], steps[len(window) :]
    kind = op.rsplit("_", 1)[1]
    join = {"sum": np.add, "max": np.maximum, "min": np.minimum}[kind]
    start = {"sum": "0.0", "max": "0xFF800000", "min": "1.0e+30"}[kind]
    last = tuple(range(-len(window), 0))

    def compute(x: np.ndarray, _: np.ndarray) -> np.ndarray:
        return join.reduce(windows(x, first, window, stride, dilation), axis=last)

    result = compute(np.zeros(image), np.zeros(window)).shape
    attributes = window_attributes(stride, dilation)
    return Named(f"{op}", [image, window], result, compute, attributes, join, start)


def mapped(*maps: str) -> str:
    return f"indexing_maps = [{', '.join(f'affine_map<{m}>' for m in maps)}]"


def elementwise(op: str, compute: Compute, shapes: int = 2, attributes: str = "") -> Named:
    return Named(op, [(3, 21)] * shapes, (3, 21), compute, attributes, None)


CONTRACTIONS = [
    Named("matmul", [(17, 9), (9, 33)], (17, 33), einsum("mk,kn->mn")),
    Named(
        "matmul",
        [(9, 17), (9, 33)],
        (17, 33),
        einsum("km,kn->mn"),
        mapped("(m, n, k) -> (k, m)", "(m, n, k) -> (k, n)", "(m, n, k) -> (m, n)"),
        id="matmul_transpose_a",
    ),
    Named(
        "matmul",
        [(17, 9), (33, 9)],
        (17, 33),
        einsum("mk,nk->mn"),
        mapped("(m, n, k) -> (m, k)", "(m, n, k) -> (n, k)", "(m, n, k) -> (m, n)"),
        id="matmul_transpose_b",
    ),
    Named(
        "matmul",
        [(9,), (9, 33)],
        (17, 33),
        lambda a, b: np.broadcast_to(einsum("k,kn->n")(a, b), (17, 33)),
        mapped("(m, n, k) -> (k)", "(m, n, k) -> (k, n)", "(m, n, k) -> (m, n)"),
        id="matmul_broadcast_a",
    ),
    Named(
        "matmul", [(20, 70), (70, 5)], (20, 5), einsum("mk,kn->mn"), "", np.add, "0", "i8", "i32"
    ),
    Named("matmul", [(20, 30), (30, 5)], (20, 5), einsum("mk,kn->mn"), "", np.add, "0", "i64"),
    Named("matmul", [(20, 30), (30, 5)], (20, 5), einsum("mk,kn->mn"), "", dtype="f16", out="f32"),
    Named("matmul", [(20, 30), (30, 5)], (20, 5), einsum("mk,kn->mn"), "", dtype="bf16"),
    Named("batch_matmul", [(3, 17, 9), (3, 9, 33)], (3, 17, 33), einsum("bmk,bkn->bmn")),
    Named(
        "batch_matmul",
        [(17, 9), (3, 33, 9)],
        (3, 17, 33),
        einsum("mk,bnk->bmn"),
        mapped("(b, m, n, k) -> (m, k)", "(b, m, n, k) -> (b, n, k)", "(b, m, n, k) -> (b, m, n)"),
        id="batch_matmul_one_lhs",
    ),
    Named("batch_reduce_matmul", [(3, 17, 9), (3, 9, 5)], (17, 5), einsum("bmk,bkn->mn")),
    Named("batch_matvec", [(3, 17, 9), (3, 9)], (3, 17), einsum("bmk,bk->bm")),
    Named("batch_vecmat", [(3, 9), (3, 9, 17)], (3, 17), einsum("bk,bkn->bn")),
    Named("matvec", [(17, 70), (70,)], (17,), einsum("mk,k->m")),
    Named("vecmat", [(70,), (70, 17)], (17,), einsum("k,kn->n")),
    Named("dot", [(300,), (300,)], (), einsum("k,k->")),
    Named("mmt4d", [(2, 3, 4, 5), (7, 3, 6, 5)], (2, 7, 4, 6), einsum("mkab,nkcb->mnac")),
    Named(
        "batch_mmt4d",
        [(2, 2, 3, 4, 5), (2, 7, 3, 6, 5)],
        (2, 2, 7, 4, 6),
        einsum("zmkab,znkcb->zmnac"),
    ),
    Named(
        "contract",
        [(4, 9, 5), (9, 6, 5)],
        (4, 6),
        einsum("akc,kbc->ab"),
        mapped("(a, b, k, c) -> (a, k, c)", "(a, b, k, c) -> (k, b, c)", "(a, b, k, c) -> (a, b)"),
    ),
]

CONVOLUTIONS = [
    convolution("conv_1d", "ok,k->o", 0, (40,), (5,), (5,), 1, 1),
    convolution("conv_1d_ncw_fcw", "ncok,fck->nfo", 2, (2, 3, 20), (4, 3, 3), (3,), 2, 1),
    convolution("conv_1d_nwc_wcf", "nock,kcf->nof", 1, (2, 20, 3), (3, 3, 4), (3,), 1, 2),
    convolution("conv_2d", "xyij,ij->xy", 0, (12, 13), (3, 2), (3, 2), 1, 1, 1, 1),
    convolution(
        "conv_2d_nchw_fchw", "ncxyij,fcij->nfxy", 2, (2, 3, 9, 8), (5, 3, 3, 2), (3, 2), 2, 1, 1, 2
    ),
    convolution(
        "conv_2d_nhwc_hwcf", "nxycij,ijcf->nxyf", 1, (2, 9, 8, 3), (3, 2, 3, 5), (3, 2), 1, 1, 1, 1
    ),
    convolution(
        "conv_2d_nhwc_fhwc", "nxycij,fijc->nxyf", 1, (2, 9, 8, 3), (5, 3, 2, 3), (3, 2), 1, 2, 1, 1
    ),
    convolution(
        "conv_2d_ngchw_gfchw",
        "ngcxyij,gfcij->ngfxy",
        3,
        (2, 2, 3, 9, 8),
        (2, 5, 3, 3, 2),
        (3, 2),
        *(1, 1, 1, 1),
    ),
    convolution("conv_3d", "xyzijk,ijk->xyz", 0, (7, 8, 9), (2, 3, 2), (2, 3, 2), 1, 1, 1, 1, 1, 1),
    convolution(
        "conv_3d_ncdhw_fcdhw",
        "ncxyzijk,fcijk->nfxyz",
        2,
        (1, 3, 5, 6, 7),
        (4, 3, 2, 3, 2),
        (2, 3, 2),
        *(1, 2, 1, 1, 1, 2),
    ),
    convolution("depthwise_conv_1d_ncw_cw", "ncok,ck->nco", 2, (2, 3, 20), (3, 3), (3,), 2, 1),
    convolution(
        "depthwise_conv_2d_nchw_chw",
        "ncxyij,cij->ncxy",
        2,
        (2, 3, 9, 8),
        (3, 3, 2),
        (3, 2),
        2,
        1,
        1,
        2,
    ),
    convolution(
        "depthwise_conv_2d_nhwc_hwc",
        "nxycij,ijc->nxyc",
        1,
        (2, 9, 8, 3),
        (3, 2, 3),
        (3, 2),
        1,
        1,
        1,
        1,
    ),
    convolution(
        "depthwise_conv_2d_nhwc_hwcm",
        "nxycij,ijcm->nxycm",
        1,
        (2, 9, 8, 3),
        (3, 2, 3, 2),
        (3, 2),
        *(1, 1, 1, 1),
    ),
]

POOLINGS = [
    pooling("pooling_nchw_max", 2, (2, 3, 9, 8), (3, 2), 2, 1, 1, 2),
    pooling("pooling_nchw_sum", 2, (2, 3, 9, 8), (3, 3), 1, 1, 1, 1),
    pooling("pooling_nhwc_min", 1, (2, 9, 8, 3), (3, 2), 1, 2, 1, 1),
    pooling("pooling_nhwc_sum", 1, (2, 9, 8, 3), (2, 2), 2, 2, 1, 1),
    pooling("pooling_ncw_max", 2, (2, 3, 30), (4,), 2, 3),
    pooling("pooling_nwc_sum", 1, (2, 30, 3), (4,), 1, 1),
    pooling("pooling_ndhwc_max", 1, (1, 5, 6, 7, 3), (2, 3, 2), 1, 2, 1, 1, 1, 2),
]

ELEMENTWISE = [
    elementwise("add", np.add),
    elementwise("sub", np.subtract),
    elementwise("mul", np.multiply),
    elementwise("max", np.maximum),
    elementwise("min", np.minimum),
    elementwise("abs", np.abs, 1),
    elementwise("negf", np.negative, 1),
    elementwise("floor", np.floor, 1),
    elementwise("ceil", np.ceil, 1),
    elementwise("round", np.round, 1),
    elementwise("square", np.square, 1),
    elementwise("copy", np.copy, 1),
    elementwise("elementwise", np.add, 2, "kind = #linalg.elementwise_kind<add>"),
]

NAMED = [*CONTRACTIONS, *CONVOLUTIONS, *POOLINGS, *ELEMENTWISE]
