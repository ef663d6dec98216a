"""Tests mirror the sources: who reads a file finds its test by its name, and no test is of nothing.

The pass `tile` in passes/tile/ is tested by test/passes/tile/tile.mlir; more of it is in
`tile-TOPIC.mlir` beside.  A file `name.py` of another room has a `test_name.py` in the folder of
test/unit that is called as its own, or is a tool with tests in test/tools, or is named after the
word Covers in the first lines of a test of another name.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from clawc.passes.framework.registry import all_passes

ROOT = Path(__file__).parents[2]
TEST = ROOT / "test"
PASSES = {each.name: each.__module__.split(".")[2] for each in all_passes()}
LIT = sorted(path.relative_to(TEST) for path in TEST.rglob("*.mlir"))
UNIT = sorted(path.relative_to(TEST / "unit") for path in (TEST / "unit").rglob("test_*.py"))
SOURCES = [
    path.relative_to(ROOT)
    for room in ("chips", "compiler", "dialects", "runtime", "targets")
    for path in sorted((ROOT / room).rglob("*.py"))
    if path.name != "__init__.py"
]
TARGETS = ("nvptx", "amdgpu", "spirv", "host")
TOOLS = ("clawc", "claw-opt", "claw-run", "claw-report", "claw-cache")
STEMS = [str(path.with_suffix("")) for path in LIT]  # such as passes/tile/tile


def commands(text: str) -> list[str]:
    """The RUN lines of a lit test."""
    return re.findall(r"^// RUN: (.*)$", text, re.MULTILINE)


def runs(command: str, name: str) -> bool:
    """Whether claw-opt runs the pass there, as an option or as an element of a pipeline."""
    return bool(re.search(rf"claw-opt .*[-='\",(]{name}(?=[\s='\"{{,)|]|$)", command))


def checks(text: str, command: str) -> int:
    """How many lines say what FileCheck must find in what the command prints."""
    _, _, arguments = command.rpartition("| FileCheck ")
    words = shlex.split(arguments)
    prefixes = [word.split("=")[1] for word in words if word.startswith("--check-prefix")]
    any_prefix = "|".join(prefixes or ["CHECK"]).replace(",", "|")
    positive = rf"^\s*// *(?:{any_prefix})(?:-LABEL|-SAME|-NEXT|-DAG|-COUNT-\d+)?: *\S"
    return len(re.findall(positive, text, re.MULTILINE))


def is_tested(name: str, text: str) -> bool:
    """Whether the output of the pass is looked at in a test's text."""
    looked_at = [each for each in commands(text) if runs(each, name) and "| FileCheck " in each]
    return any(checks(text, command) for command in looked_at)


@cache
def covers(path: Path) -> tuple[Path, ...]:
    """What a test's first lines say that it covers: `Covers: runtime/cuda.py, hip.py.`"""
    text = path.read_text()
    if path.suffix == ".py":
        text = ast.get_docstring(ast.parse(text)) or ""
    said = re.search(r"Covers: ((?:[\w/]+\.py[,;]?\s+)*[\w/]+\.py)\.", text)
    found: list[Path] = []
    for name in re.split(r"[,;]\s+", said[1]) if said else ():
        found.append(Path(name) if "/" in name else found[-1].parent / name)
    return tuple(found)


COVERED = {
    source: path
    for path in [*(TEST / each for each in LIT), *(TEST / "unit" / each for each in UNIT)]
    for source in covers(path)
}


@pytest.mark.parametrize("name", PASSES)
def test_every_pass_has_its_test(name: str) -> None:
    path = TEST / "passes" / PASSES[name] / f"{name}.mlir"
    assert path.exists(), f"expected {path.relative_to(ROOT)}, with IR before and after {name}"
    assert is_tested(name, path.read_text()), f"no CHECK line looks at the output of {name}"


@pytest.mark.parametrize("stem", [stem for stem in STEMS if stem.startswith("passes/")])
def test_every_test_of_a_pass_runs_it(stem: str) -> None:
    _, room, name = stem.split("/")
    named = [each for each in PASSES if PASSES[each] == room and f"{name}-".startswith(f"{each}-")]
    assert named, f"test/{stem}.mlir begins with the name of no pass in passes/{room}/"
    lines = commands((TEST / f"{stem}.mlir").read_text())
    assert any(runs(line, max(named, key=len)) for line in lines), "the pass is not run"


@pytest.mark.parametrize("stem", [stem for stem in STEMS if not stem.startswith("passes/")])
def test_every_other_lit_test_is_of_something(stem: str) -> None:
    folder, _, name = stem.partition("/")
    path = TEST / f"{stem}.mlir"
    words = set(re.split(r"[\s;|'\"]+", " ".join(commands(path.read_text()))))
    assert words & set(TOOLS), "no tool is run"
    known = {"targets": TARGETS, "tools": TOOLS}.get(folder)
    if known and not covers(path):
        assert name.startswith(known), f"expected a name that begins with one of {known}"


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_source_has_a_test_by_its_name(source: Path) -> None:
    own = source.parent / f"test_{source.stem}.py" in UNIT
    tool = source.parts[:2] == ("compiler", "tools") and any(
        path.parts[0] == "tools" and path.stem.startswith(source.stem.replace("_", "-"))
        for path in LIT
    )
    expected = f"test/unit/{source.parent}/test_{source.stem}.py"
    assert own or tool or source in COVERED, (
        f"expected {expected}, or a test that says `Covers: {source}.`"
    )


def test_what_is_covered_exists() -> None:
    assert [str(source) for source in COVERED if not (ROOT / source).exists()] == []


def test_tests_are_called_by_one_name_each() -> None:
    names = Counter(path.name for path in UNIT)
    names.update(path.name for path in (TEST / "run").glob("test_*.py"))
    assert [name for name, times in names.items() if times > 1] == []


def test_no_test_imports_another() -> None:
    """What two tests share is in test/support."""
    importers = [
        str(path.relative_to(ROOT))
        for path in TEST.rglob("*.py")
        if re.search(r"^\s*(?:from|import) test_", path.read_text(), re.MULTILINE)
    ]
    assert importers == []


def test_an_output_that_is_not_looked_at_does_not_count() -> None:
    right = "// RUN: claw-opt %s -tile | FileCheck %s\n// CHECK: scf.forall\n"
    assert is_tested("tile", right)
    assert is_tested("tile", right.replace("-tile", "--pass-pipeline='cse,tile{chip=host}'"))
    assert not is_tested("tile", right.replace("CHECK:", "CHECK-NOT:"))
    assert not is_tested("tile", right.replace("CHECK:", "OTHER:"))
    assert not is_tested("tile", right.replace(" | FileCheck %s", ""))
    assert not is_tested("tile", right.replace("-tile", "-tile-more"))
    assert is_tested(
        "tile", right.replace("Check %s", "Check %s --check-prefix=OTHER") + "// OTHER: x"
    )
