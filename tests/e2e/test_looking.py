"""What can be asked before and after a crawl: dry runs, explanations, refusals."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pictures import encoded, paint
from sqlalchemy import select
from terminal import Home
from website import Website, serving

from db.engine import open_engine, reading
from db.models import CrawlRun

BY = '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a>'


@pytest.fixture
def here(tmp_path: Path) -> Home:
    """A home where nothing was done yet, and no Prefect is needed."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "dunes.jpg").write_bytes(encoded(paint(0)))
    return Home(tmp_path, tmp_path / "prefect")


@pytest.fixture
def site() -> Iterator[Website]:
    """Two pictures of dunes, one that robots must not fetch, one that opts out."""
    with serving(Website()) as site:
        shown = '<img src="/{0}.jpg" alt="{1}" title="Sand"><p>{2}</p>'
        pictures = [
            shown.format("east", "Dunes in the east", BY),
            shown.format("private/west", "Dunes in the west", BY),
            shown.format("forest", "A forest", BY),
            '<a href="/quiet">more</a>',
        ]
        site.page("/", "".join(pictures))
        quiet = '<meta name="robots" content="noai"><img src="/quiet.jpg" alt="dunes">'
        site.page("/quiet", quiet)
        site.robots("User-agent: *\nDisallow: /private/\n")
        for seed, name in enumerate(("east", "private/west", "forest", "quiet")):
            site.image(f"/{name}.jpg", encoded(paint(10 + seed)))
        yield site


@pytest.fixture
def wanted(site: Website) -> list[str]:
    """The words of a crawl of the website and of the folder."""
    source = ["--source", f"site:{site.url}", "--source", "folder:photos"]
    return ["crawl", "-k", "dunes", *source, "--allow-host", site.host]


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_a_dry_run_lists_what_would_be_fetched_and_leaves_no_trace(here, site, wanted):
    before = files(here.folder)

    typed = here.type(*wanted, "--dry-run")

    assert typed.status == 0, typed.err
    lines = typed.out.splitlines()
    [east] = [line for line in lines if f"{site.url}east.jpg" in line]
    assert all(word in east for word in ("site:", "Sand", "cc-by-4.0"))
    assert any("folder:photos" in line and "dunes.jpg" in line for line in lines)
    assert all(any(reason in line for line in lines) for reason in ("robots", "opted"))
    assert not [path for path in site.requests if path.endswith(".jpg")]
    assert files(here.folder) == before


def test_a_dry_run_as_json_has_the_best_first_and_counts_refusals(here, wanted):
    typed = here.type(*wanted, "--dry-run", "--json")

    listing = json.loads(typed.out)
    scores = [image["score"] for image in listing["images"]]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)
    assert {
        (one["reason"], one["what"], one["count"]) for one in listing["refused"]
    } == {
        ("robots", "image", 1),
        ("opted-out", "image", 1),
    }


def test_a_dry_run_that_finds_nothing_says_so(here):
    typed = here.type("crawl", "-k", "snow", "-s", "folder:photos", "--dry-run")

    assert typed.status == 1
    assert "nothing would be fetched for 'snow'" in typed.complaint


def test_an_explanation_tells_what_speaks_for_and_against_each_image(here, site):
    before = files(here.folder)
    words = ["crawl", "-k", "dunes east", "--allow-host", site.host]

    typed = here.type(*words, "--explain", site.url)

    assert typed.status == 0, typed.err
    blocks = typed.out.split(site.url)
    [east] = [block for block in blocks if block.startswith("east.jpg")]
    assert "matches 'dunes east'" in east
    assert "alt (weight 0.6): dunes, east in 'Dunes in the east'" in east
    assert "licence: cc-by-4.0, derivatives allowed" in east
    [forest] = [block for block in blocks if block.startswith("forest.jpg")]
    assert "does not match 'dunes east'" in forest
    assert files(here.folder) == before

    quiet = here.type(*words, "--explain", f"{site.url}quiet", "--json")
    [image] = json.loads(quiet.out)
    assert [signal["directive"] for signal in image["opt_outs"]] == ["noai"]


def test_refusals_are_shown_by_reason_and_one_by_one(here, site, wanted):
    assert here.type(*wanted).status == 0

    counted = here.type("results", "--rejected")
    as_json = here.type("results", "--rejected", "--format", "json")
    as_csv = here.type("results", "--rejected", "--format", "csv", "-k", "dunes")

    [robots] = [line for line in counted.out.splitlines() if "robots" in line]
    assert f"{site.url}private/west.jpg" in robots
    rows = json.loads(as_json.out)
    assert {row["reason"]: row["url"] for row in rows} == {
        "robots": f"{site.url}private/west.jpg",
        "opted-out": f"{site.url}quiet.jpg",
    }
    assert list(csv.DictReader(io.StringIO(as_csv.out))) == rows


def test_a_sentence_is_shown_as_keywords_and_stored_with_the_run(here):
    sentence = "I'd like warm pictures of dunes when the sun goes down"

    typed = here.type("crawl", "--about", sentence, "-s", "folder:photos", "--json")

    assert "looking for: warm, dunes, sun" in typed.err.splitlines()
    assert json.loads(typed.out)["usable"] == 1
    engine = open_engine(here.database)
    with reading(engine) as session:
        runs = session.execute(select(CrawlRun.keyword, CrawlRun.about)).all()
    engine.dispose()
    assert runs == [(word, sentence) for word in ("warm", "dunes", "sun")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["crawl", "-k", "x"], "set CRAWL_AND_DREAM_CONTACT"),
        (["crawl", "-k", "x", "-s", "flickr"], "set CRAWL_AND_DREAM_FLICKR_KEY"),
        (["crawl", "-s", "folder:."], "say what to look for"),
        (["crawl", "-k", "x", "--about", "y"], "either --keywords or --about"),
        (["crawl", "--about", "pictures please"], "no word of it says what to look"),
        (["crawl", "-k", "x", "--explain", "http://a/", "--dry-run"], "nothing else"),
        (["crawl", "-k", "x", "--explain", "ftp://a/"], "is not an http(s) URL"),
        (["results", "--rejected"], "nothing was refused"),
        (["results", "--rejected", "-r", "flow"], "of which nothing was made"),
    ],
    ids=[
        *("contact", "key", "no keyword", "both", "empty sentence", "explain and list"),
        *("no page", "no refusal", "recipe of refusals"),
    ],
)
def test_what_cannot_be_asked_is_one_line(here, words: list[str], expected: str):
    typed = here.type(*words)

    assert typed.status == 1
    assert expected in typed.complaint
    assert "Traceback" not in typed.err + typed.out
