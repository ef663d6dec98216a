"""Entries on disk, each a file named by its key: written whole or not at all, oldest removed first.

Any number of processes, on one machine or on several that share a disk, may read, write and remove
at once: a file appears under its name by a rename, what it holds carries a sum, and a file that is
damaged, cut off or gone is an entry that is not there.  No locks are taken, so that a process that
is killed leaves nothing but a temporary file, which a later one removes.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from clawc.runtime.atomic_file import STALE, write_atomically

MAGIC = b"clawc cache 1\n"
SUFFIX = ".entry"
_SUM = hashlib.sha256().digest_size
LARGEST_SHARE = 4  # an entry may take one part in so many of the whole
KEPT_PERCENT = 80  # once there is too much, so much stays: not every write has to make room


@dataclass(frozen=True)
class Entry:
    """A file of the store."""

    path: str
    size: int  # bytes
    used: float  # seconds since the epoch, by the clock of the file system


@dataclass(frozen=True)
class Store:
    """The entries in `folder`, of `limit` bytes in all."""

    folder: Path
    limit: int

    def get(self, key: str) -> bytes | None:
        """What was kept under `key`; None where there is nothing, or nothing whole."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        start = len(MAGIC) + _SUM
        kept = data[start:]
        if data[:start] != MAGIC + hashlib.sha256(kept).digest():
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)  # used now
        return kept

    def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`, if it is not too large; oldest entries make room.  Does nothing
        where the folder cannot be written."""
        if len(data) > self.limit // LARGEST_SHARE:
            return
        pieces = [MAGIC, hashlib.sha256(data).digest(), data]
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self._path(key), pieces)
            self._make_room()

    def entries(self) -> list[Entry]:
        """All entries, the one that was used last at the end."""
        found = (file for file in self._files() if file.path.endswith(SUFFIX))
        return sorted(found, key=lambda entry: entry.used)

    def clear(self) -> list[Entry]:
        """Remove all entries; those that were there."""
        removed = self.entries()
        for entry in removed:
            with suppress(OSError):
                os.unlink(entry.path)
        return removed

    def _make_room(self) -> None:
        entries = self.entries()
        size = sum(entry.size for entry in entries)
        if size <= self.limit:
            return
        for entry in entries:
            with suppress(OSError):  # another process was quicker
                os.unlink(entry.path)
            size -= entry.size
            if size * 100 <= self.limit * KEPT_PERCENT:
                break
        for file in self._files():
            if file.path.endswith(".tmp") and file.used < time.time() - STALE:
                with suppress(OSError):
                    os.unlink(file.path)

    def _files(self) -> Iterator[Entry]:
        try:
            with os.scandir(self.folder) as found:
                for file in found:
                    with suppress(OSError):  # gone since
                        facts = file.stat(follow_symlinks=False)
                        yield Entry(file.path, facts.st_size, facts.st_mtime)
        except OSError:
            return

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{SUFFIX}"
