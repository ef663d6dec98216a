"""Convolution, pooling, attention and whole networks on every device."""

import re
from pathlib import Path

import numpy as np
import pytest
from harness import DEVICES, check, epsilon, magnitudes, run, single, supports, tensor, values
from large_programs import gru

from clawc.dialects.reference import evaluate

EXAMPLES = Path(__file__).parents[2] / "examples"


def attributes(**named):
    """`{stride = array<i64: 2, 2>, …}`"""
    parts = []
    for name, value in named.items():
        if isinstance(value, tuple):
            parts.append(f"{name} = array<i64: {', '.join(map(str, value))}>")
        elif isinstance(value, str):
            parts.append(f'{name} = "{value}"')
        elif value is True:
            parts.append(name)
        else:
            parts.append(f"{name} = {value} : i64")
    return f"{{{', '.join(parts)}}}" if parts else ""


CONVOLUTIONS = [
    ((1, 1, 5, 5), (1, 1, 3, 3), (1, 1, 3, 3), {}),
    ((2, 3, 9, 7), (8, 3, 3, 3), (2, 8, 9, 7), dict(padding=(1, 1))),
    ((1, 4, 11, 11), (6, 4, 3, 3), (1, 6, 6, 6), dict(stride=(2, 2), padding=(1, 1))),
    ((1, 4, 9, 9), (4, 2, 3, 3), (1, 4, 5, 5), dict(groups=2, dilation=(2, 2))),
    ((1, 6, 8, 8), (6, 1, 3, 3), (1, 6, 8, 8), dict(groups=6, padding=(1, 1))),
    ((3, 16, 4, 4), (5, 16, 1, 1), (3, 5, 4, 4), {}),
]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=lambda c: "x".join(map(str, (*c[0], *c[1]))))
def test_conv2d(device, case):
    image, kernel, result, settings = case
    types = [tensor("f32", image), tensor("f32", kernel)]
    text = single("conv2d", types, tensor("f32", result), attributes(**settings))
    inputs = [values("f32", image), values("f32", kernel, seed=1)]
    terms = kernel[1] * kernel[2] * kernel[3] + 2
    check(text, inputs, device, terms=terms, scales=magnitudes(text, inputs))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "operand, result",
    [
        ("f16", "f32"),
        ("f16", "f16"),
        ("bf16", "bf16"),
        ("i8", "i32"),
        ("i16", "i32"),
        ("i32", "i32"),
        ("i64", "i64"),
        ("f64", "f64"),
    ],
)
def test_conv2d_types(device, operand, result):
    if not supports(device, operand):
        pytest.skip(f"{device} has no {operand}")
    types = [tensor(operand, (1, 3, 6, 6)), tensor(operand, (4, 3, 3, 3))]
    text = single("conv2d", types, tensor(result, (1, 4, 4, 4)))
    inputs = [values(operand, (1, 3, 6, 6)), values(operand, (4, 3, 3, 3), seed=1)]
    check(text, inputs, device, terms=29, scales=magnitudes(text, inputs))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize(
    "result, settings",
    [
        ((2, 3, 5, 4), dict(kernel=(2, 2), stride=(2, 2))),
        ((2, 3, 10, 9), dict(kernel=(3, 3), stride=(1, 1), padding=(1, 1))),
        ((2, 3, 8, 7), dict(kernel=(2, 2), stride=(1, 1), dilation=(2, 2))),
    ],
    ids=["2x2", "3x3", "dilated"],
)
def test_pool2d(device, kind, result, settings):
    text = single(
        "pool2d",
        [tensor("f32", (2, 3, 10, 9))],
        tensor("f32", result),
        attributes(kind=kind, **settings),
    )
    x = values("f32", (2, 3, 10, 9))
    check(text, [x], device, terms=10, scales=[np.abs(x).max()])


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ["f32", "f16", "bf16", "f64"])
@pytest.mark.parametrize(
    "heads, kv_heads, queries, keys, settings",
    [
        (1, 1, 4, 4, {}),
        (4, 2, 17, 17, dict(causal=True)),
        (2, 2, 1, 33, {}),
        (2, 1, 20, 9, {}),
    ],
)
def test_attention(device, dtype, heads, kv_heads, queries, keys, settings):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    query, key = (2, heads, queries, 8), (2, kv_heads, keys, 8)
    types = [tensor(dtype, query), tensor(dtype, key), tensor(dtype, key)]
    inputs = [values(dtype, query), values(dtype, key, seed=1), values(dtype, key, seed=2)]
    text = single("attention", types, types[0], attributes(**settings))
    # A score of size s that is rounded by u changes its weight by s u, and so do the largest one
    # and the sum; weights and result are rounded once: (2 s + 3) u of the values' size.
    q, k, v = (np.abs(x.astype(np.float64)).max() for x in inputs)
    unit = epsilon(inputs[0].dtype) / 2
    terms = (2 * q * k * np.sqrt(8) + 3) * unit / epsilon(np.dtype(inner(dtype))) + keys + 16
    check(text, inputs, device, terms=terms, scales=[v])


