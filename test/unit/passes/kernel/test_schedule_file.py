"""Files of schedules: which entry counts, and what is wrong where."""

from __future__ import annotations

from pathlib import Path

import pytest

import clawc
from clawc.passes.framework.base import FileFailure
from clawc.passes.kernel.schedule import Schedule
from clawc.passes.kernel.schedule_file import read_schedules


def test_the_first_that_matches_counts() -> None:
    file = read_schedules('{"a_0": {"tile": [8]}, "a*": {"tile": [16], "warps": 2}}')
    found = {name: file.entry(name) for name in ("a_0", "a_1", "b")}
    assert found["b"] is None
    assert [e and e.schedule for e in found.values()][:2] == [Schedule((8,)), Schedule((16,), 2)]


def test_a_path_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "schedules.json"
    path.write_text('{"a": {"tile": [8]}}')
    assert read_schedules(str(path)).name == str(path)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("tile = 3", 1, 1, "expected JSON such as"),
        ('{"a": {"tile": [8]},\n}', 2, 1, "expected JSON such as"),
        ("[1]", 1, 1, "expected an object such as"),
        ('{\n  "a":\n  3}', 3, 3, "expected a schedule for 'a'"),
        ('{"a": {"tile": [8]},\n "a": {"tile": [8]}}', 2, 2, "'a' is there twice"),
        ('{"a": {"tile": [8],\n "wraps": 8}}', 2, 2, "a schedule has no 'wraps'"),
        ('{"a": {"tile": [8],\n "warps": [8]}}', 2, 2, "`warps` must be a number"),
        ('{"a": {"warps": 1,   "tile": 8}}', 1, 22, "`tile` must be a list of numbers"),
    ],
)
def test_malformed_files(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(FileFailure, match=message) as failure:
        read_schedules(text)
    assert (failure.value.line, failure.value.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ('{"a": {"tile": [8]}}', 2, "no kernel is called or matches 'a'; there are: k_0, k_1"),
        (
            '{"k*": {"tile": [8]}, "k_0": {"tile": [8]}}',
            *(23, "'k_0' has no effect: 'k\\*' before it matches k_0 too, and the first counts"),
        ),
        (
            '{"k_1": {"tile": [8]}}',
            *(2, "'k_1' has no effect: kernel k_1 is in the generic lane \\(it scatters\\)"),
        ),
    ],
)
def test_entries_without_effect(text: str, at: int, message: str) -> None:
    with pytest.raises(FileFailure, match=message) as failure:
        read_schedules(text).check({"k_0": "", "k_1": "it scatters"})
    assert failure.value.column == at
    read_schedules('{"k_0": {"tile": [8]}, "k*": {"tile": [8]}}').check({"k_0": "", "k_1": ""})


SOFTMAX = """func.func @main(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %0 = claw.softmax %x : (tensor<64x64xf32>) -> tensor<64x64xf32>
  return %0 : tensor<64x64xf32>
}"""


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"other": {"tile": [8]}}', (1, 2), "no kernel is called or matches 'other'"),
        ('{\n"*": {"tile": [3, 64]}}', (2, 1), "powers of two, not 3"),
        ('{"*": {"tile": [1, 64], "thread": [1, 2]}}', (1, 2), "`thread` has no effect"),
    ],
)
def test_errors_point_into_the_file(text: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(clawc.CompileError, match=message) as error:
        clawc.compile(SOFTMAX, "nvptx:sm_80", schedules=text)
    (said,) = error.value.diagnostics
    assert (said.file, said.line, said.column) == ("<schedules>", *place)
    assert text.splitlines()[place[0] - 1] in str(error.value)
