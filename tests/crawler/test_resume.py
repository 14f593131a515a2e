"""A crawl that was killed, stopped or had enough goes on from its job folder."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from crawls import Crawled, last_run
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from website import JPEG, Website

from db.models import CrawlRun, CrawlState, LicenceClaim, Sighting

Crawl = Callable[..., Crawled]

PAGES, IMAGES = 5, 5


def gallery(site: Website, held: threading.Event | None = None) -> Website:
    """Pages that link on, each with images of its own and one that all show.

    Images from the third page on come when `held` is set.
    """
    for number in range(PAGES):
        shown = [f"{number}-{n}.jpg" for n in range(IMAGES)] + ["all.jpg"]
        tags = "".join(f'<img src="/{name}" alt="sunset beach">' for name in shown)
        path = f"/{number}" if number else "/"
        site.page(path, f'{tags}<a href="/{number + 1}">on</a>')
        for name in shown:
            site.image(f"/{name}")
            if held and number >= 2 and name != "all.jpg":
                site.answers[f"/{name}"] = late(JPEG + name.encode(), held)
    return site


def late(body: bytes, held: threading.Event) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        held.wait(30)
        handler.send_response(200)
        handler.send_header("Content-Type", "image/jpeg")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def started(site: Website, environment: dict[str, str]) -> "subprocess.Popen[str]":
    """A crawl of the site in a process that may be killed."""
    source = ["--source", f"site:{site.url}", "--allow-host", site.host]
    return subprocess.Popen(
        [sys.executable, "-m", "crawler", "--keyword", "sunset beach", *source],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed_after(
    count: int,
    site: Website,
    environment: dict[str, str],
    number: int,
    held: threading.Event,
) -> None:
    """A crawl that gets a signal when so many images are kept."""
    with started(site, environment) as process:
        kept = 0
        for line in process.stdout:
            kept += json.loads(line)["event"] == "image"
            if kept == count:
                os.kill(process.pid, number)
                held.set()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["KILL", "INT"])
@pytest.mark.parametrize("count", [1, 9])
def test_a_stopped_crawl_goes_on_and_fetches_no_stored_image_again(
    site: Website,
    crawl_site: Crawl,
    environment: dict[str, str],
    session: Session,
    count: int,
    number: int,
) -> None:
    held = threading.Event()
    gallery(site, held)
    killed_after(count, site, environment, number, held)
    stored = set(session.scalars(select(Sighting.url)))

    crawled = crawl_site()

    asked = Counter(path for path in site.requests if path.endswith(".jpg"))
    assert len(asked) == PAGES * IMAGES + 1
    assert {path for path in asked if asked[path] > 1}.isdisjoint(
        "/" + url.rpartition("/")[2] for url in stored
    )
    assert crawled.exit_status == 0
    session.rollback()
    run = last_run(session)
    assert run.state is CrawlState.FINISHED
    urls = select(Sighting.url).where(Sighting.crawl_run_id == run.id)
    assert len(session.scalars(urls).all()) == PAGES * IMAGES + 1


def test_a_stopped_crawl_is_the_same_crawl_run_when_it_goes_on(
    site: Website, crawl_site: Crawl, environment: dict[str, str], session: Session
) -> None:
    held = threading.Event()
    gallery(site, held)
    killed_after(9, site, environment, signal.SIGINT, held)

    crawled = crawl_site()

    assert crawled.events[0]["resumed"] is True
    assert [run.state for run in session.scalars(select(CrawlRun))] == [
        CrawlState.FINISHED
    ]
    assert crawled.stats["kept"] == crawled.stats["images_seen"] == PAGES * IMAGES + 1
    assert crawled.stats["pages"] == PAGES


def test_no_page_is_lost_by_a_kill_while_another_is_read(
    site: Website, crawl_site: Crawl, environment: dict[str, str]
) -> None:
    count = 1500
    site.page("/", "".join(f'<a href="/{n}">{n}</a>' for n in range(count)))
    for n in range(count):
        site.page(f"/{n}", "one of many")
    many = environment | {"CRAWL_AND_DREAM_MAX_PAGES": "3000"}
    for after_pages in (1, 2):
        with started(site, many) as process:
            pages = 0
            for line in process.stdout:
                pages += json.loads(line)["event"] == "page"
                if pages == after_pages:
                    process.kill()

    crawl_site(CRAWL_AND_DREAM_MAX_PAGES="3000")

    asked = {path for path in site.requests if path[1:].isdigit()}
    assert len(asked) == count


def test_a_crawl_that_is_through_leaves_no_folder(
    site: Website, crawl_site: Crawl, home: Path
) -> None:
    gallery(site)
    crawl_site()

    assert list((home / "crawls").iterdir()) == []
    assert crawl_site().events[0]["resumed"] is False


def test_after_enough_images_a_crawl_begins_anew_or_goes_on(
    site: Website, crawl_site: Crawl, session: Session
) -> None:
    gallery(site)
    any_licence = ("--licence-policy", "any")
    first = crawl_site("--max-images", "4", *any_licence)
    assert first.stats["finish_reason"] == "max-images"
    assert first.stats["kept"] == 4
    asked = len(site.requests)

    on = crawl_site("--max-images", "9", "--go-on", *any_licence)

    assert on.events[0] == first.events[0] | {"resumed": True}
    assert on.stats["kept"] == 9
    assert len([path for path in site.requests[asked:] if ".jpg" in path]) == 5
    assert last_run(session).stats["kept"] == 9

    anew = crawl_site("--max-images", "9", *any_licence)
    assert anew.events[0]["resumed"] is False
    assert anew.events[0]["crawl_run_id"] > first.events[0]["crawl_run_id"]
    assert (anew.stats["known"], anew.stats["kept"]) == (9, 0)


def test_a_crawl_whose_bytes_were_spent_goes_on_with_as_many_again(
    site: Website, crawl_site: Crawl
) -> None:
    gallery(site)
    for path in [path for path in site.answers if path.endswith(".jpg")]:
        site.image(path, JPEG + path.encode() + bytes(10_000))

    crawls = [crawl_site("--budget-bytes", "60000") for _ in range(3)]

    kept = [crawled.stats["kept"] for crawled in crawls]
    assert [crawled.events[0]["crawl_run_id"] for crawled in crawls] == [1, 1, 1]
    assert crawls[0].stats["finish_reason"] == "budget-bytes"
    assert 0 < kept[0] < kept[1] < kept[2]


def test_no_more_images_are_asked_for_than_are_wanted(
    site: Website, crawl_site: Crawl
) -> None:
    gallery(site)

    crawl_site("--max-images", "1", "--licence-policy", "any")

    assert len([path for path in site.requests if path.endswith(".jpg")]) == 1


def test_what_several_pages_say_of_an_image_adds_up(
    site: Website, crawl_site: Crawl, session: Session
) -> None:
    licensed = '<img src="/a.jpg" alt="sunset beach"><a rel="license" href="{}">c</a>'
    by, nd = (
        f"https://creativecommons.org/licenses/{code}/4.0/" for code in ("by", "by-nd")
    )
    site.page("/", licensed.format(by) + '<a href="/2">2</a><a href="/3">3</a>')
    site.page("/2", licensed.format(nd))
    site.page("/3", licensed.format(by))
    site.image("/a.jpg")

    crawl_site()

    claimed = session.scalars(select(LicenceClaim.licence).order_by(LicenceClaim.id))
    assert list(claimed) == ["cc-by-4.0", "cc-by-nd-4.0"]
    assert site.requests.count("/a.jpg") == 1


@pytest.mark.parametrize("opted_out_on", ["/", "/2"])
def test_an_image_is_opted_out_when_one_of_its_pages_says_so(
    site: Website, crawl_site: Crawl, session: Session, opted_out_on: str
) -> None:
    tag = '<img src="/a.jpg" alt="sunset beach">'
    headers = {"X-Robots-Tag": "noai"}
    for path, body in {"/": f'{tag}<a href="/2">2</a>', "/2": tag}.items():
        site.page(path, body, headers=headers if path == opted_out_on else {})
    site.image("/a.jpg")

    crawl_site()

    reasons = session.scalars(select(Sighting.reason)).all()
    assert reasons == ["opted-out"]


def test_an_opt_out_that_was_recorded_may_be_obeyed_later(
    site: Website, crawl_site: Crawl
) -> None:
    site.page("/", '<img src="/a.jpg" alt="sunset beach">')
    site.image("/a.jpg", headers={"X-Robots-Tag": "noai"})

    recorded = crawl_site(CRAWL_AND_DREAM_OPT_OUTS="record")
    obeyed = crawl_site()

    assert recorded.outcomes == {"a.jpg": "kept"}
    assert obeyed.outcomes == {"a.jpg": "opted-out"}


def test_two_crawls_of_the_same_at_once_do_not_disturb_each_other(
    site: Website, crawl_site: Crawl, environment: dict[str, str], session: Session
) -> None:
    gallery(site)
    source = ["--source", f"site:{site.url}", "--allow-host", site.host]
    command = [sys.executable, "-m", "crawler", "--keyword", "sunset beach", *source]
    crawls = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]

    assert [process.wait(60) for process in crawls] == [0, 0]
    seen = select(Sighting.crawl_run_id, func.count()).group_by(Sighting.crawl_run_id)
    counts = [count for _run, count in session.execute(seen)]
    assert counts == [PAGES * IMAGES + 1] * 2


def test_a_damaged_frontier_is_begun_anew(
    site: Website, crawl_site: Crawl, environment: dict[str, str], home: Path
) -> None:
    held = threading.Event()
    killed_after(3, gallery(site, held), environment, signal.SIGKILL, held)
    for file in (home / "crawls").rglob("frontier.sqlite*"):
        file.write_bytes(b"no database")

    crawled = crawl_site()

    assert crawled.exit_status == 0
    assert crawled.events[0]["resumed"] is False
