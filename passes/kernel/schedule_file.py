"""A file of schedules: JSON, an object from names of kernels or patterns to schedules."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from clawc.passes.framework.base import FileFailure
from clawc.passes.kernel.schedule import BadSchedule, Schedule

_EXAMPLE = '{"*_matmul_*": {"tile": [128, 128, 32], "warps": 8}}'
_SPACE = " \t\n\r"


@dataclass(frozen=True)
class Entry:
    """What the file says of the kernels that match `pattern`; `at`: where in its text."""

    pattern: str
    schedule: Schedule
    at: int


@dataclass(frozen=True)
class ScheduleFile:
    """`name` is empty where only the text is known."""

    name: str
    text: str
    entries: tuple[Entry, ...]

    def entry(self, kernel: str) -> Entry | None:
        """The first that matches."""
        return next((e for e in self.entries if fnmatchcase(kernel, e.pattern)), None)

    def check(self, kernels: Mapping[str, str]) -> None:
        """Raises FileFailure where an entry has no effect; `kernels`: the names of all, and why
        one takes no schedule ("" where it does)."""
        for entry in self.entries:
            matched = [name for name in kernels if fnmatchcase(name, entry.pattern)]
            if not matched:
                known = ", ".join(kernels) or "none"
                said = f"no kernel is called or matches {entry.pattern!r}; there are: {known}"
                raise self.failure(entry.at, said)
            first = {name: self.entry(name) for name in matched}
            mine = [name for name in matched if first[name] is entry]
            if not mine:
                other = first[matched[0]]
                assert other is not None
                said = f"{entry.pattern!r} has no effect: {other.pattern!r} before it matches"
                raise self.failure(
                    entry.at, f"{said} {', '.join(matched)} too, and the first counts"
                )
            reasons = [kernels[name] for name in mine]
            if all(reasons):
                said = f"{entry.pattern!r} has no effect: kernel {mine[0]} is in the generic lane"
                raise self.failure(entry.at, f"{said} ({reasons[0]}), which has no schedules")

    def failure(self, at: int, message: str) -> FileFailure:
        """An error at a place of the file."""
        return failure(self.name, self.text, at, message)


def failure(name: str, text: str, at: int, message: str) -> FileFailure:
    line = text.count("\n", 0, at) + 1
    return FileFailure(message, name, text, line, at - (text.rfind("\n", 0, at) + 1) + 1)


@lru_cache(maxsize=8)
def read_schedules(given: str) -> ScheduleFile:
    """The file at the path `given`, or with that text.  Raises FileFailure if it is malformed."""
    name, text = "", given
    if os.path.isfile(given):
        name, text = given, Path(given).read_text()
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        said = f"expected JSON such as {_EXAMPLE}: {error.msg}"
        raise failure(name, text, error.pos, said) from None
    if not isinstance(whole, dict):
        raise failure(name, text, 0, f"expected an object such as {_EXAMPLE}")
    return ScheduleFile(name, text, tuple(_entries(name, text)))


def _entries(name: str, text: str) -> Iterator[Entry]:
    seen: set[str] = set()
    for pattern, at, value, start in _members(text, 0):
        if pattern in seen:
            raise failure(name, text, at, f"{pattern!r} is there twice")
        seen.add(pattern)
        if not isinstance(value, dict):
            said = f"expected a schedule for {pattern!r}, such as {_EXAMPLE}"
            raise failure(name, text, start, said)
        try:
            yield Entry(pattern, Schedule.from_dict(value), at)
        except BadSchedule as error:
            raise failure(name, text, _blamed(text, start, str(error)), str(error)) from None


def _blamed(text: str, start: int, message: str) -> int:
    """The place of the key that a message names, else of the schedule."""
    quotes = ("'{}'", "`{}`")
    places = (
        at
        for key, at, _, _ in _members(text, start)
        if any(quote.format(key) in message for quote in quotes)
    )
    return next(places, start)


def _members(text: str, start: int) -> Iterator[tuple[str, int, Any, int]]:
    """The keys and values of the object that begins at `start`, which is sound JSON, each with its
    place."""
    decoder = json.JSONDecoder()
    at = _skip(text, _skip(text, start) + 1)
    while text[at] == '"':
        key, end = decoder.raw_decode(text, at)
        value_at = _skip(text, _skip(text, end) + 1)
        value, end = decoder.raw_decode(text, value_at)
        yield key, at, value, value_at
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
