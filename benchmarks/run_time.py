"""How fast kernels run on a device of this machine, against NumPy, both on one thread.

python benchmarks/run_time.py [--device host|opencl]
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import click
import numpy as np

# One thread each: these are read when NumPy and the drivers are loaded.
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "CLAWC_NUM_THREADS": "1",
    "CL_CONFIG_CPU_TBB_NUM_WORKERS": "1",
}
MATMUL = """!t = tensor<{n}x{n}xf32>
func.func @main(%a: !t, %b: !t) -> !t {{
  %0 = claw.matmul %a, %b : (!t, !t) -> !t
  return %0 : !t
}}"""
SOFTMAX = """func.func @main(%x: tensor<{r}x{c}xf32>) -> tensor<{r}x{c}xf32> {{
  %0 = claw.softmax %x : (tensor<{r}x{c}xf32>) -> tensor<{r}x{c}xf32>
  return %0 : tensor<{r}x{c}xf32>
}}"""
CHAIN = """func.func @main(%x: tensor<{n}xf32>, %y: tensor<{n}xf32>) -> tensor<{n}xf32> {{
  %0 = claw.binary %x, %y {{kind = "mul"}} : (tensor<{n}xf32>, tensor<{n}xf32>) -> tensor<{n}xf32>
  %1 = claw.binary %0, %x {{kind = "add"}} : (tensor<{n}xf32>, tensor<{n}xf32>) -> tensor<{n}xf32>
  %2 = claw.unary %1 {{kind = "tanh"}} : (tensor<{n}xf32>) -> tensor<{n}xf32>
  return %2 : tensor<{n}xf32>
}}"""


RELU = CHAIN.replace("tanh", "relu")
CONV = """!x = tensor<1x{c}x{n}x{n}xf32>
!w = tensor<{f}x{c}x3x3xf32>
!y = tensor<1x{f}x{m}x{m}xf32>
func.func @main(%x: !x, %w: !w) -> !y {{
  %0 = claw.conv2d %x, %w {{padding = array<i64: 1, 1>, stride = array<i64: {s}, {s}>}}
      : (!x, !w) -> !y
  return %0 : !y
}}"""
POOL = """!x = tensor<1x64x{n}x{n}xf32>
!y = tensor<1x64x{m}x{m}xf32>
func.func @main(%x: !x) -> !y {{
  %0 = claw.pool2d %x {{kind = "max", kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>}}
      : (!x) -> !y
  return %0 : !y
}}"""

SCAN = """!t = tensor<{r}x{c}xf32>
func.func @main(%x: !t) -> !t {{
  %0 = claw.scan %x {{kind = "sum", axis = 1}} : (!t) -> !t
  return %0 : !t
}}"""
SORT = """!t = tensor<{n}xf32>
func.func @main(%x: !t) -> !t {{
  %0 = claw.sort %x : (!t) -> !t
  return %0 : !t
}}"""
TOPK = """!x = tensor<{n}xf32>
func.func @main(%x: !x) -> tensor<8xf32> {{
  %0, %1 = claw.topk %x {{k = 8}} : (!x) -> (tensor<8xf32>, tensor<8xi64>)
  return %0 : tensor<8xf32>
}}"""


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def relu(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(x * y + x, 0)


def chain(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.tanh(x * y + x)


def windows(x: np.ndarray, stride: int) -> np.ndarray:
    """Of 3 x 3, as the last two dimensions."""
    every = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))
    return every[:, :, ::stride, ::stride]


def conv(x: np.ndarray, w: np.ndarray, stride: int = 1) -> np.ndarray:
    """A matrix product with the windows of what is padded, copied out."""
    seen = windows(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), stride)[0]
    rows = seen.transpose(0, 3, 4, 1, 2).reshape(w[0].size, -1)
    return (w.reshape(len(w), -1) @ rows).reshape(1, len(w), *seen.shape[1:3])


def pool(x: np.ndarray) -> np.ndarray:
    return windows(x, 2).max((4, 5))


def greatest(x: np.ndarray) -> np.ndarray:
    return -np.sort(np.partition(-x, 8)[:8])


CASES = [
    ("matmul f32 1024", MATMUL.format(n=1024), [(1024, 1024)] * 2, np.matmul),
    ("matmul f32 1000", MATMUL.format(n=1000), [(1000, 1000)] * 2, np.matmul),
    ("softmax f32 1024x1024", SOFTMAX.format(r=1024, c=1024), [(1024, 1024)], softmax),
    ("softmax f32 4096x100", SOFTMAX.format(r=4096, c=100), [(4096, 100)], softmax),
    ("relu(x*y+x) f32 1M", RELU.format(n=1 << 20), [(1 << 20,)] * 2, relu),
    ("tanh(x*y+x) f32 1M", CHAIN.format(n=1 << 20), [(1 << 20,)] * 2, chain),
    (
        *("conv 3x3 64>64, 56x56", CONV.format(c=64, f=64, n=56, m=56, s=1)),
        *([(1, 64, 56, 56), (64, 64, 3, 3)], conv),
    ),
    (
        *("conv 3x3 256>256, 14x14", CONV.format(c=256, f=256, n=14, m=14, s=1)),
        *([(1, 256, 14, 14), (256, 256, 3, 3)], conv),
    ),
    (
        *("conv 3x3/2 64>128, 56x56", CONV.format(c=64, f=128, n=56, m=28, s=2)),
        *([(1, 64, 56, 56), (128, 64, 3, 3)], partial(conv, stride=2)),
    ),
    ("max pool 3x3/2, 64x113x113", POOL.format(n=113, m=56), [(1, 64, 113, 113)], pool),
    (
        *("running sums, 4096x4096", SCAN.format(r=4096, c=4096)),
        *([(4096, 4096)], partial(np.cumsum, axis=1)),
    ),
    ("sort f32 2^16", SORT.format(n=1 << 16), [(1 << 16,)], partial(np.sort, kind="stable")),
    ("first 8 of 2^16", TOPK.format(n=1 << 16), [(1 << 16,)], greatest),
]


def paired(ours: Callable[[], object], peer: Callable[[], object], runs: int) -> list[float]:
    """Medians of both, run in turn, so that a drift of the machine's speed meets both."""
    times: list[tuple[float, float]] = []
    for _ in range(runs + 2):
        start = time.perf_counter()
        ours()
        middle = time.perf_counter()
        peer()
        times.append((middle - start, time.perf_counter() - middle))
    return [statistics.median(t) for t in zip(*times[2:], strict=True)]


