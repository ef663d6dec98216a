"""String literals as MLIR writes them."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t"}


def unescaped(inside: str) -> str:
    """What is meant by what stands between the quotes of a string."""

    def character(escape: re.Match[str]) -> str:
        said = escape[1]
        return chr(int(said, 16)) if len(said) == 2 else _LETTERS.get(said, said)

    return _ESCAPE.sub(character, inside)
