"""What the compiler hands to the runtime: images for devices, each with its launch plan.

A bundle, its saved form, is an offload binary with a record an image, whose strings hold the plan,
and after them a record for each different constant, named by its content: the images share them.
Each record carries a sum that finds damage.  A loaded file is mapped, and constants are used where
they lie.
"""

from __future__ import annotations

import json
import mmap
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clawc.runtime import offload_binary
from clawc.runtime.atomic_file import write_atomically
from clawc.runtime.checksums import Bytes, name_of, record_crc32
from clawc.runtime.errors import ArtifactError
from clawc.runtime.offload_binary import IMAGE_KINDS, Record
from clawc.runtime.plan import Plan
from clawc.runtime.plan_check import check_plan

FORMAT = 3  # of bundles: 1 had constants as text in the plan, 2 sizes as nested expressions
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
    def described(self) -> str:
        """Which image of a bundle it is, for messages."""
        return f"{self.spec} ({self.kind})"

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

    def pieces(self) -> Iterator[Bytes]:
        """The bundle's bytes, one piece after the other; constants are not copied."""
        return offload_binary.pieces(records_of(self.images))

    def to_bytes(self) -> bytes:
        return b"".join(self.pieces())

    @classmethod
    def from_bytes(cls, data: Bytes) -> Artifact:
        """The bundle in `data`, which it keeps: constants stay there."""
        return cls(images_of(offload_binary.read(data)))

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        """Pickled as it is saved, so that images share their constants."""
        return type(self).from_bytes, (self.to_bytes(),)

    def save(self, path: str | os.PathLike[str]) -> None:
        try:
            write_atomically(path, self.pieces())
        except OSError as error:
            raise ArtifactError(f"cannot write {os.fspath(path)}: {error.strerror}") from None
        except ValueError:
            raise ArtifactError(f"cannot write {os.fspath(path)!r}: no name of a file") from None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Artifact:
        """The bundle in a file.  Its images are code that runs in this process or on a device
        when they are loaded: trust its source as you trust a library's."""
        try:
            return cls.from_bytes(contents(path))
        except OSError as error:
            raise ArtifactError(f"cannot read {os.fspath(path)}: {error.strerror}") from None
        except ValueError:
            raise ArtifactError(f"cannot read {os.fspath(path)!r}: no name of a file") from None
        except ArtifactError as error:
            raise ArtifactError(f"{os.fspath(path)}: {error}") from None


def contents(path: str | os.PathLike[str]) -> Bytes:
    """A file's bytes, read when they are looked at; at once where there is no file to map."""
    with open(path, "rb") as file:
        try:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError):  # a pipe; an empty file
            return file.read()


def records_of(images: Sequence[Image]) -> list[Record]:
    """The images, then each constant once."""
    constants: dict[str, Bytes] = {}
    for image in images:
        for entry in image.plan.entries.values():
            constants |= {name_of(constant.data): constant.data for constant in entry.constants}
    return [
        *(record_of(image) for image in images),
        *(constant_record(name, data) for name, data in constants.items()),
    ]


def record_of(image: Image) -> Record:
    strings = {
        "triple": TRIPLES.get(image.target, image.target),
        "arch": image.chip,
        "claw.format": str(FORMAT),
        "claw.target": image.target,
        "claw.kind": image.kind,
        "claw.plan": json.dumps(image.plan.to_json(), separators=(",", ":")),
    }
    if image.kind == "hsaco":
        kind = "object"
    else:
        kind = image.kind if image.kind in IMAGE_KINDS else ""
    return Record(image.data, sealed(strings, image.data), kind, PRODUCERS.get(image.target, ""))


def constant_record(name: str, data: Bytes) -> Record:
    """A constant; the plans that use it have its sum, so that no more of it has to be read."""
    strings = {"triple": "", "arch": "constant", "claw.format": str(FORMAT), "claw.constant": name}
    return Record(data, strings)


def sealed(strings: Mapping[str, str], data: Bytes) -> dict[str, str]:
    """The strings of a record, with the sum over them and the data at the end."""
    return {**strings, "claw.crc32": f"{record_crc32(strings, data):08x}"}


def images_of(records: Sequence[Record]) -> list[Image]:
    """The images of a bundle; ArtifactError where something in it is damaged or missing."""
    for record in records:
        check_format(record)
    stored = {
        record.strings["claw.constant"]: record.data
        for record in records
        if "claw.constant" in record.strings
    }
    images = [record for record in records if "claw.constant" not in record.strings]
    return [image_of(record, stored) for record in images]


def check_format(record: Record) -> None:
    found = record.strings
    ours = "claw.plan" in found or "claw.constant" in found or "claw.format" in found
    if not ours:
        raise ArtifactError("not a bundle of clawc: an image has no 'claw.plan'")
    version = found.get("claw.format", "1")
    if version != str(FORMAT):
        raise ArtifactError(
            f"the bundle has format {version[:20]!r}, this clawc reads format {FORMAT}: "
            "compile the program again"
        )


def image_of(record: Record, stored: Mapping[str, Bytes]) -> Image:
    strings = dict(record.strings)
    spec = f"{strings.get('claw.target')}:{strings.get('arch')}"
    if strings != sealed({k: v for k, v in strings.items() if k != "claw.crc32"}, record.data):
        raise ArtifactError(
            f"corrupt bundle: the sum over the image of {spec} is not the one it was saved with; "
            "copy the file again, or compile the program again"
        )
    missing = [
        key for key in ("arch", "claw.target", "claw.kind", "claw.plan") if key not in strings
    ]
    if missing:
        raise ArtifactError(f"corrupt bundle: an image has no {missing[0]!r}")
    try:
        plan = Plan.from_json(json.loads(strings["claw.plan"]), stored)
        check_plan(plan)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ArtifactError(
            f"corrupt bundle: the launch plan of {spec} cannot be read: "
            f"{' '.join(str(error).split()) or type(error).__name__}"
        ) from None
    return Image(
        strings["claw.target"], strings["arch"], strings["claw.kind"], bytes(record.data), plan
    )
