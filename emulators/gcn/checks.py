"""What is looked at before an instruction runs: are its sources there, and were they ever written?

A register that a load fills must be waited for before anything touches it.  Values that nobody
wrote may be moved and computed with; they must not be stored, be an address, or decide anything.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clawc.emulators.gcn.names import register_name
from clawc.emulators.gcn.step import Step, touched
from clawc.emulators.gcn.waves import SCALAR, UnderWay, Waves


def check(w: Waves, step: Step) -> None:
    """Report what is wrong about running `step` now, and note what it changes."""
    if w.pending and not w.pending.isdisjoint(touched(step)):
        _check_pending(w, step)
    if w.undefined:
        _check_defined(w, step)
    if step.queue:
        _enqueue(w, step)


def _enqueue(w: Waves, step: Step) -> None:
    w.queues.setdefault(step.counter, []).append(UnderWay(step.queue, step.fills))
    w.pending |= step.writes


def _check_pending(w: Waves, step: Step) -> None:
    """A load may fill what an earlier one of its kind fills: they arrive in order."""
    hit = {register for one in w.under_way() for register in _shared(step.uses, one)}
    if not hit:
        hit = {register for one in w.under_way() for register in _shared(step.fills, one)}
        if step.queue in ("vector", "local"):
            ordered = (one for one in w.queues.get(step.counter, []) if one.kind != "scalar")
            hit = hit.difference(*(one.filled for one in ordered))
    if not hit:
        return
    name = register_name(min(hit))
    message = f"touches {name} before the wait for the load that fills it"
    w.batch.report("unfinished", step.instruction, message, w, np.flatnonzero(w.exec))


def _shared(touched: dict[int, int], one: UnderWay) -> Iterator[int]:
    """The registers of which both mean the same half."""
    return (n for n, halves in one.filled.items() if halves & touched.get(n, 0))


def _check_defined(w: Waves, step: Step) -> None:
    hit = step.reads & w.undefined
    if not hit:
        for register in step.writes & w.undefined:
            _define(w, register, None)
        return
    if hit & step.must:
        _report(w, step, hit & step.must)
    bad = {register: _missing(w, register) for register in hit}
    for register in step.writes:
        sources = step.flows.get(register, step.reads) & hit
        lost = [bad[source] for source in sources if bad[source].any()]
        # Scalar logic combines masks of which each lane's bits matter where that lane is active.
        scalar = register >= SCALAR and not step.reads <= w.undefined
        undefined = None if scalar or not lost else _any(lost)
        if undefined is not None or register in w.undefined:
            _define(w, register, undefined)


def _any(lost: list[np.ndarray]) -> np.ndarray:
    bad = lost[0].copy()
    for other in lost[1:]:
        bad |= other
    return bad


def _missing(w: Waves, register: int) -> np.ndarray:
    """The lanes that need the register, and for which it was never written."""
    missing = np.invert(w.defined_lanes(register))
    return missing if register >= SCALAR else missing & w.exec


def _define(w: Waves, register: int, bad: np.ndarray | None) -> None:
    """The register is written by the lanes of EXEC, with nothing where `bad`."""
    if register >= SCALAR:
        if bad is None:
            w.undefined.discard(register)
            w.defined.pop(register, None)
        else:
            w.undefined.add(register)
            w.defined[register] = np.broadcast_to(np.invert(bad.any(1))[:, None], bad.shape)
        return
    known = w.defined_lanes(register) | w.exec
    if bad is not None:
        known &= ~(bad & w.exec)
    if known.all():
        w.undefined.discard(register)
        w.defined.pop(register, None)
    else:
        w.undefined.add(register)
        w.defined[register] = known


def _report(w: Waves, step: Step, registers: frozenset[int]) -> None:
    for register in sorted(registers):
        missing = _missing(w, register)
        if missing.any():
            message = f"needs {register_name(register)}, which nothing was written to"
            lanes = np.flatnonzero(missing)
            w.batch.report("uninitialised", step.instruction, message, w, lanes)
