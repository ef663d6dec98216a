"""What a word that is not known was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str], written: Mapping[str, str] | None = None) -> str:
    """`; did you mean tile?`, or nothing where no known word is close.  `written` is how known
    words are to be written, where that is not as they are known."""
    close = get_close_matches(word, list(dict.fromkeys(known)), n=1)
    if not close:
        return ""
    return f"; did you mean {(written or {}).get(close[0], close[0])}?"
