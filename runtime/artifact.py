"""What the compiler hands to the runtime: images for devices, each with its launch plan."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clawc.runtime import offload_binary
from clawc.runtime.atomic_file import write_atomically
from clawc.runtime.errors import ArtifactError
from clawc.runtime.offload_binary import IMAGE_KINDS, Record
from clawc.runtime.plan import Plan
from clawc.runtime.plan_check import check_plan

HOST_TRIPLE = f"{platform.machine()}-unknown-{platform.system().lower()}"
TRIPLES = {
    "nvptx": "nvptx64-nvidia-cuda",
    "amdgpu": "amdgcn-amd-amdhsa",
    "spirv": "spirv64-unknown-unknown",
    "host": HOST_TRIPLE,
}
PRODUCERS = {"nvptx": "cuda", "amdgpu": "hip"}


@dataclass(frozen=True)
class Image:
    """Code for one chip and the plan that launches its kernels."""

    target: str  # "nvptx", "amdgpu", "spirv" or "host"
    chip: str
    kind: str  # "ptx", "cubin", "hsaco", "spv", "object", ...
    data: bytes
    plan: Plan

    @property
    def spec(self) -> str:
        return f"{self.target}:{self.chip}"

    @property
    def kernels(self) -> Mapping[str, Any]:
        """The facts of each kernel, by name."""
        return self.plan.kernels


@dataclass
class Artifact:
    """A bundle of images of one program; saved as LLVM's offload binary (`.claw`)."""

    images: list[Image] = field(default_factory=list)

    @property
    def kernels(self) -> Mapping[str, Any]:
        """The facts of the first image's kernels, by name; the other images have their own."""
        return self.images[0].kernels if self.images else {}

    def to_bytes(self) -> bytes:
        return offload_binary.write([record_of(image) for image in self.images])

    @classmethod
    def from_bytes(cls, data: bytes) -> Artifact:
        return cls([image_of(record) for record in offload_binary.read(data)])

    def save(self, path: str | os.PathLike[str]) -> None:
        try:
            write_atomically(path, self.to_bytes())
        except OSError as error:
            raise ArtifactError(f"cannot write {os.fspath(path)}: {error.strerror}") from None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Artifact:
        try:
            return cls.from_bytes(Path(path).read_bytes())
        except OSError as error:
            raise ArtifactError(f"cannot read {os.fspath(path)}: {error.strerror}") from None
        except ArtifactError as error:
            raise ArtifactError(f"{os.fspath(path)}: {error}") from None


def record_of(image: Image) -> Record:
    strings = {
        "triple": TRIPLES.get(image.target, image.target),
        "arch": image.chip,
        "claw.target": image.target,
        "claw.kind": image.kind,
        "claw.plan": json.dumps(image.plan.to_json(), separators=(",", ":")),
    }
    if image.kind == "hsaco":
        kind = "object"
    else:
        kind = image.kind if image.kind in IMAGE_KINDS else ""
    return Record(image.data, strings, kind, PRODUCERS.get(image.target, ""))


def image_of(record: Record) -> Image:
    found = record.strings
    missing = [key for key in ("arch", "claw.target", "claw.kind", "claw.plan") if key not in found]
    if missing:
        raise ArtifactError(f"not a bundle of clawc: an image has no {missing[0]!r}")
    try:
        plan = Plan.from_json(json.loads(found["claw.plan"]))
        check_plan(plan)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ArtifactError(
            f"corrupt bundle: the launch plan of {found['claw.target']}:{found['arch']} "
            f"cannot be read: {' '.join(str(error).split()) or type(error).__name__}"
        ) from None
    return Image(found["claw.target"], found["arch"], found["claw.kind"], record.data, plan)
