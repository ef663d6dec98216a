"""The test command fails when a test fails, and when none runs: seen in copies with small trees."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import run_record

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "test"))

from runner import tested  # noqa: E402

COMMAND = ("lit.cfg.py", "pyproject.toml", "test/__main__.py", "test/conftest.py", "test/runner")
HELPERS = ("belonging.py", "quick.py", "run_record.py", "tool_path.py")
MLIR = "// RUN: FileCheck %s < %s\n// CHECK: tile\n"
FAILING_MLIR = "// RUN: not FileCheck %s < %s\n// CHECK: tile\n"
PYTHON = "import pytest\n\n\ndef test_it():\n    pass\n"
DEVICES = "import pytest\n\n\n@pytest.mark.parametrize('d', ['host', 'emulator:sm_80'])\n"
DEVICES += "@pytest.mark.parametrize('n', range(3))\ndef test_on(d, n):\n    pass\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The command and no test."""
    for name in COMMAND:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name)
        else:
            write(tmp_path, name, (ROOT / name).read_text())
    for name in HELPERS:
        write(tmp_path, f"test/support/{name}", (ROOT / "test/support" / name).read_text())
    for name in ("test/unit", "test/run"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def good(tree: Path) -> Path:
    """With one passing test of each part."""
    write(tree, "test/passes/tile/tile.mlir", MLIR)
    write(tree, "test/unit/passes/vectorize/test_masks.py", PYTHON)
    return tree


def write(tree: Path, name: str, text: str) -> None:
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(text)


def run(tree: Path, *arguments: str, required: bool = False) -> tuple[int, str]:
    """Exit code and output, with a PATH on which no tool of the environment stands."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))}
    command = [sys.executable, "test", "-j1", *arguments]
    bare.pop("CLAWC_REQUIRE_DRIVERS", None)
    environment = {**bare, "PATH": "/usr/bin:/bin"}
    environment |= {"CLAWC_REQUIRE_DRIVERS": "1"} if required else {}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_what_passes_is_counted(good: Path) -> None:
    status, said = run(good)
    assert status == 0, said
    assert "PASS: clawc :: test/passes/tile/tile.mlir" in said
    assert "1 passed in" in said  # pytest's own closing line
    assert "\nlit: 1 passed, 0 failed\npytest: 1 passed, 0 failed\n" in said


def test_a_failing_lit_test_fails(good: Path) -> None:
    write(good, "test/errors/planted.mlir", FAILING_MLIR)
    status, said = run(good)
    assert status == 1 and "lit: 1 passed, 1 failed\npytest: 1 passed, 0 failed" in said, said


def test_a_failing_python_test_fails(good: Path) -> None:
    write(good, "test/run/test_planted.py", PYTHON.replace("pass\n", "assert not True\n"))
    status, said = run(good)
    assert status == 1 and "lit: 1 passed, 0 failed\npytest: 1 passed, 1 failed" in said, said


def test_a_file_that_does_not_import_fails(good: Path) -> None:
    write(good, "test/run/test_planted.py", "import nothing_of_this_name\n")
    status, said = run(good)
    assert status == 1 and "1 failed" in said.partition("\npytest:")[2], said


def test_an_empty_tree_fails(tree: Path) -> None:
    status, said = run(tree)
    assert status == 1, said
    assert said.count("0 passed, 0 failed: no test ran, which is a failure") == 2


@pytest.mark.parametrize("without", ["test/passes/tile/tile.mlir", "test/unit/passes"])
def test_half_an_empty_tree_fails(good: Path, without: str) -> None:
    path = good / without
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    status, said = run(good)
    assert status == 1 and said.count("no test ran") == 1, said


def test_tests_that_are_all_deselected_are_none(good: Path) -> None:
    status, said = run(good, "--", "-k", "nothing_of_this_name")
    assert status == 1 and "pytest: 0 passed, 0 failed: no test ran" in said, said


@pytest.mark.parametrize(
    ("name", "lit", "python"),
    [
        ("tile", "1 passed", None),
        ("vectorize", None, "1 passed"),
        ("masks", None, "1 passed"),
        ("emulator:sm_80", None, "3 passed"),
        ("nvptx", None, "3 passed"),
        ("test/passes", "1 passed", None),
        ("test/unit/passes/vectorize", None, "1 passed"),
        ("test/run/test_devices.py", None, "6 passed"),
    ],
)
def test_what_belongs_to_a_name(good: Path, name: str, lit: str | None, python: str | None) -> None:
    write(good, "test/run/test_devices.py", DEVICES)
    status, said = run(good, name)
    assert status == 0, said
    for part, count in (("lit", lit), ("pytest", python)):
        assert (f"\n{part}: " in said) == (count is not None)
        assert count is None or f"\n{part}: {count}, 0 failed" in said


def test_a_name_that_nothing_belongs_to(good: Path) -> None:
    status, said = run(good, "vectorise")
    assert status == 2
    assert "no test belongs to 'vectorise'; did you mean vectorize?" in said


def test_quick_is_the_first_of_every_file_and_device(good: Path) -> None:
    write(good, "test/run/test_devices.py", DEVICES)
    status, said = run(good, "--quick")
    assert status == 0 and "lit: 1 passed, 0 failed\npytest: 3 passed, 0 failed" in said, said


@pytest.mark.parametrize("reason", ["needs llvm-mc-22", "no ptxas", "nvcc is not installed"])
def test_a_missing_tool_skips_or_fails(good: Path, reason: str) -> None:
    skipped = f"import pytest\n\n\n@pytest.mark.skipif(True, reason={reason!r})\n"
    write(good, "test/run/test_planted.py", f"{skipped}def test_it():\n    pass\n")
    status, said = run(good)
    assert status == 0 and "pytest: 1 passed, 0 failed, 1 skipped" in said, said
    status, said = run(good, required=True)
    assert status == 1 and "pytest: 1 passed, 1 failed" in said and reason in said, said


def test_a_claim_that_did_not_run_fails(good: Path) -> None:
    claim = "| `claw.unary exp` | f16, f32 | all but f16 |" + " none |" * 6 + "\n"
    write(good, "docs/tested.md", claim)
    code, said = run(good, required=True)
    assert code == 1 and "claw.unary exp of f32 on host" in said and "f16 on" not in said
    assert run(good)[0] == 0  # where drivers are missing, less may run


def test_the_table_needs_a_whole_run(good: Path) -> None:
    code, said = run(good, "--table", "--quick")
    assert code == 2 and "whole run" in said


def test_the_table_says_what_ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(run_record.FOLDER, str(tmp_path))
    monkeypatch.setattr(run_record, "_ran", set())
    monkeypatch.setattr(run_record, "_seen", set())
    for dtype, devices in (("f32", ["host", "emulator:gfx942"]), ("f16", ["host", "nvptx:sm_80"])):
        type_ = f"tensor<3x{dtype}>"
        line = f'%0 = claw.unary %x {{kind = "exp"}} : ({type_}) -> {type_}'
        text = f"func.func @f(%x: {type_}) -> {type_} {{\n{line}\nreturn %0 : {type_}\n}}"
        for device in devices:
            run_record.note(text, device)
    run_record.write()
    ran = run_record.read(tmp_path)
    page = tested.page(ran)
    row = "| `claw.unary exp` | f16, f32 | all | none | none | none | f32 | none | f16 |"
    assert row in page and tested.claims(page) == ran
