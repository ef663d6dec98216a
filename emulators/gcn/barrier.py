"""RDNA 4's barrier of two halves: a wave signals that it came, and waits for the others later."""

from __future__ import annotations

import numpy as np

from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.races import stores_under_way
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.waves import Waves

_WORKGROUP = 193  # the source -1: the barrier of the workgroup; others have names or are traps'


def signal(o: Operands) -> Run:
    """`s_barrier_signal -1`; after the RDNA 4 ISA, section "Work-Group Barriers"."""
    one = o.instruction
    if one["src0"] != _WORKGROUP:
        raise unknown(o, "a barrier other than the workgroup's")

    def run(w: Waves) -> None:
        if w.batch.options.check:
            if w.has_under_way("local store"):
                w.batch.report_early(w, one)
            if w.signalled:
                message = "signals a second time, before its wave has waited for the others"
                w.batch.report("divergence", one, message, w, np.flatnonzero(w.exec))
            w.late = stores_under_way(w)
        w.signalled = True

    return run
