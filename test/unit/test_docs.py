"""The generated pages are those that the sources give."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_generated_pages_are_current():
    pages = runpy.run_path(str(DOCS / "generate.py"))["pages"]()
    for name, text in pages.items():
        stale = f"docs/{name} is not what the sources give: run python docs/generate.py"
        assert (DOCS / name).read_text() == text, stale
