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


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def relu(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(x * y + x, 0)


def chain(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.tanh(x * y + x)


CASES = [
    ("matmul f32 1024", MATMUL.format(n=1024), [(1024, 1024)] * 2, np.matmul),
    ("matmul f32 1000", MATMUL.format(n=1000), [(1000, 1000)] * 2, np.matmul),
    ("softmax f32 1024x1024", SOFTMAX.format(r=1024, c=1024), [(1024, 1024)], softmax),
    ("softmax f32 4096x100", SOFTMAX.format(r=4096, c=100), [(4096, 100)], softmax),
    ("relu(x*y+x) f32 1M", RELU.format(n=1 << 20), [(1 << 20,)] * 2, relu),
    ("tanh(x*y+x) f32 1M", CHAIN.format(n=1 << 20), [(1 << 20,)] * 2, chain),
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
    print(f"{'case':24} {'clawc ms':>9} {'NumPy ms':>9} {'NumPy/clawc':>12}")
    rng = np.random.default_rng(0)
    for name, text, shapes, peer in CASES:
        run = clawc.load(clawc.compile(text, target=target), opened)
        inputs = [rng.standard_normal(shape, np.float32) for shape in shapes]
        np.testing.assert_allclose(run(*inputs), peer(*inputs), rtol=1e-3, atol=1e-3)
        ours, theirs = paired(partial(run, *inputs), partial(peer, *inputs), runs)
        print(f"{name:24} {1e3 * ours:9.2f} {1e3 * theirs:9.2f} {theirs / ours:12.2f}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
