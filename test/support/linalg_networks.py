"""Cells and networks in linalg, with results computed in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from linalg_moves import Case

MODELS: dict[str, Callable[[], Case]] = {}


def case(make: Callable[[], Case]) -> Callable[[], Case]:
    MODELS[make.__name__] = make
    return make


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(np.float32)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def wide(*arrays: np.ndarray) -> list[np.ndarray]:
    return [a.astype(np.float64) for a in arrays]


def linear(result: str, x: str, w: str, b: str, m: int, k: int, n: int) -> str:
    """x @ w^T + b, as torch-mlir writes aten.linear."""
    out, transposed = f"tensor<{m}x{n}xf32>", f"tensor<{k}x{n}xf32>"
    return f"""
  %{result}e = tensor.empty() : {out}
  %{result}t = tensor.empty() : {transposed}
  %{result}w = linalg.transpose ins({w} : tensor<{n}x{k}xf32>) outs(%{result}t : {transposed}) permutation = [1, 0]
  %{result}z = linalg.fill ins(%zero : f32) outs(%{result}e : {out}) -> {out}
  %{result}m = linalg.matmul ins({x}, %{result}w : tensor<{m}x{k}xf32>, {transposed}) outs(%{result}z : {out}) -> {out}
  %{result} = linalg.generic {{indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}}
      ins(%{result}m, {b} : {out}, tensor<{n}xf32>) outs(%{result}e : {out}) {{
  ^bb0(%left: f32, %right: f32, %old: f32):
    %total = arith.addf %left, %right : f32
    linalg.yield %total : f32
  }} -> {out}"""


def mapped(result: str, operands: list[str], type_: str, body: str) -> str:
    """One generic without broadcasts; `body` computes %r of %0, %1, …"""
    rank = type_.count("x")
    dims = ", ".join(f"d{i}" for i in range(rank))
    maps = ", ".join([f"affine_map<({dims}) -> ({dims})>"] * (len(operands) + 1))
    kinds = ", ".join(['"parallel"'] * rank)
    arguments = ", ".join(f"%{i}: f32" for i in range(len(operands)))
    types = ", ".join([type_] * len(operands))
    return f"""
  %{result}e = tensor.empty() : {type_}
  %{result} = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}
      ins({", ".join(operands)} : {types}) outs(%{result}e : {type_}) {{
  ^bb0({arguments}, %o: f32):
    {body}
    linalg.yield %r : f32
  }} -> {type_}"""


SIGMOID = """%n{0} = arith.negf %{0} : f32
    %e{0} = math.exp %n{0} : f32
    %d{0} = arith.addf %e{0}, %one : f32
    %s{0} = arith.divf %one, %d{0} : f32"""


@case
def lstm_cell() -> Case:
    batch, size, hidden = 3, 20, 16
    gates = []
    for i in range(4):
        gates.append(
            f"%g{i} = tensor.extract_slice %sum[0, {i * hidden}] [{batch}, {hidden}] [1, 1]"
            f" : tensor<{batch}x{4 * hidden}xf32> to tensor<{batch}x{hidden}xf32>"
        )
    state = f"tensor<{batch}x{hidden}xf32>"
    all_gates = f"tensor<{batch}x{4 * hidden}xf32>"
    cell = (
        "\n    ".join(SIGMOID.format(i) for i in range(2))
        + """
    %t = math.tanh %2 : f32
    %u = arith.mulf %s1, %3 : f32
    %v = arith.mulf %s0, %t : f32
    %r = arith.addf %u, %v : f32"""
    )
    out = (
        SIGMOID.format(0)
        + """
    %t = math.tanh %1 : f32
    %r = arith.mulf %s0, %t : f32"""
    )
    text = f"""
