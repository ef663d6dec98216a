"""`atom` and `red`: lanes change memory one after the other, in their order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from clawc.emulators.ptx.access import (
    Form,
    accesses,
    address_reader,
    element_view,
    mark_initialised,
    space_of,
    take_hints,
)
from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.semantics_float import chosen
from clawc.emulators.ptx.semantics_half import of_halves
from clawc.emulators.ptx.syntax import Instruction, Vector
from clawc.emulators.ptx.threads import Lanes, Step, Threads, reader, writer
from clawc.emulators.ptx.values import BITS, UNSIGNED, Array, dtype_of

Update = Callable[[Array, Array], Array]
_HALVES = ("f16", "bf16", "f16x2", "bf16x2")
_LOGIC = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}


def update_of(op: Opcode, name: str, type_: str) -> Update:
    """What a place's bits become, given them and the operand's bits."""
    bits = UNSIGNED[BITS[type_]]
    if name in _LOGIC:
        return _LOGIC[name]
    if name == "exch":
        return lambda old, new: new
    if name == "inc":
        return lambda old, top: np.where(old >= top, bits(0), old + bits(1))
    if name == "dec":
        return lambda old, top: np.where((old == 0) | (old > top), top, old - bits(1))
    if type_ in _HALVES:
        compute = np.add if name == "add" else chosen(name, keeps_nan=False)
        return of_halves(type_, compute, lambda x: x)
    dtype = dtype_of(type_)
    compute = {"add": np.add, "min": np.minimum, "max": np.maximum}[name]
    return lambda old, new: compute(old.view(dtype), new.view(dtype)).view(bits)


def atomic(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    keeps = op.base == "atom"
    name = op.one_of("add", "min", "max", "inc", "dec", "exch", "cas", *_LOGIC)
    type_ = op.type()
    count = int(op.one_of("v2", "v4", "v8", default="v1")[1:])
    if type_ in _HALVES and name not in (("add", "min", "max") if count > 1 else ("add",)):
        raise op.unknown()
    space = space_of(op)
    take_hints(op)
    op.flag("noftz")
    op.check_all_taken()
    place, *sources = instruction.operands[1 if keeps else 0 :]
    read_address, space = address_reader(place, space, layout)
    size = BITS[type_] // 8
    form = Form(instruction, read_address, space, size * count, True)
    bits = f"b{BITS[type_]}"
    parts = [s.elements if isinstance(s, Vector) else (s,) for s in sources]
    readers = [[reader(element, bits, layout) for element in part] for part in parts]
    result = instruction.operands[0]
    results = result.elements if isinstance(result, Vector) else (result,)
    writers = [writer(each, bits, layout) for each in results] if keeps else []
    apply = _swapped if name == "cas" else partial(_updated, update_of(op, name, type_))

    def step(t: Threads, at: Lanes) -> None:
        for access, part in accesses(t, at, form):
            data = element_view(t, access.space, size)
            for i in range(count):
                places = access.offset // size + i
                values = [np.broadcast_to(r[i](t, part), len(places)) for r in readers]
                old = apply(data, places, *values)
                if keeps:
                    writers[i](t, part, old)
            mark_initialised(t, access)

    return step


def _rounds(places: Array) -> list[Array]:
    """Lanes in pieces in which no two have the same place, each place's lanes in order."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    fresh = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    turn = np.arange(len(places)) - np.repeat(fresh, np.diff(np.r_[fresh, len(places)]))
    return [order[turn == n] for n in range(int(turn.max()) + 1)] if len(places) else []


def _updated(update: Update, data: Array, places: Array, value: Array) -> Array:
    old = np.empty(len(places), data.dtype)
    for lanes in _rounds(places):
        old[lanes] = data[places[lanes]]
        data[places[lanes]] = update(old[lanes], value[lanes])
    return old


def _swapped(data: Array, places: Array, expected: Array, wanted: Array) -> Array:
    """`cas`: where the place holds what is expected, it gets what is wanted."""
    old = np.empty(len(places), data.dtype)
    for lanes in _rounds(places):
        old[lanes] = data[places[lanes]]
        data[places[lanes]] = np.where(old[lanes] == expected[lanes], wanted[lanes], old[lanes])
    return old
