"""The gallery over HTTP: read-only, and safe with what strangers wrote."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import httpx
import pytest
from gallery_site import add_outputs, served
from postgres import on_both
from sqlalchemy import delete, select

from db.engine import open_engine, reading, writing
from db.models import Output
from gallery.site import Site
from gallery.thumbnails import GRID_PX, thumbnail_path
from pipeline.store import ORIGINALS, blob_path

pytestmark = on_both

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def titles(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'class="name">([^<]*)<', page)]


def links(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'(?:href|src)="([^"]+)"', page)]


@pytest.mark.usefixtures("outputs")
def test_the_newest_come_first(url: str):
    assert titles(httpx.get(url).text) == ["Picture 2", "Picture 1", "Picture 0"]


def test_all_come_part_by_part_and_none_twice(site: Site, url: str):
    ids = add_outputs(site, 130)
    seen, part = [], httpx.get(f"{url}/").text
    while following := re.search(r'data-query="([^"]+)"', part):
        seen += re.findall(r"outputs/(\d+)", part)
        part = httpx.get(f"{url}/cards?{unescape(following[1])}").text
    seen += re.findall(r"outputs/(\d+)", part)

    assert [int(one) for one in seen] == ids


@pytest.mark.usefixtures("outputs")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("title=picture+1", ["Picture 1"]),
        ("keyword=dunes&recipe=flow", ["Picture 2", "Picture 1", "Picture 0"]),
        ("keyword=sea", []),
        ("source=folder&licence=allowed&title=0", ["Picture 0"]),
        ("since=2026-05-18", []),
        ("backbone=pyramid&until=2026-05-17&title=2", ["Picture 2"]),
    ],
)
def test_it_is_searched_by_its_url(url: str, query: str, found: list[str]):
    assert titles(httpx.get(f"{url}/?{query}").text) == found


@pytest.mark.usefixtures("outputs")
def test_the_form_shows_what_is_searched_for(url: str):
    page = httpx.get(url, params={"title": HOSTILE, "recipe": "flow"}).text

    assert "<option selected>flow</option>" in page
    assert HOSTILE in unescape(page)
    assert HOSTILE not in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=yesterday", "Since is no day such as 2026-05-17"),
        ("after=x_1", "There is no place"),
        ("colour=mauve", "no colour is called"),
        ("label=boat", "no picture has a label yet"),
        (f"title={'x' * 1001}", "More than 1000 characters"),
        ("&".join(f"keyword={n}" for n in range(21)), "More than 20 keywords"),
        (f"after=2026-01-01_{'9' * 30}", "There is no output"),
        ("after=0001-01-01T00:00:00%2B14:00_5", "There is no place"),
        ("after=9999-12-31T23:59:59-14:00_5", "There is no place"),
    ],
)
def test_a_query_that_means_nothing_is_told_in_a_line(url: str, query: str, said: str):
    answer = httpx.get(f"{url}/?{query}")

    assert answer.status_code == 400
    assert said in answer.text
    assert "Traceback" not in answer.text


def test_words_of_strangers_are_words(site: Site, url: str):
    add_outputs(site, 1, titles=[HOSTILE])

    page = httpx.get(url).text

    assert "<script>alert" not in page
    assert titles(page) == [HOSTILE]


@pytest.mark.usefixtures("outputs")
def test_no_path_of_the_machine_is_told(site: Site, url: str, tmp_path: Path):
    page = httpx.get(url).text

    assert str(tmp_path) not in page
    assert "/secret" not in page
    assert "file:" not in page


@pytest.mark.usefixtures("outputs")
def test_every_link_of_the_first_page_leads_somewhere(url: str):
    page = httpx.get(url).text
    local = [one for one in links(page) if not urlsplit(one).scheme and one[0] != "#"]

    answers = {one: httpx.get(f"{url}/{one}").status_code for one in local}

    assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize("path", ["/", "/nothing", "/web/style.css", "/store/x"])
def test_every_answer_is_strict(url: str, path: str):
    headers = httpx.get(url + path).headers

    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", ""])
def test_other_names_are_not_answered(url: str, host: str):
    assert httpx.get(url, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(url: str, method: str):
    assert httpx.request(method, f"{url}/").status_code == 405


@pytest.fixture
def newest(site: Site, outputs: list[int]) -> Output:
    with reading(site.engine) as session:
        return session.get_one(Output, outputs[0])


def test_a_thumbnail_is_made_once_and_kept(site: Site, url: str, newest: Output):
    path = thumbnail_path(newest.digest, GRID_PX)
    first = httpx.get(f"{url}/store/{path}")
    site.store.delete(newest.path)

    again = httpx.get(f"{url}/store/{path}")

    assert first.headers["content-type"] == "image/webp"
    assert site.store.get(path) == first.content == again.content


def test_a_thumbnail_that_was_cut_off_is_made_anew(
    site: Site, url: str, newest: Output
):
    path = thumbnail_path(newest.digest, GRID_PX)
    whole = httpx.get(f"{url}/store/{path}").content
    site.store.put(path, whole)
    local = site.store.local_path(path)
    assert local is not None
    local.write_bytes(whole[:100])

    assert httpx.get(f"{url}/store/{path}").content == whole


def test_originals_have_thumbnails(url: str, newest: Output):
    path = thumbnail_path(newest.asset_digest, GRID_PX)

    assert httpx.get(f"{url}/store/{path}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        thumbnail_path("0" * 64, GRID_PX),
        "thumbnails/aa/../../../etc/passwd-640.webp",
        "outputs/00/nothing.png",
        "outputs/00/..%2f..%2ftest.sqlite",
        "originals/00/" + "0" * 64,
    ],
)
def test_nothing_else_of_the_store_is_given(url: str, newest: Output, path: str):
    assert httpx.get(f"{url}/store/{path}").status_code == 404


def test_a_size_that_no_page_names_is_not_made(url: str, newest: Output):
    path = thumbnail_path(newest.digest, 9999)

    assert httpx.get(f"{url}/store/{path}").status_code == 404


def test_an_original_is_never_given_as_it_came(url: str, newest: Output):
    path = blob_path(ORIGINALS, newest.asset_digest)

    assert httpx.get(f"{url}/store/{path}").status_code == 404


def test_what_cannot_be_decoded_has_no_thumbnail(site: Site, url: str, newest: Output):
    site.store.delete(newest.path)
    site.store.put(newest.path, b"<html>")

    path = thumbnail_path(newest.digest, GRID_PX)

    assert httpx.get(f"{url}/store/{path}").status_code == 404


def test_the_whole_file_of_an_output(site: Site, url: str, newest: Output):
    answer = httpx.get(f"{url}/store/{newest.path}")

    assert answer.content == site.store.get(newest.path)
    assert answer.headers["content-type"] == "image/png"


def test_what_is_no_longer_there_is_not_shown(site: Site, url: str, newest: Output):
    with writing(site.engine) as session:
        session.execute(delete(Output).where(Output.id == newest.id))

    assert httpx.get(f"{url}/store/{newest.path}").status_code == 404


def test_a_store_that_cannot_be_written_still_shows_pictures(
    site: Site, url: str, newest: Output, caplog: pytest.LogCaptureFixture
):
    local = site.store.local_path("thumbnails")
    assert local is not None
    local.write_bytes(b"a file in the folder's place")

    path = thumbnail_path(newest.digest, GRID_PX)

    assert httpx.get(f"{url}/store/{path}").status_code == 200
    assert "a thumbnail is not kept" in caplog.text


def test_a_database_that_is_away_is_told_in_a_line(site: Site, tmp_path: Path):
    nothing = open_engine(f"sqlite:///{tmp_path / 'nothing.sqlite'}")
    with served(Site(nothing, site.store, site.thumbnails)) as url:
        answer = httpx.get(url)
    nothing.dispose()

    assert answer.status_code == 503
    assert "The database does not answer" in answer.text
    assert "no such table" not in answer.text


@pytest.fixture
def slow_clients(site: Site, url: str, newest: Output) -> Iterator[int]:
    """Clients that say half of what they want, or never read what they are given."""
    address = urlsplit(url)
    half = b"GET / HTTP/1.1\r\nHost: 127.0"
    whole = f"GET /store/{newest.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with ExitStack() as stack:
        for said in [half, whole] * 60:
            client = socket.create_connection((address.hostname, address.port))
            stack.enter_context(client).sendall(said)
        yield 120


@pytest.mark.usefixtures("slow_clients")
def test_slow_clients_stall_nobody(url: str):
    start = perf_counter()

    assert httpx.get(url).status_code == 200
    assert perf_counter() - start < 5


def test_idle_clients_lock_nobody_out_and_are_let_go(
    url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("gallery.server._PATIENCE_S", 0.3)
    address = urlsplit(url)
    with ExitStack() as stack:
        idle = [
            stack.enter_context(
                socket.create_connection((address.hostname, address.port))
            )
            for _ in range(400)
        ]
        assert httpx.get(url).status_code == 200
        idle[0].settimeout(10)
        assert idle[0].recv(1) == b""


@pytest.mark.parametrize("path", ["/", "/runs", "/recipes", "/web/style.css"])
def test_who_asks_for_heads_gets_no_bodies(url: str, path: str):
    answer = httpx.head(url + path)

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_forgotten_picture_has_no_thumbnail_left(
    site: Site, url: str, newest: Output
):
    path = thumbnail_path(newest.digest, GRID_PX)
    assert httpx.get(f"{url}/store/{path}").status_code == 200
    with writing(site.engine) as session:
        session.execute(delete(Output).where(Output.id == newest.id))
    site.store.delete(newest.path)

    assert httpx.get(f"{url}/store/{path}").status_code == 404


def test_what_cannot_be_decoded_is_not_tried_again_and_again(
    site: Site, url: str, newest: Output, monkeypatch: pytest.MonkeyPatch
):
    site.store.delete(newest.path)
    path = thumbnail_path(newest.digest, GRID_PX)
    assert httpx.get(f"{url}/store/{path}").status_code == 404
    monkeypatch.setattr("gallery.thumbnails.run_bounded", None)

    assert httpx.get(f"{url}/store/{path}").status_code == 404


def test_an_empty_database_says_how_to_begin(site: Site, url: str):
    with reading(site.engine) as session:
        assert session.scalars(select(Output)).all() == []

    assert "No outputs yet" in httpx.get(url).text
