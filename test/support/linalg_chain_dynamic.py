"""Steps of a chain whose offsets and sizes are elements of tensors, unknown until it runs."""

from __future__ import annotations

import numpy as np
from linalg_chain import Chain


def number(chain: Chain, value: int) -> str:
    """An index value: an element of an argument."""
    dtype = next(t for t in ("i64", "i32") if t in chain.dtypes)
    held = chain.argument(dtype, [1], [False])
    held.array[...] = value
    at, element, name = chain.index(0), chain.name(), chain.name()
    chain.lines += [
        f"{element} = tensor.extract {held.name}[{at}] : {held.type}",
        f"{name} = arith.index_cast {element} : {dtype} to index",
    ]
    return name


def cut_at(chain: Chain) -> None:
    """A slice at any offsets, moved to the nearest place where all of it is there."""
    value = chain.pick(lambda v: v.shape and v.array.size)
    offsets, sizes, steps, parts, dynamic = [], [], [], [], []
    for size in value.shape:
        step = chain.random.choice([1, 1, 1, 2])
        count = chain.random.randint(1, -(-size // step))
        last = size - (count - 1) * step - 1
        offset = chain.random.randint(-2, size + 1)
        known = chain.random.random() < 0.3
        start = min(max(offset, 0), last)
        parts.append(slice(start, start + (count - 1) * step + 1, step))
        offsets.append(str(start) if known else number(chain, offset))
        dynamic.append(chain.random.random() < 0.5)
        sizes.append(number(chain, count) if dynamic[-1] else str(count))
        steps.append(str(step))
    at = "".join(f"[{', '.join(texts)}]" for texts in (offsets, sizes, steps))
    line = f"tensor.extract_slice {value.name}{at} : {value.type} to {{}}"
    chain.emit(line, value.dtype, value.array[tuple(parts)], dynamic)


def put_at(chain: Chain) -> None:
    """A part anew, at offsets within the value."""
    value = chain.pick(lambda v: v.shape and v.array.size)
    offsets, counts, parts = [], [], []
    for size in value.shape:
        count = chain.random.randint(1, size)
        start = chain.random.randint(0, size - count)
        parts.append(slice(start, start + count))
        known = chain.random.random() < 0.3
        offsets.append(str(start) if known else number(chain, start))
        counts.append(count)
    part = chain.argument(value.dtype, counts, [chain.random.random() < 0.4 for _ in counts])
    sizes = [
        chain.length(part, axis) if part.dynamic[axis] else str(count)
        for axis, count in enumerate(counts)
    ]
    array = np.array(value.array)
    array[tuple(parts)] = part.array
    at = f"[{', '.join(offsets)}] [{', '.join(sizes)}] [{', '.join(['1'] * len(sizes))}]"
    line = f"tensor.insert_slice {part.name} into {value.name}{at} : {part.type} into {{}}"
    chain.emit(line, value.dtype, array, value.dynamic)
