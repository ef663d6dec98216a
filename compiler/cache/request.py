"""What is asked of the compiler, as a key of the cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from clawc.compiler.cache.fingerprint import fingerprint
from clawc.compiler.cache.place import store
from clawc.compiler.source import Source


@dataclass(frozen=True)
class Request:
    """`source` for `targets` up to `stage`, with `options`, all of which decide the result."""

    source: Source
    targets: tuple[str, ...]
    stage: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def find(self) -> bytes | None:
        """What was kept of the same request.  Raises CompileError for an unreadable source."""
        kept = store() if self.source.is_self_contained else None
        return kept.get(self._key) if kept else None

    def keep(self, result: bytes) -> None:
        """Keep a result; call `find` before it was made.  A file that was written to since then is
        another program, and its result is not kept."""
        if not self.source.is_self_contained:
            return
        if (kept := store()) and self._state == _state(self.source):
            kept.put(self._key, result)

    @cached_property
    def _key(self) -> str:
        told = hashlib.sha256(fingerprint().encode())
        asked = (self.targets, self.stage, sorted(self.options.items()))
        told.update(repr(asked).encode())
        if self.options.get("debug"):
            told.update(repr(self.source.file).encode())  # line tables name it
        _ = self._state  # of before the file is read
        told.update(self.source.data())
        return told.hexdigest()

    @cached_property
    def _state(self) -> tuple[int, int, int] | None:
        return _state(self.source)


def _state(source: Source) -> tuple[int, int, int] | None:
    """What changes when the source's file is written to; None where the text was handed in."""
    if isinstance(source.given, (str, bytes)):
        return None
    try:
        facts = os.stat(source.given)
    except OSError:
        return -1, -1, -1
    return facts.st_ino, facts.st_size, facts.st_mtime_ns
