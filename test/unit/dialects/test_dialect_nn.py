"""Softmax, norms, windows and attention of claw against the reference.

Covers: dialects/attention_op.py, reduction_ops.py, window_ops.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from linalg_jit import check, draw, program, run, tensor

from clawc.dialects.shapes import FLOATS


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_softmax(name: str, axis: int) -> None:
    x = draw((3, 5, 7), name, spread=3.0)
    type_ = tensor(x.shape, name, dynamic=True)
    check(program("softmax", [type_], type_, attributes=f"{{axis = {axis} : i64}}"), x, terms=7)


def test_softmax_at_the_edges() -> None:
    inf = np.inf
    x = np.array([[1e4, 1e4, -1e4], [-inf, 0, 1], [-inf, -inf, -inf], [np.nan, 0, 1]], np.float32)
    type_ = tensor(x.shape, "f32")
    found = check(program("softmax", [type_], type_), x)
    assert np.isnan(found[2]).all()
    check(program("softmax", ["tensor<0x3xf32>"], "tensor<0x3xf32>"), x[:0])


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("operands", [1, 2, 3])
@pytest.mark.parametrize("axis", [-1, 1])
def test_layer_norm(name: str, operands: int, axis: int, dynamic: bool) -> None:
    shape, norm = (3, 4, 33), (33,) if axis == -1 else (4, 33)
    arrays = [draw(shape, name, 1), draw(norm, name, 2), draw(norm, name, 3)][:operands]
    types = [tensor(a.shape, name, dynamic) for a in arrays]
    text = program("layer_norm", types, types[0], attributes=f"{{axis = {axis} : i64}}")
    check(text, *arrays, terms=33, scale=4.0)


def test_layer_norm_far_from_zero() -> None:
    """The variance of large, close numbers: a one-pass formula would lose it."""
    x = (draw((2, 64), "f32") + 4096.0).astype(np.float32)
    type_ = tensor(x.shape, "f32")
    check(program("layer_norm", [type_], type_), x, terms=64, scale=32.0)


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("operands", [1, 2])
def test_rms_norm(name: str, operands: int) -> None:
    arrays = [draw((3, 33), name, 1), draw((33,), name, 2)][:operands]
    types = [tensor(a.shape, name, dynamic=True) for a in arrays]
    text = program("rms_norm", types, types[0], attributes="{eps = 1.0e-06 : f64}")
    check(text, *arrays, terms=33, scale=4.0)


CONVOLUTIONS = [
    ("", 1, (6, 7), (3, 2)),
    ("stride = array<i64: 2, 3>", 1, (9, 10), (3, 3)),
    ("padding = array<i64: 1, 2>", 1, (5, 6), (3, 3)),
    ("padding = array<i64: 1, 0, 2, 1>, stride = array<i64: 2, 1>", 1, (5, 6), (3, 3)),
    ("dilation = array<i64: 2, 3>", 1, (9, 10), (3, 3)),
    ("groups = 2 : i64, padding = array<i64: 1, 1>", 2, (5, 6), (3, 3)),
    ("groups = 4 : i64", 4, (5, 6), (2, 2)),
]


def _extents(attributes: str, image: tuple[int, int], window: tuple[int, int]) -> list[int]:
    x = np.zeros((1, 1, *image))
    numbers = {}
    for part in attributes.split(">,"):
        name, _, value = part.strip().partition(" = array<i64: ")
        if value:
            numbers[name] = [int(v) for v in value.rstrip(">").split(",")]
    from clawc.dialects.reference_tensor import conv2d

    return list(conv2d(x, np.zeros((1, 1, *window)), **numbers).shape[2:])


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize(("attributes", "groups", "image", "window"), CONVOLUTIONS)
def test_conv2d(
    attributes: str, groups: int, image: tuple, window: tuple, layout: str, dynamic: bool
) -> None:
    n, c, f = 2, 4, 8
    height, width = _extents(attributes.replace("groups = 2 : i64, ", ""), image, window)
    x, w = (n, c, *image), (f, c // groups, *window)
    out = (n, f, height, width)
    if layout == "nhwc":
        x, out = (n, *image, c), (n, height, width, f)
        w = (*window, c // groups, f)
    free = dynamic and groups == 1
    listed = f'{{layout = "{layout}"{", " if attributes else ""}{attributes}}}'
    kinds = [tensor(x, "f32", free), tensor(w, "f32", free)]
    result = tensor(out, "f32", free)
    if dynamic and groups > 1 and layout == "nchw":
        kinds[0], result = f"tensor<?x{c}x?x?xf32>", f"tensor<?x{f}x?x?xf32>"
    check(
        program("conv2d", kinds, result, attributes=listed),
        draw(x, "f32", 1),
        draw(w, "f32", 2),
        terms=c * 9,
    )


@pytest.mark.parametrize(
    ("name", "result"), [("f16", "f16"), ("bf16", "f32"), ("i8", "i32"), ("f64", "f64")]
)
def test_conv2d_types(name: str, result: str) -> None:
    text = program(
        "conv2d",
        [tensor((1, 3, 5, 5), name), tensor((2, 3, 3, 3), name)],
        tensor((1, 2, 5, 5), result),
        attributes="{padding = array<i64: 1, 1>}",
    )
    check(text, draw((1, 3, 5, 5), name, 1), draw((2, 3, 3, 3), name, 2), terms=27)


POOLS = [
    ("kernel = array<i64: 2, 2>", (6, 8), (3, 4)),
    ("kernel = array<i64: 3, 2>, stride = array<i64: 1, 2>", (6, 8), (4, 4)),
    (
        "kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>",
        (6, 7),
        (3, 4),
    ),
    (
        "kernel = array<i64: 2, 2>, stride = array<i64: 1, 1>, dilation = array<i64: 2, 3>",
        (6, 8),
        (4, 5),
    ),
]


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("kind", ["max", "avg", "avg-inside"])
@pytest.mark.parametrize(("attributes", "image", "out"), POOLS)
def test_pool2d(attributes: str, image: tuple, out: tuple, kind: str, layout: str) -> None:
    if kind == "avg-inside":
        attributes += ", count_include_pad = false"
    listed = f'{{kind = "{kind[:3]}", layout = "{layout}", {attributes}}}'
    x = (2, 3, *image) if layout == "nchw" else (2, *image, 3)
    y = (2, 3, *out) if layout == "nchw" else (2, *out, 3)
    for dynamic in (False, True):
        text = program("pool2d", [tensor(x, "f32", dynamic)], tensor(y, "f32", dynamic), "", listed)
        check(text, draw(x, "f32"), terms=9)


@pytest.mark.parametrize("name", ["f16", "bf16", "f64", "i8", "i32"])
def test_pool2d_types(name: str) -> None:
    attributes = '{kind = "max", kernel = array<i64: 3, 3>, padding = array<i64: 1, 1>}'
    types = tensor((1, 2, 6, 6), name), tensor((1, 2, 2, 2), name)
    check(program("pool2d", [types[0]], types[1], "", attributes), draw((1, 2, 6, 6), name))


def _attention(
    name: str, q: tuple, k: tuple, v: tuple, mask: str, attributes: str, dynamic: bool
) -> str:
    types = [tensor(shape, name, dynamic) for shape in (q, k, v)] + ([mask] if mask else [])
    return program("attention", types, tensor((*q[:-1], v[-1]), name, dynamic), "", attributes)


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("attributes", ["", "{causal}", "{scale = 0.3 : f64}"])
def test_attention(name: str, attributes: str, dynamic: bool) -> None:
    q, k, v = (2, 3, 7, 8), (2, 3, 9, 8), (2, 3, 9, 5)
    text = _attention(name, q, k, v, "", attributes, dynamic)
    check(text, draw(q, name, 1), draw(k, name, 2), draw(v, name, 3), terms=9, scale=4.0)


def test_attention_without_heads() -> None:
    q, k, v = (2, 1, 4), (2, 6, 4), (2, 6, 4)
    text = _attention("f32", q, k, v, "", "", False)
    check(text, draw(q, "f32", 1), draw(k, "f32", 2), draw(v, "f32", 3), terms=6)


@pytest.mark.parametrize(
    ("mask", "element"),
    [
        ((2, 4, 5, 6), "f32"),
        ((5, 6), "f32"),
        ((2, 1, 1, 6), "f32"),
        ((1, 4, 5, 6), "i1"),
        ((2, 1, 5, 6), "i1"),
        ((6,), "i1"),
    ],
)
@pytest.mark.parametrize("heads", [4, 2, 1])
def test_masks_and_grouped_heads(mask: tuple, element: str, heads: int) -> None:
    q, k = (2, 4, 5, 8), (2, heads, 6, 8)
    text = _attention("f32", q, k, k, tensor(mask, element), "", False)
    check(
        text,
        draw(q, "f32", 1),
        draw(k, "f32", 2),
        draw(k, "f32", 3),
        draw(mask, element, 4),
        terms=8,
        scale=4.0,
    )


def test_a_query_that_sees_nothing_gives_zeros() -> None:
    q, k = (1, 2, 4), (1, 3, 4)
    text = _attention("f32", q, k, k, "tensor<1x2x3xi1>", "", False)
    mask = np.array([[[False, False, False], [True, False, True]]])
    found = run(text, draw(q, "f32", 1), draw(k, "f32", 2), draw(k, "f32", 3), mask)
    np.testing.assert_array_equal(found[0, 0], np.zeros(4))
    assert np.isfinite(found).all()
    check(text, draw(q, "f32", 1), draw(k, "f32", 2), draw(k, "f32", 3), mask, terms=4)


def test_attention_to_no_keys_gives_zeros() -> None:
    q, k = (1, 2, 4), (1, 0, 4)
    text = _attention("f32", q, k, k, "", "", True)
    found = run(text, draw(q, "f32"), draw(k, "f32"), draw(k, "f32"))
    np.testing.assert_array_equal(found, np.zeros((1, 2, 4)))
