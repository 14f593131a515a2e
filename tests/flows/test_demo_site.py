import itertools
import signal
import socket
import subprocess
import sys
from collections import Counter
from http.client import HTTPConnection
from io import BytesIO
from urllib.parse import urljoin, urlsplit

import imagehash
import pytest
from parsel import Selector
from PIL import Image
from protego import Protego

from flows import demo_pictures as pictures
from flows.demo_site import build, serve

PAINTED = (
    *pictures.USABLE,
    pictures.NO_DERIVATIVES,
    pictures.UNLICENSED,
    pictures.NO_AI,
    pictures.DISALLOWED,
    *pictures.OTHERS,
)
NEAR_DUPLICATES = {
    "/postcards/three-palms-mailed.jpg": pictures.THREE_PALMS,
    "/postcards/sunset-beach-bookmark.jpg": pictures.SEA_STACKS,
}


@pytest.fixture(scope="module")
def site():
    return build()


@pytest.fixture(scope="module")
def server(site):
    with serve(site) as running:
        yield running


def opened(site, path):
    return Image.open(BytesIO(site.bodies[path].body))


def hashes(site, path):
    image = opened(site, path)
    return imagehash.phash(image), imagehash.dhash(image)


def distances(one, other):
    return [a - b for a, b in zip(one, other, strict=True)]


def pages(site):
    return {
        path: Selector(response.body.decode())
        for path, response in site.bodies.items()
        if response.content_type.startswith("text/html")
    }


def largest(image):
    candidates = image.attrib.get("srcset", "").split(", ")
    return candidates[-1].split(" ")[0] or image.attrib["src"]


def words_of(image):
    caption = image.xpath("./ancestor::figure//figcaption//text()").getall()
    name = largest(image).rsplit("/", 1)[-1].replace("-", " ")
    spoken = [image.attrib["alt"], image.attrib.get("title", ""), name, *caption]
    return " ".join(spoken).lower()


def shown_to_robots(site):
    return {
        largest(image): words_of(image)
        for path, page in pages(site).items()
        if not path.startswith("/private/")
        for image in page.css("img")
    }


def asked(url, path, method="GET", **headers):
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    answer = response.status, response.headers, response.read()
    connection.close()
    return answer


def test_the_words_of_the_pages_lead_to_the_pictures_it_was_built_to_give(site):
    words = shown_to_robots(site)

    matching = [path for path, text in words.items() if "sunset beach" in text]
    assert len(matching) == site.expected.found == 16
    assert len(words) - len(matching) == site.expected.not_matching


def test_every_picture_that_robots_see_is_shown_on_one_page_only(site):
    shown = Counter(
        largest(image)
        for path, page in pages(site).items()
        if not path.startswith("/private/")
        for image in page.css("img")
        if "sunset beach" in words_of(image)
    )

    assert set(shown.values()) == {1}


def test_every_path_that_a_page_names_is_answered(site):
    named = {
        urlsplit(urljoin(f"http://demo{path}", address)).path
        for path, page in pages(site).items()
        for address in page.css(
            "a::attr(href), link::attr(href), img::attr(src)"
        ).getall()
        if not address.startswith("https://")
    }
    named |= set(shown_to_robots(site))

    assert named <= set(site.bodies)


def test_every_page_is_linked_from_the_index(site):
    reached, waiting = set(), ["/"]
    linked = {
        path: page.css("a::attr(href)").getall() for path, page in pages(site).items()
    }
    while waiting:
        path = waiting.pop()
        reached.add(path)
        waiting += [p for p in linked.get(path, []) if p in linked and p not in reached]

    assert reached == set(linked)


@pytest.mark.parametrize("picture", pictures.USABLE, ids=lambda p: p.slug)
def test_a_usable_picture_says_its_licence_and_author_in_its_figure(site, picture):
    figures = [
        figure
        for page in pages(site).values()
        for figure in page.css("figure")
        if largest(figure.css("img")[0]) == picture.path()
    ]

    assert [f.css("a[rel=license]::attr(href)").get() for f in figures] == [
        picture.licence.url
    ]
    assert figures[0].css("a[rel=author]::text").get() == picture.author


def test_usable_pictures_come_under_three_licences_that_allow_derivatives():
    assert {p.licence for p in pictures.USABLE} == {
        pictures.CC0,
        pictures.BY,
        pictures.BY_SA,
    }


