"""How `claw-run` shows arrays and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def described(array: np.ndarray) -> str:
    """Type, a sum and extremes to look at, and a checksum of the bytes."""
    import zlib

    import numpy as np

    text = f"{type_text(array)}  crc32 {zlib.crc32(array.tobytes()):08x}"
    if not array.size:
        return text
    values = array.astype(np.float64)
    return f"{text}  min {values.min():.6g}  max {values.max():.6g}  sum {values.sum():.6g}"


def type_text(array: np.ndarray) -> str:
    return f"{array.dtype.name}[{', '.join(map(str, array.shape))}]"


def duration(seconds: float) -> str:
    return f"{seconds * 1e3:.3f} ms" if seconds < 1 else f"{seconds:.3f} s"