func.func @main(%x: tensor<{batch}x{size}xf32>, %h: {state}, %c: {state}, %wi: tensor<{4 * hidden}x{size}xf32>, %wh: tensor<{4 * hidden}x{hidden}xf32>, %b: tensor<{4 * hidden}xf32>) -> ({state}, {state}) {{
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  {linear("in", "%x", "%wi", "%b", batch, size, 4 * hidden)}
  {linear("rec", "%h", "%wh", "%b", batch, hidden, 4 * hidden)}
  {mapped("sum", ["%in", "%rec"], all_gates, "%r = arith.addf %0, %1 : f32")}
  {chr(10).join(gates)}
  {mapped("next", ["%g0", "%g1", "%g2", "%c"], state, cell)}
  {mapped("out", ["%g3", "%next"], state, out)}
  return %out, %next : {state}, {state}
}}"""
    shapes = [
        (batch, size),
        (batch, hidden),
        (batch, hidden),
        (4 * hidden, size),
        (4 * hidden, hidden),
    ]
    inputs = [normal(*s, seed=i) for i, s in enumerate([*shapes, (4 * hidden,)])]
    x, h, c, wi, wh, b = wide(*inputs)
    i, f, g, o = np.split(x @ wi.T + h @ wh.T + 2 * b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return text, inputs, [sigmoid(o) * np.tanh(c), c]


@case
def convolutional_network() -> Case:
    """conv, batch norm folded to scale and shift, relu, pool, flatten, linear, softmax."""
    image, features = "tensor<2x4x10x10xf32>", "tensor<2x100xf32>"
    text = f"""
