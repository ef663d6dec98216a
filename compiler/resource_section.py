"""The section `{-# dialect_resources: … #-}`, where a module's text keeps its large constants.

It may be a thousand times as long as the program, so it is read by itself: MLIR parses the program
alone, and each value is decoded once, from where the file is mapped, into the bytes that the module
and the bundle take.
"""

from __future__ import annotations

import binascii
import mmap
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clawc.dialects.guard import SyntaxIssue
from clawc.dialects.literals import unescaped

LARGEST_ALIGNMENT = 1 << 16  # a page or more; MLIR pads what it writes to it
_BUILTIN = ("dialect_resources", "builtin")
_OPENING, _CLOSING = b"{-#", b"#-}"
_TOKEN = re.compile(
    rb"(?:\s|//[^\n]*)*"
    rb'(?:(?P<end>#-\})|(?P<mark>[{}:,])|(?P<word>[A-Za-z_][\w$.-]*)|(?P<quote>"))'
)
_HEAD = len("0x") + 8  # of a value: its alignment in four bytes, little endian
_STRIDE = 1 << 20  # digits decoded at a time

Text = bytes | mmap.mmap


@dataclass(frozen=True)
class Resource:
    """A value: its bytes, and the alignment that its text asks for."""

    data: memoryview
    alignment: int


@dataclass(frozen=True)
class _Section:
    """Where a section stands in a text, and where the digits of its values do, without quotes."""

    start: int
    end: int
    places: Mapping[str, tuple[int, int]]


def take_resources(text: Text) -> tuple[bytes, dict[str, Resource]]:
    """The program in `text`, its lines where they were, and what its sections hold.

    A section that is not written as MLIR writes it stays: the parser says what is wrong.  Raises
    SyntaxIssue for a value of builtin resources that is none.
    """
    pieces: list[bytes] = []
    resources: dict[str, Resource] = {}
    position = 0
    for section in _sections(text):
        for name, (start, end) in section.places.items():
            resources[name] = _resource(text, name, start, end)
        pieces += (text[position : section.start], b"\n" * _lines(text, section))
        position = section.end
    return b"".join([*pieces, text[position:]]), resources


def _sections(text: Text) -> Iterator[_Section]:
    at = 0
    while (at := text.find(_OPENING, at)) >= 0:
        line = text[text.rfind(b"\n", 0, at) + 1 : at]
        found = None if line.strip(b" \t}") else _section(text, at)
        if found is not None:
            yield found
        at = found.end if found else at + len(_OPENING)


def _section(text: Text, start: int) -> _Section | None:
    """The section at `start`; None where it is written in another way than MLIR's."""
    places: dict[str, tuple[int, int]] = {}
    path: list[str] = []
    key, at, is_value = "", start + len(_OPENING), False
    while token := _TOKEN.match(text, at):
        at = token.end()
        mark = token["mark"]
        if token["end"]:
            return None if path else _Section(start, at, places)
        if token["quote"]:
            end = _closing_quote(text, at)
            if end < 0:  # MLIR's parser would end the process
                raise _issue(text, at - 1, "a string that does not end")
            if not is_value:
                key = unescaped(text[at:end].decode(errors="replace"))
            elif tuple(path) == _BUILTIN:
                places[key] = (at, end)
            at = end + 1
        elif token["word"]:
            if is_value and tuple(path) == _BUILTIN:
                return None
            key = token["word"].decode()
        elif mark == b"{" and is_value:
            path.append(key)
        elif mark == b"}" and path:
            path.pop()
        elif mark not in (b":", b","):
            return None
        is_value = mark == b":"
    return None


def _closing_quote(text: Text, start: int) -> int:
    """Where the string that starts at `start` ends; -1 if it does not."""
    end = text.find(b'"', start)
    while end >= 0 and _is_escaped(text, end):
        end = text.find(b'"', end + 1)
    return end


def _is_escaped(text: Text, at: int) -> bool:
    """Whether an odd number of backslashes stands before `at`."""
    first = at
    while text[first - 1 : first] == b"\\":
        first -= 1
    return (at - first) % 2 == 1


def _lines(text: Text, section: _Section) -> int:
    """The lines that a section takes; those of its values are one each."""
    lines, position = 0, section.start
    for start, end in [*section.places.values(), (section.end, section.end)]:
        lines += text[position:start].count(b"\n")
        position = end
    return lines


def _resource(text: Text, name: str, start: int, end: int) -> Resource:
    digits = end - start - _HEAD
    if text[start : start + 2] != b"0x" or digits < 0 or digits % 2:
        message = f'the resource {name!r} is no value; expected "0x", eight digits of an alignment'
        raise _issue(text, start, f"{message}, and two digits for each byte")
    data = bytearray(digits // 2)
    try:
        alignment = int.from_bytes(binascii.unhexlify(text[start + 2 : start + _HEAD]), "little")
        with memoryview(text) as whole:
            for at in range(0, digits, _STRIDE):
                first = start + _HEAD + at
                last = min(first + _STRIDE, end)
                data[at // 2 : (at + last - first) // 2] = binascii.unhexlify(whole[first:last])
                _release(text, first, last)
    except binascii.Error:
        message = f"the resource {name!r} holds other characters than hexadecimal digits"
        raise _issue(text, start, message) from None
    if alignment.bit_count() != 1 or alignment > LARGEST_ALIGNMENT:
        message = (
            f"the resource {name!r} is aligned to {alignment} bytes (its first four bytes, "
            f"little endian); expected a power of two up to {LARGEST_ALIGNMENT}"
        )
        raise _issue(text, start, message)
    return Resource(memoryview(data).toreadonly(), alignment)


def _release(text: Text, start: int, end: int) -> None:
    """Let go of the pages of a mapped file that have been decoded."""
    if isinstance(text, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        first = start // mmap.PAGESIZE * mmap.PAGESIZE
        text.madvise(mmap.MADV_DONTNEED, first, end - first)


def _issue(text: Text, at: int, message: str) -> SyntaxIssue:
    """The issue at a byte; a section is ASCII, but for names."""
    line = text.rfind(b"\n", 0, at) + 1
    column = len(text[line:at].decode(errors="replace")) + 1
    return SyntaxIssue(message, bytes(text[:at]).count(b"\n") + 1, column)