def test_nothing_on_its_page_lends_the_postcard_a_licence(site):
    page = pages(site)["/beaches/postcard.html"]

    assert page.css("[rel~=license]").getall() == []
    assert largest(page.css("img")[0]) == pictures.UNLICENSED.path()


def test_any_two_pictures_differ_by_more_than_fourteen_bits_in_both_hashes(site):
    seen = [hashes(site, picture.path()) for picture in PAINTED]

    nearest = [min(distances(a, b)) for a, b in itertools.combinations(seen, 2)]
    assert min(nearest) > 14


def test_the_copy_has_the_bytes_of_the_original(site):
    copy = site.bodies["/postcards/golden-hour-copy.jpg"]

    assert copy.body == site.bodies[pictures.GOLDEN_HOUR.path()].body


@pytest.mark.parametrize(("path", "original"), NEAR_DUPLICATES.items())
def test_near_duplicates_look_like_their_original(site, path, original):
    assert site.bodies[path].body != site.bodies[original.path()].body
    assert max(distances(hashes(site, path), hashes(site, original.path()))) <= 4


def test_icons_are_too_small_to_use(site):
    sizes = [opened(site, f"/icons/{name}.png").size for name in pictures.ICONS]

    assert sizes == [(24, 24), (16, 16)]


def test_the_truncated_picture_opens_but_does_not_load(site):
    image = opened(site, pictures.TRUNCATED.path())

    with pytest.raises(OSError, match="truncated"):
        image.load()


def test_an_apology_is_sent_as_an_image(site):
    response = site.bodies[pictures.NOT_AN_IMAGE.path()]

    assert response.content_type == "image/jpeg"
    assert response.body.startswith(b"<!DOCTYPE html>")


def test_robots_may_not_see_the_drafts_that_a_page_links_to(site):
    rules = Protego.parse(site.bodies["/robots.txt"].body.decode())

    links = pages(site)["/about.html"].css("a::attr(href)").getall()
    drafts = [link for link in links if not rules.can_fetch(f"http://demo{link}", "x")]
    assert drafts == ["/private/drafts.html"]


def test_another_seed_paints_another_site_with_the_same_counts(site):
    golden = pictures.GOLDEN_HOUR.path()
    other = build(seed=1)

    assert other.bodies[golden].body != site.bodies[golden].body
    assert other.expected == site.expected


def test_get_answers_with_body_type_and_length(site, server):
    status, headers, body = asked(server.url, pictures.GOLDEN_HOUR.path())

    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert body == site.bodies[pictures.GOLDEN_HOUR.path()].body
    assert int(headers["Content-Length"]) == len(body)


def test_head_answers_without_a_body(site, server):
    status, headers, body = asked(server.url, "/beaches/", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) == len(site.bodies["/beaches/"].body)


def test_a_missing_page_is_a_404(server):
    assert asked(server.url, "/nowhere.html")[0] == 404


def test_a_picture_known_by_its_etag_is_not_sent_again(server):
    path = pictures.PIER.path()
    etag = asked(server.url, path)[1]["ETag"]

    status, _, body = asked(server.url, path, **{"If-None-Match": etag})

    assert (status, body) == (304, b"")


def test_the_noai_picture_says_so_in_its_headers(server):
    headers = asked(server.url, pictures.NO_AI.path())[1]

    assert "noai" in headers["X-Robots-Tag"]


def test_the_server_remembers_what_was_asked_for(site):
    with serve(site) as running:
        asked(running.url, "/robots.txt")
        asked(running.url, "/beaches/?page=2", "HEAD")

        assert running.requests == ["/robots.txt", "/beaches/"]


def test_a_free_port_is_taken_when_the_preferred_one_is_in_use(site):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with serve(site, port=taken) as running:
            assert urlsplit(running.url).port != taken
            assert asked(running.url, "/")[0] == 200


def test_the_preferred_port_is_used_again_and_again(site):
    with serve(site) as first:
        port = urlsplit(first.url).port
        asked(first.url, "/")
    with serve(site, port=port) as second:
        assert second.url == first.url


def test_the_server_is_gone_after_the_context(site):
    with serve(site) as running:
        asked(running.url, "/")

    with pytest.raises(ConnectionRefusedError):
        asked(running.url, "/")


def test_the_command_serves_until_ctrl_c():
    command = [sys.executable, "-m", "flows.demo_site", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().split()[0]
        status = asked(address, "/")[0]
        process.send_signal(signal.SIGINT)

    assert (status, process.returncode) == (200, 0)
