"""What is printed of a run on a device: arrays, times, launches, and how two devices agree."""

from __future__ import annotations

import io
import statistics
import time
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from clawc.runtime.artifact import Artifact
from clawc.runtime.compare_results import compare, tolerance
from clawc.runtime.executable import Executable
from clawc.runtime.sample_inputs import for_file


def only_entry(bundle: Artifact) -> str:
    """The one function of a bundle; `main` where there are several."""
    names = {name for image in bundle.images for name in image.plan.entries}
    return names.pop() if len(names) == 1 else "main"


def timed(
    run: Executable, arguments: Sequence[Any], repeat: int
) -> tuple[tuple[np.ndarray, ...], list[str]]:
    """Run once to warm up, then `repeat` times: the results, and what ran where in what time."""
    timer = run.device.timer()
    results = run.arrays(*arguments)
    host, device = [], []
    for _ in range(repeat):
        start = time.perf_counter()
        results = run.arrays(*arguments, timer=timer)
        host.append(time.perf_counter() - start)
        if timer is not None:
            device.append(timer.seconds())
    signature = ", ".join(type_text(argument) for argument in arguments)
    lines = [
        f"{run.entry.name}({signature})",
        f"device:   {run.device.name} ({run.device.description}), image {run.image.described}",
        *(f"refused:  {refused.image.described}: {refused.error}" for refused in run.refused),
        f"time:     {spread(host)} of {repeat} after a warm-up",
    ]
    if device:
        lines.append(f"          {spread(device)} on the device, without copies")
    return results, lines


def spread(seconds: Sequence[float]) -> str:
    return f"min {duration(min(seconds))}, median {duration(statistics.median(seconds))}"


def launch_lines(run: Executable, arguments: Sequence[Any]) -> list[str]:
    """Each launch of one more run, and how long it took."""
    _, launches = run.profile(*arguments)
    width = max((len(launch.kernel) for launch in launches), default=0)
    return [
        f"  {kernel:{width}}  {duration(seconds):>10}  "
        f"grid {grid} of {run.program.kernels[kernel].threads} threads"
        for kernel, grid, _, seconds in launches
    ]


def result_lines(results: Sequence[np.ndarray]) -> list[str]:
    return [f"result {number}: {described(result)}" for number, result in enumerate(results)]


def check_lines(
    run: Executable, arguments: Sequence[Any], results: Sequence[np.ndarray]
) -> tuple[bool, list[str]]:
    """Whether the results agree with what another device computes, and how far they are apart."""
    allowed = tolerance(run.entry)
    all_agree, lines = True, []
    references = run.arrays(*arguments)
    for number, (result, reference) in enumerate(zip(results, references, strict=True)):
        found = compare(result, reference, allowed)
        verdict = "agrees with" if found.agrees else "DIFFERS from"
        exact = result.dtype.kind in "bi"
        by = f"{found.difference:.0f} elements" if exact else f"{found.difference:.1e}"
        limit = "" if exact else f", allowed {found.allowed:.1e} of the largest value"
        lines.append(f"check {number}:  {verdict} {run.device.name}, apart by {by}{limit}")
        all_agree &= found.agrees
    return all_agree, lines


def npz(results: Sequence[np.ndarray]) -> bytes:
    """The results as the bytes of an `.npz` file."""
    file = io.BytesIO()
    arrays: dict[str, Any] = {f"result_{i}": for_file(array) for i, array in enumerate(results)}
    np.savez(file, **arrays)
    return file.getvalue()


def described(array: np.ndarray) -> str:
    """Type, a sum and extremes to look at, and a checksum of the bytes."""
    text = f"{type_text(array)}  crc32 {zlib.crc32(array.tobytes()):08x}"
    if not array.size:
        return text
    values = array.astype(np.float64)
    return f"{text}  min {values.min():.6g}  max {values.max():.6g}  sum {values.sum():.6g}"


def type_text(array: np.ndarray) -> str:
    return f"{array.dtype.name}[{', '.join(map(str, array.shape))}]"


def duration(seconds: float) -> str:
    return f"{seconds * 1e3:.3f} ms" if seconds < 1 else f"{seconds:.3f} s"
