"""What is left of a case that failed: enough to look at it elsewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from kit.case import Case
from kit.numbers import widen

LARGEST = 64 << 20  # bytes of inputs that are stored; larger ones are made again by their seeds


def leave(
    folder: Path,
    case: Case,
    device: str,
    what: str,
    arguments: Sequence[np.ndarray] = (),
    results: Sequence[np.ndarray] = (),
) -> Path:
    """A folder with the program, its bundle, what was wrong, and if they are small its inputs and
    what it gave.  `claw-run program.claw --inputs=inputs.npz` runs it."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", case.name).strip("-")
    left = folder / "failures" / f"{case.number:04}-{name}"
    left.mkdir(parents=True, exist_ok=True)
    (left / "program.mlir").write_text(case.text)
    bundle = case.file(folder / "cases", ".claw")
    if bundle.exists():
        shutil.copy(bundle, left / "program.claw")
    again = f"python run.py --device {device} --match '^{re.escape(case.name)}$'"
    (left / "what.txt").write_text(f"{case.name}\n{what}\nagain: {again}\n")
    types = [given.dtype for given in case.inputs], [result.dtype for result in case.results]
    for file, arrays, names in zip(("inputs", "got"), (arguments, results), types, strict=True):
        if arrays and sum(np.asarray(array).nbytes for array in arrays) <= LARGEST:
            np.savez(left / f"{file}.npz", *map(readable, arrays, names))
    return left


def readable(array: np.ndarray, dtype: str) -> np.ndarray:
    """NumPy's files know no bf16: as f32, which claw-run takes for it."""
    array = np.asarray(array)
    return widen(array, dtype).astype(np.float32) if dtype == "bf16" else array
