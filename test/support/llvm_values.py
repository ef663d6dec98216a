"""The memory that programs of `llvm_programs` start with, and what they left behind, compared."""

from __future__ import annotations

import re

import numpy as np
from llvm_programs import CELLS, SLICE, Program, offsets, size_of
from llvm_targets import THREADS, Data

POISON = 0x5A  # what results and gaps hold beforehand
_FLOATS = {"half": (5, 10), "bfloat": (8, 7), "float": (8, 23), "double": (11, 52)}


def element_of(type: str) -> tuple[int, str]:
    """How many elements of which type; one, if it is no vector."""
    found = re.fullmatch(r"<(\d+) x (\w+)>", type)
    return (int(found[1]), found[2]) if found else (1, type)


def draw(rng: np.random.Generator, type: str) -> int:
    """The bits of a number: often one at which things change."""
    if type in _FLOATS:
        return _draw_float(rng, *_FLOATS[type])
    bits = 1 if type == "i1" else int(type[1:])
    kind = rng.integers(6)
    if kind < 2:
        edges = [0, 1, -1, 2, 1 << bits - 1, (1 << bits - 1) - 1, 1 << bits // 2, bits, bits - 1]
        value = edges[rng.integers(len(edges))]
    elif kind == 2:
        value = int(rng.integers(-40, 40))
    elif kind == 3:
        value = (1 << int(rng.integers(bits))) - int(rng.integers(3))
    else:
        value = int.from_bytes(rng.bytes(16), "little") >> int(rng.integers(bits))
    return value & (1 << bits) - 1


def _draw_float(rng: np.random.Generator, exponent: int, fraction: int) -> int:
    sign = int(rng.integers(2)) << exponent + fraction
    top, one = (1 << exponent) - 1, (1 << exponent - 1) - 1
    kind = rng.integers(8)
    # Zeros, infinities, quiet NaNs and ones; denormals; all exponents; numbers near to one.
    if kind == 0:
        quiet = 1 << fraction - 1 | int(rng.integers(1 << 5))
        pairs = [(0, 0), (top, 0), (top, quiet), (one, 0), (top - 1, (1 << fraction) - 1), (1, 0)]
        power, part = pairs[rng.integers(len(pairs))]
    else:
        part = int.from_bytes(rng.bytes(8), "little") & (1 << fraction) - 1
        if rng.integers(2):  # few bits, so that ties and exact results occur
            part &= -1 << int(rng.integers(fraction))
        near = one + int(rng.integers(-4, fraction + 4))
        power = 0 if kind == 1 else int(rng.integers(top)) if kind < 4 else min(near, top - 1)
    return sign | power << fraction | part


def literal(rng: np.random.Generator, type: str) -> str:
    """A constant as LLVM IR writes it."""
    count, element = element_of(type)
    if count > 1:
        each = ", ".join(f"{element} {literal(rng, element)}" for _ in range(count))
        return f"<{each}>"
    bits = draw(rng, element)
    if element == "i1":
        return "true" if bits else "false"
    if element == "half":
        return f"0xH{bits:04X}"
    if element == "bfloat":
        return f"0xR{bits:04X}"
    if element == "float":  # written as the double that it is
        wide = np.array(bits, np.uint32).view(np.float32).astype(np.float64)
        return f"0x{int(wide.view(np.uint64)):016X}"
    if element == "double":
        return f"0x{bits:016X}"
    width = int(element[1:])
    return str(bits - (bits >> width - 1 << width))


def initial(program: Program) -> Data:
    """Memory for a program, drawn from its seed."""
    rng = np.random.default_rng([program.seed, 1])
    size = offsets(program.variables)[1]
    records = np.full((THREADS, size), POISON, np.uint8)
    for row in records:
        row[:] = _record(rng, program, size)
    results = np.full(THREADS * size, POISON, np.uint8)
    heap = rng.integers(0, 256, SLICE * THREADS + CELLS, dtype=np.uint8)
    return Data(records.reshape(-1), _record(rng, program, size), results, heap)


def _record(rng: np.random.Generator, program: Program, size: int) -> np.ndarray:
    record = np.full(size, POISON, np.uint8)
    for name, at in offsets(program.variables)[0].items():
        count, element = element_of(program.variables[name])
        each = size_of(element)
        for i in range(count):
            raw = draw(rng, element).to_bytes(each, "little")
            record[at + i * each : at + (i + 1) * each] = np.frombuffer(raw, np.uint8)
    return record


def difference(program: Program, expected: Data, found: Data) -> str:
    """Where two memories differ first, for people; "" if nowhere.

    Any NaN equals any other: their payloads are not specified.
    """
    places, size = offsets(program.variables)
    for name, at in places.items():
        type = program.variables[name]
        columns = slice(at, at + size_of(type))
        pair = [
            np.ascontiguousarray(data.results.reshape(THREADS, size)[:, columns])
            for data in (expected, found)
        ]
        one, other = (_comparable(raw, element_of(type)[1]) for raw in pair)
        wrong = (one != other).any(1)
        if wrong.any():
            thread = int(np.flatnonzero(wrong)[0])
            values = " and not ".join(_written(raw[thread], type) for raw in reversed(pair))
            return f"{name} is {values} in thread {thread} and {wrong.sum() - 1} more"
    wrong = np.flatnonzero(expected.heap != found.heap)
    if len(wrong):
        what = f"{found.heap[wrong[0]]:#x} and not {expected.heap[wrong[0]]:#x}"
        return f"byte {wrong[0]} of the heap is {what}; {len(wrong) - 1} more differ"
    return ""


def _comparable(raw: np.ndarray, element: str) -> np.ndarray:
    """Rows of bytes as numbers that are equal where they count as equal."""
    if element not in _FLOATS:
        return raw
    exponent, fraction = _FLOATS[element]
    bits = raw.view(f"u{size_of(element)}").astype(np.uint64)
    infinite = np.uint64(((1 << exponent) - 1) << fraction)
    magnitude = bits & np.uint64((1 << exponent + fraction) - 1)
    return np.where(magnitude > infinite, infinite + np.uint64(1), bits)


def _written(raw: np.ndarray, type: str) -> str:
    each = size_of(element_of(type)[1])
    numbers = [
        int.from_bytes(raw[i : i + each].tobytes(), "little") for i in range(0, len(raw), each)
    ]
    return f"{type} " + ", ".join(f"{n:#x}" for n in numbers)
