"""Damage to bundles: at random, or by somebody who sets the sums right again."""

from __future__ import annotations

import random
from collections.abc import Callable

from clawc.runtime import offload_binary
from clawc.runtime.artifact import sealed
from clawc.runtime.offload_binary import Record


def edited(bundle: bytes, change: Callable[[str], str], number: int = 0) -> bytes:
    """The bundle with another text of the plan of an image, and the sum that belongs to it."""
    records = offload_binary.read(bundle)
    record = records[number]
    strings = {key: value for key, value in record.strings.items() if key != "claw.crc32"}
    strings["claw.plan"] = change(strings["claw.plan"])
    strings = sealed(strings, record.data)
    records[number] = Record(record.data, strings, record.kind, record.producer)
    return b"".join(offload_binary.pieces(records))


def flip(data: bytearray, chance: random.Random) -> None:
    """Other bits in up to four places, half of them where the records' heads are."""
    for _ in range(chance.choice([1, 1, 4])):
        at = chance.choice([chance.randrange(len(data)), chance.randrange(min(200, len(data)))])
        data[at] ^= 1 << chance.randrange(8)


def overwrite(data: bytearray, chance: random.Random) -> None:
    """A run of zeros, of ones or of noise."""
    start, size = chance.randrange(len(data)), chance.choice([1, 8, 64, 512])
    noise = chance.choice([b"\0" * size, b"\xff" * size, chance.randbytes(size)])
    data[start : start + size] = noise[: len(data) - start]


def cut(data: bytearray, chance: random.Random) -> None:
    """A piece is missing, often the end."""
    start = chance.randrange(len(data))
    end = len(data) if chance.random() < 0.5 else start + chance.choice([1, 8, 64, 4096])
    del data[start:end]


def duplicate(data: bytearray, chance: random.Random) -> None:
    """A piece is there twice."""
    start, size = chance.randrange(len(data)), chance.choice([1, 8, 64, 4096])
    data[start:start] = data[start : start + size]


def splice(data: bytearray, chance: random.Random) -> None:
    """Two pieces have changed places, or one has come over the other."""
    size = chance.choice([8, 64, 256])
    here, there = chance.randrange(len(data)), chance.randrange(len(data))
    piece = data[here : here + size]
    data[there : there + len(piece)] = piece


KINDS = (flip, overwrite, cut, duplicate, splice)


def damaged(bundle: bytes, chance: random.Random) -> bytes:
    """The bundle after one of the accidents above."""
    data = bytearray(bundle)
    chance.choice(KINDS)(data, chance)
    return bytes(data)
