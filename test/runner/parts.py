"""The two parts of the test command, lit and pytest: each is run, seen, and counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tool_path import with_tools

ROOT = Path(__file__).resolve().parents[2]
LIT = "from lit.main import main; main()"  # `python -m lit.main` would do nothing, and succeed
PASSED, SKIPPED = {"PASS", "XFAIL", "FLAKYPASS"}, {"UNSUPPORTED", "SKIPPED", "EXCLUDED"}


@dataclass(frozen=True)
class Outcome:
    """What a part's tests did, as counted from its own record of them."""

    part: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    status: int = 0  # its exit code

    @property
    def none_ran(self) -> bool:
        return self.passed + self.failed == 0

    @property
    def good(self) -> bool:
        """Tests ran, none failed, and the part itself says so too."""
        return self.status == 0 and self.failed == 0 and not self.none_ran

    def __str__(self) -> str:
        line = f"{self.part}: {self.passed} passed, {self.failed} failed"
        line += f", {self.skipped} skipped" if self.skipped else ""
        if self.none_ran:
            return f"{line}: no test ran, which is a failure"
        return line if self.good or self.failed else f"{line}, but it ended with {self.status}"


def run_lit(paths: Sequence[str], workers: int) -> Outcome:
    """FileCheck tests: the .mlir files of `paths`, one line each as it ends."""
    with tempfile.TemporaryDirectory(prefix="clawc-lit-") as folder:
        record = Path(folder, "lit.json")
        command = [sys.executable, "-u", "-c", LIT, *paths, "-v", "--order=lexical"]
        status = _start([*command, "-j", str(workers), "--output", str(record)])
        found = json.loads(record.read_text())["tests"] if record.is_file() else []
    codes = [test["code"] for test in found]
    passed = sum(code in PASSED for code in codes)
    skipped = sum(code in SKIPPED for code in codes)
    return Outcome("lit", passed, len(codes) - passed - skipped, skipped, status)


def run_pytest(arguments: Sequence[str], workers: int) -> Outcome:
    """Tests of Python, with pytest's own dots and closing line."""
    with tempfile.TemporaryDirectory(prefix="clawc-pytest-") as folder:
        record = Path(folder, "pytest.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-rs", f"--junitxml={record}"]
        status = _start([*command, "-n", str(workers if workers > 1 else 0), *arguments])
        suites = xml.parse(record).iter("testsuite") if record.is_file() else ()
        counts = [
            {kind: int(suite.get(kind, 0)) for kind in ("tests", "failures", "errors", "skipped")}
            for suite in suites
        ]
    failed = sum(count["failures"] + count["errors"] for count in counts)
    skipped = sum(count["skipped"] for count in counts)
    ran = sum(count["tests"] for count in counts)
    return Outcome("pytest", ran - failed - skipped, failed, skipped, status)


def _start(command: Sequence[str]) -> int:
    return subprocess.run(command, cwd=ROOT, env=with_tools(os.environ)).returncode
