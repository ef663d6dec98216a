"""Jumps to addresses in registers: calls of functions within a code object, and their returns.

Where they lead is known when they happen.  What waves and lanes of different callees need, the
code does itself: LLVM goes round a loop, one callee a time.
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.step import Run
from clawc.emulators.gcn.waves import Waves

JUMPS = ("s_setpc_b64", "s_swappc_b64", "s_call_b64")


def jump(o: Operands) -> Run:
    """`s_setpc_b64`, and `s_swappc_b64` and `s_call_b64`, which leave the address behind them in a
    pair of registers; RDNA 3 ISA, section "Program Control"."""
    i = o.instruction
    after = np.array([i.end], np.uint64)
    if i.mnemonic == "s_call_b64":
        immediate = i["immediate"] - (i["immediate"] >> 15 << 16)
        there = np.array([i.end + 4 * immediate], np.int64)
    else:
        there = None
        source = o.scalar_read(i["src0"], "u64")
        o.must |= o.reads
    write = None if i.mnemonic == "s_setpc_b64" else o.scalar_write(i["sdst"], "u64")

    def run(w: Waves) -> None:
        base = w.batch.image_base
        target = source(w).astype(np.int64) - base if there is None else there
        w.targets = np.array(np.broadcast_to(target, w.count))
        if write is not None:
            write(w, after + np.uint64(base))

    return run
