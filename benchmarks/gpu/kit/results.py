"""What a run found, as `result.json` has it, and the files that it is written to as it comes."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

STATES = {
    "right": "right",
    "wrong": "WRONG",
    "error": "failed when it was loaded or run",
    "died": "ended the process",
    "hung": "hung",
    "not compiled": "not compiled for the chip",
    "not run": "not run: the time was over",
}
"""What became of a case, best first."""
FAILURES = ("wrong", "error", "died", "hung", "not compiled")


@dataclass
class Outcome:
    """Of one case."""

    number: int
    name: str
    state: str = "right"
    what: str = ""  # in which way it is not right
    worst: float = 0.0  # the largest error as a part of what is allowed
    image: str = ""  # what the driver took: "ptx", "cubin", "hsaco", ...
    refused: dict[str, str] = field(default_factory=dict)  # images that it did not take, and why
    fast: dict[str, Any] = field(default_factory=dict)
    why: list[dict[str, Any]] = field(default_factory=list)
    flops: float = 0.0
    bytes: float = 0.0
    peak: str = ""
    seconds: float = 0.0  # that the case took, with its process and all


@dataclass
class Results:
    """Of one run on one device."""

    made: dict[str, Any]  # the kit
    device: dict[str, Any]
    date: str
    peaks: dict[str, Any] | None = None  # of the card, a row of `clawc.chips.products`
    cases: list[Outcome] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        counted = Counter(case.state for case in self.cases)
        return {state: counted[state] for state in STATES if counted[state]}

    def failures(self) -> list[Outcome]:
        return [case for case in self.cases if case.state in FAILURES]

    def save(self, path: Path) -> None:
        """Whole or not at all: a run may be cut off at any time."""
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(self), indent=1))
        os.replace(unfinished, path)

    @classmethod
    def load(cls, path: Path) -> Results:
        data = json.loads(path.read_text())
        return cls(**{**data, "cases": [Outcome(**case) for case in data["cases"]]})
