"""Loads from global memory into LDS, past the registers: `global_load_lds_...`, and with `lds`.

Source: "AMD Instinct MI300 Instruction Set Architecture", section 9.1.9, "Memory Buffer Load to
LDS".
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.gcn.memory import Access, sound, store
from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.places import in_shared
from clawc.emulators.gcn.transfers import Form, Put
from clawc.emulators.gcn.waves import Waves


def into_lds(o: Operands, form: Form, offset: int) -> Put:
    """Lane n's words go to M0 + offset + n words; a byte or a half is extended to a word."""
    base = o.scalar_read(o.generation.m0, "u32")
    width = 4 * form.words
    counter = o.generation.counters.get("vector", "vector")
    signed = {1: np.int8, 2: np.int16}.get(form.size) if form.kind == "i" else None

    def put(w: Waves, lanes: np.ndarray, values: list[np.ndarray]) -> None:
        first = np.broadcast_to(base(w) & np.uint32(0xFFFF), w.count).astype(np.int64) + offset
        if form.size < 4:
            small = values[0] if signed is None else values[0].view(signed).astype(np.int32)
            values = [small.astype(np.uint32)]
        at = first[lanes // w.lanes] + width * (lanes % w.lanes)
        space, lanes, offsets = in_shared(w, lanes, at, width)
        to = sound(w, Access(o.instruction, space, lanes, offsets, width, True), 4)
        if len(to.lanes) == len(lanes):  # else it is reported
            store(w, to, values)
            if w.batch.options.check:
                if space.arriving is None:
                    space.arriving = np.zeros(len(space.data), np.uint8)
                places = (to.offsets[:, None] + np.arange(width)).reshape(-1)
                w.arrives_later(counter, space.arriving, places)

    return put
