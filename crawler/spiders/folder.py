"""A folder on this machine: every picture in it, with what lies beside it."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from scrapy import Request
from scrapy.exceptions import CloseSpider

from crawler.formats import HEAD_BYTES, IMAGE_SUFFIXES, is_image
from crawler.licences import OWN
from crawler.middlewares import LOCAL_FILE
from crawler.relevance import relevance, spaced
from crawler.reporting import NOT_MATCHING, SEEN
from crawler.sidecars import Description, Sidecars
from crawler.spiders.images import ImageSpider
from crawler.text import clean
from pipeline.ingest import Claim, Sighting


class FolderSpider(ImageSpider):
    """Looks at names and sidecars; pictures that match are asked for like any other.

    They are requests rather than items, because Scrapy does not wait for items of
    `start()` when it closes.
    """

    name = "folder"

    async def start(self) -> AsyncIterator[Request]:
        root = Path(self.where).expanduser()
        if not root.is_dir():
            raise CloseSpider(f"folder {self.where} does not exist")
        if not os.access(root, os.R_OK | os.X_OK):
            raise CloseSpider(f"folder {self.where} cannot be read")
        root = root.resolve()
        sidecars = Sidecars(root)
        for picture in pictures(root):
            self.crawler.stats.inc_value(SEEN)
            if sighting := self._sighting(picture, root, sidecars.of(picture)):
                yield self.image_request(sighting, **{LOCAL_FILE: picture})
            else:
                self.crawler.stats.inc_value(NOT_MATCHING)

    def _sighting(
        self, picture: Path, root: Path, said: Description | None
    ) -> Sighting | None:
        folders = (root.name, *picture.relative_to(root).parts[:-1])
        fields: dict[str, str | None] = {
            "file_name": clean(spaced(picture.stem)),
            "folder": clean(" ".join(map(spaced, folders))),
            "title": said.title if said else None,
            "caption": said.caption if said else None,
            "alt": said.alt if said else None,
        }
        found = relevance(self.keyword, fields)
        if not found.matches:
            return None
        return Sighting(
            url=picture.as_uri(),
            page_url=None,
            keyword=self.keyword,
            score=found.score,
            matched=found.matched,
            title=fields["title"],
            alt=fields["alt"],
            caption=fields["caption"],
            claims=(_claim(said),),
        )


def pictures(root: Path) -> Iterator[Path]:
    """Image files below `root` by suffix or first bytes, in order.

    Hidden ones are left out, and so are links that lead out of the folder.
    """
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if not name.startswith(".") and _is_picture(file, root):
                yield file


def _is_picture(file: Path, root: Path) -> bool:
    if not file.is_file() or not file.resolve().is_relative_to(root):
        return False
    if file.suffix.lower() in IMAGE_SUFFIXES:
        return True
    try:
        with file.open("rb") as opened:
            return is_image(opened.read(HEAD_BYTES))
    except OSError:
        return False


def _claim(said: Description | None) -> Claim:
    """Whoever points at a folder vouches for what carries no claim."""
    if said and said.claim:
        return said.claim
    author = said.author if said else None
    return Claim(OWN.slug, "folder", OWN.derivatives, author=author)
