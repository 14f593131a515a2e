"""Credits of outputs: complete, and harmless whatever the web wrote."""

import csv
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rows import NOW, Rows
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from db.appearance import Label, Swatch
from db.models import Derivatives, LicenceClaim, Output
from flows import attributing
from flows.cli import app
from flows.errors import UsageError
from flows.progress import Aborted, Onlooker, watched_by
from pipeline.search import Search

PAGE = "https://example.org/low-tide"
BY_SA = "https://creativecommons.org/licenses/by-sa/4.0/"

HOSTILE = [
    "# heading",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "`code` **bold** _it_ ~~gone~~ | cell |",
    "https://evil.example www.evil.example <https://evil.example> me@evil.example",
    "&lt;b&gt; &amp; \\",
    "1. one - two + three * four",
    "![picture](https://evil.example/x.png)",
]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil.example")', "＝1"]  # noqa: RUF001


@pytest.fixture
def claimed(make: Rows, session: Session) -> Callable[..., Output]:
    """An output of a picture of which that is claimed."""

    def of(
        licence: str = "cc-by-sa-4.0",
        *more: dict[str, Any],
        seen: dict[str, Any] | None = None,
        recipe: dict[str, Any] | None = None,
        **claim: Any,
    ) -> Output:
        asset = make.asset()
        known = {"page_url": PAGE, "title": "Low tide"} | (seen or {})
        sighting = make.sighting(asset, make.crawl_run(), **known)
        first = {"licence": licence, "author": "Ada", "url": BY_SA, **claim}
        for one in (first, *more):
            defaults = {"claimed_in": "test", "derivatives": Derivatives.ALLOWED}
            session.add(LicenceClaim(sighting_id=sighting.id, **defaults | one))
        session.flush()
        job = make.job(make.recipe(**recipe or {}), asset_digest=asset.digest)
        return make.output(job)

    return of


@pytest.fixture
def markdown(session: Session, tmp_path: Path) -> Callable[..., str]:
    def write(**chosen: Any) -> str:
        attributing.write(session, tmp_path / "ATTRIBUTION.md", Search(**chosen))
        return (tmp_path / "ATTRIBUTION.md").read_text("utf-8")

    return write


