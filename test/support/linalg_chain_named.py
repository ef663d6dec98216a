"""Steps of a chain that are named operations: products, convolutions and poolings."""

from __future__ import annotations

import numpy as np
from linalg_chain import Chain, Inexact, Value
from numpy.lib.stride_tricks import sliding_window_view

ARITHMETIC = ("f16", "bf16", "f32", "f64", "i8", "i16", "i32", "i64")


def _numbers(value: Value) -> bool:
    return value.dtype in ARITHMETIC


def _init(chain: Chain, dtype: str, sources: list) -> Value:
    """A fill, or an argument."""
    filled = chain.filled(dtype, sources, chain.random.randint(-1, 2))
    if chain.random.random() < 0.7:
        return filled
    return chain.argument(dtype, filled.shape, filled.dynamic)


def _product(chain: Chain, word: str, equation: str, a: Value, b: Value, sources: list) -> None:
    out = _init(chain, a.dtype, sources)
    array = np.einsum(equation, a.array, b.array) + out.array
    bound = np.einsum(equation, abs(a.array), abs(b.array)) + abs(out.array)
    _emit(chain, word, [a, b], out, array, bound)


def _emit(chain: Chain, word: str, ins: list, out: Value, array, bound, extra: str = "") -> None:
    names, types = ", ".join(v.name for v in ins), ", ".join(v.type for v in ins)
    line = f"linalg.{word}{extra} ins({names} : {types}) outs({out.name} : {out.type}) -> {{}}"
    chain.emit(line, out.dtype, array, out.dynamic, bound)


def product(chain: Chain) -> None:
    """Matrices, vectors, or batches of matrices."""
    a = chain.pick(lambda v: _numbers(v) and len(v.shape) in (1, 2, 3))
    n = chain.random.choice([1, 2, 5, 8, 17])
    rank, last = len(a.shape), a.shape[-1]
    if rank == 1:
        if chain.random.random() < 0.5:
            b = chain.argument(a.dtype, [last])
            return _product(chain, "dot", "k,k->", a, b, [])
        b = chain.argument(a.dtype, [last, n])
        return _product(chain, "vecmat", "k,kn->n", a, b, [(b, 1)])
    if rank == 3:
        b = chain.argument(a.dtype, [a.shape[0], last, n])
        return _product(chain, "batch_matmul", "bmk,bkn->bmn", a, b, [(a, 0), (a, 1), (b, 2)])
    if chain.random.random() < 0.3:
        b = chain.argument(a.dtype, [last])
        return _product(chain, "matvec", "mk,k->m", a, b, [(a, 0)])
    b = chain.argument(a.dtype, [last, n])
    return _product(chain, "matmul", "mk,kn->mn", a, b, [(a, 0), (b, 1)])


def _images(chain: Chain) -> Value:
    """A value of four dimensions, or a new argument."""
    try:
        if chain.random.random() < 0.5:
            return chain.pick(lambda v: _numbers(v) and len(v.shape) == 4)
    except Inexact:
        pass
    shape = [chain.random.choice(sizes) for sizes in ([1, 1, 2], [1, 2, 3], [3, 5, 8], [4, 5, 9])]
    return chain.argument(chain.random.choice([t for t in ARITHMETIC if t in chain.dtypes]), shape)


def _attributes(step: tuple[int, int], spread: tuple[int, int]) -> str:
    return (
        f" {{dilations = dense<[{spread[0]}, {spread[1]}]> : tensor<2xi64>, "
        f"strides = dense<[{step[0]}, {step[1]}]> : tensor<2xi64>}}"
    )


def _windows(chain: Chain, images: np.ndarray) -> tuple[np.ndarray, tuple, tuple, tuple]:
    """Windows of the last two dimensions, with their sizes, strides and dilations."""
    pick = chain.random.choice
    window, step, spread = ((pick(s), pick(s)) for s in ([1, 2, 3], [1, 1, 2, 3], [1, 1, 1, 2]))
    reach = [(w - 1) * d + 1 for w, d in zip(window, spread, strict=True)]
    if any(r > n for r, n in zip(reach, images.shape[2:], strict=True)):
        raise Inexact("window")
    views = sliding_window_view(images, reach, (2, 3))
    views = views[:, :, :: step[0], :: step[1], :: spread[0], :: spread[1]]
    return views, window, step, spread


def convolution(chain: Chain) -> None:
    images = _images(chain)
    last = chain.random.random() < 0.5  # channels
    first = images.array.transpose(0, 3, 1, 2) if last else images.array
    views, window, step, spread = _windows(chain, first)
    count = chain.random.choice([1, 2, 4])
    weights = [count, first.shape[1], *window]
    weights = [*window, weights[1], count] if last else weights
    kernel = chain.argument(images.dtype, weights, [False] * 4)
    sizes = [first.shape[0], count, *views.shape[2:4]]
    sources: list = [sizes[0], *sizes[2:], count] if last else sizes
    sources[0] = (images, 0)
    out = _init(chain, images.dtype, sources)
    word, equation = (
        ("conv_2d_nhwc_hwcf", "ncyxhw,hwcf->nyxf")
        if last
        else ("conv_2d_nchw_fchw", "ncyxhw,fchw->nfyx")
    )
    array = np.einsum(equation, views, kernel.array) + out.array
    bound = np.einsum(equation, abs(views), abs(kernel.array)) + abs(out.array)
    _emit(chain, word, [images, kernel], out, array, bound, _attributes(step, spread))


def pooling(chain: Chain) -> None:
    images = _images(chain)
    views, window, step, spread = _windows(chain, images.array)
    views = views.reshape(*views.shape[:4], window[0] * window[1])
    _, shape = chain.empty("f32", list(window))
    out = _init(chain, images.dtype, [(images, 0), (images, 1), *views.shape[2:4]])
    kind = chain.random.choice(["sum", "max"])
    array = views.sum(-1) + out.array if kind == "sum" else np.maximum(views.max(-1), out.array)
    bound = abs(views).sum(-1) + abs(out.array)
    extra = _attributes(step, spread)
    _emit(chain, f"pooling_nchw_{kind}", [images, shape], out, array, bound, extra)
