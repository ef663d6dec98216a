"""Steps of a chain that run along an axis: scans, sorts, largest elements."""

from __future__ import annotations

import numpy as np
from linalg_chain import Chain, Value, is_float

SCANS = {
    "sum": np.add.accumulate,
    "max": np.maximum.accumulate,
    "min": np.minimum.accumulate,
}


def _ranked(chain: Chain) -> tuple[Value, int]:
    value = chain.pick(lambda v: v.shape and v.dtype != "i1")
    return value, chain.random.randrange(len(value.shape))


def scan(chain: Chain) -> None:
    """From either end; exclusive ones are sums, as what comes first is then 0 in all types."""
    value, axis = _ranked(chain)
    kind, reverse = chain.random.choice(list(SCANS)), chain.random.random() < 0.4
    exclusive = kind == "sum" and chain.random.random() < 0.4
    array = np.flip(value.array, axis) if reverse else value.array
    array = SCANS[kind](array, axis)
    if exclusive:
        array = np.roll(array, 1, axis)
        array[(slice(None),) * axis + (slice(0, 1),)] = 0
    array = np.flip(array, axis) if reverse else array
    flags = "".join(
        f", {name} = true" for name, on in (("exclusive", exclusive), ("reverse", reverse)) if on
    )
    line = f'claw.scan {value.name} {{kind = "{kind}", axis = {axis} : i64{flags}}}'
    bound = np.abs(value.array).sum(axis, keepdims=True)
    chain.emit(f"{line} : ({value.type}) -> {{}}", value.dtype, array, value.dynamic, bound)


def sort(chain: Chain) -> None:
    """With a second tensor, which takes the order of the first."""
    value, axis = _ranked(chain)
    other = chain.argument(chain.random.choice(chain.dtypes), value.shape, value.dynamic)
    descending = chain.random.random() < 0.5
    keys = -value.array if descending else value.array
    order = np.argsort(keys, axis, kind="stable")
    name, types = f"%o{len(chain.lines)}", f"{value.type}, {other.type}"
    chain.lines.append(
        f"{name}:2 = claw.sort {value.name}, {other.name} {{axis = {axis} : i64, descending = "
        f"{str(descending).lower()}}} : ({types}) -> ({types})"
    )
    for number, source in enumerate((value, other)):
        array = np.take_along_axis(source.array, order, axis)
        chain.values.append(Value(f"{name}#{number}", source.dtype, array, source.dynamic))


def topk(chain: Chain) -> None:
    value, axis = _ranked(chain)
    k, smallest = chain.random.randint(0, value.shape[axis]), chain.random.random() < 0.5
    keys = value.array if smallest else -value.array
    order = np.take(np.argsort(keys, axis, kind="stable"), range(k), axis)
    dynamic = tuple(d and i != axis for i, d in enumerate(value.dynamic))
    results = [
        Value("#0", value.dtype, np.take_along_axis(value.array, order, axis), dynamic),
        Value("#1", next(t for t in ("i32", "i64") if t in chain.dtypes), order, dynamic),
    ]
    name, types = f"%o{len(chain.lines)}", ", ".join(result.type for result in results)
    chain.lines.append(
        f"{name}:2 = claw.topk {value.name} {{k = {k} : i64, axis = {axis} : i64, smallest = "
        f"{str(smallest).lower()}}} : ({value.type}) -> ({types})"
    )
    for result in results:
        array = result.array if is_float(result.dtype) else result.array.astype(np.int64)
        chain.values.append(Value(name + result.name, result.dtype, array, dynamic))
