"""The crawler looks at first bytes and headers; others decode, in their processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from crawls import Crawled
from pictures import encoded, paint
from PIL.ImageFile import ImageFile
from website import Website

from crawler.__main__ import main


def undecoding_crawler() -> int:
    ImageFile.load = _end
    return main()


def _end(*_args: Any) -> NoReturn:
    raise SystemExit("a picture is decoded")


def test_no_picture_is_decoded_while_a_site_is_crawled(
    site: Website, crawl_site: Callable[..., Crawled]
):
    site.page(
        "/", "<img src=/a.jpg alt='Sunset beach'><img src=/b.png alt='Sunset beach'>"
    )
    site.image("/a.jpg", encoded(paint()))
    site.image("/b.png", encoded(paint(), "PNG"), media_type="image/png")

    crawled = crawl_site(program=undecoding_crawler)

    assert crawled.exit_status == 0, crawled.stderr
    assert crawled.outcomes == {"a.jpg": "kept", "b.png": "kept"}


def test_no_picture_is_decoded_while_a_folder_is_crawled(
    tmp_path: Path, crawl: Callable[..., Crawled]
):
    folder = tmp_path / "sunset beach"
    folder.mkdir()
    for name in ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF"):
        (folder / f"a.{name.lower()}").write_bytes(encoded(paint(), name))

    crawled = crawl(f"folder:{folder}", program=undecoding_crawler)

    assert crawled.exit_status == 0, crawled.stderr
    assert crawled.stats["kept"] == 6
