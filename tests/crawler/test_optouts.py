"""Who asks to be left alone is heard, wherever that is said, and left alone."""

from collections.abc import Callable

import pytest
from crawls import Crawled, sightings
from scrapy import Request
from scrapy.http import HtmlResponse, JsonResponse, Response
from sqlalchemy.orm import Session
from website import Answer, Website

from crawler.optouts import (
    Policy,
    add_signals,
    opts_out_links,
    refuses_images,
    signals,
)
from pipeline.ingest import OptOut

Crawl = Callable[..., Crawled]
URL = "https://example.org/a"
TDM_FILE = "/.well-known/tdmrep.json"


def image(*values: str, name: str = "X-Robots-Tag", **more: str) -> Response:
    others = {key.replace("_", "-"): value for key, value in more.items()}
    return Response(URL, headers={name: list(values)} | others)


def page(html: str, **headers: str) -> HtmlResponse:
    return HtmlResponse(URL, body=html.encode(), encoding="utf-8", headers=headers)


def meta(name: str, content: str) -> HtmlResponse:
    return page(f'<meta name="{name}" content="{content}">')


def seen(response: Response) -> dict[str, str]:
    return {signal.directive: signal.seen_in for signal in signals(response, "image")}


@pytest.mark.parametrize(
    ("response", "directives"),
    [
        (image("noai"), "noai"),
        (image("index", "NoImageAI"), "noimageai"),
        (image("noarchive, noindex"), "noarchive noindex"),
        (image("none"), "none"),
        (image("noai noimageai"), "noai noimageai"),
        (image("googlebot: index, crawl-and-dream: noai"), "noai"),
        (image("Crawl-and-Dream/1.0: noai, noimageclick"), "noai noimageclick"),
        (image("googlebot: noindex", "nosnippet"), "nosnippet"),
        (image("max-snippet:20, noai"), "noai"),
        (image("max-image-preview: large, noimageindex"), "noimageindex"),
        (image("unavailable_after: 25 Nov 2030 15:00:00 GMT, noai"), "noai"),
        (image("unavailable_after: Monday, 25 November 2030 15:00:00 GMT"), ""),
        (image(": noai"), "noai"),
        (image("\xff\x00,,:,no", "no" + "x" * 5000), ""),
        (image(), ""),
        (image("index, follow"), ""),
        (image("googlebot: noai, noindex"), ""),
    ],
)
def test_robots_tags_of_an_image(response: Response, directives: str) -> None:
    where = "X-Robots-Tag of the image"

    assert seen(response) == dict.fromkeys(directives.split(), where)


@pytest.mark.parametrize(
    ("response", "directives"),
    [
        (meta("robots", "noai, noimageai"), "noai noimageai"),
        (meta("ROBOTS", "NOINDEX,nofollow"), "noindex nofollow"),
        (meta("robots", "index, follow"), ""),
        (meta("description", "noai"), ""),
        (meta("googlebot", "noai"), ""),
        (page("<p>noai</p>"), ""),
        (page(""), ""),
        (JsonResponse(URL, body=b'{"meta": "noai"}'), ""),
    ],
)
def test_robots_metas_of_a_page(response: Response, directives: str) -> None:
    where = "<meta name=robots> of the image"

    assert seen(response) == dict.fromkeys(directives.split(), where)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            meta("crawl-and-dream", "noai"),
            OptOut("noai", "<meta name=crawl-and-dream> of the image"),
        ),
        (
            image("1", name="TDM-Reservation", tdm_policy="/policy.json"),
            OptOut(
                "tdm-reservation=1",
                "tdm-reservation header of the image",
                "https://example.org/policy.json",
            ),
        ),
        (
            image("1", name="tdm-reservation", tdm_policy="javascript:alert(1)"),
            OptOut("tdm-reservation=1", "tdm-reservation header of the image"),
        ),
        (
            meta("tdm-reservation", "1"),
            OptOut("tdm-reservation=1", "<meta name=tdm-reservation> of the image"),
        ),
        (
            image("search=y, train-ai=n;exp=1", name="Content-Usage"),
            OptOut("train-ai=n", "Content-Usage header of the image"),
        ),
        (image("0", name="tdm-reservation"), None),
        (image("yes", name="tdm-reservation"), None),
        (meta("tdm-reservation", "0"), None),
        (image("train-ai=y, =n, a b=n", name="Content-Usage"), None),
    ],
)
def test_reservations_and_usage(response: Response, expected: OptOut | None) -> None:
    assert signals(response, "image") == ((expected,) if expected else ())


