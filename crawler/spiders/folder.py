"""A folder on this machine: every picture in it, with what lies beside it."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from scrapy import Request
from scrapy.exceptions import CloseSpider

from crawler.descriptions import LONGEST_AUTHOR, Description, merged
from crawler.embedded import read
from crawler.formats import HEAD_BYTES, IMAGE_SUFFIXES, is_image
from crawler.licences import OWN, attribution
from crawler.meta import LOCAL_FILE
from crawler.relevance import relevance
from crawler.sidecars import Sidecars, is_file
from crawler.spiders.images import ImageSpider
from crawler.text import clean
from crawler.words import spaced
from pipeline.ingest import Claim, Sighting


class FolderSpider(ImageSpider):
    """Looks at names, at sidecars, and at what files say of themselves; pictures that
    match are asked for like any other.

    Whoever points at a folder vouches for pictures of which nothing states any rights:
    they get the claim `own`. What is stated in a sidecar or in the file itself is a
    claim each, and the strictest of them wins: a copyright notice in a file that names
    no licence, `© 2020 Ada`, reserves all rights, whatever a sidecar grants.

    Pictures are requests rather than items, because Scrapy does not wait for items of
    `start()` when it closes.
    """

    name = "folder"

    async def start(self) -> AsyncIterator[Request]:
        root = Path(self.place).expanduser()
        if not root.is_dir():
            raise CloseSpider(f"folder {self.place} does not exist")
        if not os.access(root, os.R_OK | os.X_OK):
            raise CloseSpider(f"folder {self.place} cannot be read")
        seen = self._seen(root.resolve())
        # Files are read in a thread: downloads go on meanwhile.
        while one := await asyncio.to_thread(next, seen, None):
            picture, sighting = one
            if self.frontier.is_closed:  # meanwhile there were enough
                return
            self.sees_first(picture.as_uri())
            if sighting:
                local: dict[str, Any] = {LOCAL_FILE: str(picture)}
                yield self.image_request(sighting, **local)

    def _seen(self, root: Path) -> Iterator[tuple[Path, Sighting | None]]:
        """Every picture, with its sighting if it matches."""
        sidecars = Sidecars(root)
        for picture in pictures(root):
            embedded = read(picture, limit_bytes=self.ours.max_image_bytes)
            said = [*sidecars.of(picture), embedded]
            yield picture, self._sighting(picture, root, said)

    def _sighting(
        self, picture: Path, root: Path, said: list[Description]
    ) -> Sighting | None:
        folders = (root.name, *picture.relative_to(root).parts[:-1])
        about = merged(said)
        fields = {
            "file_name": clean(spaced(picture.stem)),
            "folder": clean(" ".join(map(spaced, folders))),
            "title": clean(about.title),
            "caption": clean(about.caption),
            "alt": clean(about.alt),
            "tags": clean(about.tags),
        }
        found = relevance(self.keyword, fields)
        if not found.matches:
            return None
        claims = [claim for one in said for claim in one.claims(about)]
        return Sighting(
            url=picture.as_uri(),
            page_url=None,
            keyword=self.keyword,
            score=found.score,
            matched=found.matched,
            title=fields["title"],
            alt=fields["alt"],
            caption=fields["caption"],
            claims=tuple(dict.fromkeys(claims)) or (_own(about),),
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
    if not is_file(file) or not file.resolve().is_relative_to(root):
        return False
    if file.suffix.lower() in IMAGE_SUFFIXES:
        return True
    try:
        with file.open("rb") as opened:
            return is_image(opened.read(HEAD_BYTES))
    except OSError:
        return False


def _own(about: Description) -> Claim:
    author = clean(about.author, LONGEST_AUTHOR)
    sentence = attribution(
        title=about.title, author=author, source_url=about.source_url, licence=OWN
    )
    return OWN.claim("folder", author=author, attribution=sentence)
