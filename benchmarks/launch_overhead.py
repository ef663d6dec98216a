"""What a launch costs the host: calls of chains of kernels on a CUDA driver that does nothing.

The driver is the one that the tests build with gcc, so that what is left is the runtime's own time,
by the processor's clock: a call of one kernel and of eleven, whose difference is ten kernels.

python benchmarks/launch_overhead.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "test" / "support"))

import fake_gpu  # noqa: E402
import runtime_programs as programs  # noqa: E402

from clawc.runtime.device import open_device  # noqa: E402
from clawc.runtime.executable import Executable, load  # noqa: E402
from clawc.runtime.execution import Execution  # noqa: E402
from clawc.runtime.plan import Entry, TensorType  # noqa: E402
from clawc.runtime.steps import Alloc, Free, Launch, Step  # noqa: E402

ROUNDS, CALLS = 9, 300
ROW = TensorType("f32", (programs.ROWS, 3))


def chain(kernels: int) -> Entry:
    """Kernels one after the other, each with a fresh buffer."""
    steps: list[Step] = list(programs.SIZES)
    for after in range(10, 10 + kernels):
        before = after - 1 if after > 10 else 0
        steps.append(Alloc(after, "f32", ROW.shape))
        steps.append(Launch("scale", programs.GRID, (before, after), (programs.COUNT,)))
        steps += [Free(before)] if before else []
    return Entry("main", (ROW,), (ROW,), (), tuple(steps), (("buffer", 9 + kernels),))


def microseconds(call: Callable[[], object]) -> float:
    """Of a call, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(CALLS):
            call()
        best = min(best, time.process_time() - start)
    return best / CALLS * 1e6


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        fake_gpu.build(Path(folder))
        fake_gpu.use("cuda", Path(folder, "libcuda.so"))
        device = open_device("cuda")
        x = np.ones((10, 3), np.float32)

        def loaded(kernels: int) -> Executable:
            plan = programs.scale_plan(chain(kernels))
            return load(programs.artifact(replace(fake_gpu.IMAGES["cuda"], plan=plan)), device)

        ways = {
            "by the plan": lambda run: Execution(run.program, [x], timed=False).run(),
            "as a graph": lambda run: run(x),
        }
        runs = loaded(1), loaded(11)
        for name, way in ways.items():
            one, eleven = (microseconds(lambda run=run, way=way: way(run)) for run in runs)
            print(
                f"{name:12} a call of 1 kernel {one:6.1f} µs, of 11 {eleven:6.1f} µs: "
                f"{(eleven - one) / 10:5.2f} µs for each kernel more"
            )


if __name__ == "__main__":
    main()
