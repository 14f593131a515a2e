"""Every link of README and docs leads to a file, and to a heading of it."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
INDEX = ROOT / "docs" / "index.md"
_FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_OUTSIDE = re.compile(r"[a-z]+:")


def links(page: Path) -> list[tuple[Path, str]]:
    """What a page links to in the project: files, each with an anchor or none."""
    text = _CODE.sub("", _FENCED.sub("", page.read_text()))
    found = [link for link in _LINK.findall(text) if not _OUTSIDE.match(link)]
    parted = [link.partition("#") for link in found]
    return [
        ((page.parent / file).resolve() if file else page, anchor)
        for file, _, anchor in parted
    ]


def anchors(page: Path) -> set[str]:
    """What a code host makes of the headings: a second of the same name gets a `-1`."""
    found: Counter[str] = Counter()
    anchors = set()
    text = _FENCED.sub("", page.read_text())
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        anchors.add(f"{anchor}-{found[anchor]}" if found[anchor] else anchor)
        found[anchor] += 1
    return anchors


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path):
    for file, anchor in links(page):
        assert file.exists(), f"{page.name}: {file}"
        if anchor:
            assert anchor in anchors(file), f"{page.name}: {file.name}#{anchor}"


def test_the_index_leads_to_every_page():
    leads = {file for file, _ in links(INDEX)}

    assert {page for page in PAGES if page.is_relative_to(INDEX.parent)} <= {
        *leads,
        INDEX,
    }


def test_code_fences_are_closed():
    for page in PAGES:
        fences = re.findall(r"^ *```", page.read_text(), re.MULTILINE)
        assert len(fences) % 2 == 0, page.name
