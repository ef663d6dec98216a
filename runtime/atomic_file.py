"""Write a file wholly or not at all."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from clawc.runtime.checksums import Bytes

LONGEST_NAME = 255  # bytes, of a file on every common system
STALE = 3600  # seconds without a byte written, after which the writer was killed
RANDOM = 6  # bytes in a temporary file's name
ENDING = re.compile(rf"\.[0-9a-f]{{{2 * RANDOM}}}\.tmp")


def write_atomically(path: str | os.PathLike[str], pieces: Iterable[Bytes]) -> None:
    """Put the pieces beside `path` and rename the whole there: a failure (OSError) leaves the old
    state.  A file that is replaced keeps its permissions."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():  # a pipe or a device cannot be replaced
        with open(target, "wb") as file:
            file.writelines(pieces)
        return
    begin = stem(target)
    temporary = target.with_name(f"{begin}.{secrets.token_hex(RANDOM)}.tmp")
    try:
        with open(temporary, "xb") as file:
            if target.exists():
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            remove_stale(target.parent, begin, os.fstat(file.fileno()).st_mtime - STALE)
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def stem(target: Path) -> str:
    """What the names of `target`'s temporary files begin with: a dot and as much of its name, cut
    between characters, as leaves room for the rest."""
    room = LONGEST_NAME - len("..tmp.") - 2 * RANDOM
    return "." + os.fsencode(target.name)[:room].decode("utf-8", "ignore")


def remove_stale(folder: Path, begin: str, before: float) -> None:
    """Remove what writers of the same target left that were killed: it was last written `before`,
    by the clock of the file system."""
    with suppress(OSError), os.scandir(folder) as entries:  # a folder that cannot be listed
        for entry in entries:
            if not entry.name.startswith(begin) or not ENDING.fullmatch(entry.name[len(begin) :]):
                continue
            with suppress(OSError):  # somebody else was quicker, or owns it
                if entry.stat(follow_symlinks=False).st_mtime < before:
                    os.unlink(entry.path)
