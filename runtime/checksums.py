"""How a bundle finds damage, and how it names a constant: two sums for two purposes.

A CRC-32 finds damage: it sees every burst of up to 32 bits and all but one in four billion others,
and costs about what reading costs, so that a gigabyte of constants is checked in a fraction of a
second.  It is no protection from somebody who means harm: who can write a bundle can write its
sums too.  A constant's name is a hash of its bytes (BLAKE2b, 16 bytes), because two constants of
one name are stored once: equal by chance would be wrong numbers.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping

Bytes = bytes | memoryview


def name_of(data: Bytes) -> str:
    """The name under which a bundle stores `data`."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def crc32(data: Bytes) -> int:
    return zlib.crc32(data)


def record_crc32(strings: Mapping[str, str], data: Bytes) -> int:
    """The sum over a record's strings, in order, and its data."""
    total = 0
    for part in (part for pair in strings.items() for part in pair):
        total = zlib.crc32(part.encode() + b"\0", total)
    return zlib.crc32(data, total)
