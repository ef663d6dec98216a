"""Values that nobody set: which instructions may carry them on, and which must not read them.

LLVM leaves parts of vectors unset that it knows nobody will look at, and moves, packs and spills
them, or computes with them in a part of a register.  So a register remembers for each quarter of it
whether it is set (bits 0 to 3); instructions that treat halves or bytes alone hand that on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.ptx.flow import (
    by_halves,
    carries_unset,
    is_product,
    product_scale,
    read,
    registers_in,
    written,
)
from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.syntax import Immediate, Instruction, Operand, Register, Vector
from clawc.emulators.ptx.threads import Lanes, Step, Threads, Writer, reader, writer
from clawc.emulators.ptx.values import BITS, Array

_SET = np.uint8(15)
_QUARTERS = range(4)
State = Callable[[Threads, Array], Array]


def watched(step: Step, instruction: Instruction, layout: Layout) -> Step:
    """The step, with a look at registers that may be unset; itself where there are none."""
    reads = [r for r in read(instruction) if r.number in layout.suspects]
    writes = [r.number for r in written(instruction) if r.number in layout.suspects]
    if not reads and not writes:
        return step
    carried = carried_states(instruction, layout)
    adds = adding(instruction, layout)
    needed = {register.number: needed_quarters(instruction, register, layout) for register in reads}

    def checked(t: Threads, at: Lanes) -> None:
        if not t.watch.check:
            step(t, at)
            return
        lanes = t.taking_part(at)
        if carried is None:
            for register in reads:
                needing = adds(t, lanes, register)
                report_unset(t, instruction, register, needing, needed[register.number])
        states = {} if carried is None else {n: state(t, lanes) for n, state in carried.items()}
        step(t, at)
        for number in writes:
            t.written[number][lanes] = states.get(number, _SET)

    return checked


def setting(operand: Operand, type_: str, layout: Layout) -> Writer:
    """A writer for instructions that end a block, which notes that the register is set."""
    write = writer(operand, type_, layout)
    if not (isinstance(operand, Register) and operand.number in layout.suspects):
        return write
    number = operand.number

    def step(t: Threads, at: Lanes, value: Array) -> None:
        write(t, at, value)
        t.written[number][t.taking_part(at)] = _SET

    return step


def adding(instruction: Instruction, layout: Layout) -> Callable[[Threads, Array, Register], Array]:
    """The lanes that need a register: of a product's accumulator, those that add to it."""
    if not is_product(instruction):
        return lambda t, lanes, register: lanes
    accumulator = {register.number for register in registers_in(instruction.operands[0])}
    read_scale = reader(product_scale(instruction), "pred", layout)

    def needing(t: Threads, lanes: Array, register: Register) -> Array:
        if register.number not in accumulator:
            return lanes
        return lanes[np.broadcast_to(read_scale(t, lanes), len(lanes))]

    return needing


def needed_quarters(instruction: Instruction, register: Register, layout: Layout) -> np.uint8:
    """A store or a conversion takes the low bits of a wider register (PTX ISA, "Operand Size
    Exceeding Instruction-Type Size"), a shift by a constant those that it does not push out; all
    else, the whole."""
    if instruction.base in ("shl", "shr"):
        return kept_by_shift(instruction, layout.kernel.widths[register.number])
    if instruction.base not in ("st", "cvt"):
        return _SET
    address = registers_in(instruction.operands[0]) if instruction.base == "st" else []
    if register.number in {r.number for r in address}:
        return _SET
    taken = BITS[instruction.opcode.rpartition(".")[2]]
    quarter = layout.kernel.widths[register.number] // 4
    return _SET & np.uint8((1 << -(-taken // quarter)) - 1)


def kept_by_shift(instruction: Instruction, width: int) -> np.uint8:
    """The quarters of which a bit is left, of a register that is shifted."""
    by = instruction.operands[2]
    if not isinstance(by, Immediate):
        return _SET
    lost = min(int(by.value), width) // (width // 4)
    if instruction.base == "shl":
        return _SET >> np.uint8(lost)
    sign = np.uint8(8) if instruction.opcode.rpartition(".")[2].startswith("s") else np.uint8(0)
    return _SET << np.uint8(lost) & _SET | sign


def report_unset(
    t: Threads,
    instruction: Instruction,
    register: Register,
    lanes: Array,
    needed: np.uint8 = _SET,
) -> None:
    """Report the lanes in which one of the `needed` quarters was never set."""
    missing = ~t.written[register.number][lanes] & needed != 0
    if missing.any():
        message = f"reads {register.name} before it is set"
        t.report("uninitialised", instruction, message, lanes[missing])


def carried_states(instruction: Instruction, layout: Layout) -> dict[int, State] | None:
    """For each register written, how much of it is set; None: all of it, and all must be read."""
    if not carries_unset(instruction):
        return None
    if instruction.base == "st":
        return {}
    result, *operands = instruction.operands
    sources = [state_of(operand, layout) for operand in operands]
    if isinstance(result, Vector):
        whole = state_of(operands[0], layout)
        count = len(result.elements)
        return {
            element.number: _unpacked(whole, i, count)
            for i, element in enumerate(result.elements)
            if isinstance(element, Register)
        }
    if not isinstance(result, Register):
        return {}
    if isinstance(operands[0], Vector):
        parts = [state_of(element, layout) for element in operands[0].elements]
        return {result.number: _packed(parts)}
    if instruction.base == "prmt" and isinstance(operands[-1], Immediate):
        return {result.number: _picked(sources, int(operands[-1].value))}
    if instruction.base == "cvt":  # the second operand goes to the low half
        return {result.number: _packed([_whole(source) for source in sources[::-1]])}
    together = _all_of(sources)
    if by_halves(instruction):
        together = _packed([_whole(_unpacked(together, i, 2)) for i in range(2)])
    return {result.number: together}


def state_of(operand: Operand, layout: Layout) -> State:
    if isinstance(operand, Register) and operand.number in layout.suspects:
        number = operand.number
        return lambda t, lanes: t.written[number][lanes]
    return lambda t, lanes: np.full(len(lanes), _SET)


def _quarters(choices: list[list[tuple[State, int]]]) -> State:
    """A quarter of the result is set if all quarters are that it is made of: (state, number)."""

    def state(t: Threads, lanes: Array) -> Array:
        found = np.zeros(len(lanes), np.uint8)
        for quarter, parts in zip(_QUARTERS, choices, strict=True):
            bits = [part(t, lanes) >> number & 1 for part, number in parts]
            found |= (np.bitwise_and.reduce(bits) << quarter).astype(np.uint8)
        return found

    return state


def _unpacked(whole: State, element: int, count: int) -> State:
    """One of `count` elements, from the lowest on."""
    return _quarters([[(whole, (4 * element + quarter) // count)] for quarter in _QUARTERS])


def _packed(parts: list[State]) -> State:
    """Parts from the lowest on."""
    count = len(parts)
    return _quarters(
        [[(parts[i // 4], i % 4) for i in range(q * count, (q + 1) * count)] for q in _QUARTERS]
    )


def _picked(sources: list[State], selection: int) -> State:
    """Of `prmt`: each digit of `selection` picks a byte of the two sources (8: its sign)."""
    digits = [selection >> 4 * place & 7 for place in _QUARTERS]
    return _quarters([[(sources[digit >> 2], digit & 3)] for digit in digits])


def _whole(source: State) -> State:
    return lambda t, lanes: np.where(source(t, lanes) == _SET, _SET, np.uint8(0))


def _all_of(sources: list[State]) -> State:
    return lambda t, lanes: np.bitwise_and.reduce([source(t, lanes) for source in sources])
