"""`v_bitop3`: any function of three bits, by a table of its eight results."""

from __future__ import annotations

import numpy as np

from clawc.emulators.gcn.modifiers import result_writer
from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.step import Run
from clawc.emulators.gcn.waves import Waves


def bit_table(o: Operands) -> Run:
    """The fields of the modifiers, which bits have no use for, hold the table: bit 4a + 2b + c of
    it is the result for bits a, b and c of the sources (CDNA 4 pseudocode of V_BITOP3_B32)."""
    i = o.instruction
    table = i["omod"] << 6 | i["abs"] << 3 | i["neg"]
    type = "u" + i.name[-2:]
    halves = [i["opsel"] >> k & 1 if type == "u16" else None for k in range(3)]
    readers = [o.source(i[f"src{k}"], type, high=halves[k]) for k in range(3)]
    write = result_writer(o, type)

    def run(w: Waves) -> None:
        sources = [read(w) for read in readers]
        result = np.zeros_like(sources[0])
        for row in range(8):
            if table >> row & 1:
                fits = [x if row >> 2 - k & 1 else ~x for k, x in enumerate(sources)]
                result = result | fits[0] & fits[1] & fits[2]
        write(w, result)

    return run