@click.command()
@click.option("--device", default="host", help="A device of claw-run: host, opencl, vulkan.")
@click.option("--runs", default=15, help="Timed runs of each, in turn with the peer.")
def main(device: str, runs: int) -> None:
    """Print, for each case, NumPy's time divided by ours: above 1 we are faster."""
    if not ONE_THREAD.items() <= os.environ.items():
        os.environ.update(ONE_THREAD)
        os.execv(sys.executable, [sys.executable, *sys.argv])
    import clawc
    from clawc.runtime.device import open_device

    opened = open_device(device)
    target = f"{opened.target}:{opened.chip}"
    print(
        f"{opened.name} ({opened.description}), {target}, NumPy {np.__version__}; one thread each"
    )
    print(f"{'case':26} {'clawc ms':>9} {'NumPy ms':>9} {'NumPy/clawc':>12}")
    rng = np.random.default_rng(0)
    for name, text, shapes, peer in CASES:
        run = clawc.load(clawc.compile(text, target=target), opened)
        inputs = [rng.standard_normal(shape, np.float32) for shape in shapes]
        np.testing.assert_allclose(run(*inputs), peer(*inputs), rtol=1e-3, atol=1e-3)
        ours, theirs = paired(partial(run, *inputs), partial(peer, *inputs), runs)
        print(f"{name:26} {1e3 * ours:9.2f} {1e3 * theirs:9.2f} {theirs / ours:12.2f}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