def inner(dtype):
    """The type that sums are accumulated in."""
    return np.float64 if dtype == "f64" else np.float32


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("mask", ["f32", "i1"])
def test_attention_mask(device, mask):
    shape = (1, 2, 12, 8)
    types = [tensor("f32", shape)] * 3 + [tensor(mask, (1, 2, 12, 12))]
    inputs = [values("f32", shape, seed=i) for i in range(3)] + [values(mask, (1, 2, 12, 12))]
    if mask == "i1":
        inputs[3][..., 0] = True
    text = single("attention", types, types[0])
    check(text, inputs, device, ulps=8, terms=64, scales=[8.0])


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("rows", [1, 37, 0])
def test_mlp(device, rows):
    shapes = [(rows, 64), (64, 256), (256,), (256, 64), (64,)]
    inputs = [values("f32", shape, seed=i) for i, shape in enumerate(shapes)]
    text = (EXAMPLES / "mlp.mlir").read_text()
    check(text, inputs, device, terms=400, scales=magnitudes(text, inputs))


@pytest.mark.parametrize("device", DEVICES)
def test_torch_export(device):
    x, w1, b1, w2, b2 = (
        values("f32", s, seed=i) for i, s in enumerate([(9, 32), (64, 32), (64,), (10, 64), (10,)])
    )
    text = (EXAMPLES / "torch_mlp.mlir").read_text().replace("@forward", "@main")
    (got,) = run(text, [x, w1, b1, w2, b2], device)
    x, w1, b1, w2, b2 = (a.astype(np.float64) for a in (x, w1, b1, w2, b2))
    logits = np.maximum(x @ w1.T + b1, 0) @ w2.T + b2
    weights = np.exp(logits - logits.max(1, keepdims=True))
    # A relative error e of a logit changes its weight by e * |logit|.
    bound = 2**-23 * 100 * np.abs(logits).max()
    np.testing.assert_allclose(got, weights / weights.sum(1, keepdims=True), rtol=bound, atol=bound)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ["f16", "bf16", "f64", "i8", "i16", "i32", "i64"])
def test_pool2d_types(device, dtype):
    if not supports(device, dtype):
        pytest.skip(f"{device} has no {dtype}")
    x = values(dtype, (1, 2, 7, 6))
    types = [tensor(dtype, x.shape)], tensor(dtype, (1, 2, 3, 3))
    for kind in ("max", "avg") if dtype[0] != "i" else ("max",):
        text = single("pool2d", *types, attributes(kind=kind, kernel=(2, 2), stride=(2, 2)))
        check(text, [x], device, terms=5, scales=[np.abs(x.astype(np.float64)).max()])


WHOLE = [name for name in ("host", "opencl", "vulkan") if name in DEVICES]


@pytest.mark.parametrize("device", WHOLE)
def test_residual_network(device):
    text = (EXAMPLES / "residual_network.mlir").read_text()
    shapes = re.findall(r"%\w+: tensor<([\dx]+)xf32>", text.partition("->")[0])
    inputs = [
        values("f32", tuple(map(int, shape.split("x"))), seed=i) / 4
        for i, shape in enumerate(shapes)
    ]
    (right,) = evaluate(text, inputs)
    (got,) = run(text, inputs, device)
    np.testing.assert_allclose(got, right, rtol=0, atol=1e-5)


@pytest.mark.parametrize("device", WHOLE)
def test_recurrent_network(device):
    text, inputs, (right,) = gru(steps=5)
    (got,) = run(text, inputs, device)
    np.testing.assert_allclose(got, right, rtol=0, atol=1e-5)
