"""The pages of docs/ make a site: all are in its navigation, no link between them is broken."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def built(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """What mkdocs says; with --quiet it would let warnings pass."""
    command = [sys.executable, "-m", "mkdocs", "build", "-f", str(config), "-d", str(site)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_site_is_built_without_a_warning(tmp_path):
    done = built(ROOT / "mkdocs.yml", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert len(pages) > 15
    for page in pages:
        assert (tmp_path / "site" / page / "index.html").exists()
    listed = (ROOT / "mkdocs.yml").read_text()
    assert [page for page in sorted(pages) if f"- {page}.md" not in listed] == []


def test_a_broken_link_is_an_error(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[here](#nothing)\n")
    config = (ROOT / "mkdocs.yml").read_text().partition("nav:")[0]
    (tmp_path / "mkdocs.yml").write_text(config)
    done = built(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert done.returncode != 0 and "#nothing" in done.stderr
