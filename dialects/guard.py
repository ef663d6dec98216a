"""A cheap look at a text before MLIR parses it: what would abort the process is refused here."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from itertools import accumulate

DEEPEST = 500
"""Brackets may nest this deep; the parser recurses, and overflows its stack at a few thousand."""

_SKIPPED = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|//[^\n]*')
_OP_NAME = re.compile(r'"( *)"(?=\s*\()')
_CALLEE = re.compile(r"(?<![\w.$!#%@])[a-z_]\w*(?:\.\w+)+\s*$")  # emitc.call_opaque "f"(...)
# Before a string that names a symbol, a location, or a part of an attribute.
_NO_OPERATION = re.compile(r"(?:[@(,<\[]|\bat)\s*$")
_INDEX_ARRAY = re.compile(r"\barray\s*<\s*index\b")
_AXES = re.compile(
    r"\)\s*(permutation|dimensions)\s*=(?!\s*\[(\s*-?\d{1,18}\s*,)*(\s*-?\d{1,18})?\s*\])"
)
_GENERIC_OP = re.compile(r'"linalg\.generic"|linalg\.generic')
_ITERATORS = re.compile(r"\biterator_types\s*=\s*\[([^\[\]]*)(\[?)")
_ITERATOR = re.compile(r'\s*("[^"]*"|#vector\.iterator_type\s*<\s*\w+\s*>)\s*')
_GENERIC_ITERATOR = re.compile(r"\s*#linalg\.iterator_type\s*<\s*\w+\s*>\s*")


_SIGNS_AND_BRACKETS = re.compile(r"->|>=|<=|[][(){}<>]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}<>"))
_STEPS = bytes.maketrans(b"([{<)]}>", b"\1\1\1\1\xff\xff\xff\xff")


class SyntaxIssue(Exception):
    """A text that cannot be parsed; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column

    @classmethod
    def at(cls, text: str, offset: int, message: str) -> SyntaxIssue:
        """The issue `message` at `text[offset]`."""
        start = text.rfind("\n", 0, offset) + 1
        return cls(message, text.count("\n", 0, offset) + 1, offset - start + 1)


def blank(text: str) -> str:
    """`text`, as long, with nothing but spaces in strings and comments."""

    def spaces(match: re.Match[str]) -> str:
        skipped = match[0]
        if skipped[0] == '"':
            return f'"{" " * (len(skipped) - 2)}"'
        return " " * len(skipped)

    return _SKIPPED.sub(spaces, text)


def check(text: str, code: str) -> None:
    """Raise a `SyntaxIssue` for what is known to abort the parser; `code` is `blank(text)`."""
    if text.startswith("ML\xefR"):
        raise SyntaxIssue("is MLIR bytecode read as text; give its bytes or its file", 1, 1)
    if "\0" in text:
        raise SyntaxIssue.at(
            text, text.index("\0"), "a NUL character; expected MLIR's textual form"
        )
    if not text.isascii():
        _check_unicode(text)
    _check_op_names(text, code)
    for match in _INDEX_ARRAY.finditer(code):
        message = "array<index: ...> is no MLIR attribute; write array<i64: ...>"
        raise SyntaxIssue.at(text, match.start(), message)
    for match in _AXES.finditer(code):
        message = f"{match[1]} must be a list of integers, such as [1, 0]"
        raise SyntaxIssue.at(text, match.start(1), message)
    _check_iterators(text, code)
    _check_depth(text, code)


def _check_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"half a character ({text[error.start]!a}), which no file can hold"
        raise SyntaxIssue.at(text, error.start, message) from None


def _check_op_names(text: str, code: str) -> None:
    for match in _OP_NAME.finditer(code):
        name = text[match.start(1) : match.end(1)]
        dialect, dot, op = name.partition(".")
        before = code[max(match.start() - 80, 0) : match.start()]
        is_named = dialect and dot and op
        if not is_named and not _NO_OPERATION.search(before) and not _CALLEE.search(before):
            message = f'"{name}" is no operation name; expected "dialect.operation"'
            raise SyntaxIssue.at(text, match.start(), message)


def _check_iterators(text: str, code: str) -> None:
    found = (match.start() for match in _GENERIC_OP.finditer(text))
    places = [place for place in found if code[place] in '"l']  # not in a string or comment
    for match in _ITERATORS.finditer(code):
        before = bisect_left(places, match.start()) - 1
        is_quoted = before >= 0 and text[places[before]] == '"'
        allowed = [_ITERATOR, _GENERIC_ITERATOR] if is_quoted else [_ITERATOR]
        start = match.start(1)
        for item in match[1].split(",") if match[1].strip() or match[2] else []:
            if match[2] or not any(kind.fullmatch(item) for kind in allowed):
                message = 'iterator_types must be strings, such as "parallel" or "reduction"'
                raise SyntaxIssue.at(text, start + len(item) - len(item.lstrip()), message)
            start += len(item) + 1


def _check_depth(text: str, code: str) -> None:
    """In C, but for what is refused: a big module has millions of brackets."""
    plain = code.encode("ascii", "replace")
    for sign in (b"->", b">=", b"<="):
        plain = plain.replace(sign, b"")
    steps = array("b", plain.translate(_STEPS, _NO_BRACKETS))
    if max(accumulate(steps), default=0) > DEEPEST:
        message = f"brackets nest more than {DEEPEST} deep; split the program into functions"
        raise SyntaxIssue.at(text, _too_deep(code), message)


def _too_deep(code: str) -> int:
    """Where the first bracket is that is nested too deep."""
    depth = 0
    for found in _SIGNS_AND_BRACKETS.finditer(code):
        depth += (found[0] in "([{<") - (found[0] in ")]}>")
        if depth > DEEPEST:
            return found.start()
    raise AssertionError("no bracket is nested too deep")
