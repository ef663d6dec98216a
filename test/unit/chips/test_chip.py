"""Rows of chips: each check fails once, facts are the rooms' only vocabulary, none is forgotten.

Covers: chips/nvptx.py, amdgpu.py, spirv.py, host.py, known.py, of_device.py, transactions.py.
"""

import ast
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from clawc.chips.chip import FAMILIES, Chip, Figures
from clawc.chips.known import UnknownChip, find, known

ROOT = Path(__file__).parents[3]
READERS = ("chips", "compiler", "passes", "targets")
GOOD = find("nvptx:sm_80")


@pytest.mark.parametrize(
    "field, value, message",
    [
        ("target", "cuda", "expected one of nvptx, amdgpu, spirv, host"),
        ("family", "rdna3", "expected one of volta, turing"),
        ("name", "sm 80", "expected a word"),
        ("name", "", "expected a word"),
        ("lanes", 48, "expected a power of two"),
        ("lanes", 0, "expected a power of two"),
        ("vector_width", 6, "expected a power of two"),
        ("access_bytes", 12, "expected a power of two"),
        ("max_workgroup", 1000, "expected a multiple of the 32 lanes"),
        ("index_bits", 16, "expected 32 or 64"),
        ("shared_memory", 0, "expected at least 1"),
        ("registers", 0, "expected at least 1"),
        ("types", frozenset({"f32", "f8"}), "f8 has no row in elements.py"),
        ("static_shared_memory", 1 << 20, "expected at most"),
        ("shared_memory", 1 << 20, "expected no more than figures.unit_shared_memory"),
    ],
)
def test_a_row_that_cannot_be_is_refused(field, value, message):
    with pytest.raises(ValueError, match=f"^chip .*: {field} is .*{message}"):
        replace(GOOD, **{field: value})


def test_one_lane_does_not_shuffle():
    with pytest.raises(ValueError, match="chip nvptx:sm_80: shuffles is True"):
        replace(GOOD, lanes=1)


def test_figures_are_not_negative():
    with pytest.raises(ValueError, match="figures of A100: clock is -1 < 0"):
        Figures(product="A100", clock=-1)


def test_every_chip_is_found_by_its_text():
    rows = [chip for chips in known().values() for chip in chips]
    assert len({chip.spec for chip in rows}) == len(rows)
    assert all(find(str(chip)) == chip for chip in rows)
    assert all(find(target) == chips[0] for target, chips in known().items())


@pytest.mark.parametrize("spec, message", [("cuda", "target 'cuda'"), ("nvptx:sm_1", "'sm_1'")])
def test_an_unknown_chip_lists_the_known(spec, message):
    with pytest.raises(UnknownChip, match=f"unknown .*{message}.*; known: "):
        find(spec)


def test_each_family_has_a_chip():
    found = {target: {chip.family for chip in chips} for target, chips in known().items()}
    assert {target: set(names) for target, names in FAMILIES.items() if target != "host"} == {
        target: names for target, names in found.items() if target != "host"
    }


def test_the_tables_are_data_alone():
    """No MLIR, no NumPy: the runtime reads the element types where there is no compiler."""
    code = (
        "import sys, clawc.chips.known, clawc.chips.matrix, clawc.chips.elements as e;"
        "print(sorted({'numpy', 'mlir', 'ml_dtypes', 'clawc.passes'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def facts_read(text: str) -> set[str]:
    """What is read of `chip`, `something.chip` and `find(...)`."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            of = node.value
            name = getattr(of, "id", None) or getattr(of, "attr", None)
            called = isinstance(of, ast.Call) and getattr(of.func, "id", "") == "find"
            if name == "chip" or called:
                found.add(node.attr)
    return found


def names_compared(text: str) -> list[str]:
    """Comparisons with the name of a chip."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Compare)
        and any(part in ast.unparse(node.left) for part in ("chip.name", "chip.spec"))
    ]


def sources():
    for room in READERS:
        for file in (ROOT / room).rglob("*.py"):
            yield file, file.read_text()


def test_every_fact_is_read():
    read = set().union(*(facts_read(text) for file, text in sources()))
    unread = {field.name for field in fields(Chip)} - read
    assert not unread, "a fact that nobody reads: use it, or move it to Figures"


def test_an_unread_fact_would_be_seen():
    assert facts_read("f(chip.lanes, self.chip.types, find('x').cpu, other.name)") == {
        *("lanes", "types", "cpu"),
    }


def test_no_code_asks_for_a_chip_by_its_name():
    assert not [(file, bad) for file, text in sources() for bad in names_compared(text)]
    assert names_compared('if self.chip.name == "opencl-cpu": pass') == [
        "self.chip.name == 'opencl-cpu'"
    ]
