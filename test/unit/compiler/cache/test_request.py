"""Requests: whatever decides the code makes another key, and nothing else does.

Covers: compiler/cache/fingerprint.py, place.py; compiler/compile.py, options.py.
"""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

import clawc
from clawc.compiler.cache import fingerprint
from clawc.compiler.cache.place import store
from clawc.compiler.cache.request import Request
from clawc.compiler.diagnostics import UsageError
from clawc.compiler.job import CompileJob, Output, cached
from clawc.compiler.options import Options
from clawc.compiler.source import Source

PROGRAM = """func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = claw.unary %x {kind = "neg"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
REQUEST = Request(Source(PROGRAM), ("host",), "bundle", {"opt_level": 3})


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("CLAWC_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(
    "other",
    [
        {"source": Source(PROGRAM + " ")},
        {"targets": ("spirv",)},
        {"targets": ("host", "spirv")},
        {"stage": "llvm"},
        {"options": {"opt_level": 2}},
        {"options": {"opt_level": 3, "debug": True}},
        {"options": {"opt_level": 3, "schedules": "k: {}"}},
    ],
    ids=lambda change: "-".join(map(str, change)),
)
def test_what_decides_the_code_is_in_the_key(other):
    REQUEST.keep(b"kept")
    assert REQUEST.find() == b"kept"
    assert dataclasses.replace(REQUEST, **other).find() is None


def test_a_change_of_the_compiler_is_in_the_key(monkeypatch):
    REQUEST.keep(b"kept")
    monkeypatch.setattr("clawc.compiler.cache.request.fingerprint", lambda: "another")
    assert dataclasses.replace(REQUEST).find() is None


@pytest.mark.parametrize("part", ["_sources", "_versions", "_assembler"])
def test_the_fingerprint_is_over_all_its_parts(monkeypatch, part):
    before = fingerprint.fingerprint.__wrapped__()
    assert fingerprint.fingerprint.__wrapped__() == before
    parts = [*getattr(fingerprint, part)()]
    monkeypatch.setattr(fingerprint, part, lambda: [*parts[:-1], parts[-1] + b"x"])
    assert fingerprint.fingerprint.__wrapped__() != before


def test_the_fingerprint_reads_every_source_of_the_compiler():
    root = Path(clawc.__path__[0])
    rooms = ("chips", "compiler", "dialects", "passes", "runtime", "targets")
    files = {path for room in rooms for path in (root / room).resolve().rglob("*.py")}
    assert len([*fingerprint._sources()]) == 2 * len(files) > 600


def test_a_name_counts_where_line_tables_hold_it():
    for debug in (False, True):
        first, second = (
            Request(Source(PROGRAM, name), ("host",), "bundle", {"debug": debug}) for name in "ab"
        )
        first.keep(b"kept")
        assert second.find() == (None if debug else b"kept")


def test_a_file_is_found_by_what_it_holds(tmp_path):
    places = [tmp_path / "a.mlir", tmp_path / "b.mlir"]
    for place in places:
        place.write_text(PROGRAM)
    first, second = (Request(Source.read(place), ("host",), "bundle") for place in places)
    assert first.find() is None
    first.keep(b"kept")
    assert second.find() == b"kept"


def test_a_file_that_changes_while_it_is_compiled_is_not_kept(tmp_path):
    place = tmp_path / "a.mlir"
    place.write_text(PROGRAM)
    request = Request(Source.read(place), ("host",), "bundle")
    assert request.find() is None
    place.write_text(PROGRAM.replace("neg", "exp"))
    request.keep(b"of the new text")
    place.write_text(PROGRAM)
    assert Request(Source.read(place), ("host",), "bundle").find() is None


def test_the_environment_says_where_and_how_much(monkeypatch, folder):
    kept = store()
    assert kept is not None and kept.folder == folder and kept.limit == 10**9
    monkeypatch.setenv("CLAWC_CACHE_MB", "7")
    kept = store()
    assert kept is not None and kept.limit == 7 * 10**6
    for wrong in ("", "-1", "1.5", "many"):
        monkeypatch.setenv("CLAWC_CACHE_MB", wrong)
        with pytest.raises(UsageError, match="expected a whole number"):
            store()
    monkeypatch.setenv("CLAWC_CACHE_DIR", "")
    assert store() is None and REQUEST.find() is None
    REQUEST.keep(b"nowhere")


def test_the_system_has_a_place_for_it(monkeypatch, tmp_path):
    monkeypatch.delenv("CLAWC_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = store()
    assert kept is not None and kept.folder == tmp_path / "clawc"


def test_a_second_compilation_imports_no_mlir(folder):
    script = f"import sys, clawc; a = clawc.compile({PROGRAM!r}, ['host', 'spirv:vulkan'])\n"
    script += "print(sorted(a.to_bytes())[-9:], len(a.to_bytes()), 'mlir' in sys.modules)"
    said = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    first, second = (run.stdout.rsplit(" ", 1) for run in said)
    assert first == [second[0], "True\n"] and second[1] == "False\n"
    assert len(list(folder.iterdir())) == 1


def test_without_the_cache_nothing_is_kept(folder):
    clawc.compile(PROGRAM, cache=False)
    clawc.compile(PROGRAM, verify_levels=True)
    assert not folder.exists()
    first = clawc.compile(PROGRAM)
    assert folder.exists()
    assert clawc.compile(PROGRAM).to_bytes() == first.to_bytes()


def test_what_says_something_is_done_again():
    made = []

    def make(job):
        made.append(job)
        return Output(b"code\n\xff", "ptx", is_silent=len(made) > 1)

    job = CompileJob(Source(PROGRAM), ("nvptx",), options=dataclasses.asdict(Options()))
    for expected in (1, 2, 2):
        assert cached(job, make) == Output(b"code\n\xff", "ptx", is_silent=expected > 1)
        assert len(made) == expected
    for watched in ({"timing": True}, {"report": True}, {"print_ir_after": ("tile",)}):
        assert cached(dataclasses.replace(job, **watched), make).data == b"code\n\xff"
    assert len(made) == 5
