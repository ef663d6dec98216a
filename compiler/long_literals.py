"""Long literals of a program, `dense<"0x…">`: left out while its text is looked at and shown, and
put back for MLIR."""

from __future__ import annotations

import re
from collections.abc import Sequence

SHORTEST = 4096
_MARK = re.compile(r'"0x~(\d+)~"')


def take_literals(program: bytes) -> tuple[bytes, list[bytes]]:
    """`program` with a mark for each long literal, and these.  Such a literal holds nothing but
    letters and digits, so that without it the text has the same form, wherever it stands."""
    pieces: list[bytes] = []
    taken: list[bytes] = []
    position, at = 0, -1 if b'"0x~' in program else program.find(b'"0x')
    while at >= 0 and (end := program.find(b'"', at + 1)) >= 0:
        if end - at > SHORTEST and program[at + 1 : end].isalnum():
            pieces += (program[position:at], b'"0x~%d~"' % len(taken))
            taken.append(program[at : end + 1])
            position = end + 1
        at = program.find(b'"0x', end)
    return (b"".join([*pieces, program[position:]]) if taken else program), taken


def with_literals(text: str, taken: Sequence[bytes]) -> str:
    """`text` with what was taken in its places."""
    return _MARK.sub(lambda mark: taken[int(mark[1])].decode(), text) if taken else text
