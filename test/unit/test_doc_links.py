"""Links in the pages lead somewhere, and files that they name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    page for folder in (".", "docs", "benchmarks") for page in sorted(ROOT.glob(f"{folder}/*.md"))
]
ROOMS = "chips|compiler|dialects|emulators|passes|runtime|src|targets|test|docs|examples|benchmarks"
# `test/run/a.py`, `passes/*/tile.py`, `test_hsaco.py`; not `passes/<room>/my_pass.py`, a form.
NAMED = re.compile(rf"(?<![\w./<>*-])((?:{ROOMS})/[\w./*-]*|[\w*-]+\.(?:py|md))(?![\w/<.])")


def prose(page: str) -> str:
    """The page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)


def anchors(page: str) -> set[str]:
    """What `#…` may name: the headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: str, folder: Path) -> list[str]:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        name, _, anchor = link.partition("#")
        target = folder / name
        if re.match(r"https?://", link):
            continue
        if not target.exists():
            broken.append(link)
        elif anchor and anchor not in anchors(target.read_text() if name else page):
            broken.append(link)
    return broken


def missing_files(page: str, folder: Path) -> list[str]:
    """Files and folders named in `code` that neither the page's folder nor the project has."""
    spans = re.findall(r"`([^`\n]+)`", prose(page))
    named = [name for span in spans for name in NAMED.findall(span)]
    return [name for name in named if not _is_there(name, folder)]


def _is_there(name: str, folder: Path) -> bool:
    if "/" in name:
        return any(any(place.glob(name)) for place in (ROOT, folder))
    rooms = [ROOT, folder, *(ROOT / room for room in ROOMS.split("|"))]
    return any(any(room.rglob(name) if room != ROOT else room.glob(name)) for room in rooms)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_names(page: Path) -> None:
    text = page.read_text()
    assert broken_links(text, page.parent) == []
    assert missing_files(text, page.parent) == []


def test_what_is_broken_is_found() -> None:
    text = "# A page\n[a](README.md) [b](#a-page) [c](no.md) [d](#none) [e](README.md#none)\n"
    assert broken_links(text, ROOT) == ["no.md", "#none", "README.md#none"]
    text = "`test/none.py -x`, `none_there.py`, `test/unit/test_*.py`, `passes/<room>/my_pass.py`\n"
    assert missing_files(text, ROOT) == ["test/none.py", "none_there.py"]
