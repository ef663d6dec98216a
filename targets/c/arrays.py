"""Images and constants as tables of C."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from clawc.runtime.artifact import Image
from clawc.runtime.checksums import Bytes
from clawc.runtime.code_memory import machine
from clawc.runtime.executable import index_bits
from clawc.runtime.processor import GENERATIONS, generation_score
from clawc.targets.c.host_code import HostCode
from clawc.targets.c.lines import text

A_LINE = 24  # bytes


def byte_array(name: str, data: Bytes) -> str:
    """Bytes, where vectors can be read, and a zero after them, which PTX needs."""
    raw = bytes(data) + b"\0"
    rows = [",".join(map(str, raw[at : at + A_LINE])) for at in range(0, len(raw), A_LINE)]
    return f"_Alignas(64) static const unsigned char {name}[] = {{\n" + ",\n".join(rows) + "};"


def image_tables(number: int, image: Image, kernels: Sequence[str]) -> tuple[str, str]:
    """The tables of an image, and its element in the table of images."""
    code = HostCode.of(image.data, _machine(image)) if image.target == "host" and kernels else None
    data = code.memory if code else image.data
    tables = [byte_array(f"claw_code_{number}", data), _kernels(number, image, kernels)]
    places = ["NULL", "NULL", "0", "NULL", "0"]
    if code is not None:
        tables += _host_tables(number, code, kernels)
        places = [f"claw_offsets_{number}", f"claw_fixups_{number}", str(len(code.fixups))]
        places += [f"claw_segments_{number}", str(len(code.segments))]
    fields = [
        *(text(part) for part in (image.target, image.chip, image.kind, _needs(image))),
        *(f"claw_code_{number}", str(len(data)), f"claw_kernels_{number}", str(len(kernels))),
        *(str(index_bits(image)), *places),
    ]
    return "\n".join(tables), f"    {{{', '.join(fields)}}},"


def _kernels(number: int, image: Image, kernels: Sequence[str]) -> str:
    rows = [
        f"    {{{text(name)}, {facts['threads']}, {facts.get('dynamic_shared', 0)}}},"
        for name in kernels
        for facts in [image.kernels[name]]
    ]
    rows = rows or ["    {NULL, 0, 0},"]
    return "\n".join([f"static const claw_kernel claw_kernels_{number}[] = {{", *rows, "};"])


def _host_tables(number: int, code: HostCode, kernels: Sequence[str]) -> list[str]:
    offsets = ", ".join(str(code.functions[name]) for name in kernels)
    fixups = [
        f"    {{{f.place}, {f.offset}, {text(f.function) if f.function else 'NULL'}}},"
        for f in code.fixups
    ] or ["    {0, 0, NULL},"]
    segments = [
        f"    {{{start}, {size}, {int(executable)}, {int(writable)}}},"
        for start, size, executable, writable in code.segments
    ]
    return [
        f"static const size_t claw_offsets_{number}[] = {{{offsets}}};",
        "\n".join([f"static const claw_fixup claw_fixups_{number}[] = {{", *fixups, "};"]),
        "\n".join([f"static const claw_segment claw_segments_{number}[] = {{", *segments, "};"]),
    ]


def _machine(image: Image) -> str:
    if image.chip == "native":
        return machine()
    return "aarch64" if image.chip == "aarch64" else "x86_64"


def _needs(image: Image) -> str:
    """The generation of processors that host code is for: of `native`, the newest that this
    machine belongs to."""
    if image.target != "host" or image.chip != "native":
        return image.chip if image.target == "host" else ""
    newest = max(GENERATIONS, key=lambda generation: generation_score(generation) or 0)
    if generation_score(newest):
        return newest
    return "x86-64" if machine() == "x86_64" else platform.machine()