def test_signals_that_were_read_elsewhere_are_told_once() -> None:
    request = Request(URL)
    said = OptOut("tdm-reservation=1", "tdmrep.json", "https://example.org/policy")
    for _ in range(2):
        add_signals(request, [said])

    found = signals(Response(URL, request=request), "page")

    place = "tdmrep.json of the page's host"
    assert found == (OptOut(said.directive, place, said.policy_url),)


def test_signals_of_an_answer_that_nothing_changed_count() -> None:
    response = Response(URL, status=304, headers={"X-Robots-Tag": "noai"})

    assert refuses_images(signals(response, "image"), Policy.OBEY)


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(
    ("directive", "is_obeyed"),
    [
        *((word, True) for word in ("noai", "noimageai", "noindex", "noimageindex")),
        ("none", True),
        *((word, False) for word in ("noarchive", "nofollow", "tdm-reservation=1")),
        ("train-ai=n", False),
    ],
)
def test_what_is_obeyed(policy: Policy, directive: str, is_obeyed: bool) -> None:
    observed = [OptOut(directive, "X-Robots-Tag of the image")]

    assert refuses_images(observed, policy) is (is_obeyed and policy is Policy.OBEY)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (meta("robots", "nofollow"), True),
        (image("none"), True),
        (meta("robots", "noai"), False),
    ],
)
def test_links_are_not_followed_where_the_page_says_so(
    response: Response, expected: bool
) -> None:
    assert opts_out_links(response) is expected


@pytest.fixture
def reserving(site: Website) -> Website:
    """Two pages and an image; every place where something can be said says something,
    the second page more than the first."""
    site.robots("User-agent: *\nContent-Usage: /b train-ai=n\n")
    reserved = b'[{"location": "/*.jpg", "tdm-reservation": 1, "tdm-policy": "/p"}]'
    site.answers[TDM_FILE] = Answer(reserved, media_type="application/json")
    shown = '<img src="{}" alt="sunset beach">'
    site.page("/", shown.format("a.jpg") + '<a href="b">b</a>')
    noai = '<meta name="robots" content="noai">'
    site.page("/b", noai + shown.format("c.jpg"))
    site.image("/a.jpg", headers={"X-Robots-Tag": "noarchive"})
    site.image("/c.jpg")
    return site


def test_what_is_said_is_stored_and_obeyed(
    reserving: Website, crawl_site: Crawl, session: Session
) -> None:
    crawled = crawl_site()

    assert crawled.outcomes == {"a.jpg": "kept", "c.jpg": "opted-out"}
    assert "/c.jpg" not in reserving.requests
    assert reserving.requests.count(TDM_FILE) == 1
    found = sightings(session)
    assert found["/a.jpg"].opt_outs == [
        told("noarchive", "X-Robots-Tag of the image"),
        told(
            "tdm-reservation=1",
            "tdmrep.json of the image's host",
            f"{reserving.url}p",
        ),
    ]
    assert found["/c.jpg"].opt_outs == [
        told("noai", "<meta name=robots> of the page"),
        told("train-ai=n", "Content-Usage in robots.txt of the page's host"),
    ]


def told(
    directive: str, seen_in: str, policy_url: str | None = None
) -> dict[str, str | None]:
    return {"directive": directive, "seen_in": seen_in, "policy_url": policy_url}


@pytest.mark.parametrize("policy", ["record", "ignore"])
def test_what_is_said_is_not_obeyed_where_the_policy_is_another(
    reserving: Website, crawl_site: Crawl, session: Session, policy: str
) -> None:
    crawled = crawl_site(CRAWL_AND_DREAM_OPT_OUTS=policy)

    assert crawled.outcomes == {"a.jpg": "kept", "c.jpg": "kept"}
    stored = [bool(row.opt_outs) for row in sightings(session).values()]
    assert stored == [policy == "record"] * 2
    assert reserving.requests.count(TDM_FILE) == (policy == "record")
