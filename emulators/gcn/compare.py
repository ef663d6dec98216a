"""Comparisons: a bit for each lane, to a scalar register or to EXEC."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn import floats as fl
from clawc.emulators.gcn import lanes
from clawc.emulators.gcn.modes import flush, flushes
from clawc.emulators.gcn.modifiers import source_reader
from clawc.emulators.gcn.operands import Operands, Reader
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.waves import EXEC, VCC, Waves

_PLAIN: dict[str, Callable] = {
    **{"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge},
    **{"eq": operator.eq, "ne": operator.ne},
}
FLOAT_COMPARISONS: dict[str, Callable] = {
    **_PLAIN,
    "lg": lambda a, b: (a < b) | (a > b),
    "o": lambda a, b: ~(np.isnan(a) | np.isnan(b)),
    "u": lambda a, b: np.isnan(a) | np.isnan(b),
    "nge": lambda a, b: ~(a >= b),
    "ngt": lambda a, b: ~(a > b),
    "nle": lambda a, b: ~(a <= b),
    "nlt": lambda a, b: ~(a < b),
    "neq": lambda a, b: ~(a == b),
    "nlg": lambda a, b: ~((a < b) | (a > b)),
}


def compare(o: Operands) -> Run:
    """`v_cmp_<how>_<type>`, and `v_cmpx`, which narrows EXEC."""
    i = o.instruction
    head, how, type = i.name.split("_")[1:]
    dpp = lanes.Dpp(o) if i.modifier.startswith("dpp") else None
    if how == "class":
        test, second = fl.classes, {"f16": "u16", "f32": "u32", "f64": "u32"}[type]
    else:
        found = (FLOAT_COMPARISONS if type[0] == "f" else _PLAIN).get(how)
        if found is None:
            raise unknown(o)
        test, second = found, type
    a, b = source_reader(o, 0, type, dpp), source_reader(o, 1, second)
    if how != "class" and flushes(o, type)[0]:
        a, b = _flushed(a), _flushed(b)
    targets = _targets(o, head == "cmpx")
    writers = [o.mask_write(target) for target in targets]

    def run(w: Waves) -> None:
        bits = test(a(w), b(w)) & w.exec
        if dpp is not None:
            bits = bits & dpp.mask(w)
        for write in writers:
            write(w, bits)

    return run


def _flushed(read: Reader) -> Reader:
    return lambda w: flush(read(w))


def _targets(o: Operands, narrows: bool) -> list[int]:
    i = o.instruction
    if i.modifier == "sdwa":
        target = i.extra["sdst"] if i.extra["sd"] else VCC
    else:
        target = i["vdst"] if i.format == "VOP3" else VCC
    if not narrows:
        return [target]
    return [EXEC] if o.rdna else [target, EXEC]
