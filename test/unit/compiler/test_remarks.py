"""What kernels miss: found in what is known of them, and only where it is missed."""

from __future__ import annotations

import json

import pytest

from clawc.chips.known import find
from clawc.chips.matrix import obstacle
from clawc.compiler.compilation import Compilation
from clawc.compiler.diagnostics import UsageError
from clawc.compiler.options import Options
from clawc.compiler.remarks import Missed, Watch, chosen, missed
from clawc.compiler.source import Source

SM_80 = find("nvptx:sm_80")
GOOD = {"estimates": {"shared read transactions": 64, "shared read fewest": 64}, "spills": 0}


def told(facts: dict, grids: list[int]) -> list[str]:
    return [each.by for each in missed(Watch(SM_80), {"k": facts}, {"k": grids})]


def test_nothing_is_missed() -> None:
    assert told(GOOD, [108]) == told(GOOD, []) == []


def test_each_is_found() -> None:
    assert told({**GOOD, "spills": 8}, [108]) == ["grant-registers"]
    assert told(GOOD, [107]) == ["tile"]
    assert told(GOOD, [1, 108]) == []  # one launch fills the chip
    conflicts = {"shared write transactions": 66, "shared write fewest": 64}
    assert told({"estimates": conflicts}, [108]) == ["distribute"]
    unknown = {"shared write transactions": ["scalar", 0], "shared write fewest": 64}
    assert told({"estimates": unknown}, [108]) == []


def test_reasons_of_the_table() -> None:
    assert obstacle(SM_80, "f16", "f32", (64, 64, 16)) is None
    assert obstacle(find("amdgpu:gfx1030"), "f16", "f32", (64, 64, 16)) is None  # has none
    assert "not for i8 summed in i32" in str(obstacle(SM_80, "i8", "i32", (64, 64, 16)))
    small = str(obstacle(SM_80, "f16", "f32", (64, 64, 8)))
    assert small == "the tile 64 x 64 x 8 is no multiple of 16 x 8 x 16"


def test_remarks_are_chosen_by_their_pass() -> None:
    found = [Missed(by, "k", "", ("", 0, 0)) for by in ("tile", "distribute")]
    assert [each.by for each in chosen(found, "^ti")] == ["tile"]
    with pytest.raises(UsageError, match="no regular expression"):
        chosen(found, "(")


def test_a_tile_that_no_instruction_divides() -> None:
    text = """!a = tensor<256x256xf16>
!c = tensor<256x256xf32>
func.func @main(%a: !a, %b: !a) -> !c {
  %0 = claw.matmul %a, %b : (!a, !a) -> !c
  return %0 : !c
}"""
    schedules = json.dumps({"*": {"tile": [64, 64, 8], "warps": 4}})
    compilation = Compilation(Source(text), Options(schedules, explain=True))
    compilation.images([SM_80])
    (product,) = [each for each in compilation.missed if each.by == "assign-layouts"]
    assert "the tile 64 x 64 x 8 is no multiple of 16 x 8 x 16" in product.message
    assert product.place[1:] == (4, 8)
