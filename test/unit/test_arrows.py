"""Arrows between files: no circles, and what a room of passes says that it uses is what it uses.

What rooms may import is said in pyproject.toml and held by `lint-imports`; here is what contracts
cannot say.  Lazy imports and imports for type checking count.
"""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

import clawc

ROOT = Path(clawc.__file__).parent
ROOMS = ("chips", "compiler", "dialects", "emulators", "frontends", "passes", "runtime", "targets")


@pytest.fixture(scope="module")
def arrows() -> dict[str, set[str]]:
    """Every module -> what it imports of clawc."""
    graph = grimp.build_graph("clawc", exclude_type_checking_imports=False, cache_dir=None)
    return {m: set(graph.find_modules_directly_imported_by(m)) for m in graph.modules}


def test_every_file_is_seen(arrows):
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert len(files) > 300
    assert len(arrows) == len(files) + 4  # clawc itself, __main__, jax and torch


def test_no_circle(arrows):
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(f"files that import each other: {' <- '.join(error.args[1])}")


def rooms_of_passes() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "passes").glob("*/__init__.py"))


def room(module: str) -> str:
    """`clawc.chips.matrix` -> `chips`, `clawc.passes.ir.loops` -> `ir`."""
    parts = module.split(".")
    return parts[2] if parts[1] == "passes" and len(parts) > 2 else parts[1]


@pytest.mark.parametrize("name", rooms_of_passes())
def test_a_room_uses_what_it_says(name, arrows):
    text = ast.get_docstring(ast.parse((ROOT / "passes" / name / "__init__.py").read_text()))
    assert text is not None
    said = re.search(r"Uses:? ([a-z_, ]*)\.", " ".join(text.split()))
    assert said is not None, "expected a sentence like 'Uses: framework, ir.'"
    inside = {m for m in arrows if m.startswith(f"clawc.passes.{name}.")}
    used = {room(each) for m in inside for each in arrows[m]} - {name, "passes"}
    assert sorted(said[1].split(", ")) == sorted(used)
