"""A kit as its folder holds it: its cases, and for each a bundle and what is expected of it.

kit.json             what the kit is, and its cases in the order in which they are run
cases/0007.claw      a bundle of an image for each chip
cases/0007.npz       expected results, and inputs that no seed stands for
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from kit.expected import Expected, from_arrays
from kit.numbers import Seeded

from clawc.chips.dtypes import DTYPES


@dataclass(frozen=True)
class Given:
    """An input that is stored in the `.npz` file, as bytes, since NumPy's files know no bf16."""

    dtype: str
    shape: tuple[int, ...]
    name: str

    def array(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        return arrays[self.name].view(DTYPES[self.dtype]).reshape(self.shape)


@dataclass(frozen=True)
class Result:
    """What is known of a result beside its numbers; `name` says which it is, of several."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Speed:
    """What a program does at least, for rates, and which peers there are for it."""

    flops: float  # 0 where only memory counts
    bytes: float  # read and written once
    peak: str  # of `clawc.chips.products.Product`: "f16", "f32" or "i8"
    peer: str = ""  # of `peers_torch.PEERS` and `peers_triton.PEERS`
    settings: dict[str, Any] = field(default_factory=dict)  # for the peers


@dataclass(frozen=True)
class Case:
    """A program of the kit."""

    number: int
    name: str
    text: str  # MLIR
    inputs: tuple[Seeded | Given, ...]
    results: tuple[Result, ...]
    speed: Speed | None = None
    refused: dict[str, str] = field(default_factory=dict)  # by chip: why there is no image for it

    def file(self, folder: Path, suffix: str) -> Path:
        return folder / f"{self.number:04}{suffix}"

    def arrays(self, folder: Path) -> dict[str, np.ndarray]:
        with np.load(self.file(folder, ".npz")) as file:
            return dict(file)

    def arguments(self, arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        return [i.array() if isinstance(i, Seeded) else i.array(arrays) for i in self.inputs]

    def expected(self, arrays: Mapping[str, np.ndarray]) -> list[Expected]:
        return [from_arrays(number, arrays) for number in range(len(self.results))]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Case:
        inputs = tuple(
            Given(i["dtype"], tuple(i["shape"]), i["name"]) if "name" in i else Seeded.from_json(i)
            for i in data["inputs"]
        )
        results = tuple(Result(r["name"], r["dtype"], tuple(r["shape"])) for r in data["results"])
        speed = Speed(**data["speed"]) if data["speed"] else None
        return cls(**{**data, "inputs": inputs, "results": results, "speed": speed})


@dataclass(frozen=True)
class Kit:
    """All cases, and how they came about."""

    made: dict[str, Any]  # version of clawc, date, chips, whether small
    cases: Sequence[Case]

    def save(self, folder: Path) -> None:
        data = {"made": self.made, "cases": [case.to_json() for case in self.cases]}
        (folder / "kit.json").write_text(json.dumps(data, separators=(",", ":")))

    @classmethod
    def load(cls, folder: Path) -> Kit:
        data = json.loads((folder / "kit.json").read_text())
        return cls(data["made"], [Case.from_json(case) for case in data["cases"]])
