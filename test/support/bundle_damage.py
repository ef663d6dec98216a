"""Damage to bundles: at random, or by somebody who sets the sums right again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

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


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every element of every list and object in JSON: what holds it, and its index or key."""
    if isinstance(value, (list, dict)):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def other(value: Any, chance: random.Random) -> Any:
    """Another value in a place of JSON."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, (int, float)):
        near = (value + 1, value - 1, -value, 2 * value, value + 64)
        return chance.choice([*near, 0, -1, 2**31, 2**40, 2**62, 10**30, 0.5, 1e308, "7", None])
    if isinstance(value, str):
        words = ("f64", "i8", "value", "dim", "buffer", "scalar", "free", "alloc", "launch", "")
        return chance.choice([*words, "arith.addi", "arith.mulf", value + "x", 3])
    return chance.choice([[], {}, 0, [value], ["value", 0], ["dim", 0, 0]])


def misedit(plan: str, chance: random.Random) -> str:
    """A plan after one edit: a value changed, copied over another, swapped, left out or doubled."""
    tree = json.loads(plan)
    all_places = list(places(tree))
    holder, key = chance.choice(all_places)
    another, there = chance.choice(all_places)
    match chance.randrange(6):
        case 0 | 1:
            holder[key] = other(holder[key], chance)
        case 2:
            holder[key] = json.loads(json.dumps(another[there]))
        case 3 if holder is another:
            holder[key], holder[there] = holder[there], holder[key]
        case 4 if isinstance(holder, list):
            holder.insert(key, json.loads(json.dumps(holder[key])))
        case _:
            del holder[key]
    return json.dumps(tree, separators=(",", ":"))


def misedited(bundle: bytes, chance: random.Random) -> bytes:
    """The bundle after such an edit of one image's plan, with the sum made right."""
    images = sum("claw.plan" in record.strings for record in offload_binary.read(bundle))
    return edited(bundle, lambda plan: misedit(plan, chance), chance.randrange(images))
