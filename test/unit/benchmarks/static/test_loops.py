"""Loops that machine code has, found by its branches alone."""

from __future__ import annotations

from benchmarks.static.instructions import Flow, Instruction
from benchmarks.static.loops import SPIN, natural_loops


def code(length: int, branches: dict[int, int], flow: Flow = Flow.BRANCH) -> list[Instruction]:
    """Instructions at 0, 16, …: at those of `branches` a branch to another's number."""
    return [
        Instruction(16 * i, "BRA", flow=flow, target=16 * branches[i])
        if i in branches
        else Instruction(16 * i, "MOV")
        for i in range(length)
    ]


def spans(found: list[Instruction]) -> list[tuple[int, int, bool]]:
    """First and last instruction of each loop, and whether it is an inner one."""
    loops = natural_loops(found)
    numbers = [[i.address // 16 for i in loop.instructions] for loop in loops]
    return sorted((n[0], n[-1], loop.inner) for n, loop in zip(numbers, loops, strict=True))


def test_loops_in_loops() -> None:
    assert spans([]) == []
    assert spans(code(40, {})) == []
    assert spans(code(40, {30: 10})) == [(10, 30, True)]
    assert spans(code(60, {30: 10, 50: 5})) == [(5, 50, False), (10, 30, True)]


def test_a_loop_that_waits_is_part_of_its_loop() -> None:
    assert spans(code(60, {30 + SPIN - 1: 30, 50: 5})) == [(5, 50, True)]
    assert spans(code(60, {30 + SPIN: 30, 50: 5})) == [(5, 50, False), (30, 30 + SPIN, True)]


def test_two_ways_through_a_loop_are_one_loop() -> None:
    assert spans(code(60, {20: 30, 40: 10, 50: 10})) == [(10, 50, True)]


def test_a_jump_back_into_what_nobody_need_pass_is_no_loop() -> None:
    """From 0 one gets to 20 and to 30: neither dominates the other."""
    assert spans(code(60, {5: 30, 40: 20})) == []


def test_what_cannot_be_reached_is_not_looked_at() -> None:
    found = code(60, {5: 50}, Flow.JUMP)
    found[40] = Instruction(16 * 40, "BRA", flow=Flow.BRANCH, target=16 * 20)
    assert spans(found) == []
