"""How long compiling takes, against iree-compile: a 1024x1024x1024 f32 matmul for sm_80.

pip install iree-base-compiler
python benchmarks/compile_time.py
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHAPE = "tensor<1024x1024xf32>"
CLAW = f"""func.func @main(%a: {SHAPE}, %b: {SHAPE}) -> {SHAPE} {{
  %0 = claw.matmul %a, %b : ({SHAPE}, {SHAPE}) -> {SHAPE}
  return %0 : {SHAPE}
}}
"""
LINALG = f"""func.func @main(%a: {SHAPE}, %b: {SHAPE}) -> {SHAPE} {{
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : {SHAPE}
  %f = linalg.fill ins(%zero : f32) outs(%e : {SHAPE}) -> {SHAPE}
  %0 = linalg.matmul ins(%a, %b : {SHAPE}, {SHAPE}) outs(%f : {SHAPE}) -> {SHAPE}
  return %0 : {SHAPE}
}}
"""
RUNS = 7


def cpu_seconds(command: list[str], runs: int = RUNS) -> float:
    """The median of user + system time of `command` with all its children, after a warm-up."""
    measured = []
    for _ in range(runs + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        measured.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return statistics.median(measured[1:])


def warm_seconds() -> float:
    """The median wall time of `clawc.compile` in a process that has compiled before."""
    import clawc

    measured = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        clawc.compile(CLAW, target="nvptx:sm_80", cache=False)
        measured.append(time.perf_counter() - start)
    return statistics.median(measured[1:])


def main() -> None:
    tools = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        claw, linalg = Path(folder, "claw.mlir"), Path(folder, "linalg.mlir")
        claw.write_text(CLAW)
        linalg.write_text(LINALG)
        clawc = [str(tools / "clawc"), str(claw), "-target=nvptx:sm_80", "-o", os.devnull]
        afresh = [*clawc, "--no-cache"]
        cold = cpu_seconds(afresh)
        print(f"clawc, cold:               {cold:.3f} s of CPU")
        print(f"clawc --in-process, cold:  {cpu_seconds([*afresh, '--in-process']):.3f} s of CPU")
        print(f"clawc, found in the cache: {cpu_seconds(clawc):.3f} s of CPU")
        print(f"clawc --help:              {cpu_seconds([clawc[0], '--help']):.3f} s of CPU")
        iree = shutil.which("iree-compile", path=os.pathsep.join([str(tools), os.environ["PATH"]]))
        if iree is None:
            print("iree-compile:              not installed (pip install iree-base-compiler)")
        else:
            backend = ["--iree-hal-target-backends=cuda", "--iree-cuda-target=sm_80"]
            peer = cpu_seconds([iree, str(linalg), *backend, "-o", os.devnull])
            print(f"iree-compile:              {peer:.3f} s of CPU")
            print(f"clawc / iree-compile:      {cold / peer:.2f}")
    print(f"clawc.compile, warm:       {warm_seconds():.3f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of that:       {peak:.0f} MB")


if __name__ == "__main__":
    main()
