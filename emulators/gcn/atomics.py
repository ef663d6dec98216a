"""Atomic operations: the lanes of an instruction change memory one after the other, in their order.

Source: the operations' descriptions in the "RDNA3", "RDNA4" and "CDNA3 Instruction Set
Architecture" manuals.  They do not say what units outside the CUs do with denormals: kept here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from clawc.emulators.gcn import floats as fl
from clawc.emulators.gcn.memory import Access, atomically
from clawc.emulators.gcn.operands import DTYPES, Operands
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.transfers import Form, result, values
from clawc.emulators.gcn.waves import Waves

Compute = Callable[..., np.ndarray]
_NAME = re.compile(r"(?:ds|[a-z]+_atomic)_(\w+?)(?:_rtn)?_([uibf]|bf)(\d+)$")


@dataclass(frozen=True)
class Update:
    """`compute(old, operand, ...)` is what the place becomes."""

    compute: Compute
    operands: int = 1
    chain: np.ufunc | None = None  # does the same one after the other


_PLAIN = {
    "add": Update(np.add, chain=np.add),
    "sub": Update(np.subtract, chain=np.subtract),
    "rsub": Update(lambda old, new: new - old),
    "csub": Update(lambda old, new: np.where(old < new, old.dtype.type(0), old - new)),
    "cond_sub": Update(lambda old, new: np.where(old >= new, old - new, old)),
    "inc": Update(
        lambda old, top: np.where(old >= top, old.dtype.type(0), old + top.dtype.type(1))
    ),
    "dec": Update(
        lambda old, top: np.where((old == 0) | (old > top), top, old - old.dtype.type(1))
    ),
    "min": Update(np.minimum, chain=np.minimum),
    "max": Update(np.maximum, chain=np.maximum),
    "and": Update(np.bitwise_and, chain=np.bitwise_and),
    "or": Update(np.bitwise_or, chain=np.bitwise_or),
    "xor": Update(np.bitwise_xor, chain=np.bitwise_xor),
    "swap": Update(lambda old, new: new),
    "storexchg": Update(lambda old, new: new),
    "mskor": Update(lambda old, mask, bits: old & ~mask | bits, 2),
    "wrap": Update(lambda old, by, otherwise: np.where(old >= by, old - by, old + otherwise), 2),
    # The operands stand in another order: what is expected first, or what is wanted first.
    "cmpst": Update(lambda old, expected, new: np.where(old == expected, new, old), 2),
    "cmpstore": Update(lambda old, new, expected: np.where(old == expected, new, old), 2),
    "cmpswap": Update(lambda old, new, expected: np.where(old == expected, new, old), 2),
}
_FLOAT = {
    "add": _PLAIN["add"],
    "min": Update(lambda old, new: np.where(new < old, new, old)),
    "max": Update(lambda old, new: np.where(new > old, new, old)),
    "min_num": Update(lambda old, new: fl.minimum(new, old)),
    "max_num": Update(lambda old, new: fl.maximum(new, old)),
    **{name: _PLAIN[name] for name in ("cmpst", "cmpstore", "cmpswap")},
}


def _added_halves(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    return (_halves(old).view(np.float16) + _halves(new).view(np.float16)).view(np.uint32)[..., 0]


def _added_bfloats(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    total = _wide(_halves(old)) + _wide(_halves(new))
    bits = total.view(np.uint32)
    rounded = bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))
    rounded = np.where(np.isnan(total), bits | np.uint32(1 << 22), rounded)
    return np.ascontiguousarray((rounded >> np.uint32(16)).astype(np.uint16)).view(np.uint32)[
        ..., 0
    ]


def _halves(words: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(words)[:, None].view(np.uint16)


def _wide(halves: np.ndarray) -> np.ndarray:
    return (halves.astype(np.uint32) << np.uint32(16)).view(np.float32)


def operation(name: str) -> tuple[Update, type, Form] | None:
    """What RDNA 3's name of an atomic says: the update, its type, and what it moves."""
    found = _NAME.match(name)
    if not found:
        return None
    what, kind, bits = found[1], found[2], int(found[3])
    if what == "pk_add" and bits == 16:
        compute = {"f": _added_halves, "bf": _added_bfloats}[kind]
        return Update(compute), np.uint32, Form("atomic", "b", 4)
    table = _FLOAT if kind == "f" else _PLAIN
    if what not in table or bits not in (32, 64):
        return None
    return (
        table[what],
        DTYPES[f"{'u' if kind == 'b' else kind}{bits}"],
        Form("atomic", "b", bits // 8),
    )


def atomic(
    o: Operands,
    name: str,
    registers: list[int],
    returns: int | None,
    reach: Callable[[Waves, int], Iterable[Access]],
) -> Run:
    """The step of an atomic: operands begin at `registers`, what was there before goes to
    `returns`."""
    found = operation(name)
    if found is None:
        raise unknown(o)
    update, dtype, form = found
    if update.operands == 2 and len(registers) == 1:
        registers = [registers[0], registers[0] + form.words]
    gets = [values(o, register, form) for register in registers[: update.operands]]
    put = result(o, returns, form) if returns is not None else None

    def run(w: Waves) -> None:
        for access in reach(w, form.size):
            operands = [_element(get(w, access.lanes), dtype) for get in gets]
            places = access.offsets // form.size
            old = atomically(w, access, partial(_in_turn, places, update, operands))
            if put is not None:
                put(w, access.lanes, _words(old, form))

    return run


def _element(words: list[np.ndarray], dtype: type) -> np.ndarray:
    return np.ascontiguousarray(np.stack(words, -1)).view(dtype)[..., 0]


def _words(old: np.ndarray, form: Form) -> list[np.ndarray]:
    return list(old.view(np.uint32).reshape(-1, form.words).T)


def _in_turn(
    places: np.ndarray, update: Update, operands: list[np.ndarray], data: np.ndarray
) -> np.ndarray:
    """Change `data[places]` lane by lane; returns what each lane found."""
    if not len(places):
        return np.empty(0, operands[0].dtype)
    data = data.view(operands[0].dtype)
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    counts = np.diff(np.r_[first, len(places)])
    old = np.empty(len(places), data.dtype)
    if update.chain is not None and len(first) < counts.max():  # many lanes, few places
        for begin, count in zip(first, counts, strict=True):
            lanes, place = order[begin : begin + count], ordered[begin]
            chain = np.r_[data[place], operands[0][lanes]]
            steps = update.chain.accumulate(chain)
            old[lanes], data[place] = steps[:-1], steps[-1]
        return old
    turn = np.arange(len(places)) - np.repeat(first, counts)
    for n in range(int(counts.max())):
        lanes = order[turn == n]
        old[lanes] = data[places[lanes]]
        data[places[lanes]] = update.compute(old[lanes], *(x[lanes] for x in operands))
    return old
