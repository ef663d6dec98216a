"""LLVM's offload binary: a container of device images, each with a map of strings.

One record an image, one record after the other, as `llvm-offload-binary` of LLVM 22 writes and
reads them (version 1, little endian, offsets from the start of the record, records 8-aligned).
What is written here has records and images at multiples of 64 bytes, so that a mapped file's
data can be used where it lies, after several files are put one behind the other too.

    header   magic 10 ff 10 ad, version u32, record size u64, entry offset u64, entry size u64
    entry    image kind u16, producer u16, flags u32, strings at u64, how many u64, image at u64,
             image size u64
    strings  per string: key at u64, value at u64; the text ends in a zero byte
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from clawc.runtime.checksums import Bytes
from clawc.runtime.errors import ArtifactError

MAGIC = b"\x10\xff\x10\xad"
VERSION = 1
HEADER = struct.Struct("<4sIQQQ")
ENTRY = struct.Struct("<HHIQQQQ")
STRING = struct.Struct("<QQ")
ALIGNMENT = 64  # of what is written
READABLE_ALIGNMENT = 8  # LLVM's
MOST_STRINGS = 256  # of a record: a damaged table must not take long to read

IMAGE_KINDS = {"": 0, "object": 1, "bc": 2, "cubin": 3, "fatbin": 4, "ptx": 5, "spv": 6}
PRODUCERS = {"": 0, "openmp": 1, "cuda": 2, "hip": 4, "sycl": 8}


@dataclass(frozen=True)
class Record:
    """One image of the container; `kind` and `producer` are keys of the tables above."""

    data: Bytes
    strings: Mapping[str, str]
    kind: str = ""
    producer: str = ""


def pieces(records: Iterable[Record]) -> Iterator[Bytes]:
    """The container's bytes, one piece after the other; the records' data is not copied."""
    for record in records:
        head = write_head(record)
        yield head
        yield record.data
        yield bytes(aligned(len(record.data)) - len(record.data))


def write_head(record: Record) -> bytes:
    """A record up to its data."""
    strings_at = HEADER.size + ENTRY.size
    text_at = strings_at + STRING.size * len(record.strings)
    table, text = bytearray(), bytearray()
    for key, value in record.strings.items():
        offsets = []
        for part in (key, value):
            offsets.append(text_at + len(text))
            text += encode(part)
        table += STRING.pack(*offsets)
    data_at = aligned(text_at + len(text))
    size = data_at + aligned(len(record.data))
    out = bytearray(data_at)
    HEADER.pack_into(out, 0, MAGIC, VERSION, size, HEADER.size, ENTRY.size)
    kind, producer = IMAGE_KINDS[record.kind], PRODUCERS[record.producer]
    numbers = (strings_at, len(record.strings), data_at, len(record.data))
    ENTRY.pack_into(out, HEADER.size, kind, producer, 0, *numbers)
    out[strings_at:text_at] = table
    out[text_at : text_at + len(text)] = text
    return bytes(out)


def encode(text: str) -> bytes:
    data = text.encode()
    if b"\0" in data:
        raise ArtifactError(f"a string of a bundle cannot hold a zero byte: {text[:40]!r}")
    return data + b"\0"


def aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def read(container: Bytes) -> list[Record]:
    """The records of a container, whose data stays where it is; anything that is not wholly sound
    raises ArtifactError."""
    data = memoryview(container)
    if data[: len(MAGIC)] != MAGIC:
        raise ArtifactError("not a bundle: it does not start with the offload binary's magic bytes")
    records, at = [], 0
    while at < len(data):
        where = f"the record at byte {at}"
        size = record_size(data, at, where)
        records.append(read_record(data[at : at + size], where))
        at += size
    return records


def record_size(data: memoryview, at: int, where: str) -> int:
    """What the header at `at` states, once it is known to be sound."""
    left = len(data) - at
    if left < HEADER.size:
        raise ArtifactError(f"truncated bundle: {where} is cut off in its header")
    magic, version, size, _, entry_size = HEADER.unpack_from(data, at)
    if magic != MAGIC:
        raise ArtifactError(f"corrupt bundle: {where} does not start with the magic bytes")
    if version != VERSION:
        raise ArtifactError(
            f"{where} has version {version} of the offload binary; this clawc reads {VERSION}"
        )
    if size > left:
        raise ArtifactError(f"truncated bundle: {where} needs {size} bytes, {left} are there")
    if size < HEADER.size or size % READABLE_ALIGNMENT or entry_size < ENTRY.size:
        raise ArtifactError(f"corrupt bundle: {where} states impossible sizes")
    return size


def read_record(data: memoryview, where: str) -> Record:
    entry_at = HEADER.unpack_from(data)[3]
    entry = ENTRY.unpack(piece(data, entry_at, ENTRY.size, where))
    kind, producer, _flags, strings_at, strings, image_at, image_size = entry
    image = piece(data, image_at, image_size, where)
    table = piece(data, strings_at, strings * STRING.size, where)
    if strings > MOST_STRINGS:
        raise ArtifactError(f"corrupt bundle: {where} states {strings} strings")
    head = bytes(data[:image_at] if image_at > strings_at else data)  # not a copy of the image
    found = {
        text(head, key, where): text(head, value, where) for key, value in STRING.iter_unpack(table)
    }
    return Record(image, found, name_of(kind, IMAGE_KINDS), name_of(producer, PRODUCERS))


def piece(data: memoryview, at: int, size: int, where: str) -> memoryview:
    if at + size > len(data):
        raise ArtifactError(f"corrupt bundle: {where} points outside of itself")
    return data[at : at + size]


def text(data: bytes, at: int, where: str) -> str:
    end = data.find(b"\0", at)
    if end < 0:
        raise ArtifactError(f"corrupt bundle: {where} has a string outside of itself")
    try:
        return data[at:end].decode()
    except UnicodeDecodeError:
        raise ArtifactError(f"corrupt bundle: {where} has a string that is not UTF-8") from None


def name_of(number: int, table: Mapping[str, int]) -> str:
    """The name of a number; a producer or kind that this clawc does not know has none."""
    return next((name for name, value in table.items() if value == number), "")
