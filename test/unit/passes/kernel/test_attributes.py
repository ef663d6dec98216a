"""The table of the attributes of kernels: its page is current, and nothing else spells them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from clawc.passes.kernel.attributes import ATTRIBUTES, Attribute, at_level
from clawc.passes.kernel.attributes_page import page

ROOT = Path(__file__).parents[4]
TABLE = ROOT / "passes" / "kernel" / "attributes.py"
ROOMS = ("chips", "compiler", "emulators", "passes", "targets")  # the runtime sees no IR
NAMES = {row.name for row in ATTRIBUTES}


def test_the_committed_page_is_current() -> None:
    kept = (ROOT / "docs" / "kernel-attributes.md").read_text()
    assert kept == page(), "run: python docs/generate.py"


def test_names_are_distinct_and_so_are_a_bundles() -> None:
    assert len(NAMES) == len(ATTRIBUTES)
    bundled = [row.bundle for row in ATTRIBUTES if row.bundle]
    assert len(set(bundled)) == len(bundled)


def spelled(text: str) -> list[str]:
    """The names of attributes that are written out in strings of a Python file."""
    constants = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return [node.value for node in constants if node.value in NAMES]


def test_no_other_file_spells_an_attribute() -> None:
    found = {
        str(path.relative_to(ROOT)): names
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if path != TABLE and (names := spelled(path.read_text()))
    }
    assert found == {}, "use passes/kernel/kernel.py, or a row of attributes.py"


def test_a_spelled_attribute_is_seen() -> None:
    assert spelled('if "claw.lane" in op.attributes: pass') == ["claw.lane"]
    assert spelled('"""What `claw.lane` says."""') == []


@pytest.mark.parametrize(
    ("name", "meaning", "message"),
    [("lane", "Says.", "no name of an attribute"), ("claw.lane", "", "says nothing about")],
)
def test_a_row_that_says_too_little_is_refused(name: str, meaning: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Attribute(name, "unit", "function", "a pass", "a pass", meaning, ())


def test_what_lives_within_a_pass_stands_at_no_level() -> None:
    assert at_level("linalg") == {"claw.schedule", "claw.type", "claw.padding"}
    assert "claw.use" not in at_level("simt") and "claw.stored" not in at_level("kernels")
