"""Which lane the kernels of many programs take, and why a kernel takes the generic one.

python benchmarks/lanes.py                   # every program that test/run compiles for the host
python benchmarks/lanes.py FILE-OR-FOLDER…   # .mlir files
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import clawc
from clawc.runtime.artifact import Artifact

ROOT = Path(__file__).resolve().parent.parent


class Lanes:
    """The kernels of the programs that were seen, each program once."""

    def __init__(self) -> None:
        self.programs: set[str] = set()
        self.kernels: Counter[tuple[str, str]] = Counter()  # by kind and lane
        self.reasons: Counter[str] = Counter()
        self.refused = 0

    def count(self, text: str, artifact: Artifact) -> None:
        if text in self.programs:
            return
        self.programs.add(text)
        for facts in artifact.images[0].kernels.values():
            self.kernels[facts.get("kind", "?"), facts.get("lane", "?")] += 1
            if facts.get("reason"):
                self.reasons[without_names(facts["reason"])] += 1

    def table(self) -> str:
        lines = [f"{len(self.programs)} programs", f"{'kind':14}{'vector':>8}{'generic':>8}"]
        for kind in sorted({kind for kind, _ in self.kernels}):
            lines.append(self._row(kind, [self.kernels[kind, x] for x in ("vector", "generic")]))
        totals = [
            sum(n for (_, x), n in self.kernels.items() if x == y) for y in ("vector", "generic")
        ]
        lines += [self._row("all", totals), ""]
        lines += [f"{n:6}  {reason}" for reason, n in self.reasons.most_common()]
        if self.refused:
            lines.append(f"{self.refused:6}  (programs that do not compile)")
        return "\n".join(lines)

    @staticmethod
    def _row(kind: str, counts: list[int]) -> str:
        return f"{kind:14}" + "".join(f"{n:8}" for n in counts)


def without_names(reason: str) -> str:
    """A reason without the map or name that it quotes, so that like counts with like."""
    reason = re.sub(
        r"indexes an operand (by|with) .*?, (a window|which)",
        r"indexes an operand \1 …, \2",
        reason,
    )
    return re.sub(r"by the constant \d+", "by the constant …", reason)


def count_tested(lanes: Lanes) -> None:
    """Count what the tests of test/run compile for the host."""
    compile_ = clawc.compile

    def recorded(source: Any, *args: Any, **options: Any) -> Artifact:
        artifact = compile_(source, *args, **options)
        if isinstance(source, str):
            lanes.count(source, artifact)
        return artifact

    with patch.object(clawc, "compile", recorded):
        pytest.main([str(ROOT / "test/run"), "-k", "host", "-q", "--no-header", "--no-summary"])


def main(names: list[str]) -> None:
    lanes = Lanes()
    if not names:
        count_tested(lanes)
    for name in names:
        path = Path(name)
        for file in sorted(path.rglob("*.mlir")) if path.is_dir() else [path]:
            try:
                lanes.count(
                    file.read_text(), clawc.compile(file.read_text(), target="host", cache=False)
                )
            except clawc.CompileError:
                lanes.refused += 1
    print(lanes.table())


if __name__ == "__main__":
    main(sys.argv[1:])
