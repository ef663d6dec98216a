"""Where the cache is and how much it may hold: by the environment, or the system's own place."""

from __future__ import annotations

import os
from pathlib import Path

from clawc.compiler.cache.store import Store
from clawc.compiler.diagnostics import UsageError

FOLDER = "CLAWC_CACHE_DIR"  # empty: keep nothing
LIMIT = "CLAWC_CACHE_MB"  # millions of bytes
DEFAULT_MB = 1000


def store() -> Store | None:
    """The store to use; None where the environment asks for none.  Raises UsageError."""
    named = os.environ.get(FOLDER)
    if named == "":
        return None
    if named is None:
        import platformdirs

        named = platformdirs.user_cache_dir("clawc", appauthor=False)
    return Store(Path(named), _limit())


def _limit() -> int:
    """In bytes."""
    said = os.environ.get(LIMIT, str(DEFAULT_MB))
    if not (said.isascii() and said.isdigit()):
        raise UsageError.of(f"{LIMIT} is {said!r}: expected a whole number, in millions of bytes")
    return int(said) * 10**6
