"""Which elements of a sparse A are stored, and the words of metadata that say so."""

from __future__ import annotations

import numpy as np

RNG = np.random.default_rng(5)
CHUNK = {"f16": 4, "bf16": 4, "tf32": 2, "s4": 8, "u4": 8}


def pattern(type_: str, k: int, ordered: bool) -> np.ndarray:
    """Four bits of metadata for each chunk, [rows, chunks]."""
    shape = 16, k // CHUNK.get(type_, 4)
    if type_ == "tf32":
        return RNG.choice([0b0100, 0b1110], shape)
    low, high = RNG.integers(0, 4, shape), RNG.integers(1, 4, shape)
    high = (low + high) % 4
    if ordered:
        low, high = np.minimum(low, high), np.maximum(low, high)
    return low | high << 2


def stored_columns(type_: str, nibbles: np.ndarray) -> np.ndarray:
    """The columns of a row's stored elements, chunk by chunk, as the manual's examples say."""
    columns = []
    for chunk, bits in enumerate(nibbles):
        first, second = int(bits) & 3, int(bits) >> 2
        if type_ == "tf32":  # a half that is written as two quarters
            columns.append(2 * chunk + (first == 2))
        elif CHUNK.get(type_, 4) == 4:
            columns += [4 * chunk + first, 4 * chunk + second]
        else:
            columns += [8 * chunk + 2 * half + i for half in (first, second) for i in (0, 1)]
    return np.array(columns)


def words(type_: str, nibbles: np.ndarray, selector: int) -> np.ndarray:
    """The lanes' metadata; those that the selector does not choose hold something else."""
    found = RNG.integers(0, 2**32, 32, dtype=np.uint32)
    chunks = nibbles.shape[1]
    for g in range(8):
        low, high = nibbles[g], nibbles[g + 8]
        if type_ in ("f16", "bf16", "tf32"):  # rows g and g+8 in a lane, four chunks of each
            lanes = chunks // 4
            parts = [(low[4 * i : 4 * i + 4], high[4 * i : 4 * i + 4]) for i in range(lanes)]
            held = [[*first, *second] for first, second in parts]
        else:  # a row in a lane, eight chunks of it
            lanes = chunks // 4
            held = [row[i : i + 8] for i in range(0, chunks, 8) for row in (low, high)]
        for i, eight in enumerate(held):
            word = sum(int(bits) << 4 * j for j, bits in enumerate(eight))
            found[4 * g + lanes * selector + i] = word
    return found
