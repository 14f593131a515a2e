"""Static pages: hostile words are harmless, links lead somewhere."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pictures import encoded, paint
from PIL import Image
from rows import NOW

from gallery.page import Gallery, web_url
from pipeline.inspect import Limits
from pipeline.store import Store, blob_path
from pipeline.workers import Bounds

DIGEST = "a" * 64
HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def gallery(tmp_path: Path, store: Store) -> Gallery:
    store.put(blob_path("originals", DIGEST), encoded(paint()))
    store.put("outputs/bb/b b.png", encoded(paint(1), "PNG"))
    bounds = Bounds(1, timeout_s=20, memory_bytes=2_000_000_000)
    return Gallery(tmp_path / "gallery", store, Limits(16, 10**7), bounds)


def row(**given: Any) -> dict[str, Any]:
    known = {
        "output_id": 1,
        "asset_digest": DIGEST,
        "path": "outputs/bb/b b.png",
        "recipe": "flow",
        "backbone": "pyramid",
        "seconds": 1.0,
        "created_at": NOW,
        "score": 1.0,
    }
    names = "title alt caption author licence licence_url page_url source_url height"
    names += " width asset_height asset_width"
    return dict.fromkeys(names.split()) | known | given


def write(gallery: Gallery, *rows: dict[str, Any]) -> str:
    page = gallery.write_results(rows, keywords="dunes", funnel=[], limit=None)
    return page.read_text()


def test_words_of_strangers_are_escaped(gallery: Gallery):
    text = write(gallery, row(title=HOSTILE, author=HOSTILE, licence=HOSTILE))

    assert "<script" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "http://[oops", "file:///etc"]
)
def test_only_web_addresses_become_links(gallery: Gallery, url: str):
    text = write(gallery, row(page_url=url, licence_url=url, licence="x"))

    assert f'href="{url}' not in text


def test_a_web_address_stays_as_it_is():
    assert web_url("https://example.org/a?b=c") == "https://example.org/a?b=c"


def test_the_link_to_an_output_is_quoted_and_relative(gallery: Gallery):
    assert 'href="../store/outputs/bb/b%20b.png"' in write(gallery, row())


def test_an_output_of_two_keywords_is_shown_once(gallery: Gallery):
    assert write(gallery, row(), row()).count("<figcaption>") == 1


def test_a_blob_that_is_gone_leaves_a_page_without_its_picture(gallery: Gallery):
    text = write(gallery, row(asset_digest="c" * 64))

    assert text.count("<img") == 1


def thumbnail(gallery: Gallery) -> Path:
    return gallery.folder / gallery.thumbnail_name(blob_path("originals", DIGEST))


@pytest.mark.parametrize("length", [0, 7, 12, 300])
def test_a_thumbnail_that_was_cut_off_is_made_anew(gallery: Gallery, length: int):
    write(gallery, row())
    whole = thumbnail(gallery).read_bytes()
    thumbnail(gallery).write_bytes(whole[:length])

    write(gallery, row())

    assert thumbnail(gallery).read_bytes() == whole


def test_a_thumbnail_of_nothing_but_zeros_is_made_anew(gallery: Gallery):
    write(gallery, row())
    size = thumbnail(gallery).stat().st_size
    thumbnail(gallery).write_bytes(bytes(size))

    write(gallery, row())

    with Image.open(thumbnail(gallery)) as image:
        assert image.format == "WEBP"


def test_a_whole_thumbnail_stays(gallery: Gallery):
    write(gallery, row())
    before = thumbnail(gallery).stat().st_ino

    write(gallery, row())

    assert thumbnail(gallery).stat().st_ino == before


def test_pages_and_thumbnails_appear_whole_or_not_at_all(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
):
    def killed(_part: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            write(gallery, row())

    assert [path for path in gallery.folder.rglob("*") if path.is_file()] == []
    assert write(gallery, row()).count("<figcaption>") == 1


def test_several_may_write_the_same_pages_at_once(gallery: Gallery):
    def write_many(number: int) -> None:
        for _ in range(30):
            write(gallery, row(title=f"title {number}"))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write_many, range(4)))

    text = (gallery.folder / "index.html").read_text()
    assert text.rstrip().endswith("</html>")
    assert list(gallery.folder.glob(".tmp-*")) == []
