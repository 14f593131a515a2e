"""The same pages as plain files that open from disk."""

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

from db.engine import reading
from db.parts import in_parts
from gallery import output, runs
from gallery.blobs import blobs_of
from gallery.cards import Card
from gallery.errors import NoSuchPageError
from gallery.facets import FACETS
from gallery.folder import PagesFolder
from gallery.grid import Part, page
from gallery.links import Links
from gallery.pages import PAGES
from gallery.selection import Chosen, select
from gallery.site import Site, render
from gallery.thumbnails import GRID_PX, thumbnail_path
from pipeline.errors import MissingBlobError
from pipeline.label_words import EVERYDAY
from pipeline.search import Search
from pipeline.store import THUMBNAILS

WITHOUT_SCRIPT = 1000  # cards in the first page itself

_THUMBNAIL = re.compile(
    rf"{THUMBNAILS}/../(?P<digest>[0-9a-f]{{64}})-(?P<side_px>\d+)\.webp"
)


@dataclass(frozen=True)
class _Recording(Links):
    """Links that remember which files they lead to."""

    used: set[str] = field(default_factory=set)

    def file(self, path: str) -> str:
        self.used.add(path)
        return super().file(path)


@dataclass(frozen=True)
class ReviewCard:
    """An original that would be processed."""

    digest: str
    name: str
    licence: str
    author: str | None
    height: int
    width: int
    score: float


class StaticSite:
    """A folder of pages over a site.

    Files stay where the store has them if `is_linked` and the store is on this machine;
    else they are copied, so that the folder can go anywhere.
    """

    def __init__(self, site: Site, folder: Path, *, is_linked: bool = False) -> None:
        local = site.store.local_path("") if is_linked else None
        self.site, self.is_linked = site, is_linked
        self._folder = PagesFolder(folder)
        self._store = None if local is None else f"{_relative(local, folder)}/"

    def write(
        self,
        search: Search,
        *,
        limit: int | None = None,
        on_output: Callable[[int, int], object] = lambda _done, _of: None,
    ) -> Path:
        """Have pages with the newest outputs that are searched for; the first page.

        Pages that were written there before and are not written now are gone after
        this. Pages that are copied for others tell of chosen outputs alone: runs,
        recipes and duplicates are told where all outputs are.

        Args:
            on_output: told how many outputs have their page, and how many there are.

        Raises:
            SearchError: nothing can be found so.
            ForeignFolderError: the folder has files of others.
            OSError: a file cannot be written.
        """
        if not self.is_linked:
            self._folder.must_be_ours()
        is_complete = self.is_linked or (search.is_for_all and limit is None)
        with self._folder.written_anew():
            links = self._links(is_complete)
            index, ids = self._write_cards(search, limit, links)
            links = replace(links, outputs=ids)
            for done, output_id in enumerate(sorted(ids), start=1):
                self._write_output(links.within_folder(), output_id)
                on_output(done, len(ids))
            if is_complete:
                self._write_others(links)
            self._write_web()
            self._bring(links.used)
            self._folder.put("index.html", index.encode())
        return self._folder.path / "index.html"

    def write_review(self, cards: Sequence[ReviewCard], **facts: Any) -> Path:
        """The page with originals that would be processed; other pages stay."""
        links = self._links(is_complete=False)
        shown = [(one, links.thumbnail(one.digest, GRID_PX)) for one in cards]
        self._write_web()
        self._bring(links.used)
        self._page("review.html", links, {"cards": shown, **facts})
        return self._folder.path / "review.html"

    def _links(self, is_complete: bool) -> _Recording:
        store = self._store or "store/"
        return _Recording(is_static=True, store=store, is_complete=is_complete)

    def _write_cards(
        self, search: Search, limit: int | None, links: Links
    ) -> tuple[str, frozenset[int]]:
        """The first page's HTML, and the ids of all outputs."""
        first: list[Card] = []
        ids: set[int] = set()
        told: dict[str, set[str]] = defaultdict(set)
        number = 0
        for some in select(self.site, links, search, limit):
            number += 1
            self._folder.put(f"cards/{number}.js", _script(some, links))
            first += [one.card for one in some][: WITHOUT_SCRIPT - len(first)]
            ids |= {one.card.output_id for one in some}
            for one, name in product(some, FACETS):
                told[name].update(one.told[name])
        facets = {name: sorted(told[name]) for name in FACETS}
        part = Part(first, None)
        index = render(
            "grid.html", links, **page(part, facets), scripts=number, everyday=EVERYDAY
        )
        return index, frozenset(ids)

    def _write_output(self, links: Links, output_id: int) -> None:
        with suppress(NoSuchPageError), reading(self.site.engine) as session:
            facts = output.facts(session, links, output_id)  # forgotten meanwhile?
            self._page(f"outputs/{output_id}.html", links, facts, "output.html")

    def _write_others(self, links: Links) -> None:
        with reading(self.site.engine) as session:
            for name, facts in PAGES.items():
                self._page(f"{name}.html", links, facts(session, links))
            within = links.within_folder()
            for run in runs.facts(session, links)["runs"]:
                told = runs.run_facts(session, within, run["id"])
                self._page(f"runs/{run['id']}.html", within, told, "run.html")

    def _page(
        self, name: str, links: Links, facts: dict[str, Any], template: str = ""
    ) -> None:
        self._folder.put(name, render(template or name, links, **facts).encode())

    def _write_web(self) -> None:
        for file in files("gallery").joinpath("web").iterdir():
            self._folder.put(f"web/{file.name}", file.read_bytes())

    def _bring(self, used: Iterable[str]) -> None:
        """Have the files there that pages lead to, as far as they can be had."""
        digests: dict[int, set[str]] = defaultdict(set)
        for path in used:
            if found := _THUMBNAIL.fullmatch(path):
                digests[int(found["side_px"])].add(found["digest"])
            elif self._store is None:
                self._copy(path, partial(self.site.store.get, path))
        for side_px, some in digests.items():
            for part in in_parts(sorted(some)):
                self._bring_thumbnails(part, side_px)

    def _bring_thumbnails(self, digests: Sequence[str], side_px: int) -> None:
        with reading(self.site.engine) as session:
            blobs = blobs_of(session, digests)
        made = self.site.thumbnails.made(list(blobs.values()), side_px)
        for digest, blob in blobs.items():
            if self._store is None and blob in made:
                content = partial(made.__getitem__, blob)
                self._copy(thumbnail_path(digest, side_px), content)

    def _copy(self, path: str, content: Callable[[], bytes]) -> None:
        """What is called by its digest is the same as before if it is there."""
        name = f"store/{path}"
        with suppress(MissingBlobError):
            if self._folder.has(name):
                self._folder.note(name)
            else:
                self._folder.put(name, content())


def _relative(store: Path, folder: Path) -> str:
    return quote(Path(os.path.relpath(store, folder)).as_posix())


def _script(some: Sequence[Chosen], links: Links) -> bytes:
    cards = [
        [
            render("cards.html", links, part=Part([one.card], None)).strip(),
            round(one.card.width / one.card.height, 4),
            one.told,
        ]
        for one in some
    ]
    return f"cards({json.dumps(cards)});\n".encode()
