"""The model of a launch's time: each part by hand, and what hides latency.

Covers: chips/cycles.py, compiler/cycles.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

import clawc
from clawc.chips.cycles import LATENCY, Work, estimate
from clawc.chips.known import find
from clawc.compiler.report import report

A100 = find("nvptx:sm_80")
UNITS = 108
NOTHING = Work(UNITS, 128, 128, 0, 0, 0, 0, 0, 0, 0)


def parts(work: Work):
    found = estimate(work, A100)
    assert found is not None
    return found


def test_each_part_alone() -> None:
    # whitepaper: 1024 dense f16 FMA, and 64 f32 FMA, a multiprocessor and cycle
    assert parts(replace(NOTHING, matrix=UNITS * 2048)).matrix == pytest.approx(1, rel=0.01)
    assert parts(replace(NOTHING, vector=UNITS * 128)).vector == pytest.approx(1, rel=0.01)
    assert parts(replace(NOTHING, passes=UNITS * 7)).shared == 7
    moved = parts(replace(NOTHING, moved=UNITS * 640, distinct=UNITS * 64))
    assert moved.l2 == 10
    assert moved.memory == pytest.approx(UNITS * 64 / 2.039e12 * 1.41e9)


def test_the_unit_with_most_counts() -> None:
    """One workgroup more than there are units takes as long as twice as many."""
    one_more = replace(NOTHING, workgroups=UNITS + 1, passes=100 * (UNITS + 1))
    assert parts(one_more).shared == 200


def test_residents_hide_latency() -> None:
    """Of one workgroup each round waits; of four, with a quarter of the latency's work each, none
    does.  Registers decide how many there are."""
    alone = parts(replace(NOTHING, passes=UNITS * 10, rounds=UNITS * 10))
    assert alone.latency == 10 * LATENCY["nvptx"]
    rounds, work = 4 * UNITS * 10, 4 * UNITS * 10 * LATENCY["nvptx"] // 2
    four = replace(NOTHING, workgroups=4 * UNITS, passes=work, rounds=rounds)
    assert parts(four).latency == 0
    assert parts(replace(four, registers=255)).latency > 0
    assert parts(four).bound == "shared" and parts(four).total == parts(four).shared


def test_what_is_not_known_is_not_estimated() -> None:
    assert estimate(NOTHING, find("host")) is None
    assert estimate(replace(NOTHING, workgroups=0), A100) is None


PRODUCT = """!a = tensor<{m}x512xf16>
!b = tensor<512x512xf16>
!c = tensor<{m}x512xf32>
func.func @main(%a: !a, %b: !b) -> !c {{
  %0 = claw.matmul %a, %b : (!a, !b) -> !c
  return %0 : !c
}}"""


def test_the_report_tells_it_where_sizes_are_known() -> None:
    known, unknown = (report(clawc.compile(PRODUCT.format(m=m), "nvptx:sm_80")) for m in (512, "?"))
    (line,) = [line for line in known.splitlines() if "cycles, bound by" in line]
    # 2 m n k operations on 108 units, one workgroup each
    image = clawc.compile(PRODUCT.format(m=512), "nvptx:sm_80").images[0]
    tile = image.kernels["main_matmul_0"]["schedule"]["tile"]
    assert f"matrix {round(2 * tile[0] * tile[1] * 512 / (312e12 / UNITS / 1.41e9)):,}" in line
    assert "cycles" not in unknown
