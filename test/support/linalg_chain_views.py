"""Steps of a chain that move elements: reshapes, slices, pads, transposes, joins, casts."""

from __future__ import annotations

import numpy as np
from linalg_chain import Chain, Value


def collapse(chain: Chain) -> None:
    value = chain.pick(lambda v: len(v.shape) >= 2)
    first = chain.random.randrange(len(value.shape) - 1)
    last = chain.random.randint(first + 1, len(value.shape) - 1)
    groups = [[d] for d in range(first)] + [list(range(first, last + 1))]
    groups += [[d] for d in range(last + 1, len(value.shape))]
    shape = [int(np.prod([value.shape[d] for d in g])) for g in groups]
    dynamic = [any(value.dynamic[d] for d in g) for g in groups]
    line = f"tensor.collapse_shape {value.name} {groups} : {value.type} into {{}}"
    chain.emit(line, value.dtype, value.array.reshape(shape), dynamic)


def expand(chain: Chain) -> None:
    """A dimension becomes two, of which one at most is not known."""
    value = chain.pick(lambda v: 0 < len(v.shape) <= 4)
    axis = chain.random.randrange(len(value.shape))
    size = value.shape[axis]
    parts = [n for n in range(1, max(size, 1) + 1) if size % n == 0]
    inner, front = chain.random.choice(parts), chain.random.random() < 0.5
    pair = [size // inner, inner]
    unknown = [value.dynamic[axis], False]
    if front:
        pair.reverse()
        unknown.reverse()
    shape = [*value.shape[:axis], *pair, *value.shape[axis + 1 :]]
    dynamic = [*value.dynamic[:axis], *unknown, *value.dynamic[axis + 1 :]]
    groups = [[d] for d in range(axis)] + [[axis, axis + 1]]
    groups += [[d] for d in range(axis + 2, len(shape))]
    sizes = [str(n) for n in shape]
    for number, source in enumerate([*range(axis), axis, axis, *range(axis + 1, len(value.shape))]):
        if dynamic[number]:
            sizes[number] = chain.length(value, source)
            if source == axis:
                by, name = chain.index(inner), chain.name()
                chain.lines.append(f"{name} = arith.divsi {sizes[number]}, {by} : index")
                sizes[number] = name
    line = f"tensor.expand_shape {value.name} {groups} output_shape [{', '.join(sizes)}]"
    line += f" : {value.type} into {{}}"
    chain.emit(line, value.dtype, value.array.reshape(shape), dynamic)


def cast(chain: Chain) -> None:
    """Sizes are forgotten."""
    value = chain.pick(lambda v: v.shape)
    dynamic = [d or chain.random.random() < 0.5 for d in value.dynamic]
    line = f"tensor.cast {value.name} : {value.type} to {{}}"
    if tuple(dynamic) != value.dynamic:
        chain.emit(line, value.dtype, value.array, dynamic)


def transpose(chain: Chain) -> None:
    value = chain.pick(lambda v: len(v.shape) >= 2)
    order = list(range(len(value.shape)))
    chain.random.shuffle(order)
    out, empty = chain.empty(value.dtype, [(value, d) for d in order])
    line = f"linalg.transpose ins({value.name} : {value.type}) outs({out} : {empty.type})"
    chain.emit(
        f"{line} permutation = {order}", value.dtype, value.array.transpose(order), empty.dynamic
    )


def broadcast(chain: Chain) -> None:
    value = chain.pick(lambda v: len(v.shape) <= 3)
    axis, size = chain.random.randint(0, len(value.shape)), chain.random.choice([1, 2, 3])
    sources: list = [(value, d) for d in range(len(value.shape))]
    sources.insert(axis, size)
    out, empty = chain.empty(value.dtype, sources)
    line = f"linalg.broadcast ins({value.name} : {value.type}) outs({out} : {empty.type})"
    array = np.broadcast_to(np.expand_dims(value.array, axis), empty.shape)
    chain.emit(f"{line} dimensions = [{axis}]", value.dtype, array, empty.dynamic)


def cut(chain: Chain) -> None:
    """Part of each dimension, at steps; known ones, as the value's sizes may be forgotten."""
    value = chain.pick(lambda v: v.shape and v.array.size)  # MLIR takes no offset in an empty one
    offsets, sizes, steps = _window(chain, value.shape)
    line = f"tensor.extract_slice {value.name}{offsets} {sizes} {steps} : {value.type} to {{}}"
    chain.emit(line, value.dtype, value.array[_slices(offsets, sizes, steps)], [False] * len(sizes))


def put(chain: Chain) -> None:
    """Part of a value anew."""
    value = chain.pick(lambda v: v.shape and v.array.size)  # MLIR takes no offset in an empty one
    offsets, sizes, steps = _window(chain, value.shape)
    part = chain.argument(value.dtype, sizes, [False] * len(sizes))
    array = value.array.copy()
    array[_slices(offsets, sizes, steps)] = part.array
    line = f"tensor.insert_slice {part.name} into {value.name}{offsets} {sizes} {steps}"
    chain.emit(f"{line} : {part.type} into {{}}", value.dtype, array, value.dynamic)


def _window(chain: Chain, shape: tuple[int, ...]) -> tuple[list[int], list[int], list[int]]:
    offsets, sizes, steps = [], [], []
    for size in shape:
        offset = chain.random.randint(0, size - 1) if size else 0
        step = chain.random.choice([1, 1, 1, 2, 3])
        most = -(-(size - offset) // step)
        sizes.append(chain.random.choice([most, chain.random.randint(min(most, 1), most)]))
        offsets.append(offset)
        steps.append(step)
    return offsets, sizes, steps


def _slices(offsets: list[int], sizes: list[int], steps: list[int]) -> tuple[slice, ...]:
    parts = zip(offsets, sizes, steps, strict=True)
    return tuple(slice(o, o + n * s, s) for o, n, s in parts)


def pad(chain: Chain) -> None:
    value = chain.pick(lambda v: v.shape)
    low = [chain.random.choice([0, 0, 1, 2]) for _ in value.shape]
    high = [chain.random.choice([0, 0, 1, 3]) for _ in value.shape]
    number = 0 if value.dtype == "i1" else chain.random.randint(-3, 3)
    array = np.pad(value.array, list(zip(low, high, strict=True)), constant_values=number)
    indices = ", ".join(f"%p{d}: index" for d in range(len(low)))
    constant = chain.constant(value.dtype, number)
    line = (
        f"tensor.pad {value.name} low{low} high{high} {{\n    ^bb0({indices}):\n"
        f"    tensor.yield {constant} : {value.dtype}\n  @ : {value.type} to {{}}"
    )
    result = Value(chain.name(), value.dtype, array, value.dynamic)
    line = line.replace("{}", result.type).replace("\n  @ :", "\n  } :")
    chain.lines.append(f"{result.name} = {line}")
    chain.values.append(result)


def join(chain: Chain) -> None:
    value = chain.pick(lambda v: v.shape)
    axis = chain.random.randrange(len(value.shape))
    parts = [value]
    for _ in range(chain.random.randint(1, 2)):
        shape, dynamic = list(value.shape), list(value.dynamic)
        shape[axis] = chain.random.randint(0, 3)
        parts.append(chain.argument(value.dtype, shape, dynamic))
    chain.random.shuffle(parts)
    dynamic = list(value.dynamic)
    dynamic[axis] = any(p.dynamic[axis] for p in parts)
    names, types = ", ".join(p.name for p in parts), ", ".join(p.type for p in parts)
    array = np.concatenate([p.array for p in parts], axis)
    chain.emit(
        f"tensor.concat dim({axis}) {names} : ({types}) -> {{}}", value.dtype, array, dynamic
    )


def reshape(chain: Chain) -> None:
    """To sizes that a tensor of them says."""
    value = chain.pick(lambda v: v.shape)
    count = value.array.size
    first = chain.random.choice([n for n in range(1, max(count, 1) + 1) if count % n == 0])
    shape = [first, count // first]
    sizes, name = [chain.index(n) for n in shape], chain.name()
    chain.lines.append(f"{name} = tensor.from_elements {', '.join(sizes)} : tensor<2xindex>")
    line = f"tensor.reshape {value.name}({name}) : ({value.type}, tensor<2xindex>) -> {{}}"
    dynamic = [chain.random.random() < 0.3 for _ in shape]
    chain.emit(line, value.dtype, value.array.reshape(shape), dynamic)