@pytest.fixture
def rows(session: Session, tmp_path: Path) -> Callable[..., list[dict[str, str]]]:
    def write(**chosen: Any) -> list[dict[str, str]]:
        attributing.write(session, tmp_path / "credits.csv", Search(**chosen))
        with (tmp_path / "credits.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return write


def shown(markdown: str) -> str:
    """What a reader sees, line by line; links lead where they say that they do."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    blocks = parser.parse(markdown)
    assert {block.type for block in blocks} <= BLOCKS
    return "\n".join(_line(block.children) for block in blocks if block.children)


BLOCKS = {
    *("heading_open", "inline", "heading_close", "paragraph_open", "paragraph_close"),
    *("bullet_list_open", "list_item_open", "list_item_close", "bullet_list_close"),
}


def _line(pieces: list[Token]) -> str:
    said, address = "", None
    for one in pieces:
        assert one.type in ("text", "text_special", "link_open", "link_close")
        if one.type == "link_open":
            assert one.info == "auto"
            address = str(one.attrs["href"])
        said += address if address and one.content else one.content
        address = None if one.type == "link_close" else address
    return said


def test_an_output_is_credited_with_all_that_licences_ask_for(claimed, markdown):
    output = claimed(share_alike=True, attribution='"Low tide" by Ada')

    assert shown(markdown()).splitlines() == [
        "Attribution",
        output.path,
        "Title: Low tide",
        "Author: Ada",
        f"Source: {PAGE}",
        f"Licence: CC BY-SA 4.0, {BY_SA}",
        "Changes: stylized by crawl-and-dream with recipe flow",
        "Share-alike: this output is under the same terms: CC BY-SA 4.0",
        'Attribution: "Low tide" by Ada',
    ]


def test_a_table_has_the_same(claimed, rows):
    output = claimed(share_alike=True, recipe={"algorithm": "deepdream", "name": "x"})

    assert rows() == [
        {
            "path": output.path,
            "digest": output.digest,
            "title": "Low tide",
            "author": "Ada",
            "source_url": PAGE,
            "licence": "CC BY-SA 4.0",
            "licence_url": BY_SA,
            "changes": "dreamt by crawl-and-dream with recipe x",
            "share_alike": "this output is under the same terms: CC BY-SA 4.0",
            "attribution": "",
        }
    ]


def test_titles_are_text_in_markdown(claimed, markdown):
    for title in HOSTILE:
        claimed(author=title, seen={"title": title})

    lines = shown(markdown()).splitlines()

    told = [line for line in lines if line.startswith(("Title: ", "Author: "))]
    assert told == [f"{name}: {t}" for t in HOSTILE for name in ("Title", "Author")]


def test_control_characters_and_line_breaks_are_gone(claimed, markdown):
    claimed(seen={"title": "a\n\n# b\x1b[2J\u202e\r\n- c"})

    text = markdown()

    assert "Title: a # b[2J - c" in shown(text)
    assert text.count("\n#") == 1


def test_titles_are_no_formulas_in_a_table(claimed, rows):
    for title in FORMULAS:
        claimed(author=title, seen={"title": title})

    told = [(row["title"], row["author"]) for row in rows()]

    assert told == [(f"'{title}", f"'{title}") for title in FORMULAS]


def test_quotes_and_commas_stay_within_a_cell(claimed, rows):
    claimed(seen={"title": 'a","b\n=1,"'})

    [row] = rows()

    assert (row["title"], row["author"]) == ('a","b =1,"', "Ada")


@pytest.mark.parametrize(
    ("page_url", "url", "expected"),
    [
        (None, "https://example.org/a.jpg", "https://example.org/a.jpg"),
        ("https://me:secret@example.org/a", "file:///b", "https://example.org/a"),
        ("javascript:alert(1)", "file:///home/ada/a.jpg", ""),
        ("https://x.org/>)<b", "https://y.org/", "https://x.org/%3E)%3Cb"),
    ],
    ids=["image", "password", "local", "brackets"],
)
def test_only_addresses_of_the_web_are_told(
    claimed, rows, markdown, page_url: str | None, url: str, expected: str
):
    claimed(seen={"page_url": page_url, "url": url})

    assert rows()[0]["source_url"] == expected
    assert (f"Source: {expected}" in shown(markdown())) == bool(expected)


def test_the_strictest_claim_counts(claimed, rows):
    forbids = {"licence": "cc-by-nd-4.0", "derivatives": Derivatives.FORBIDDEN}
    claimed("cc-by-4.0", forbids | {"author": "Bob"}, url=None)

    [row] = rows()

    assert (row["licence"], row["author"]) == ("CC BY-ND 4.0", "Bob")
    assert row["licence_url"] == "https://creativecommons.org/licenses/by-nd/4.0/"


def test_any_share_alike_permission_is_inherited(claimed, rows):
    also = {"licence": "cc-by-sa-3.0", "share_alike": True}
    claimed("cc-by-nc-4.0", also, url=None, non_commercial=True)

    [row] = rows()

    assert row["licence"] == "CC BY-NC 4.0"
    assert row["share_alike"].endswith("CC BY-SA 3.0")


def test_a_near_duplicate_s_claims_count(make: Rows, claimed, session: Session, rows):
    output = claimed("cc-by-4.0")
    copy = make.asset(near_duplicate_of=output.asset_digest)
    make.sighting(copy, make.crawl_run(keyword="x"), Derivatives.FORBIDDEN, title="B")

    assert rows()[0]["title"] == "B"


def test_where_nothing_is_stated_that_is_said(make: Rows, markdown):
    make.output(make.job())

    text = shown(markdown())

    assert "Title: untitled\nAuthor: not known\nLicence: none is stated" in text


def test_outputs_are_chosen_and_each_is_there_once(claimed, make: Rows, rows):
    wanted, _other = claimed(recipe={"name": "a"}), claimed(recipe={"name": "b"})
    for _ in range(250):
        make.output(make.job(asset_digest=wanted.asset_digest))

    assert [row["path"] for row in rows(recipe="a")] == [wanted.path]
    paths = [row["path"] for row in rows(keywords=("dunes",))]
    assert len(paths) == len(set(paths)) == 252


def shows(session: Session, output: Output) -> None:
    """A beach, and orange."""
    digest = output.asset_digest
    orange = {"colour": "#f08020", "name": "orange", "share": 0.5}
    beach = {"backbone": "x", "name": "seashore", "score": 0.9}
    session.add(Swatch(asset_digest=digest, rank=0, **orange))
    session.add(Label(asset_digest=digest, weights_digest="0" * 64, rank=0, **beach))
    session.flush()


SELECTIONS = [
    Search(("dunes",), backbone="pyramid"),
    Search(licence="CC-BY-SA-4.0"),
    Search(title="low"),
    Search(source="folder", until=NOW.date()),
    Search(colour="orange"),
    Search(label="beach"),
]


@pytest.mark.parametrize("search", SELECTIONS)
def test_outputs_are_chosen_by_whatever_results_are(
    claimed, session: Session, rows, search: Search
):
    wanted, late = claimed(), claimed()
    late.created_at += timedelta(days=1)
    claimed("cc-by-4.0", seen={"title": "High"}, recipe={"backbone": "other"})
    shows(session, wanted)

    found = search.in_turn(session, limit=10)
    paths = {row["path"] for part in found for row in part}

    assert wanted.path in paths
    assert [row["path"] for row in rows(**asdict(search))] == sorted(paths)
    assert len(paths) < 3


def test_what_only_another_claim_says_is_not_chosen(claimed, rows):
    forbids = {"licence": "cc-by-nd-4.0", "derivatives": Derivatives.FORBIDDEN}
    claimed("cc-by-4.0", forbids)
    other = claimed("cc-by-4.0")

    assert [row["path"] for row in rows(licence="cc-by-4.0")] == [other.path]


@pytest.mark.parametrize("wanted", [Search(("none",)), Search(title="none")])
def test_nothing_is_written_when_nothing_matches(
    claimed, session: Session, tmp_path: Path, wanted: Search
):
    claimed()

    with pytest.raises(UsageError, match="no such outputs"):
        attributing.write(session, tmp_path / "a.md", wanted)

    assert [*tmp_path.glob("*.md*")] == []


def test_no_more_outputs_are_counted_than_are_credited(
    claimed, session: Session, tmp_path: Path
):
    forbids = {"licence": "cc-by-nd-4.0", "derivatives": Derivatives.FORBIDDEN}
    claimed("cc-by-4.0", forbids)
    claimed("cc-by-4.0")

    search = Search(licence="cc-by-4.0")
    assert attributing.write(session, tmp_path / "a.md", search) == 1


class Impatient(Onlooker):
    """Wants it to stop as soon as it has begun."""

    def begin(self, stage: str, total: int | None = None) -> None:
        self.stopping.set()


def test_when_it_is_stopped_the_file_of_before_stays(
    claimed, session: Session, tmp_path: Path
):
    claimed()
    (tmp_path / "a.md").write_text("of before")

    with watched_by(Impatient()), pytest.raises(Aborted):
        attributing.write(session, tmp_path / "a.md")

    assert (tmp_path / "a.md").read_text() == "of before"


def test_the_command_writes_the_form_that_the_name_says(
    claimed, session: Session, database_url: str, tmp_path: Path, monkeypatch
):
    claimed()
    session.commit()
    monkeypatch.setenv("CRAWL_AND_DREAM_DATABASE_URL", database_url)
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    typed = [
        CliRunner().invoke(app, ["attribution", *words])
        for words in ([], ["--out", "credits.CSV"], ["--out", "credits.txt"])
    ]

    assert [one.exit_code for one in typed] == [0, 0, 1]
    assert "ATTRIBUTION.md: 1 outputs" in typed[0].stderr
    assert Path("ATTRIBUTION.md").read_text().startswith("# Attribution\n")
    assert Path("credits.CSV").read_text().startswith("path,digest,title")
    assert str(typed[2].exception).endswith("has to end in .md or .csv")
