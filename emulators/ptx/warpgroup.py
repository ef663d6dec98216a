"""What warpgroups have started and not waited for, and whether registers are left alone meanwhile.

PTX ISA, "wgmma.fence" and "wgmma.wait_group": the accumulator of a product, and A where it is in
registers, must not be touched before a wait that covers the product; and between touching them and
the product that uses them there must be a fence, the first product included.
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.flow import read, written
from clawc.emulators.ptx.fragments import Fragment
from clawc.emulators.ptx.layout import WARP, Layout
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.threads import Lanes, Step, Threads
from clawc.emulators.ptx.values import Array

WARPGROUP = 4 * WARP


def left_alone(step: Step, instruction: Instruction, layout: Layout) -> Step:
    """The step, with a look at registers of products that are under way."""
    fragments = layout.fragments
    registers = [*read(instruction), *written(instruction)]
    names = {r.number: r.name for r in registers if r.number in fragments.by_register}
    if not names or instruction.base == "wgmma":
        return step
    used = [(number, name) for r, name in names.items() for number in fragments.by_register[r]]

    def checked(t: Threads, at: Lanes) -> None:
        if t.watch.check:
            lanes = t.taking_part(at)
            for number, name in used:
                busy = t.in_flight.is_busy(number, lanes)
                if busy.any():
                    message = f"touches {name} before the product that uses it is waited for"
                    t.report("unfinished", instruction, message, lanes[busy])
                t.in_flight.touched[number, lanes] = True
        step(t, at)

    return checked


def check_fragment(t: Threads, instruction: Instruction, key: Fragment, lanes: Array) -> None:
    """A product is about to use these registers."""
    fragments, state = t.layout.fragments, t.in_flight
    mine = fragments.numbers[key]
    stale = state.touched[mine, lanes]
    if stale.any():
        message = "uses registers with no wgmma.fence since they were touched"
        t.report("unfinished", instruction, message, lanes[stale])
    for other in fragments.sharing(key):
        busy = state.is_busy(other, lanes)
        if other != mine and busy.any():
            message = "uses registers of another product before it is waited for"
            t.report("unfinished", instruction, message, lanes[busy])
    state.busy[mine, lanes] = state.committed[lanes] + 1


def whole_warpgroups(t: Threads, at: Lanes, instruction: Instruction) -> Array:
    """The lanes of the warpgroups that take part, [warpgroups, 128]; all of each must."""
    lanes = t.taking_part(at)
    per_workgroup = -(-t.per_workgroup // WARPGROUP)
    number = t.group[lanes] * per_workgroup + t.thread[lanes] // WARPGROUP
    complete = np.bincount(number)[number] == WARPGROUP
    if not complete.all():
        message = "needs all threads of the warpgroup"
        t.report("divergence", instruction, message, lanes[~complete])
    return lanes[complete].reshape(-1, WARPGROUP)


def fence(t: Threads, at: Lanes) -> None:
    """`wgmma.fence`: registers that were touched may be used by products."""
    t.in_flight.touched[:, t.taking_part(at)] = False


def commit(t: Threads, at: Lanes) -> None:
    """`wgmma.commit_group`: what was started since the last one is a group."""
    t.in_flight.committed[t.taking_part(at)] += 1