#x = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#c = affine_map<(d0, d1, d2, d3) -> (d1)>
func.func @main(%x: tensor<2x3x12x12xf32>, %w: tensor<4x3x3x3xf32>, %scale: tensor<4xf32>, %shift: tensor<4xf32>, %fc: tensor<7x100xf32>) -> tensor<2x7xf32> {{
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %bias = arith.constant dense<[0.5, -0.5, 0.0, 1.0, 2.0, -1.0, 0.25]> : tensor<7xf32>
  %e = tensor.empty() : {image}
  %z = linalg.fill ins(%zero : f32) outs(%e : {image}) -> {image}
  %conv = linalg.conv_2d_nchw_fchw {{dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}}
      ins(%x, %w : tensor<2x3x12x12xf32>, tensor<4x3x3x3xf32>) outs(%z : {image}) -> {image}
  %bn = linalg.generic {{indexing_maps = [#x, #c, #c, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}}
      ins(%conv, %scale, %shift : {image}, tensor<4xf32>, tensor<4xf32>) outs(%e : {image}) {{
  ^bb0(%a: f32, %s: f32, %b: f32, %o: f32):
    %1 = arith.mulf %a, %s : f32
    %2 = arith.addf %1, %b : f32
    %positive = arith.cmpf ugt, %2, %zero : f32
    %3 = arith.select %positive, %2, %zero : f32
    linalg.yield %3 : f32
  }} -> {image}
  %pe = tensor.empty() : tensor<2x4x5x5xf32>
  %pf = linalg.fill ins(%low : f32) outs(%pe : tensor<2x4x5x5xf32>) -> tensor<2x4x5x5xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %pool = linalg.pooling_nchw_max {{dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>}}
      ins(%bn, %window : {image}, tensor<2x2xf32>) outs(%pf : tensor<2x4x5x5xf32>) -> tensor<2x4x5x5xf32>
  %flat = tensor.collapse_shape %pool [[0], [1, 2, 3]] : tensor<2x4x5x5xf32> into {features}
  {linear("logits", "%flat", "%fc", "%bias", 2, 100, 7)}
  %soft = linalg.softmax dimension(1) ins(%logits : tensor<2x7xf32>) outs(%logitse : tensor<2x7xf32>) -> tensor<2x7xf32>
  return %soft : tensor<2x7xf32>
}}"""
    inputs = [
        normal(2, 3, 12, 12),
        normal(4, 3, 3, 3) / 5,
        normal(4),
        normal(4, seed=1),
        normal(7, 100) / 10,
    ]
    x, w, scale, shift, fc = wide(*inputs)
    view = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))
    y = np.einsum("ncxyij,fcij->nfxy", view, w) * scale[:, None, None] + shift[:, None, None]
    y = np.maximum(y, 0).reshape(2, 4, 5, 2, 5, 2).max((3, 5)).reshape(2, 100)
    bias = np.array([0.5, -0.5, 0, 1, 2, -1, 0.25])
    return text, inputs, [softmax(y @ fc.T + bias)]


@case
def attention_block() -> Case:
    """Scores of heads, softmax, weighted values, back to rows, with a residual."""
    heads, words, depth = 2, 9, 8
    width = heads * depth
    rows, split, headed = (
        f"tensor<{words}x{width}xf32>",
        f"tensor<{words}x{heads}x{depth}xf32>",
        f"tensor<{heads}x{words}x{depth}xf32>",
    )
    scores = f"tensor<{heads}x{words}x{words}xf32>"

    def head(name: str) -> str:
        return f"""
  %{name}s = tensor.expand_shape %{name} [[0], [1, 2]] output_shape [{words}, {heads}, {depth}] : {rows} into {split}
  %{name}h = linalg.transpose ins(%{name}s : {split}) outs(%he : {headed}) permutation = [1, 0, 2]"""

    text = f"""
func.func @main(%x: {rows}, %wq: tensor<{width}x{width}xf32>, %wk: tensor<{width}x{width}xf32>, %wv: tensor<{width}x{width}xf32>, %wo: tensor<{width}x{width}xf32>, %b: tensor<{width}xf32>) -> {rows} {{
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.353553385 : f32
  %he = tensor.empty() : {headed}
  %hz = linalg.fill ins(%zero : f32) outs(%he : {headed}) -> {headed}
  %keyse = tensor.empty() : tensor<{heads}x{depth}x{words}xf32>
  %se = tensor.empty() : {scores}
  %sz = linalg.fill ins(%zero : f32) outs(%se : {scores}) -> {scores}
  {linear("q", "%x", "%wq", "%b", words, width, width)}
  {linear("k", "%x", "%wk", "%b", words, width, width)}
  {linear("v", "%x", "%wv", "%b", words, width, width)}
  {head("q")}{head("k")}{head("v")}
  %keys = linalg.transpose ins(%kh : {headed}) outs(%keyse : tensor<{heads}x{depth}x{words}xf32>) permutation = [0, 2, 1]
  %qk = linalg.batch_matmul ins(%qh, %keys : {headed}, tensor<{heads}x{depth}x{words}xf32>) outs(%sz : {scores}) -> {scores}
  {mapped("scaled", ["%qk"], scores, "%r = arith.mulf %0, %scale : f32")}
  %p = linalg.softmax dimension(2) ins(%scaled : {scores}) outs(%se : {scores}) -> {scores}
  %pv = linalg.batch_matmul ins(%p, %vh : {scores}, {headed}) outs(%hz : {headed}) -> {headed}
  %be = tensor.empty() : {split}
  %back = linalg.transpose ins(%pv : {headed}) outs(%be : {split}) permutation = [1, 0, 2]
  %joined = tensor.collapse_shape %back [[0], [1, 2]] : {split} into {rows}
  {linear("out", "%joined", "%wo", "%b", words, width, width)}
  {mapped("result", ["%out", "%x"], rows, "%r = arith.addf %0, %1 : f32")}
  return %result : {rows}
}}"""
    inputs = [
        normal(words, width),
        *(normal(width, width, seed=i) / 4 for i in range(4)),
        normal(width),
    ]
    x, wq, wk, wv, wo, b = wide(*inputs)
    q, k, v = ((x @ w.T + b).reshape(words, heads, depth).swapaxes(0, 1) for w in (wq, wk, wv))
    mixed = softmax(q @ k.swapaxes(1, 2) * 0.353553385) @ v
    return text, inputs, [mixed.swapaxes(0, 1).reshape(words, width) @ wo.T + b + x]
