"""Pages that open from disk: whole, movable, and of what was chosen alone."""

import json
import os
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from postgres import on_both
from sqlalchemy import delete, update

from db.engine import writing
from db.models import Output, Sighting
from gallery.errors import ForeignFolderError
from gallery.folder import remove
from gallery.site import Site
from gallery.static import StaticSite
from pipeline.search import Search

pytestmark = [on_both, pytest.mark.usefixtures("outputs")]

HOSTILE = "</script><script>alert(1)</script>"


def write(site: Site, folder: Path, search: Search | None = None, **how) -> Path:
    return StaticSite(site, folder, **how).write(search or Search())


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def local_links(page: Path) -> list[Path]:
    text = page.read_text()
    found = re.findall(r'(?:href|src)="([^"#?]+)', text)
    relative = [unescape(one) for one in found if not urlsplit(unescape(one)).scheme]
    return [page.parent / unquote(one) for one in relative]


@pytest.mark.parametrize("is_linked", [True, False], ids=["linked", "copied"])
def test_every_link_of_every_page_leads_somewhere(
    site: Site, folder: Path, is_linked: bool
):
    write(site, folder, is_linked=is_linked)

    links = {link for page in pages(folder) for link in local_links(page)}
    assert len(links) > 10
    assert [link for link in links if not link.exists()] == []


def test_it_can_be_carried_away(site: Site, folder: Path, tmp_path: Path):
    write(site, folder)
    there = folder.rename(tmp_path / "elsewhere")
    (tmp_path / "store").rename(tmp_path / "away")

    links = {link for page in pages(there) for link in local_links(page)}
    assert [link for link in links if not link.exists()] == []


def test_linked_pages_have_no_copies(site: Site, folder: Path):
    write(site, folder, is_linked=True)

    assert not (folder / "store").exists()


@pytest.mark.parametrize("is_linked", [True, False], ids=["linked", "copied"])
def test_no_page_tells_a_path_of_the_machine(
    site: Site, folder: Path, tmp_path: Path, is_linked: bool
):
    write(site, folder, is_linked=is_linked)

    for file in [*pages(folder), *folder.rglob("*.js")]:
        assert str(tmp_path) not in file.read_text()
        assert "/secret" not in file.read_text()


def test_only_what_was_chosen_has_pages(site: Site, folder: Path, outputs: list[int]):
    write(site, folder, Search(title="picture 1"))

    assert [page.stem for page in folder.glob("outputs/*")] == [str(outputs[1])]


def test_only_the_newest_have_pages(site: Site, folder: Path, outputs: list[int]):
    StaticSite(site, folder).write(Search(), limit=2)

    shown = {int(page.stem) for page in folder.glob("outputs/*")}
    assert shown == set(outputs[:2])


def test_what_is_gone_has_no_page_the_next_time(
    site: Site, folder: Path, outputs: list[int]
):
    write(site, folder)
    (folder / "outputs" / "notes.txt").write_text("a person's own")
    with writing(site.engine) as session:
        gone = session.get_one(Output, outputs[0])
        session.execute(delete(Output).where(Output.id == gone.id))

    write(site, folder)

    names = {path.name for path in folder.rglob("*")}
    assert f"{outputs[0]}.html" not in names
    assert Path(gone.path).name not in names
    assert "notes.txt" in names


def test_a_site_is_removed_and_nothing_else(site: Site, folder: Path):
    write(site, folder)
    (folder / "notes.txt").write_text("a person's own")

    remove(folder)

    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["index.html", "about.html", "store/x", "notes"])
def test_a_folder_of_others_is_left_as_it_is(site: Site, folder: Path, name: str):
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text("a person's own")

    with pytest.raises(ForeignFolderError, match="name an empty folder"):
        write(site, folder)

    remove(folder)
    assert (folder / name).read_text() == "a person's own"
    assert len([*folder.rglob("*.*")]) <= 1


def test_nothing_of_the_store_is_ever_removed(site: Site, tmp_path: Path):
    before = {path for path in (tmp_path / "store").rglob("*") if path.is_file()}

    write(site, tmp_path, Search(title="picture 1"), is_linked=True)
    write(site, tmp_path, Search(title="picture 2"), is_linked=True)
    remove(tmp_path)

    assert before <= {*(tmp_path / "store").rglob("*")}


def test_a_list_of_names_cannot_lead_out_of_the_folder(
    site: Site, folder: Path, tmp_path: Path
):
    (tmp_path / "notes.txt").write_text("a person's own")
    write(site, folder)
    with (folder / ".crawl-and-dream").open("a") as names:
        names.write(f"../notes.txt\n{tmp_path}/notes.txt\n")

    remove(folder)

    assert (tmp_path / "notes.txt").exists()


@pytest.mark.parametrize("chosen", [{"search": Search(title="1")}, {"limit": 1}])
def test_a_selection_tells_of_nothing_else(site: Site, folder: Path, chosen):
    StaticSite(site, folder).write(**{"search": Search()} | chosen)

    assert {page.parent.name for page in pages(folder)} == {folder.name, "outputs"}
    assert [page.name for page in folder.glob("*.html")] == ["index.html"]


def test_scripts_tell_what_cards_are_searched_by(site: Site, folder: Path):
    write(site, folder)

    script = (folder / "cards" / "1.js").read_text()
    cards = json.loads(script.removeprefix("cards(").removesuffix(");\n"))
    assert len(cards) == 3
    assert cards[0][2] | {"day": ""} == {
        "keyword": ["dunes"],
        "recipe": ["flow"],
        "label": [],
        "everyday": [],
        "colour": [],
        "backbone": ["pyramid"],
        "source": ["folder"],
        "licence": ["allowed"],
        "seen": [["folder", "allowed", "Picture 2"]],
        "day": "",
    }


def test_words_of_strangers_are_words(site: Site, folder: Path):
    with writing(site.engine) as session:
        session.execute(update(Sighting).values(title=HOSTILE))

    write(site, folder)

    assert all(HOSTILE not in page.read_text() for page in pages(folder))


def test_the_first_page_is_there_when_all_else_is(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StaticSite, "_bring", killed)
    with pytest.raises(KeyboardInterrupt):
        write(site, folder)

    assert not (folder / "index.html").exists()
    assert not list(folder.rglob(".tmp-*"))


def test_outputs_of_several_keywords_and_parts_have_one_card(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("gallery.selection.ROWS", 2)

    text = write(site, folder).read_text()

    assert text.count("<img") == 3
    assert len([*folder.glob("cards/*")]) > 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(site: Site, folder: Path):
    folder.mkdir(mode=0o500)

    with pytest.raises(PermissionError):
        write(site, folder)
