"""What every pytest run here does first: tools beside the interpreter, and the choice of tests."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from pathlib import PurePosixPath

import pytest
import run_record
from belonging import belongs, test_parts
from quick import quick_tests
from tool_path import with_tools

os.environ.update(with_tools(os.environ))  # plain `pytest` finds what `python test` finds
os.environ["CLAWC_CACHE_DIR"] = ""  # a test compiles what it tests


_LACKS_A_TOOL = re.compile(r"Skipped: (needs|no) |is not installed")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("clawc")
    group.addoption("--quick", action="store_true", help="a few tests of every file and device")
    group.addoption(
        "--belongs-to", action="append", default=[], metavar="NAME", help="see `python test -h`"
    )
    group.addoption(
        "--below", action="append", default=[], metavar="PATH", help="a file or folder of tests"
    )


def _is_asked_for(node: str, names: list[str], paths: list[str]) -> bool:
    file = PurePosixPath(node.partition("::")[0])
    parts = test_parts(node)
    below = any(file.is_relative_to(path) for path in paths)
    return below or any(belongs(name, parts) for name in names)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps what was asked for; the rest counts as deselected."""
    chosen = list(items)
    names, folders = config.getoption("--belongs-to"), config.getoption("--below")
    if names or folders:
        chosen = [item for item in chosen if _is_asked_for(item.nodeid, names, folders)]
    if config.getoption("--quick"):
        nodes = set(quick_tests([item.nodeid for item in chosen]))
        chosen = [item for item in chosen if item.nodeid in nodes]
    kept = set(chosen)
    if dropped := [item for item in items if item not in kept]:
        config.hook.pytest_deselected(items=dropped)
        items[:] = chosen


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CLAWC_REQUIRE_DRIVERS, a test that is skipped for lack of a tool has failed."""
    report = yield
    if os.environ.get("CLAWC_REQUIRE_DRIVERS") and isinstance(report.longrepr, tuple):
        if report.skipped and _LACKS_A_TOOL.search(report.longrepr[2]):
            report.outcome = "failed"
            report.longrepr = f"{report.longrepr[2]}; CLAWC_REQUIRE_DRIVERS says that it must be"
    return report


def pytest_sessionfinish() -> None:
    run_record.write()
