"""From an instruction to what executing it does to threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

# Importing these modules fills the table of semantics.
from clawc.emulators.ptx import (
    carry,  # noqa: F401
    semantics_bits,  # noqa: F401
    semantics_compare,  # noqa: F401
    semantics_convert,  # noqa: F401
    semantics_float,  # noqa: F401
    semantics_fp8,  # noqa: F401
    semantics_half,  # noqa: F401
    semantics_integer,  # noqa: F401
    semantics_mixed,  # noqa: F401
)
from clawc.emulators.ptx.async_copies import asynchronous
from clawc.emulators.ptx.atomics import atomic
from clawc.emulators.ptx.bulk import copy_in_bulk, in_bulk
from clawc.emulators.ptx.cluster import map_address, rank_of_address
from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.mbarrier_ops import arrive_after_copies, mbarrier
from clawc.emulators.ptx.memory import load, store
from clawc.emulators.ptx.mma import multiply
from clawc.emulators.ptx.moves import convert_address, is_in_space, move
from clawc.emulators.ptx.opcode import Opcode, Semantics, find_semantics
from clawc.emulators.ptx.syntax import Immediate, Instruction, Pair, Register
from clawc.emulators.ptx.tensor_map_ops import tensor_map_step
from clawc.emulators.ptx.threads import Lanes, Step, Threads, reader, writer
from clawc.emulators.ptx.unset import watched
from clawc.emulators.ptx.warp import (
    active_mask,
    elect,
    match_values,
    reduce,
    shuffle,
    vote,
)
from clawc.emulators.ptx.warp_matrix import load_matrix, move_matrix, store_matrix
from clawc.emulators.ptx.warpgroup import left_alone
from clawc.emulators.ptx.wgmma import warpgroup_products
from clawc.emulators.ptx.wmma import warp_matrix

_STEPS: dict[str, Callable[[Instruction, Layout], Step]] = {
    "mov": move,
    "cvta": convert_address,
    "isspacep": is_in_space,
    "ld": load,
    "ldu": load,
    "st": store,
    "atom": atomic,
    "red": atomic,
    "cp": asynchronous,
    "mbarrier": mbarrier,
    "elect": elect,
    "shfl": shuffle,
    "vote": vote,
    "activemask": active_mask,
    "redux": reduce,
    "match": match_values,
    "ldmatrix": load_matrix,
    "stmatrix": store_matrix,
    "movmatrix": move_matrix,
    "mma": multiply,
    "wmma": warp_matrix,
    "wgmma": warpgroup_products,
    "tensormap": tensor_map_step,
    "mapa": map_address,
    "getctarank": rank_of_address,
}
# They order memory or tell the chip what to expect; every access is done in order here anyway.
_NOTHING = (
    "membar.cta membar.gl membar.sys nanosleep.u32 griddepcontrol.wait pmevent "
    "griddepcontrol.launch_dependents"
).split()
_NOTHING_BASES = ("fence", "prefetch", "prefetchu")


def build_step(instruction: Instruction, layout: Layout) -> Step:
    """What the instruction does to the lanes that execute it."""
    step = _unchecked(without_cache_hint(instruction), layout)
    return watched(left_alone(step, instruction, layout), instruction, layout)


def without_cache_hint(instruction: Instruction) -> Instruction:
    """A policy for the cache is an operand more, which changes nothing here."""
    if ".L2::cache_hint" not in instruction.opcode:
        return instruction
    if len(instruction.operands) < 2 or not isinstance(instruction.operands[-1], Register):
        raise Opcode(instruction.opcode).unknown()
    opcode = instruction.opcode.replace(".L2::cache_hint", "")
    return replace(instruction, opcode=opcode, operands=instruction.operands[:-1])


def _unchecked(instruction: Instruction, layout: Layout) -> Step:
    base, opcode = instruction.base, instruction.opcode
    if opcode.startswith("cp.async.mbarrier."):
        return arrive_after_copies(instruction, layout)
    if in_bulk(instruction):
        return copy_in_bulk(instruction, layout)
    if opcode.startswith("fence.proxy.async"):
        return _fence_proxy
    if base in _STEPS:
        return _STEPS[base](instruction, layout)
    if opcode in _NOTHING or base in _NOTHING_BASES:
        return _do_nothing
    if base == "createpolicy":
        return _create_policy(instruction, layout)
    if base == "setmaxnreg":
        return _set_registers(instruction)
    if opcode == "bar.warp.sync":
        return _order_warp
    found = find_semantics(opcode)
    if found is None:
        raise Opcode(opcode).unknown()
    return _computing(instruction, found, layout)


def _set_registers(instruction: Instruction) -> Step:
    """`setmaxnreg`: how many registers a thread may use, 24 to 256 in steps of 8."""
    op = Opcode(instruction.opcode)
    op.one_of("inc", "dec")
    for name in ("sync", "aligned", "u32"):
        op.one_of(name)
    op.check_all_taken()
    (count,) = instruction.operands
    if not isinstance(count, Immediate) or count.value not in range(24, 257, 8):
        raise op.unknown()
    return _do_nothing


def _create_policy(instruction: Instruction, layout: Layout) -> Step:
    """`createpolicy`: what a cache is to keep; its 64 bits are opaque."""
    op = Opcode(instruction.opcode)
    op.one_of("fractional", "range", "cvt")
    while op.rest and op.rest[0].startswith(("L2", "global")):
        op.rest.pop(0)
    op.one_of("b64")
    op.check_all_taken()
    write = writer(instruction.operands[0], "b64", layout)
    return lambda t, at: write(t, at, np.zeros(1, np.uint64))


def _do_nothing(t: Threads, at: Lanes) -> None:
    """An instruction without an effect here."""


def _fence_proxy(t: Threads, at: Lanes) -> None:
    """What these threads wrote can be seen by copies in bulk and by matrix products."""
    if t.clocks is not None:
        t.clocks.fence(t.taking_part(at))


def _order_warp(t: Threads, at: Lanes) -> None:
    """What the warp's threads did before comes before what they do next."""
    t.order_warp(t.taking_part(at))


def _computing(instruction: Instruction, found: Semantics, layout: Layout) -> Step:
    result, *operands = instruction.operands
    if len(operands) != len(found.operands):
        raise Opcode(instruction.opcode).unknown()
    pairs = zip(operands, found.operands, strict=True)
    readers = [reader(operand, type_, layout) for operand, type_ in pairs]
    compute = found.compute
    if isinstance(found.result, tuple):
        return _computing_two(instruction, found, readers, layout)
    write = writer(result, found.result, layout)
    if len(readers) == 2:
        first, second = readers

        def step_of_two(t: Threads, at: Lanes) -> None:
            write(t, at, compute(first(t, at), second(t, at)))

        return step_of_two

    def step(t: Threads, at: Lanes) -> None:
        write(t, at, compute(*[r(t, at) for r in readers]))

    return step


def _computing_two(
    instruction: Instruction, found: Semantics, readers: list, layout: Layout
) -> Step:
    """Two results, of which the second may not be wanted."""
    result, compute = instruction.operands[0], found.compute
    targets = (result.first, result.second) if isinstance(result, Pair) else (result,)
    pairs = zip(targets, found.result, strict=False)
    writers = [writer(target, type_, layout) for target, type_ in pairs]

    def step(t: Threads, at: Lanes) -> None:
        for write, value in zip(writers, compute(*[r(t, at) for r in readers]), strict=False):
            write(t, at, value)

    return step
