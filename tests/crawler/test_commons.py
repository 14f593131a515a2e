"""Crawls of a wiki that speaks MediaWiki's API as it is documented."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from crawls import Crawled, sightings
from mediawiki import BY_ND, CC_BY_SA, WIDTHS, Wiki
from sqlalchemy.orm import Session
from website import Answer, Website

CrawlWiki = Callable[..., Crawled]
ANY_LICENCE = ("--licence-policy", "any")


@pytest.fixture
def wiki(site: Website) -> Wiki:
    return Wiki(site)


@pytest.fixture
def crawl_wiki(site: Website, crawl: Callable[..., Crawled]) -> CrawlWiki:
    def crawl_wiki(source: str, *options: str, **variables: str) -> Crawled:
        ours = {
            "CRAWL_AND_DREAM_CONTACT": "tests@example.org",
            "CRAWL_AND_DREAM_REQUEST_DELAY_S": "0",
        }
        return crawl(source, *options, allow=site.host, **ours | variables)

    return crawl_wiki


def json_answer(said: object, **kwargs: Any) -> Answer:
    body = json.dumps(said).encode()
    return Answer(body, media_type="application/json", **kwargs)


def busy(code: str, **headers: str) -> Answer:
    error = {"code": code, "info": "Waiting for db7: 6 seconds lagged"}
    return json_answer({"error": error}, headers=headers)


def test_results_that_come_in_pieces_are_ranked_as_the_wiki_ranks_them(
    wiki: Wiki, crawl_wiki: CrawlWiki, session: Session
) -> None:
    wiki.page_size, wiki.described = 3, 2
    names = [f"Sunset_beach_{letter}.jpg" for letter in "dbaec"]
    for name in names:
        wiki.upload(name)

    crawled = crawl_wiki(wiki.source)

    assert crawled.exit_status == 0, crawled.closed
    scores = {path: row.score for path, row in sightings(session).items()}
    best_first = sorted(scores, key=lambda path: scores[path], reverse=True)
    assert best_first == [f"/images/{name}" for name in names]
    asked = [query for query in wiki.queries if "generator" in query]
    assert [(q.get("gsroffset"), q.get("iicontinue")) for q in asked] == [
        (None, None),
        (None, "2"),
        ("3", None),
    ]
    assert {query["maxlag"] for query in wiki.queries} == {"5"}


def test_a_file_is_recorded_with_what_the_wiki_says_of_it(
    wiki: Wiki, crawl_wiki: CrawlWiki, session: Session
) -> None:
    about = {
        "ImageDescription": 'Sunrise on the <a href="//en.wikipedia.org/">beach</a>.',
        "Categories": "Beaches of Kerala|Sunrises",
    }
    wiki.upload("Boats_in_Kerala.jpg", said=CC_BY_SA | about)

    crawl_wiki(wiki.source)

    found = sightings(session)["/images/Boats_in_Kerala.jpg"]
    assert found.title == "Boats in Kerala"
    assert found.caption == "Sunrise on the beach."
    assert found.page_url == f"{wiki.site.url}wiki/File:Boats_in_Kerala.jpg"
    assert found.original_sha1 == wiki.files[0]["sha1"]
    [claim] = found.claims
    assert (claim.licence, claim.author) == ("cc-by-sa-3.0", "Fabrice Florin")
    assert "Boats in Kerala" in (claim.attribution or "")


def test_no_more_is_fetched_than_is_needed(wiki: Wiki, crawl_wiki: CrawlWiki) -> None:
    wiki.upload("small.jpg", 1920, 1080)
    wiki.upload("landscape.jpg", 4000, 3000)
    wiki.upload("portrait.jpg", 3000, 4000)
    wiki.upload("tall.jpg", 1000, 4000)
    wiki.upload("heavy.jpg", 1600, 1200, size=40_000_000)
    wiki.upload("drawing.svg", 40, 30, mime="image/svg+xml")
    wiki.upload("painting.xcf", 1000, 700, mime="image/x-xcf")
    wiki.upload("book.pdf", 1000, 700, mime="application/pdf")
    wiki.upload("waves.webm", 1000, 700, mime="video/webm")

    crawled = crawl_wiki(wiki.source)

    assert crawled.outcomes == dict.fromkeys(
        (
            "images/small.jpg",
            "thumb/1920px-landscape.jpg",
            "thumb/1280px-portrait.jpg",
            "thumb/330px-tall.jpg",
            "thumb/1280px-heavy.jpg",
            "thumb/1920px-drawing.svg.png",
            "thumb/960px-painting.xcf.png",
        ),
        "kept",
    )
    widths = [query["iiurlwidth"] for query in wiki.queries[1:]]
    assert set(widths) <= set(WIDTHS)
    assert len(widths) == len(set(widths))
    assert crawled.stats["images_seen"] == 7


@pytest.mark.parametrize(
    ("options", "outcome"), [((), "licence"), (ANY_LICENCE, "kept")]
)
def test_files_that_may_not_be_changed_are_fetched_only_on_demand(
    wiki: Wiki, crawl_wiki: CrawlWiki, options: tuple[str, ...], outcome: str
) -> None:
    wiki.upload("free.jpg")
    wiki.upload("nd.jpg", said=BY_ND)
    wiki.upload("fair_use.jpg", said=CC_BY_SA | {"NonFree": "true"})
    wiki.upload("unstated.jpg", said={})
    wiki.upload("portrait.jpg", 3000, 4000, said=BY_ND)

    crawled = crawl_wiki(wiki.source, *options)

    outcomes = crawled.outcomes
    assert outcomes.pop("images/free.jpg") == "kept"
    assert list(outcomes.values()) == [outcome] * 4
    assert len(wiki.asked_for_images) == (1 if outcome == "licence" else 5)


def test_a_file_that_moved_is_known_by_its_sha1(
    wiki: Wiki, crawl_wiki: CrawlWiki
) -> None:
    wiki.upload("sunset.jpg", 4000, 3000)
    crawl_wiki(wiki.source)
    [old] = wiki.files
    wiki.upload("beach.jpg", 4000, 3000, sha1=old["sha1"])
    wiki.files.remove(old)

    crawled = crawl_wiki(wiki.source)

    assert crawled.outcomes == {"thumb/1920px-beach.jpg": "known"}
    assert wiki.asked_for_images == ["/thumb/1920px-sunset.jpg"]


def test_a_busy_wiki_is_asked_again(wiki: Wiki, crawl_wiki: CrawlWiki) -> None:
    wiki.upload("sunset.jpg")
    wiki.answers.append(busy("maxlag", **{"Retry-After": "1"}))

    crawled = crawl_wiki(wiki.source)

    assert crawled.outcomes == {"images/sunset.jpg": "kept"}
    assert len([query for query in wiki.queries if "generator" in query]) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(b"oops", 500), "answers 500 Internal Server Error"),
        (Answer(b"<p>Hello</p>"), "answers with something that is no JSON"),
        (
            json_answer(
                {"error": {"code": "badvalue", "info": "Unrecognized\nvalue."}}
            ),
            "Unrecognized value.",
        ),
        (
            busy("maxlag", **{"Retry-After": "9999"}),
            "answers 503 Service Unavailable: Waiting for db7: 6 seconds lagged",
        ),
    ],
    ids=["status", "page", "error", "busy"],
)
def test_a_wiki_that_cannot_answer_ends_the_crawl_in_one_line(
    wiki: Wiki, crawl_wiki: CrawlWiki, answer: Answer, error: str
) -> None:
    wiki.upload("sunset.jpg")
    wiki.answers += [answer] * 9

    crawled = crawl_wiki(wiki.source)

    assert crawled.exit_status == 1
    assert crawled.closed["error"].startswith("source commons: ")
    assert crawled.closed["error"].endswith(error)
    assert "Traceback" not in crawled.stderr


@pytest.mark.parametrize("place", ["", "api.php"])
def test_a_plain_wiki_is_searched_by_title_and_by_text(
    site: Website, crawl_wiki: CrawlWiki, place: str
) -> None:
    wiki = Wiki(site, path="/api.php", extensions=())
    wiki.upload("Sunset_beach.jpg", said={"ImageDescription": "Sunset at the beach"})
    wiki.upload("IMG_1.jpg", said={"ImageDescription": "A beach after sunset"})
    wiki.upload("Cat.jpg", said={})

    crawled = crawl_wiki(wiki.source + place, *ANY_LICENCE)

    assert crawled.outcomes == {
        "images/Sunset_beach.jpg": "kept",
        "images/IMG_1.jpg": "kept",
    }
    assert crawled.stats["images_seen"] == 2
    asked = [query for query in wiki.queries if "generator" in query]
    assert [(q["gsrsearch"], q["gsrwhat"]) for q in asked] == [
        ("sunset beach", "title"),
        ("sunset beach", "text"),
    ]


def test_a_search_that_a_wiki_does_not_offer_is_left_out(
    site: Website, crawl_wiki: CrawlWiki
) -> None:
    wiki = Wiki(site, extensions=())
    wiki.upload("a.jpg", said={"ImageDescription": "sunset beach"})
    disabled = {"code": "search-title-disabled", "info": "title search is disabled."}
    wiki.answers.append(json_answer({"error": disabled}))

    crawled = crawl_wiki(wiki.source, *ANY_LICENCE)

    assert crawled.outcomes == {"images/a.jpg": "kept"}


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("", "wiki/api.php answers 404 Not Found"),
        ("w/api.php", "w/api.php answers with something that is no JSON"),
    ],
)
def test_a_site_that_is_no_wiki(
    site: Website, crawl_wiki: CrawlWiki, place: str, why: str
) -> None:
    site.page("/w/api.php", "Hello")

    crawled = crawl_wiki(f"commons:{site.url}{place}")

    assert crawled.exit_status == 1
    assert crawled.closed["error"] == (
        f"source commons: no wiki is found at {site.url}{place}: {site.url}{why}"
    )


def test_nobody_is_asked_without_a_contact(wiki: Wiki, crawl_wiki: CrawlWiki) -> None:
    crawled = crawl_wiki(wiki.source, CRAWL_AND_DREAM_CONTACT="")

    assert crawled.exit_status == 1
    assert crawled.closed["error"].startswith("source commons needs an e-mail address")
    assert wiki.queries == []


def test_paging_ends_at_the_limit(wiki: Wiki, crawl_wiki: CrawlWiki) -> None:
    wiki.page_size = 1
    for number in range(5):
        wiki.upload(f"{number}.jpg")

    crawled = crawl_wiki(wiki.source, CRAWL_AND_DREAM_MAX_PAGES="2")

    assert sorted(crawled.outcomes) == ["images/0.jpg", "images/1.jpg"]
    assert crawled.exit_status == 0


def test_one_request_to_the_api_and_two_images_are_under_way_at_most(
    wiki: Wiki, crawl_wiki: CrawlWiki
) -> None:
    wiki.page_size = 2
    for number in range(8):
        wiki.upload(f"{number}.jpg")
        wiki.slow(f"/images/{number}.jpg")

    crawled = crawl_wiki(wiki.source)

    assert set(crawled.outcomes.values()) == {"kept"}
    assert wiki.most_at_once["api"] == 1
    assert wiki.most_at_once["media"] <= 2
